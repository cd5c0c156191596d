"""What the office does with announcements: writes, approves and withdraws them."""

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from shared.office.errors import Because, NotDoneError
from shared.rules.account import Delivery
from shared.rules.announcement import (
    LONGEST_AHEAD,
    SECOND_PERSON_FROM,
    Announcement,
    Audience,
    State,
)
from shared.rules.dates import jst_date, jst_time
from shared.rules.text import Text
from shared.store.run import Cancelled
from shared.store.store import Store
from shared.store.tables import ConflictError


@dataclass(frozen=True, slots=True)
class Reach:
    """About how many readers an announcement has, by account: by the newest AU snapshot, of all
    channels. None where there is no snapshot.
    """

    by_account: dict[str, int]
    as_of: datetime | None

    @property
    def total(self) -> int:
        """Of all accounts together."""
        return sum(self.by_account.values())


def reach(store: Store, audience: Audience) -> Reach:
    """About how many it concerns. Stored figures are read and nobody's record: by week, by month of
    life, and by the share of the channels.
    """
    newest = next(iter(store.snapshots.reviews()), None)
    found = store.snapshots.get(newest.snapshot) if newest else None
    if found is None:
        return Reach({}, None)
    snapshot, _ = found
    about: dict[str, int] = {}
    for line in snapshot.own_lines:
        if line.account not in audience.accounts:
            continue
        detail = snapshot.detail[line.account]
        concerned = 0
        if audience.weeks:
            first, last = audience.weeks
            weeks = enumerate(detail.weeks, 4)
            concerned += sum(number for week, number in weeks if first <= week <= last)
        if audience.months:
            first, last = audience.months
            concerned += sum(n for month, n in detail.ages.items() if first <= month <= last)
        everybody = sum(line.channels.values()) or 1
        share = sum(line.channels.get(each, 0) for each in audience.channels) / everybody
        about[line.account] = round(concerned * share)
    return Reach(about, newest.as_of if newest else None)


def write(
    store: Store,
    text: Text,
    audience: Audience,
    on: date,
    at: time,
    *,
    now: datetime,
    who: str,
) -> Announcement:
    """Store a new announcement. NotDoneError where it would reach nobody, or at no good time. One
    that concerns few is approved by whoever writes it.
    """
    _check(store, audience, on, at, now)
    readers = reach(store, audience).total
    written = Announcement(
        id=f"{jst_date(now):%Y%m%d}-{secrets.token_hex(3)}",
        text=text,
        audience=audience,
        on=on,
        at=at,
        readers=readers,
        by=who,
        created=now,
    )
    store.announcements.add(written)
    store.audit.note(now, who, f"wrote an announcement for {on}", written.id)
    return written


def approve(store: Store, announcement_id: str, *, now: datetime, who: str) -> Announcement:
    """Have it go out. NotDoneError where it was decided before, its day has passed, or a second
    person has to.
    """
    found = known(store, announcement_id)
    if found.state is not State.WAITING:
        raise NotDoneError(f"{announcement_id} was {found.state} before", Because.ALREADY)
    if found.needs_second and found.by == who:
        raise NotDoneError(
            f"{announcement_id} reaches {SECOND_PERSON_FROM} or more: another person approves it",
            Because.ANOTHER_PERSON,
        )
    if found.on < jst_date(now):
        raise NotDoneError(f"{found.on} has passed; write it anew", Because.OVER)
    approved = replace(found, approved_by=who, approved_at=now)
    return _decided(store, approved, f"approved an announcement for {found.on}", now=now, who=who)


def withdraw(store: Store, announcement_id: str, *, now: datetime, who: str) -> Announcement:
    """Have it not go out; what has begun is cancelled as a run is. NotDoneError where it was
    withdrawn before.
    """
    found = known(store, announcement_id)
    if found.state is State.WITHDRAWN:
        raise NotDoneError(f"{announcement_id} was withdrawn before", Because.ALREADY)
    withdrawn = replace(found, withdrawn_by=who)
    decided = _decided(store, withdrawn, "withdrew an announcement", now=now, who=who)
    for account in found.audience.accounts:
        run = store.ledger.run(found.on, account, found.id)
        if run is not None and run.closed_at is None:
            store.control.cancel(run, {each for each, _ in run.jobs}, Cancelled(now, who))
    return decided


def known(store: Store, announcement_id: str) -> Announcement:
    """The announcement of that id; NotDoneError where there is none."""
    found = store.announcements.get(announcement_id)
    if found is None:
        raise NotDoneError(f"there is no announcement {announcement_id!r}", Because.UNKNOWN)
    return found


def _decided(
    store: Store, announcement: Announcement, what: str, *, now: datetime, who: str
) -> Announcement:
    try:
        store.announcements.decide(announcement)
    except ConflictError:
        raise NotDoneError(
            f"{announcement.id} was decided by somebody else just now", Because.CHANGED
        ) from None
    store.audit.note(now, who, what, announcement.id)
    return announcement


def _check(store: Store, audience: Audience, on: date, at: time, now: datetime) -> None:
    today = jst_date(now)
    if not audience.accounts or not audience.channels:
        raise NotDoneError("an announcement needs accounts and channels", Because.INPUT)
    if audience.weeks is None and audience.months is None:
        raise NotDoneError(
            "an announcement needs a phase: pregnancy, childcare, or both", Because.INPUT
        )
    if on < today or (on == today and at <= jst_time(now)):
        raise NotDoneError(f"{on} {at:%H:%M} has passed; choose a later time", Because.OVER)
    if on > today + LONGEST_AHEAD:
        raise NotDoneError(f"{on} lies more than {LONGEST_AHEAD.days} days ahead", Because.INPUT)
    for name in audience.accounts:
        account = store.accounts.get(name)
        settings = account.on(on) if account else None
        if settings is None or settings.delivery is not Delivery.OWN:
            raise NotDoneError(f"{name} does not send by this platform on {on}", Because.INPUT)
        if settings.quiet(at):
            quiet = f"{settings.quiet_from:%H:%M}-{settings.quiet_to:%H:%M}"
            raise NotDoneError(
                f"{at:%H:%M} lies in the quiet hours of {name} ({quiet})", Because.INPUT
            )
