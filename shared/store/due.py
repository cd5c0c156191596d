"""The due index: who is on a day that has a message, in few range queries."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key as Where

from shared.rules.age import due_date_of
from shared.rules.message import Due, Schedule, days_ranges
from shared.rules.stage import Phase
from shared.store import keys
from shared.store.keys import JobId
from shared.store.tables import query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

LARGEST_GAP_DAYS = 7
"""Days without a message that a query may read over. A request costs half a read unit and a
round trip at the least; a week of one town's births on one channel is seldom more than that."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A subscriber whose enrolments (twins: several) may be due the message `due` today."""

    subscriber: str
    enrolments: tuple[str, ...]
    due: Due


class DueIndex:
    """The active enrolments of a job by base date, in the directory table."""

    def __init__(self, directory: "Table") -> None:
        self._table = directory

    def candidates(self, job: JobId, schedule: Schedule) -> Iterator[Candidate]:
        """Everyone of the job whose day has a message, those of the same message in a row.

        Costs the same whatever the number of those who have left, and reads no personal data.
        """
        days: dict[Phase, set[int]] = defaultdict(set)
        for phase, day in schedule:
            days[phase].add(day)
        for phase in Phase:
            for first, last in days_ranges(days[phase], largest_gap=LARGEST_GAP_DAYS):
                yield from self._range(job, phase, first, last, days[phase])

    def _range(
        self, job: JobId, phase: Phase, first: int, last: int, days: set[int]
    ) -> Iterator[Candidate]:
        bases = sorted(_base(phase, job.date, day) for day in (first, last))
        waiting: Candidate | None = None
        for item in query(
            self._table,
            KeyConditionExpression=Where("pk").eq(
                keys.due(job.account, job.channel, job.shard, phase)
            )
            & Where("sk").between(bases[0].isoformat(), f"{bases[1].isoformat()}#~"),
            ProjectionExpression="sk",
            ConsistentRead=True,
        ):
            base, subscriber, enrolment = item["sk"].split("#")
            due = Due(phase, _day(phase, job.date, date.fromisoformat(base)))
            if due.day not in days:
                continue
            if waiting and (waiting.subscriber, waiting.due) == (subscriber, due):
                waiting = Candidate(subscriber, (*waiting.enrolments, enrolment), due)
                continue
            if waiting:
                yield waiting
            waiting = Candidate(subscriber, (enrolment,), due)
        if waiting:
            yield waiting


def _base(phase: Phase, today: date, day: int) -> date:
    """The base date of those who are at `day` today."""
    if phase is Phase.PREGNANCY:
        return due_date_of(today, day)
    return today - timedelta(days=day)


def _day(phase: Phase, today: date, base: date) -> int:
    """The day today of those whose base date is `base`: the inverse of `_base`."""
    return (_base(phase, today, 0) - base).days if phase is Phase.PREGNANCY else (today - base).days
