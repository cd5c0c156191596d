"""Enrolments in subscribers.csv: what a row says that happened, and a history as a row."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from cli.files.table import Row
from shared.office.fields import EARLIEST, Note, day, instant, matching, one_line, one_of
from shared.rules.dates import JST, jst_date, jst_instant
from shared.rules.history import Event, Happened
from shared.rules.subscriber import Enrolment

LONGEST_NICKNAME = 20
FURTHEST_DUE_DATE = timedelta(days=300)
"""A due date lies 280 days after the first day of pregnancy; a little more for a slip of it."""


class StoppedBy(StrEnum):
    """Who stopped an enrolment, as files say it."""

    SUBSCRIBER = "subscriber"
    SYSTEM = "system"


_STOP = {
    StoppedBy.SUBSCRIBER: Happened.STOPPED_BY_SUBSCRIBER,
    StoppedBy.SYSTEM: Happened.STOPPED_BY_SYSTEM,
}
_STOPPED_BY = {what: who for who, what in _STOP.items()}

_stopped_by = one_of(StoppedBy)
_nickname = one_line(LONGEST_NICKNAME)
_enrolment_id = matching(r"[A-Za-z0-9_-]{1,40}", "must be 1 to 40 of A-Z, a-z, 0-9, _ and -")


def read_enrolment(row: Row, now: datetime) -> Enrolment | None:
    """The enrolment of a row, its events in the order joined, due date, birth, stopped, returned;
    None where something of it is at fault.
    """
    before = len(row.faults.found)
    name = row.required("enrolment", _enrolment_id)
    nickname = row.optional("nickname", _nickname)
    due = row.optional("due_date", _due_date(now, row.note))
    birth = row.optional("birth_date", _birth_date(now, row.note))
    happened = _happened(now, row.note)
    joined = row.required("joined_at", happened)
    registered = row.optional("birth_registered_at", happened)
    stopped = row.optional("stopped_at", happened)
    stopped_by = row.optional("stopped_by", _stopped_by)
    returned = row.optional("returned_at", happened)
    if not row["due_date"] and not row["birth_date"]:
        row.fault("due_date", "give a due_date, a birth_date, or both")
    if joined is not None:
        _check_registered(row, joined, birth, registered)
        _check_stop(row, joined, stopped, returned)
    if name is None or joined is None or len(row.faults.found) > before:
        return None
    events = [Event(joined, Happened.JOINED)]
    if due is not None:
        events.append(Event(joined, Happened.DUE_DATE, due))
    if birth is not None:
        events.append(Event(registered or joined, Happened.BIRTH, birth))
    if stopped is not None and stopped_by is not None:
        events.append(Event(stopped, _STOP[stopped_by]))
    if returned is not None:
        events.append(Event(returned, Happened.RETURNED))
    return Enrolment(name, nickname, tuple(events))


def _due_date(now: datetime, note: Note) -> Callable[[str], date]:
    """A reader of due dates; one that has passed is valid."""
    latest = jst_date(now) + FURTHEST_DUE_DATE
    return _within(latest, note, f"lies more than {FURTHEST_DUE_DATE.days} days ahead")


def _birth_date(now: datetime, note: Note) -> Callable[[str], date]:
    """A reader of birth dates until today."""
    rule = "lies in the future; a birth is registered when it has happened"
    return _within(jst_date(now), note, rule)


def _within(latest: date, note: Note, rule: str) -> Callable[[str], date]:
    def read(text: str) -> date:
        found = day(text, note)
        if found < EARLIEST:
            raise ValueError(f"must not lie before {EARLIEST}")
        if found > latest:
            raise ValueError(rule)
        return found

    return read


def _happened(now: datetime, note: Note) -> Callable[[str], datetime]:
    """A reader of instants until now."""

    def read(text: str) -> datetime:
        found = instant(text, note)
        if found > now:
            raise ValueError("lies in the future; leave it blank until it happens")
        return found

    return read


def _check_registered(
    row: Row, joined: datetime, birth: date | None, registered: datetime | None
) -> None:
    """Faults of the instant at which the birth became known."""
    column = "birth_registered_at"
    if not row["birth_date"]:
        if row[column]:
            row.fault(column, "must be blank where there is no birth_date")
        return
    if row["due_date"] and not row[column]:
        row.fault(column, "is required where there is a due_date and a birth_date")
    if not row["due_date"] and registered is not None and registered != joined:
        row.fault(column, "must be blank or joined_at where there is no due_date before it")
        return
    if registered is not None and registered < joined:
        row.fault(column, "must not lie before joined_at")
    known = registered if row["due_date"] or row[column] else joined
    if birth is not None and known is not None and known < jst_instant(birth):
        place = column if row[column] else "joined_at"
        row.fault(place, "must not lie before the birth date's 00:00 in Japan")


def _check_stop(
    row: Row, joined: datetime, stopped: datetime | None, returned: datetime | None
) -> None:
    """Faults of the stop and the return."""
    if row["stopped_at"] and not row["stopped_by"]:
        row.fault("stopped_by", "is required with stopped_at: subscriber or system")
    if row["stopped_by"] and not row["stopped_at"]:
        row.fault("stopped_at", "is required with stopped_by")
    if stopped is not None and stopped < joined:
        row.fault("stopped_at", "must not lie before joined_at")
    if row["returned_at"] and not row["stopped_at"]:
        row.fault("returned_at", "must be blank where there is no stopped_at")
    if stopped is not None and returned is not None and returned <= stopped:
        row.fault("returned_at", "must lie after stopped_at")


def enrolment_cells(enrolment: Enrolment) -> dict[str, str]:
    """The enrolment in the columns of a row: the inverse of `read_enrolment`.

    A history that is richer than the columns is told by its latest due date and birth date, the
    instant of the first registration of a birth, and the last stop with the return after it.
    """
    history = sorted(enrolment.history, key=lambda event: event.at)
    joined = next(event.at for event in history if event.what is Happened.JOINED)
    due = _last(history, {Happened.DUE_DATE})
    birth = _last(history, {Happened.BIRTH})
    stop = _last(history, set(_STOPPED_BY))
    later = history[history.index(stop) :] if stop else []
    returned = next((event for event in later if event.what is Happened.RETURNED), None)
    registered = None
    if birth and birth.day and due:
        first = next(event.at for event in history if event.what is Happened.BIRTH)
        registered = max(first, jst_instant(birth.day))
    return {
        "enrolment": enrolment.id,
        "nickname": enrolment.nickname or "",
        "due_date": _day_text(due),
        "birth_date": _day_text(birth),
        "birth_registered_at": _instant_text(registered),
        "joined_at": _instant_text(joined),
        "stopped_at": _instant_text(stop.at if stop else None),
        "stopped_by": str(_STOPPED_BY[stop.what]) if stop else "",
        "returned_at": _instant_text(returned.at if returned else None),
    }


def _last(history: Iterable[Event], kinds: set[Happened]) -> Event | None:
    found = [event for event in history if event.what in kinds]
    return found[-1] if found else None


def _day_text(event: Event | None) -> str:
    return event.day.isoformat() if event and event.day else ""


def _instant_text(at: datetime | None) -> str:
    return at.astimezone(JST).isoformat() if at else ""
