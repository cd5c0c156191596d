"""Families: the children that an invented subscriber follows, and what befell them."""

import math
import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import TypeVar

from local.sample.joining import (
    FIRST_JOINING_DAY,
    JOINING_STAGES,
    number_in_history,
    number_of_families,
    season,
)
from shared.rules.account import Account, Channel, Settings
from shared.rules.age import LAST_PREGNANCY_DAY, TERM_DAYS, due_date_of
from shared.rules.dates import JST
from shared.rules.ending import EndOfDelivery

DAWN = time(5)
"""The latest instant of `today`: before the first tick, so that the whole day lies ahead."""

CHANNEL_SHARES = {Channel.LINE: 60, Channel.EMAIL: 30, Channel.SMS: 10}
SIBLINGS, TWINS = 0.125, 0.013
LOST, LEFT, BOUNCED, RETURNED = 0.03, 0.056, 0.021, 0.3
NEVER_REGISTERED, EARLY_BIRTH, LATE_REGISTRATION = 0.03, 0.055, 0.1
BOTH_DATES = 0.3

GRADUATES_DAYS = 180
"""How long ago the last child may have graduated, where no history is asked for."""

LIFE_DAYS = 5000
"""In a history a subscriber stops on any day with the same chance: 7% in a year."""


_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class Town:
    """An account as it is today, and the due dates from which its families are drawn."""

    account: str
    channels: tuple[Channel, ...]
    channel_weights: tuple[int, ...]
    end: EndOfDelivery
    opened: date
    due_dates: tuple[date, ...]
    cumulative: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Child:
    """One enrolment as it will be written."""

    joined_at: datetime
    due_date: date | None = None
    birth_date: date | None = None
    birth_registered_at: datetime | None = None
    stopped_at: datetime | None = None
    stopped_by: str = ""
    returned_at: datetime | None = None


class Families:
    """Invents one family after the other, as they are on `today`.

    With `past_days` they make a whole history: also those whose last child graduated within so many
    days, who joined and stopped as evenly as years go by. Without it, only today is plausible.
    """

    def __init__(self, source: random.Random, today: date, past_days: int | None = None) -> None:
        self._random, self._today, self._past_days = source, today, past_days
        self._now = datetime.combine(today, DAWN, JST)
        self._spread = source.random()

    def next(self, town: Town) -> list[Child]:
        """The children of the next family of a town, in the order in which they were entered."""
        return self._stopped(self._family(town), town)

    def _family(self, town: Town) -> list[Child]:
        """The children that one subscriber follows, in the order in which they were entered."""
        twins = self._random.random() < TWINS
        youngest = self._child(town, self._due_date(town), twins=twins)
        while youngest is None:
            youngest = self._child(town, self._due_date(town), twins=twins)
        children = [youngest, youngest] if twins else [youngest]
        if self._random.random() < SIBLINGS:
            born = youngest.due_date or youngest.birth_date or self._today
            tries = (
                self._child(town, born - timedelta(days=self._random.randint(500, 1300)))
                for _ in range(10)
            )
            children += [elder for elder in tries if elder and elder.birth_date][:1]
        return sorted(children, key=lambda child: child.joined_at)

    def _child(self, town: Town, due_date: date, *, twins: bool = False) -> Child | None:
        """A child due on `due_date`, as known today; None where it could not have joined."""
        born = due_date + timedelta(days=self._birth_offset(twins=twins))
        joined = self._joining_day(town, due_date, born)
        if joined is None or joined > town.end.last_day(born):
            return None
        joined_at = self._moment(joined)
        if joined >= born:
            if self._random.random() < BOTH_DATES:
                return Child(joined_at, due_date, born, joined_at)
            return Child(joined_at, birth_date=born)
        pregnancy = Child(joined_at, due_date)
        if self._random.random() < NEVER_REGISTERED:
            return pregnancy
        late = self._random.random() < LATE_REGISTRATION
        delay = self._random.randint(10, 45) if late else self._random.randint(0, 9)
        registered = born + timedelta(days=delay)
        if registered >= self._today:
            return pregnancy
        registered_at = self._moment(registered)
        return replace(pregnancy, birth_date=born, birth_registered_at=registered_at)

    def _birth_offset(self, *, twins: bool) -> int:
        """Days from the due date to the birth: at most 41w6d, twins and a few others early."""
        if twins:
            return self._random.randint(-35, -10)
        if self._random.random() < EARLY_BIRTH:
            return self._random.randint(-70, -22)
        offset = round(self._random.gauss(-2, 8))
        return max(-21, min(LAST_PREGNANCY_DAY - TERM_DAYS, offset))

    def _joining_day(self, town: Town, due_date: date, born: date) -> date | None:
        """A day before today on which a parent might have joined, mostly in early pregnancy."""
        earliest = max(town.opened, _on(due_date, FIRST_JOINING_DAY))
        latest = max(self._today - timedelta(days=1), town.opened)
        for _ in range(12):
            _, first, last = self.pick(JOINING_STAGES, [share for share, *_ in JOINING_STAGES])
            counted_from = born if first >= TERM_DAYS else due_date
            day = _on(counted_from, self._random.randint(first, last))
            if earliest <= day <= latest:
                return day
        return self._day(earliest, latest) if earliest <= latest else None

    # Stops: a loss is one like any other, with no marker and no reason.

    def _stopped(self, children: list[Child], town: Town) -> list[Child]:
        """The children with the stop that befalls a few subscribers, and the return of some."""
        fate = self._random.random()
        if fate < LOST:
            return self._lost(children)
        if self._past_days is not None:  # everybody would stop some day
            fate = LOST + (fate - LOST) * (LEFT + BOUNCED) / (1 - LOST)
        if fate >= LOST + LEFT + BOUNCED:
            return children
        first = max(child.joined_at for child in children)
        last_day = max(_last_day(child, town.end) for child in children)
        last = self._bound(last_day)
        stopped_at = self._stop_after(first, last)
        if stopped_at is None:
            return children
        returned_at = None
        if self._random.random() < RETURNED:
            soon = stopped_at + timedelta(days=120)
            returned_at = self._moment_after(stopped_at, min(last, soon))
        by = "subscriber" if fate < LOST + LEFT else "system"
        return [_with_stop(child, stopped_at, by, returned_at) for child in children]

    def _lost(self, children: list[Child]) -> list[Child]:
        """The children with everything about the youngest pregnancy stopped by 24w0d."""
        youngest = max(children, key=lambda child: child.due_date or date.min)
        if youngest.due_date is None or not joined_pregnant(youngest):
            return children
        last = self._bound(_on(youngest.due_date, 24 * 7))
        stopped_at = self._moment_after(youngest.joined_at, last)
        if stopped_at is None:
            return children
        stopped = _with_stop(youngest, stopped_at, "subscriber", None)
        return [stopped if child == youngest else child for child in children]

    def _stop_after(self, first: datetime, last: datetime) -> datetime | None:
        """When who joined at `first` stops; None where they do not, or not yet."""
        if self._past_days is None:
            return self._moment_after(first, last)
        day = first.date() + timedelta(days=int(self._random.expovariate(1 / LIFE_DAYS)))
        stopped_at = max(first + timedelta(minutes=1), self._moment(day))
        return stopped_at if stopped_at < min(last, self._now) else None

    # Days and instants.

    def town(self, account: Account, settings: Settings) -> Town:
        """The account with the due dates of its families, each weighted by how many there are."""
        due_dates, weights = [], []
        gestational_day = FIRST_JOINING_DAY + 2
        opened = min(each.valid_from for each in account.settings)
        days_open = (self._today - opened).days
        past_days = GRADUATES_DAYS if self._past_days is None else self._past_days
        oldest = self._today - timedelta(days=past_days)
        while True:
            due_date = due_date_of(self._today, gestational_day)
            if gestational_day > TERM_DAYS and settings.end_of_delivery.last_day(due_date) < oldest:
                break
            due_dates.append(due_date)
            number = (
                number_of_families(gestational_day)
                if self._past_days is None
                else number_in_history(gestational_day, days_open)
            )
            weights.append(number * season(due_date))
            gestational_day += 1
        channels = tuple(channel for channel in CHANNEL_SHARES if channel in settings.channels)
        return Town(
            account=account.id,
            channels=channels,
            channel_weights=tuple(CHANNEL_SHARES[channel] for channel in channels),
            end=settings.end_of_delivery,
            opened=opened,
            due_dates=tuple(due_dates),
            cumulative=tuple(accumulate(weights)),
        )

    def _due_date(self, town: Town) -> date:
        """A due date; multiples of the golden ratio leave no week empty."""
        self._spread = (self._spread + (math.sqrt(5) - 1) / 2) % 1
        place = self._spread * town.cumulative[-1]
        return town.due_dates[bisect(town.cumulative, place, hi=len(town.due_dates) - 1)]

    def pick(self, things: Sequence[_Thing], weights: Sequence[float]) -> _Thing:
        """One of the things, as often as it weighs."""
        return self._random.choices(things, weights)[0]

    def _day(self, first: date, last: date) -> date:
        return first + timedelta(days=self._random.randint(0, (last - first).days))

    def _moment(self, day: date) -> datetime:
        """A waking minute of `day`, at the latest now."""
        clock = time(self._random.randint(7, 22), self._random.randint(0, 59))
        return min(self._now, datetime.combine(day, clock, JST))

    def _moment_after(self, first: datetime, last: datetime) -> datetime | None:
        """A waking minute after `first` and up to `last`; None where there is none, or not yet."""
        earliest = first + timedelta(minutes=1)
        if earliest > last:
            return None
        moment = self._moment(self._day(first.date(), last.date()))
        moment = max(earliest, min(last, moment))
        return None if self._past_days is not None and moment >= self._now else moment

    def _bound(self, last_day: date) -> datetime:
        """Up to when something may befall a family: today at the latest, but in a history, where
        what is drawn for a later day has simply not happened yet.
        """
        last = datetime.combine(last_day, DAWN, JST)
        return last if self._past_days is not None else min(self._now, last)


def _on(due_date: date, gestational_day: int) -> date:
    """The date of a gestational day."""
    return due_date + timedelta(days=gestational_day - TERM_DAYS)


def _last_day(child: Child, end: EndOfDelivery) -> date:
    """The last day on which messages about the child may come."""
    if child.birth_date is not None:
        return end.last_day(child.birth_date)
    return _on(child.due_date or date.max, LAST_PREGNANCY_DAY)


def joined_pregnant(child: Child) -> bool:
    """Whether the parent registered before the birth."""
    registered_at = child.birth_registered_at
    return child.birth_date is None or (
        registered_at is not None and registered_at > child.joined_at
    )


def _with_stop(child: Child, stopped_at: datetime, by: str, returned_at: datetime | None) -> Child:
    """The child with its stop: who is stopped registers no birth, but may do so on return."""
    child = replace(child, stopped_at=stopped_at, stopped_by=by, returned_at=returned_at)
    registered_at = child.birth_registered_at
    if registered_at is None or registered_at < stopped_at:
        return child
    if returned_at is None:
        return replace(child, birth_date=None, birth_registered_at=None)
    return replace(child, birth_registered_at=max(registered_at, returned_at))
