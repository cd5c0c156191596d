"""The due index: who is on a day that has a message, in few range queries."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from sys import intern

from shared.rules.age import due_date_of
from shared.rules.message import Due, Schedule, days_ranges
from shared.rules.stage import Phase
from shared.store import keys
from shared.store.keys import JobId
from shared.store.reads import Reads

READ_OVER_ENTRIES = 100
"""Entries of days without a message that are read over rather than asked around. One more request
costs a round trip, about 600 us of CPU and a read unit at the least; 100 entries cost about 400 us
and two or three read units. So a small town is read whole, and a city only where it is due."""

PAGE = 5_000
"""Entries of one request: some seconds of sending. Two full pages of 1 MB, the one that is worked
on and the next, hold 20,000, and take 10 MB more of a Lambda's memory."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A subscriber whose enrolments (twins: several) may be due the message `due` today."""

    subscriber: str
    enrolments: tuple[str, ...]
    due: Due


class DueIndex:
    """The active enrolments of a job by base date, in the directory table."""

    def __init__(self, reads: Reads, directory: str) -> None:
        self._reads, self._directory = reads, directory

    def candidates(self, job: JobId, schedule: Schedule) -> Iterator[Candidate]:
        """Everyone of the job whose day has a message, those of the same message in a row.

        Costs the same whatever the number of those who have left, and reads no personal data.
        """
        days: dict[Phase, list[int]] = defaultdict(list)
        for phase, day in sorted(schedule):
            days[phase].append(day)
        for phase in Phase:
            yield from self._phase(job, phase, days[phase])

    def _phase(self, job: JobId, phase: Phase, days: Sequence[int]) -> Iterator[Candidate]:
        """Those of a phase, in as many queries as its gaps are worth."""
        partition = keys.due(job.account, job.channel, job.shard, phase)
        # The first query reads over no day: it is not known yet how many are there.
        entries_read = days_read = gap = 0
        while days:
            first, last = next(iter(days_ranges(days, largest_gap=gap)))
            wanted, days = _split(days, last)
            entries = _Counted(self._entries(partition, *_bases(phase, job.date, first, last)))
            yield from _candidates(entries, phase, job.date, wanted)
            entries_read, days_read = entries_read + entries.number, days_read + last - first + 1
            gap = READ_OVER_ENTRIES * days_read // max(1, entries_read)

    def _entries(self, partition: str, first: date, last: date) -> Iterator[str]:
        """The sort keys from one base date to another, both included."""
        found = self._reads.query(
            self._directory,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ProjectionExpression="sk",
            Limit=PAGE,
            values={":pk": partition, ":first": f"{first}", ":last": f"{last}#~"},
        )
        return (item["sk"] for item in found)


class _Counted(Iterator[str]):
    """Entries, and how many of them have been read."""

    def __init__(self, entries: Iterator[str]) -> None:
        self._entries, self.number = entries, 0

    def __next__(self) -> str:
        entry = next(self._entries)
        self.number += 1
        return entry


def _candidates(
    entries: Iterable[str], phase: Phase, today: date, days: Container[int]
) -> Iterator[Candidate]:
    """Those among the entries whose day is one of `days`, twins as one."""
    for base, some in groupby((entry.split("#") for entry in entries), key=itemgetter(0)):
        due = Due(phase, _day(phase, today, date.fromisoformat(base)))
        if due.day not in days:
            continue
        for subscriber, same in groupby(some, key=itemgetter(1)):
            yield Candidate(subscriber, tuple(intern(enrolment) for _, _, enrolment in same), due)


def _split(days: Sequence[int], last: int) -> tuple[frozenset[int], Sequence[int]]:
    """The days up to `last`, and those after it."""
    read = bisect_right(days, last)
    return frozenset(days[:read]), days[read:]


def _bases(phase: Phase, today: date, first: int, last: int) -> tuple[date, date]:
    """The base dates of those who are at `first` to `last` today, the earlier one first."""
    one, other = _base(phase, today, first), _base(phase, today, last)
    return min(one, other), max(one, other)


def _base(phase: Phase, today: date, day: int) -> date:
    """The base date of those who are at `day` today."""
    if phase is Phase.PREGNANCY:
        return due_date_of(today, day)
    return today - timedelta(days=day)


def _day(phase: Phase, today: date, base: date) -> int:
    """The day today of those whose base date is `base`: the inverse of `_base`."""
    return (_base(phase, today, 0) - base).days if phase is Phase.PREGNANCY else (today - base).days
