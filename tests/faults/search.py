"""Searches on all processors: every single fault, then pairs of faults for as long as asked.

`python -m tests.faults.search` prints how many days were run, and how many messages were lost and
repeated; with `--write` the same figures go into docs/reliability.md.
"""

import argparse
import io
import logging
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from tests.faults.cases import Figures, Trial
from tests.faults.day import Day, Rhythm
from tests.world import a_world

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
SEED = 20261125
RHYTHMS = {
    "every job and event delivered twice": Rhythm(messages=2, events=2),
    "the newest jobs and events first": Rhythm(backwards=True),
    "each tick twice": Rhythm(ticks=2),
    "only every third tick": Rhythm(every=3),
    "events 45 minutes late": Rhythm(events_late=3),
    "all of it": Rhythm(messages=2, ticks=2, every=2, events=2, backwards=True, events_late=2),
}
"""How queues, scheduler and events may behave, beside a fault."""


@contextmanager
def a_trial() -> Iterator[Trial]:
    """A day to try faults on."""
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        a_world(Path(folder), patch) as world,
    ):
        yield Trial(Day(world, patch), patch)


def single(share: int, shares: int) -> Figures:
    """This process's share of all single faults."""
    with a_trial() as trial:
        return sum((trial.run(case) for case in trial.cases()[share::shares]), Figures())


def rhythms(share: int, shares: int) -> Figures:
    """This process's share of all single faults but the repeats, each in one of the rhythms."""
    with a_trial() as trial:
        chosen = list(enumerate(trial.cases()))[share::shares]
        every = tuple(RHYTHMS.values())
        found = sum((trial.run((), each) for each in every[share::shares]), Figures())
        for number, case in chosen[:: len(every)]:
            found += trial.run(case, every[number // len(every) % len(every)])
        return found


def pairs(share: int, shares: int, seconds: float) -> Figures:
    """Pairs of faults, drawn the same each time, as many as fit."""
    end = time.monotonic() + seconds
    with a_trial() as trial:
        found = Figures()
        for case in islice(trial.pairs(SEED), share, None, shares):
            if time.monotonic() >= end:
                return found
            found += trial.run(case)
    return found


def main() -> int:
    """Search, print, and perhaps write; 1 where anything was lost, repeated or left open."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=float, default=300, metavar="SECONDS")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    chosen = parser.parse_args()
    shares = os.cpu_count() or 1
    lines, faults = [], []
    with multiprocessing.get_context("spawn").Pool(shares, _quietly) as pool:
        for name, search, more in (
            ("every single fault at every point", single, ()),
            ("faults while queues, ticks and events misbehave", rhythms, ()),
            (f"pairs of faults, drawn with seed {SEED}", pairs, (chosen.pairs,)),
        ):
            begun = time.monotonic()
            asked = [(share, shares, *more) for share in range(shares)]
            found = sum(pool.starmap(search, asked), Figures())
            took = time.monotonic() - begun
            line = (
                f"| {name} | {found.cases:,} | {found.lost} | {found.repeated} | {found.unknown}"
                f" | {len(found.faults)} | {took:.0f} s |"
            )
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            lines.append(line)
            faults += found.faults
    sys.stdout.writelines(f"{each}\n" for each in faults)
    if chosen.write:
        _write(lines)
    return 1 if faults else 0


def _quietly() -> None:
    """The Lambdas' logs, of which there are thousands, are of no use here."""
    logging.disable(logging.CRITICAL)
    sys.stdout = io.StringIO()


def _write(lines: list[str]) -> None:
    """Put the figures between the page's two marks."""
    text = PAGE.read_text(encoding="utf-8")
    figures = "\n".join(
        [
            f"Of {datetime.now(UTC):%Y-%m-%d}, by `make faults`:",
            "",
            "| what was tried | days run | lost | repeated | unknown | not as planned | took |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *lines,
        ]
    )
    marked = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)
    PAGE.write_text(marked.sub(rf"\g<1>{figures}\n\g<2>", text), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
