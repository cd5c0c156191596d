"""What a change of settings would do to readers, about: by the newest AU snapshot, nobody's record.

A snapshot holds children by completed months of life, so a birth is known to a month.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.rules.account import Channel, Delivery, Settings
from shared.rules.age import TERM_DAYS
from shared.rules.au import FIRST_WEEK, Detail
from shared.rules.dates import add_months, jst_date
from shared.rules.snapshot import OwnLine, Snapshot
from shared.store.store import Store

_HALF_A_MONTH = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Effect:
    """About how many it concerns, of `subscribers` readers at `as_of`: readers whose messages no
    longer come `without` a channel or because the account is sent for no more (`leaving`), and
    children, born and unborn, who are accompanied for a shorter time (`shorter`), of them those
    whom it ends on the day of the change (`at_once`), or for a longer one.
    """

    as_of: datetime
    subscribers: int
    leaving: int
    without: dict[Channel, int]
    shorter: int
    at_once: int
    longer: int


def effect(store: Store, account: str, old: Settings, new: Settings) -> Effect | None:
    """What settings would do that replace others; None where no snapshot tells."""
    snapshot = newest(store)
    line = snapshot.line(account) if snapshot else None
    if snapshot is None or not isinstance(line, OwnLine):
        return None
    return effect_on(line, snapshot.detail[account], snapshot.as_of, old, new)


def newest(store: Store) -> Snapshot | None:
    """The newest snapshot there is."""
    for review in store.snapshots.reviews():
        return store.snapshots.load(review)
    return None


def effect_on(
    line: OwnLine, detail: Detail, as_of: datetime, old: Settings, new: Settings
) -> Effect:
    """The same, by an account's line of a snapshot."""
    shorter = at_once = longer = 0
    for born, number in _births(detail, jst_date(as_of)):
        before, after = old.end_of_delivery.last_day(born), new.end_of_delivery.last_day(born)
        if before < new.valid_from:
            continue  # over by then, whatever changes
        shorter += number * (after < before)
        at_once += number * (after < new.valid_from)
        longer += number * (after > before)
    leaves = old.delivery is Delivery.OWN and new.delivery is not Delivery.OWN
    gone = old.channels - new.channels if not leaves else frozenset()
    return Effect(
        as_of=as_of,
        subscribers=line.subscribers,
        leaving=line.subscribers if leaves else 0,
        without={each: line.channels.get(each, 0) for each in sorted(gone)},
        shorter=shorter,
        at_once=at_once,
        longer=longer,
    )


def _births(detail: Detail, day: date) -> list[tuple[date, int]]:
    """About when how many were born, or are due."""
    born = [(add_months(day, -months) - _HALF_A_MONTH, n) for months, n in detail.ages.items()]
    due = [
        (day + timedelta(days=TERM_DAYS - 7 * week), n)
        for week, n in enumerate(detail.weeks, FIRST_WEEK)
    ]
    return born + due
