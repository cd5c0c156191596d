"""The message of the day: which one is due, or why there is silence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from shared.rules.account import Channel, Delivery, Settings
from shared.rules.age import FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY, TERM_DAYS
from shared.rules.ending import EndOfDelivery
from shared.rules.history import Standing, Status
from shared.rules.stage import Phase, Reason, Stage, childcare_stage, pregnancy_stage

Schedule = frozenset[tuple[Phase, int]]
"""The (phase, day) pairs that have a message: nothing more is configured."""


@dataclass(frozen=True, order=True, slots=True)
class Due:
    """The message of `day` in `phase` is due."""

    phase: Phase
    day: int


SILENT_STATUS = {
    Status.NOT_JOINED: Reason.NOT_JOINED,
    Status.STOPPED: Reason.STOPPED,
    Status.SUSPENDED: Reason.SUSPENDED,
}
"""The reason that each status but active gives."""

NOT_SENDING = {
    Delivery.EXTERNAL: Reason.EXTERNAL,
    Delivery.ENDED: Reason.ACCOUNT_ENDED,
}
"""The reason that an account gives which does not send by this platform."""


def stage_on(standing: Standing, day: date, end: EndOfDelivery) -> Stage:
    """The stage on `day` of what is known; at least one date must be."""
    if standing.birth_date is not None:
        return childcare_stage(day, standing.birth_date, end, counted_from=standing.counted_from)
    if standing.due_date is None:
        message = "an enrolment needs a due date or a birth date"
        raise ValueError(message)
    return pregnancy_stage(day, standing.due_date)


def due_message(
    standing: Standing, day: date, *, settings: Settings, channel: Channel, schedule: Schedule
) -> Due | Reason:
    """The message due on `day`, or the one reason for silence that comes first.

    The position is computed from the date each day, never stored: a late joiner starts at today's
    message, missed days are not replayed, and a corrected date takes effect the same day.
    """
    if standing.status in SILENT_STATUS:
        return SILENT_STATUS[standing.status]
    if settings.delivery in NOT_SENDING:
        return NOT_SENDING[settings.delivery]
    if channel not in settings.channels:
        return Reason.CHANNEL_NOT_OFFERED
    stage = stage_on(standing, day, settings.end_of_delivery)
    if stage.reason is not None:
        return stage.reason
    assert stage.phase is not None  # noqa: S101 - an open stage has a phase
    if (stage.phase, stage.day) not in schedule:
        return Reason.NO_MESSAGE_TODAY
    return Due(stage.phase, stage.day)


def birth_prompt(due: Due) -> bool:
    """Whether a message carries the neutral way to register a birth: from 40w0d on. Nothing is
    guessed before, and nothing is asked after.
    """
    return due.phase is Phase.PREGNANCY and due.day >= TERM_DAYS


@lru_cache(maxsize=64)
def every_day(end: EndOfDelivery) -> Schedule:
    """A schedule that has a message on each day of both windows; those of a child born early whose
    age is counted from the due date lie below zero.
    """
    pregnancy = range(FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY + 1)
    childcare = range(FIRST_PREGNANCY_DAY - TERM_DAYS, end.longest_days + 1)
    return frozenset(
        (
            *((Phase.PREGNANCY, day) for day in pregnancy),
            *((Phase.CHILDCARE, day) for day in childcare),
        )
    )


def within_reach(schedule: Schedule, end: EndOfDelivery) -> Schedule:
    """The schedule without the days that no child reaches before the end of delivery."""
    return frozenset(
        (phase, day)
        for phase, day in schedule
        if phase is Phase.PREGNANCY or day <= end.longest_days
    )


def days_ranges(days: Iterable[int], *, largest_gap: int) -> list[tuple[int, int]]:
    """Sorted ranges (first, last) that cover `days`, joined where at most `largest_gap` days
    without a message lie between: reading those costs less than one more request.
    """
    ranges: list[tuple[int, int]] = []
    for day in sorted(days):
        if ranges and day - ranges[-1][1] - 1 <= largest_gap:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
