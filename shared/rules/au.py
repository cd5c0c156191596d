"""AU (active users): what is measured, and the figures of an account that come of it."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from shared.rules.account import Channel
from shared.rules.dates import JST, jst_date
from shared.rules.months import Month

PAST_FISCAL_YEARS = 3
"""Reports show three fiscal years side by side, the one of the instant and the two before."""

AHEAD_MONTHS = 36
"""How far forecasts look: as long as a child of birthday(3) is accompanied."""

YEAR_MONTHS = 12
"""Registrations and stops to come are estimated from so many months."""

FIRST_WEEK, LAST_WEEK = 4, 41
"""The weeks of pregnancy that count: 4w0d to 41w6d."""

_SMALLEST_STEP = timedelta(microseconds=1)
"""Python's and our records' finest difference between two instants."""


class Kind(StrEnum):
    """The two kinds of snapshot; their figures differ by design."""

    INTERNAL = "internal"
    """At a late-month instant, for the office."""
    MONTH_END = "month_end"
    """As of the end of the last day of a month, for each account."""


@dataclass(frozen=True, slots=True)
class Measure:
    """The instant that is measured, and since when the balance sheet runs.

    A month-end is named by the first instant of the next month, which it does not hold: what
    happens at that instant is not counted. An internal snapshot holds its instant.
    """

    kind: Kind
    as_of: datetime
    since: datetime

    @classmethod
    def internal(cls, as_of: datetime, since: datetime | None = None) -> Self:
        """The internal measure at `as_of`, by default since the same time a month before."""
        return cls(Kind.INTERNAL, as_of, since or _a_month_before(as_of))

    @classmethod
    def month_end(cls, month: Month) -> Self:
        """The measure of the end of a month, since its beginning."""
        return cls(Kind.MONTH_END, month.ends, month.begins)

    @property
    def at(self) -> datetime:
        """The last instant that counts."""
        return self._held(self.as_of)

    @property
    def opening_at(self) -> datetime:
        """The instant of the opening figure; events after it are in the balance sheet."""
        return self._held(self.since)

    def _held(self, instant: datetime) -> datetime:
        return instant if self.kind is Kind.INTERNAL else instant - _SMALLEST_STEP

    @property
    def month(self) -> Month:
        """The month in which the last instant lies; external figures are those of it."""
        return Month.of(jst_date(self.at))

    @property
    def past(self) -> list[Month]:
        """The months of the fiscal year and the two before, up to that of the instant."""
        first = Month(self.month.fiscal_year - PAST_FISCAL_YEARS + 1, 4)
        return [first.plus(n) for n in range(self.month.minus(first) + 1)]

    @property
    def ahead(self) -> list[Month]:
        """The months whose ends come next after the instant."""
        over = self.at >= self.month.ends - _SMALLEST_STEP
        first = self.month.plus(1) if over else self.month
        return [first.plus(n) for n in range(AHEAD_MONTHS)]

    @property
    def instants(self) -> list[datetime]:
        """The end of the month before the first past one, the ends of the past months (the last of
        them is the instant itself), and the ends of the months ahead.
        """
        past = self.past
        ends = [month.ends - _SMALLEST_STEP for month in past[:-1]]
        ahead = [month.ends - _SMALLEST_STEP for month in self.ahead]
        return [past[0].begins - _SMALLEST_STEP, *ends, self.at, *ahead]


def _a_month_before(instant: datetime) -> datetime:
    """The same time in Tokyo a month before; on the last day of a month that is shorter."""
    local = instant.astimezone(JST)
    before = Month.of(local.date()).plus(-1)
    day = min(local.day, calendar.monthrange(before.year, before.month)[1])
    moved = local.replace(year=before.year, month=before.month, day=day)
    return moved.astimezone(instant.tzinfo)


@dataclass(frozen=True, slots=True)
class Counts:
    """A figure, always given twice: distinct subscribers (the AU that is quoted), enrolments."""

    subscribers: int = 0
    enrolments: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(self.subscribers + other.subscribers, self.enrolments + other.enrolments)


@dataclass(frozen=True, slots=True)
class Flow:
    """The balance sheet of a period, in enrolments: events are counted as they happened, so who
    joined and stopped inside it is in both. `born` went from pregnancy to childcare: an internal
    flow, in neither side.

    A due date corrected to before 4w0d takes `new_pregnancy` back, so it may be below zero.
    """

    opening: int = 0
    new_pregnancy: int = 0
    new_childcare: int = 0
    returned: int = 0
    moved_in: int = 0
    graduated: int = 0
    stopped_subscriber: int = 0
    stopped_system: int = 0
    awaiting_birth: int = 0
    moved_out: int = 0
    closing: int = 0
    born: int = 0

    @property
    def came(self) -> int:
        """What was added."""
        return self.new_pregnancy + self.new_childcare + self.returned + self.moved_in

    @property
    def went(self) -> int:
        """What was taken away."""
        stopped = self.stopped_subscriber + self.stopped_system
        return self.graduated + stopped + self.awaiting_birth + self.moved_out

    @property
    def balances(self) -> bool:
        """Whether opening, what came and what went make up the closing figure."""
        return self.opening + self.came - self.went == self.closing

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


MONTHLY_FLOWS = tuple(
    field.name for field in fields(Flow) if field.name not in {"opening", "closing"}
)
"""The flows that are told month by month."""


@dataclass(frozen=True, slots=True)
class Entrants:
    """Who newly came in the last 12 months: for how many whole months their dates alone let them
    stay (0 to 36 and more), and, of the pregnancies, for how many if the birth is registered.
    """

    known: tuple[int, ...] = (0,) * (AHEAD_MONTHS + 1)
    expected: tuple[int, ...] = (0,) * (AHEAD_MONTHS + 1)


@dataclass(frozen=True, slots=True)
class Detail:
    """What reports and forecasts of an account are made from.

    `series` and `flows` go by the past months of the measure: AU at each month's end (the last is
    the instant's), and events in each month (the last until the instant). `weeks` are enrolments
    in 4w to 41w, `ages` enrolments by completed months of life. What follows goes by the months
    ahead, from dates alone, if nobody came or stopped: `known` AU at each month's end,
    `expected` further subscribers if the births are registered (taken to be on the due date),
    `graduating` and `awaiting` enrolments that reach their end or 42w0d in the month, and `due`
    births.
    """

    series: Mapping[str, Sequence[int]]
    flows: Mapping[str, Sequence[int]]
    weeks: Sequence[int]
    ages: Mapping[int, int]
    known: Mapping[str, Sequence[int]]
    expected: Sequence[int]
    graduating: Sequence[int]
    awaiting: Sequence[int]
    due: Sequence[int]
    entrants: Entrants


@dataclass(frozen=True, slots=True)
class Figures:
    """The AU of one account whose messages this system sends."""

    total: Counts
    pregnancy: Counts
    childcare: Counts
    channels: Mapping[Channel, int]
    awaiting_birth: int
    flow: Flow
    detail: Detail
