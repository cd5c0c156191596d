"""Stage: where a pregnancy or a child stands on a day, and whether a message may come."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.rules.age import (
    FIRST_PREGNANCY_DAY,
    LAST_PREGNANCY_DAY,
    ChildAge,
    GestationalAge,
)
from shared.rules.ending import EndOfDelivery


class Phase(StrEnum):
    """妊娠期 and 育児期."""

    PREGNANCY = "pregnancy"
    CHILDCARE = "childcare"


class Reason(StrEnum):
    """Why a message is not sent: a closed set that staff can ask for."""

    NOT_YET = "not_yet"
    """Before 4w0d, or before the birth date."""
    AWAITING_BIRTH = "awaiting_birth"
    """Past 41w6d and no birth registered: silence, and no guess."""
    GRADUATED = "graduated"
    """Past the account's end of delivery."""
    NOT_JOINED = "not_joined"
    """The day lies before the registration."""
    STOPPED = "stopped"
    """Stopped by the subscriber; why is never asked."""
    SUSPENDED = "suspended"
    """Stopped by the system, because messages could not be delivered."""
    EXTERNAL = "external"
    """The account sends through another system on that day."""
    ACCOUNT_ENDED = "account_ended"
    """The account has ended: nothing of it is sent any more."""
    CHANNEL_NOT_OFFERED = "channel_not_offered"
    """The account does not offer the subscriber's channel on that day."""
    NO_MESSAGE_TODAY = "no_message_today"
    """The schedule has no message for that day."""
    SENT_WITH_TWIN = "sent_with_twin"
    """A twin's message of the same day stands for both."""
    ALREADY_SENT_TODAY = "already_sent_today"
    """It came before the subscriber moved to this account or channel, or from the system that they
    were with, on the same day.
    """
    NO_RECORD = "no_record"
    """There is no record of the subscriber, or none that can be read."""
    MOVED = "moved"
    """The subscriber is with another account or on another channel by now."""
    CANCELLED = "cancelled"
    """Staff cancelled the day's run before this message was sent."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The stage of one day: `day` of pregnancy or of life, `label` for people, and either an open
    window with its phase or the reason for silence.
    """

    phase: Phase | None
    day: int
    label: str
    reason: Reason | None

    @property
    def open(self) -> bool:
        """Whether the day lies in a window in which messages come (and which AU counts)."""
        return self.reason is None


def pregnancy_stage(day: date, due_date: date) -> Stage:
    """The stage of a pregnancy due on `due_date`: open from 4w0d to 41w6d."""
    age = GestationalAge.on(day, due_date)
    if age.days < FIRST_PREGNANCY_DAY:
        return Stage(None, age.days, str(age), Reason.NOT_YET)
    if age.days > LAST_PREGNANCY_DAY:
        return Stage(None, age.days, str(age), Reason.AWAITING_BIRTH)
    return Stage(Phase.PREGNANCY, age.days, str(age), None)


def childcare_stage(
    day: date, birth_date: date, end: EndOfDelivery, *, counted_from: date | None = None
) -> Stage:
    """The stage of a child born on `birth_date`: open from day 0 to the end of delivery.

    `counted_from` is the due date of a child born early whose parent asked for the corrected age
    (修正月齢): day and label are counted from it, below zero until then; the window is that of
    every child, by the birth date.
    """
    age = ChildAge.on(day, birth_date)
    if age.days < 0:
        return Stage(None, age.days, str(age), Reason.NOT_YET)
    if day > end.last_day(birth_date):
        return Stage(None, age.days, str(age), Reason.GRADUATED)
    if counted_from is not None:
        age = ChildAge.on(day, counted_from)
    return Stage(Phase.CHILDCARE, age.days, str(age), None)
