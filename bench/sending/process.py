"""One measured run in a process of its own: `python -m bench.sending.process SPEC RESULT`."""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.sending.work import Reader, readers
from shared.rules.account import Channel


@dataclass(frozen=True, slots=True)
class Spec:
    """What is measured: a way, and its work."""

    way: str
    recipients: int
    channels: tuple[str, ...]


def peak() -> float:
    """The most memory of this process, in MB. (What `getrusage` tells begins with that of whoever
    started it.)
    """
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise OSError("no VmHWM in /proc/self/status: memory is measured on Linux only")


def _work(spec: Spec) -> tuple[list[Reader], list[Reader]]:
    """Whom to send to, and the few before them; the platform finds its own in its tables."""
    channels = tuple(Channel(each) for each in spec.channels)
    few = readers(2 * len(channels), channels, first=10_000_000)
    return readers(spec.recipients, channels), few


def main() -> None:
    spec = Spec(**json.loads(sys.argv[1]))
    do: Any
    match spec.way:
        case "kizuna":
            from bench.sending import ours  # noqa: PLC0415 - each way imports only its own

            do = ours.prepare(spec.channels)
        case "plain":
            from bench.sending import plain  # noqa: PLC0415

            do = plain.prepare(*_work(spec))
        case _:
            from bench.sending import bare  # noqa: PLC0415

            do = bare.prepare(*_work(spec))
    cpu, wall = time.process_time(), time.perf_counter()
    told = do()
    used = time.process_time() - cpu - told.pop("not_ours", 0.0)
    spent = {"cpu": used, "wall": time.perf_counter() - wall}
    Path(sys.argv[2]).write_text(
        json.dumps({**asdict(spec), **spent, "megabytes": peak(), **told}), encoding="utf-8"
    )
    os._exit(0)  # threads and connections of the ways have nothing more to do


if __name__ == "__main__":
    main()
