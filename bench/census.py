"""What it costs to count everybody, beside the plain way, and that memory does not grow with them.

Both ways read the same table over the wire, in turns. Ours makes a whole snapshot's figures of it
(three years of series, balance sheets, what is known of the three to come). The plain way answers
one question: AU of each account at the instant.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median
from typing import TYPE_CHECKING, Any

import boto3
from pydantic import TypeAdapter

from bench.scan_server import accounts, scan_server, table_of
from functions.au_snapshot.count import count
from shared.rules.au import Measure
from shared.rules.months import Month
from shared.rules.spells import stand
from shared.rules.stage import Phase
from shared.rules.subscriber import Subscriber
from shared.store.store import Names, Store, open_store

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

MEASURE = Measure.month_end(Month(2026, 11))
FEW, MANY, MILLION = 10_000, 100_000, 1_000_000
"""Enrolments at which the most memory is measured; the last where it is asked for. The fewest are
four pages, one for each who reads; of the many, each holds one page while the next one comes.
"""


Way = Callable[[], tuple[int, dict[str, int]]]
"""Goes through a table: how many enrolments were read, and the AU of each account."""


def ours(enrolments: int) -> Way:
    """The count of a snapshot, as the Lambda does it."""
    store = _store(enrolments)

    def way() -> tuple[int, dict[str, int]]:
        tally = count(store, MEASURE)
        figures = tally.figures()
        return tally.enrolments, {name: each.total.subscribers for name, each in figures.items()}

    return way


def plain(enrolments: int) -> Way:
    """The definition, asked of every enrolment."""
    table, known, at = (
        boto3.resource("dynamodb").Table(table_of(enrolments)),
        accounts(),
        MEASURE.at,
    )

    def way() -> tuple[int, dict[str, int]]:
        read, found = 0, dict.fromkeys(known, 0)
        for subscriber in _scanned(table):
            read += len(subscriber.enrolments)
            stands = (stand(subscriber, each, known, at) for each in subscriber.enrolments)
            if any(isinstance(each, Phase) for each in stands):
                found[subscriber.where(at)[0]] += 1
        return read, found

    return way


def ours_read(enrolments: int) -> Way:
    """What of the count is reading."""
    census = _store(enrolments).census
    return lambda: (_sum(each for page in census.pages(0, 1) for each in page), {})


def plain_read(enrolments: int) -> Way:
    """What of the plain way is reading."""
    table = boto3.resource("dynamodb").Table(table_of(enrolments))
    return lambda: (_sum(_scanned(table)), {})


def _store(enrolments: int) -> Store:
    return open_store(
        Names(table_of(enrolments), "directory", "ledger", "pending", "bucket", "snapshots")
    )


def _scanned(table: "Table") -> Iterator[Subscriber]:
    """A scan as boto3 has it, each document read with pydantic."""
    adapter = TypeAdapter(Subscriber)
    more: dict[str, Any] = {"ConsistentRead": True}
    while True:
        page = table.scan(**more)
        for item in page["Items"]:
            yield adapter.validate_python(item)
        if "LastEvaluatedKey" not in page:
            return
        more["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _sum(people: Iterable[Any]) -> int:
    return sum(len(each.enrolments) for each in people)


WAYS = {"ours": ours, "plain": plain, "ours, reading": ours_read, "plain, reading": plain_read}


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of an enrolment: of this process's processors, and on the wall's clock."""

    cpu: float
    wall: float


def cost(way: Way) -> tuple[Cost, int, dict[str, int]]:
    cpu, wall = time.process_time(), time.perf_counter()
    read, found = way()
    spent = time.process_time() - cpu, time.perf_counter() - wall
    return Cost(*(seconds / read * 1e6 for seconds in spent)), read, found


def show_costs(enrolments: int, rounds: int) -> None:
    for make in WAYS.values():
        make(FEW)()  # what is made once is made
    costs: dict[str, list[Cost]] = {name: [] for name in WAYS}
    print(f"A count of {enrolments:,} enrolments, for each (median of {rounds}):", flush=True)
    for _ in range(rounds):
        told = {}
        for name, make in WAYS.items():
            spent, read, au = cost(make(enrolments))
            costs[name].append(spent)
            told[name] = read, {account: figure for account, figure in au.items() if figure}
        if told["ours"] != told["plain"]:
            sys.exit("the two ways do not find the same AU")
    middle = {}
    for name, each in costs.items():
        middle[name] = Cost(median(one.cpu for one in each), median(one.wall for one in each))
        by_round = " ".join(f"{one.cpu:.0f}" for one in each)
        print(
            f"  {name:<15}{middle[name].cpu:7.1f} µs CPU {middle[name].wall:7.1f} µs wall"
            f"   (CPU by round: {by_round})"
        )
    for part in ("", ", reading"):
        one, other = middle[f"ours{part}"], middle[f"plain{part}"]
        print(
            f"  plain / ours{part}: {other.cpu / one.cpu:.2f} in CPU, "
            f"{other.wall / one.wall:.2f} on the wall"
        )
    read, au = told["ours"]
    print(f"  Both found {sum(au.values()):,} AU in {read:,} enrolments, by account the same.")


def peak(enrolments: int) -> tuple[int, float]:
    """How many enrolments were counted, and the most memory that this process ever had, in MB."""
    read, _ = ours(enrolments)()
    unit = 1 if sys.platform == "darwin" else 1024
    return read, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def show_memory(sizes: Sequence[int]) -> None:
    print("The most memory, each size in a process of its own:", flush=True)
    for size in sizes:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            read, megabytes = pool.submit(peak, size).result()
        print(f"  {read:>9,} enrolments {megabytes:8.1f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.census", description=__doc__)
    parser.add_argument("--enrolments", type=int, default=30_000, help="of a count (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="each of both ways (%(default)s)")
    parser.add_argument("--million", action="store_true", help="memory at 1,000,000 too (minutes)")
    asked = parser.parse_args()
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nobody",
        "AWS_DEFAULT_REGION": "ap-northeast-1",
    }
    with scan_server() as url:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = url
        # Memory first: a process begins with the peak of the one that started it (Linux).
        show_memory((FEW, MANY, MILLION) if asked.million else (FEW, MANY))
        show_costs(asked.enrolments, asked.rounds)


if __name__ == "__main__":
    main()
