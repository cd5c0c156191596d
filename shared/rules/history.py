"""History: what happened to an enrolment, and what was true of it at any instant.

Nothing here is ever overwritten: a correction is one more event. So what was true at an instant
is the same whenever it is asked, and past AU stays exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from operator import attrgetter


class Happened(StrEnum):
    """The kinds of event in the life of an enrolment."""

    JOINED = "joined"
    DUE_DATE = "due_date"
    """A due date became known or was corrected: `day`."""
    BIRTH = "birth"
    """The subscriber registered (or corrected) a birth: `day`."""
    CORRECTED_AGE = "corrected_age"
    """The subscriber asked for the age to be counted from the due date."""
    BIRTH_AGE = "birth_age"
    """The subscriber asked for the age to be counted from birth again."""
    STOPPED_BY_SUBSCRIBER = "stopped_by_subscriber"
    STOPPED_BY_SYSTEM = "stopped_by_system"
    RETURNED = "returned"


class Status(StrEnum):
    """Whether an enrolment gets messages, as far as its people and the system decided."""

    NOT_JOINED = "not_joined"
    ACTIVE = "active"
    STOPPED = "stopped"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, at an aware instant; `day` for the kinds that carry a date."""

    at: datetime
    what: Happened
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is true of an enrolment at an instant."""

    status: Status = Status.NOT_JOINED
    due_date: date | None = None
    birth_date: date | None = None
    corrected_age: bool = False

    @property
    def base_date(self) -> date | None:
        """The date from which the day of the message is counted: the birth date once it is
        registered (the due date where the corrected age is asked for), else the due date.
        """
        if self.birth_date is None:
            return self.due_date
        return self.counted_from or self.birth_date

    @property
    def counted_from(self) -> date | None:
        """The due date, where the age of a child born before it is to be counted from it."""
        if (
            self.corrected_age
            and self.birth_date is not None
            and self.due_date is not None
            and self.due_date > self.birth_date
        ):
            return self.due_date
        return None


_END_OF_TIME = datetime.max.replace(tzinfo=UTC)

_STATUS_AFTER = {
    Happened.JOINED: Status.ACTIVE,
    Happened.RETURNED: Status.ACTIVE,
    Happened.STOPPED_BY_SUBSCRIBER: Status.STOPPED,
    Happened.STOPPED_BY_SYSTEM: Status.SUSPENDED,
}


_Values = tuple[Status, date | None, date | None, bool]


def after(standing: Standing, event: Event) -> Standing:
    """What is true once `event` has happened."""
    before = standing.status, standing.due_date, standing.birth_date, standing.corrected_age
    return Standing(*_after(before, event))


def _after(values: _Values, event: Event) -> _Values:
    """The same of the values alone: a count of everybody comes through here for every event."""
    status, due, birth, corrected = values
    match event.what:
        case Happened.DUE_DATE:
            due = event.day
        case Happened.BIRTH:
            birth = event.day
        case Happened.CORRECTED_AGE | Happened.BIRTH_AGE:
            corrected = event.what is Happened.CORRECTED_AGE
        case Happened.STOPPED_BY_SYSTEM if status is Status.STOPPED:
            return values  # a late bounce does not hide that the subscriber had stopped
        case _:
            status = _STATUS_AFTER[event.what]
    return status, due, birth, corrected


def standing_at(history: Iterable[Event], at: datetime) -> Standing:
    """What was true at the instant `at`: every event up to and including it counts.

    Events may come in any order of record; they count in the order in which they happened, and
    in the order of record where they happened at the same instant.
    """
    values: _Values = (Status.NOT_JOINED, None, None, False)
    for event in sorted(history, key=attrgetter("at")):
        if event.at > at:
            break
        values = _after(values, event)
    return Standing(*values)


def latest_standing(history: Iterable[Event]) -> Standing:
    """What is true once everything on record has happened."""
    return standing_at(history, _END_OF_TIME)
