"""Spells: the spans of time in which an enrolment counts as AU, and why each begins and ends.

`stand` says what counts at one instant: the definition. `spells` says the same of all time in one
walk over the dated history, which is what counting, balance sheets and forecasts are made from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from shared.rules.account import Account, Channel, Delivery
from shared.rules.age import FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY, TERM_DAYS
from shared.rules.dates import jst_date, jst_instant
from shared.rules.ending import EndOfDelivery
from shared.rules.history import Event, Standing, Status, after, standing_at
from shared.rules.message import NOT_SENDING, SILENT_STATUS, stage_on
from shared.rules.stage import Phase, Reason
from shared.rules.subscriber import Enrolment, Subscriber


class Entered(StrEnum):
    """Why a spell begins."""

    NEW_PREGNANCY = "new_pregnancy"
    NEW_CHILDCARE = "new_childcare"
    RETURNED = "returned"
    """It counted before: it was stopped, awaited the birth, or had graduated."""
    MOVED_IN = "moved_in"
    """From another account, or of one that sends by this platform again."""
    BORN = "born"
    """Goes on from the spell before: the birth was registered while it counted."""
    OTHER_CHANNEL = "other_channel"
    """Goes on from the spell before, on another channel."""


class Left(StrEnum):
    """Why a spell ends."""

    GRADUATED = "graduated"
    STOPPED_SUBSCRIBER = "stopped_subscriber"
    STOPPED_SYSTEM = "stopped_system"
    AWAITING_BIRTH = "awaiting_birth"
    MOVED_OUT = "moved_out"
    """To another account, or of one that sends by this platform no more."""
    NOT_YET = "not_yet"
    """A corrected due date put it before 4w0d again: it was not new, and will be."""
    BORN = "born"
    OTHER_CHANNEL = "other_channel"


@dataclass(frozen=True, slots=True)
class Spell:
    """From `begins` (included) to `ends` (excluded) an enrolment counts in one account, phase and
    channel. `base` is the due date or birth date that was known last in it.
    """

    begins: datetime
    ends: datetime
    account: str
    channel: Channel
    phase: Phase
    base: date
    entered: Entered
    left: Left

    def holds(self, at: datetime) -> bool:
        """Whether the instant lies in the spell."""
        return self.begins <= at < self.ends


def stand(
    subscriber: Subscriber, enrolment: Enrolment, accounts: Mapping[str, Account], at: datetime
) -> Phase | Reason:
    """The phase in which an enrolment counts as AU at the instant `at`, or why it does not.

    The definition (domain: "AU"): active at the instant, and its date in Tokyo inside 4w0d to
    41w6d, or day 0 to the end of delivery of the account where the subscriber was then.
    """
    standing = standing_at(enrolment.history, at)
    if standing.status in SILENT_STATUS:
        return SILENT_STATUS[standing.status]
    account, _ = subscriber.where(at)
    settings = accounts[account].on(jst_date(at))
    if settings is None:
        return Reason.NOT_JOINED
    if settings.delivery in NOT_SENDING:
        return NOT_SENDING[settings.delivery]
    stage = stage_on(standing, jst_date(at), settings.end_of_delivery)
    return stage.phase or stage.reason or Reason.NOT_YET


Terms = tuple[tuple[datetime, EndOfDelivery | None], ...]
"""From when an account has which end of delivery; None while this platform does not send."""


def terms(account: Account, until: datetime) -> Terms:
    """What of an account's settings AU depends on, as far as they are in force at `until`."""
    day = jst_date(until)
    return tuple(
        (
            jst_instant(settings.valid_from),
            settings.end_of_delivery if settings.delivery is Delivery.OWN else None,
        )
        for settings in sorted(account.settings, key=lambda each: each.valid_from)
        if settings.valid_from <= day
    )


def spells(
    subscriber: Subscriber, enrolment: Enrolment, terms_of: Mapping[str, Terms], known: datetime
) -> list[Spell]:
    """The spells of an enrolment as they are known at the instant `known`: what happened later is
    left out, and the last spell goes on until its date comes.
    """
    # In UTC as ours are: two instants whose tzinfo is not one object compare 20 times as slowly.
    in_utc = (Event(e.at.astimezone(UTC), e.what, e.day) for e in enrolment.history)
    history = sorted((e for e in in_utc if e.at <= known), key=lambda e: e.at)
    found: list[Spell] = []
    begun: _Begun | None = None
    for piece in _pieces(history, subscriber.places(known), terms_of):
        part = piece.counts
        goes_on = part is not None and part[0] == piece.begins
        if begun is not None and goes_on:
            if begun.same(piece):
                begun.base = piece.base or begun.base
            else:
                left, entered = begun.change(piece)
                found.append(begun.spell(piece.begins, left))
                begun = _Begun.by(piece, piece.begins, entered)
        elif begun is not None:
            found.append(begun.spell(piece.begins, begun.why(piece)))
            begun = None
        if part is None:
            continue
        if begun is None:
            begun = _Begun.by(piece, part[0], _entered(found, piece))
        begun.at_its_date = piece.window[1] == part[1]
        if part[1] < piece.ends:
            found.append(begun.spell(part[1], _AT_ITS_DATE[begun.phase]))
            begun = None
    return found


_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_NEVER = (_END_OF_TIME, _END_OF_TIME)
_ONE_DAY = timedelta(days=1)

_AT_ITS_DATE = {Phase.PREGNANCY: Left.AWAITING_BIRTH, Phase.CHILDCARE: Left.GRADUATED}
_NEW = {Phase.PREGNANCY: Entered.NEW_PREGNANCY, Phase.CHILDCARE: Entered.NEW_CHILDCARE}
_AFTER_STATUS = {
    Status.STOPPED: Left.STOPPED_SUBSCRIBER,
    Status.SUSPENDED: Left.STOPPED_SYSTEM,
}


@lru_cache(maxsize=1 << 15)
def pregnancy_window(due_date: date) -> tuple[datetime, datetime]:
    """From 00:00 JST of 4w0d to 00:00 JST of 42w0d, which is excluded."""
    first = due_date + timedelta(days=FIRST_PREGNANCY_DAY - TERM_DAYS)
    after_last = due_date + timedelta(days=LAST_PREGNANCY_DAY + 1 - TERM_DAYS)
    return jst_instant(first), jst_instant(after_last)


@lru_cache(maxsize=1 << 15)
def childcare_window(birth_date: date, end: EndOfDelivery) -> tuple[datetime, datetime]:
    """From 00:00 JST of the birth date to the end of the last delivery day, excluded."""
    return jst_instant(birth_date), jst_instant(end.last_day(birth_date) + _ONE_DAY)


@dataclass(slots=True)
class _Piece:
    """A span of time in which nothing happens but that days pass. `window` is when it would count
    by its dates, `end` is None while the account is not ours.
    """

    begins: datetime
    ends: datetime
    account: str
    channel: Channel
    end: EndOfDelivery | None
    status: Status
    phase: Phase
    base: date | None
    window: tuple[datetime, datetime]

    @property
    def counts(self) -> tuple[datetime, datetime] | None:
        """The part of the piece that counts."""
        if self.status is not Status.ACTIVE or self.end is None:
            return None
        begins, ends = max(self.begins, self.window[0]), min(self.ends, self.window[1])
        return (begins, ends) if begins < ends else None


def _pieces(
    history: Sequence[Event],
    places: Sequence[tuple[datetime, str, Channel]],
    terms_of: Mapping[str, Terms],
) -> Iterator[_Piece]:
    if not history:
        return
    first = history[0].at
    changes = {event.at for event in history}
    changes.update(since for since, _, _ in places if since > first)
    for _, account, _ in places:
        changes.update(since for since, _ in terms_of[account] if since > first)
    instants = sorted(changes)
    standing, done = Standing(), 0
    for begins, ends in zip(instants, [*instants[1:], _END_OF_TIME], strict=True):
        while done < len(history) and history[done].at <= begins:
            standing = after(standing, history[done])
            done += 1
        account, channel = _in_force(places, begins)
        end = _end_in_force(terms_of[account], begins)
        if standing.birth_date is not None:
            phase, base = Phase.CHILDCARE, standing.birth_date
            window = _NEVER if end is None else childcare_window(base, end)
        elif standing.due_date is not None:
            phase, base = Phase.PREGNANCY, standing.due_date
            window = pregnancy_window(base)
        else:
            phase, base, window = Phase.PREGNANCY, None, _NEVER
        yield _Piece(begins, ends, account, channel, end, standing.status, phase, base, window)


def _in_force(places: Sequence[tuple[datetime, str, Channel]], at: datetime) -> tuple[str, Channel]:
    for since, account, channel in reversed(places):
        if since <= at:
            return account, channel
    return places[0][1], places[0][2]


def _end_in_force(terms_of_account: Terms, at: datetime) -> EndOfDelivery | None:
    for since, end in reversed(terms_of_account):
        if since <= at:
            return end
    return None


@dataclass(slots=True)
class _Begun:
    """A spell of which the end is not known yet."""

    begins: datetime
    account: str
    channel: Channel
    phase: Phase
    base: date
    entered: Entered
    at_its_date: bool = False
    """Whether it ends by its date at the end of the piece before."""

    @classmethod
    def by(cls, piece: _Piece, begins: datetime, entered: Entered) -> "_Begun":
        assert piece.base is not None  # noqa: S101 - a piece that counts has a date
        return cls(begins, piece.account, piece.channel, piece.phase, piece.base, entered)

    def spell(self, ends: datetime, left: Left) -> Spell:
        return Spell(
            self.begins,
            ends,
            self.account,
            self.channel,
            self.phase,
            self.base,
            self.entered,
            left,
        )

    def same(self, piece: _Piece) -> bool:
        return (self.account, self.channel, self.phase) == (
            piece.account,
            piece.channel,
            piece.phase,
        )

    def change(self, piece: _Piece) -> tuple[Left, Entered]:
        """How it goes on in a piece that counts too, in another account, phase or channel."""
        if self.account != piece.account:
            return Left.MOVED_OUT, Entered.MOVED_IN
        if self.phase is not piece.phase:
            return Left.BORN, Entered.BORN
        return Left.OTHER_CHANNEL, Entered.OTHER_CHANNEL

    def why(self, piece: _Piece) -> Left:
        """Why it ends where a piece begins that does not count at once."""
        if self.at_its_date:
            return _AT_ITS_DATE[self.phase]
        if piece.status in _AFTER_STATUS:
            return _AFTER_STATUS[piece.status]
        if piece.end is None or piece.account != self.account:
            return Left.MOVED_OUT
        if piece.begins < piece.window[0]:
            return Left.NOT_YET
        return _AT_ITS_DATE[piece.phase]


def _entered(before: Sequence[Spell], piece: _Piece) -> Entered:
    """Why a spell begins that does not go on from one before."""
    if not before or before[-1].left is Left.NOT_YET:
        return _NEW[piece.phase]
    return Entered.MOVED_IN if before[-1].left is Left.MOVED_OUT else Entered.RETURNED
