"""Welcome: what is said once an address is confirmed, and when the first message comes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from functions.register.page import Page, message, page
from functions.register.resources import Resources
from shared.rules import changes
from shared.rules.catalogue import COMMON_SERIES, schedule_of
from shared.rules.changes import RefusedError
from shared.rules.dates import jst_date, jst_time
from shared.rules.message import Due, Schedule, due_message
from shared.rules.subscriber import Language, Subscriber
from shared.rules.touchpoint import Step
from shared.store.confirmations import Confirmation
from shared.store.store import Store
from shared.store.tables import AddressTakenError
from shared.subscribers import joining
from shared.subscribers.notices import NoticeKind

if TYPE_CHECKING:
    from shared.store.content import Version

LOOK_AHEAD_DAYS = 366
"""No schedule is silent for longer within its windows: the farthest are birthdays."""


@dataclass(frozen=True, slots=True)
class First:
    """When the next message comes: `soon` where the hour of today has passed and the day's run
    was not opened yet.
    """

    day: date
    hour: time
    today: date
    soon: bool

    @property
    def phrase(self) -> str:
        """How it is said."""
        if self.day == self.today:
            return "first.soon" if self.soon else "first.today"
        return "first.tomorrow" if self.day == self.today + timedelta(days=1) else "first.later"


def confirmed(
    resources: Resources, waiting: Confirmation, at: datetime, *, start: bool = False
) -> Page:
    """Do what waited, and say so; a page that says why where it cannot be done. What had stopped
    goes on only where they said that it is to `start` again.
    """
    language = waiting.language
    try:
        subscriber = joining.confirm(resources.store, waiting, waiting.address, at, start=start)
    except joining.UsedError:
        return over(language)
    except AddressTakenError:
        return message("taken", language, status=409)
    except RefusedError:
        return message("too_many", language, status=409)
    own = resources.links.preferences(subscriber.id, subscriber.generation, at)
    settings = _settings_name(resources.store, subscriber, at)
    if waiting.application is None:
        _tell_the_old_address(resources, waiting)
        return page("moved", language, account=settings, own=own)
    asked = waiting.application
    if resources.store.touchpoints.get(asked.account, asked.touchpoint) is not None:
        resources.store.touchpoints.count(
            asked.account, asked.touchpoint, Step.CONFIRMED, jst_date(at)
        )
    first = first_message(resources.store, subscriber, at)
    return page("welcome", language, account=settings, own=own, first=first)


def _tell_the_old_address(resources: Resources, waiting: Confirmation) -> None:
    """One neutral line, where the mover chose it. Nothing but this holds the old address."""
    left = resources.store.confirmations.get(joining.left_address(waiting))
    if left is not None:
        resources.notices.put(left.channel, NoticeKind.MOVED, left.id)


def over(language: Language = Language.JAPANESE) -> Page:
    """A confirmation that was used, or has expired."""
    return message("over", language, status=410)


def first_message(store: Store, subscriber: Subscriber, at: datetime) -> First | None:
    """When the next message comes to somebody who has just joined, or None where none is in sight.

    A day whose run was opened already may not reach them: so it is not promised.
    """
    account = store.accounts.get(subscriber.account)
    if account is None:
        return None
    pointers = {each: store.content.pointer(each) for each in (COMMON_SERIES, account.id)}
    schedules: dict[tuple[Version | None, ...], Schedule] = {}
    standings = [changes.standing(each) for each in subscriber.enrolments]
    for day in _days_to_come(store, subscriber.account, at):
        settings = account.on(day)
        if settings is None or (day == jst_date(at) and not _still(settings.quiet_from, at)):
            continue
        versions = tuple(each.on(day) for each in pointers.values())
        if versions not in schedules:  # there are one or two
            schedules[versions] = schedule_of(
                *(
                    store.content.load(series, each.version if each else None)
                    for series, each in zip(pointers, versions, strict=True)
                )
            )
        for standing in standings:
            due = due_message(
                standing,
                day,
                settings=settings,
                channel=subscriber.channel,
                schedule=schedules[versions],
            )
            if isinstance(due, Due):
                soon = day == jst_date(at) and jst_time(at) >= settings.send_at
                return First(day, settings.send_at, jst_date(at), soon)
    return None


def _days_to_come(store: Store, account: str, at: datetime) -> Iterator[date]:
    today = jst_date(at)
    if store.ledger.run(today, account) is None:
        yield today
    yield from (today + timedelta(days=n) for n in range(1, LOOK_AHEAD_DAYS + 1))


def _still(quiet_from: time, at: datetime) -> bool:
    """Whether the next tick, within a quarter of an hour, still comes before the quiet hours."""
    return jst_time(at + timedelta(minutes=20)) < quiet_from and jst_date(
        at + timedelta(minutes=20)
    ) == jst_date(at)


def _settings_name(store: Store, subscriber: Subscriber, at: datetime) -> str:
    account = store.accounts.get(subscriber.account)
    settings = account.on(jst_date(at)) if account else None
    return settings.name if settings else ""
