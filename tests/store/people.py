"""Invented subscribers for the store."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from shared.rules.account import Channel
from shared.rules.dates import JST
from shared.rules.history import Event, Happened
from shared.rules.subscriber import Enrolment, Subscriber

TODAY = date(2026, 11, 25)
JOINED = datetime(2026, 10, 1, 12, 0, tzinfo=JST)
LATER = datetime(2026, 11, 25, 12, 0, tzinfo=JST)


def expecting(due: date) -> tuple[Event, ...]:
    """A pregnancy's history."""
    return Event(JOINED, Happened.JOINED), Event(JOINED, Happened.DUE_DATE, due)


def born(on: date) -> tuple[Event, ...]:
    """A child's history."""
    return Event(JOINED, Happened.JOINED), Event(JOINED, Happened.BIRTH, on)


def at_day(day: int) -> tuple[Event, ...]:
    """The history of a pregnancy that is at `day` today."""
    return expecting(TODAY + timedelta(days=280 - day))


def aged(day: int) -> tuple[Event, ...]:
    """The history of a child that is `day` days old today."""
    return born(TODAY - timedelta(days=day))


def subscriber(
    name: str,
    *histories: Sequence[Event],
    account: str = "bunkyo",
    channel: Channel = Channel.EMAIL,
    address: str | None = None,
    nickname: str | None = None,
) -> Subscriber:
    """A subscriber with one enrolment (e1, e2, …) for each history."""
    enrolments = tuple(
        Enrolment(f"e{number}", nickname, tuple(history))
        for number, history in enumerate(histories, 1)
    )
    return Subscriber(name, account, channel, address or f"{name}@example.jp", None, enrolments)
