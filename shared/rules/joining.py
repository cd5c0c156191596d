"""Joining: what somebody asks for, and what becomes of it once the address is confirmed.

Who joins anew with an address that is known adds to what is there: nothing is doubled, and a date
that differs a little is a correction. What had stopped goes on only where they said so themselves:
an application alone may be a stranger's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.dates import jst_date
from shared.rules.ending import EndOfDelivery
from shared.rules.history import Event, Happened
from shared.rules.stage import Stage, childcare_stage, pregnancy_stage
from shared.rules.subscriber import Consent, Enrolment, Language, Subscriber

SAME_PREGNANCY = timedelta(days=28)
"""Two due dates this near are one pregnancy, better dated. Ultrasound moves a date by days, seldom
by three weeks; a pregnancy after one that was lost is due six weeks later at the earliest."""

BORN_BEFORE_DUE, BORN_AFTER_DUE = timedelta(days=140), timedelta(days=21)
"""A child born this long before or after a due date may be the one who was expected then."""


@dataclass(frozen=True, slots=True)
class Child:
    """One pregnancy (`due_date`) or child (`birth_date`) that somebody asks to follow: exactly one
    of the dates. Twins are two of these with the same date.
    """

    due_date: date | None = None
    birth_date: date | None = None
    nickname: str | None = None
    family: str | None = None

    def check(self, today: date, end: EndOfDelivery) -> None:
        """RefusedError where there is nothing to send for such a date."""
        if self.due_date is not None:
            changes.check_due_date(self.due_date, today)
        elif self.birth_date is not None:
            changes.check_birth_date(self.birth_date, today, end)

    def stage(self, today: date, end: EndOfDelivery) -> Stage:
        """Where the pregnancy or child stands today, to be shown back for checking."""
        if self.birth_date is not None:
            return childcare_stage(today, self.birth_date, end)
        if self.due_date is None:
            message = "a child needs a due date or a birth date"
            raise ValueError(message)
        return pregnancy_stage(today, self.due_date)


@dataclass(frozen=True, slots=True)
class Application:
    """What somebody asks for: messages of an account on a channel, about these children."""

    account: str
    channel: Channel
    touchpoint: str
    children: tuple[Child, ...]
    language: Language
    consent: Consent


class What(StrEnum):
    """What becomes of a child that is asked for, at an address that is known."""

    ADDED = "added"
    CORRECTED = "corrected"
    BORN = "born"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Addition:
    """What an application would do about one child; `starts`: messages that had stopped would come
    again. `renamed`: a child that is known would be called by the application's nickname.
    """

    child: Child
    what: What
    starts: bool
    renamed: bool


def joined(asked: Application, subscriber_id: str, address: str, at: datetime) -> Subscriber:
    """The new subscriber, whose address is confirmed at `at`."""
    enrolments: list[Enrolment] = []
    for child in asked.children:
        enrolments.append(_enrolled(child, enrolments, at))
    return Subscriber(
        id=subscriber_id,
        account=asked.account,
        channel=asked.channel,
        address=address,
        touchpoint=asked.touchpoint,
        enrolments=tuple(enrolments),
        language=asked.language,
        consents=(asked.consent,),
    )


def joined_again(
    subscriber: Subscriber, asked: Application, at: datetime, *, start: bool
) -> Subscriber:
    """A known subscriber who joins again: with what they asked for added to what is there, but for
    what would `start` messages that had stopped, unless they want that.

    RefusedError where they would follow more children than anybody has.
    """
    if not start and all(each.starts for each in additions(subscriber, asked.children, at)):
        return subscriber
    known = with_children(subscriber, asked.children, at, start=start)
    consents = (
        known.consents if asked.consent in known.consents else (*known.consents, asked.consent)
    )
    return replace(known, language=asked.language, consents=consents)


def with_children(
    subscriber: Subscriber, children: Iterable[Child], at: datetime, *, start: bool = True
) -> Subscriber:
    """A known subscriber who asks to follow these as well; RefusedError as above."""
    return _taken_in(subscriber, children, at, start=start)[0]


def additions(
    subscriber: Subscriber, children: Iterable[Child], at: datetime
) -> tuple[Addition, ...]:
    """What would become of each child that is asked for; RefusedError as above."""
    return tuple(_taken_in(subscriber, children, at, start=True)[1])


def _taken_in(
    subscriber: Subscriber, children: Iterable[Child], at: datetime, *, start: bool
) -> tuple[Subscriber, list[Addition]]:
    # Where nothing goes on, one more child would start the messages as well.
    silent = bool(subscriber.enrolments) and not any(map(changes.active, subscriber.enrolments))
    known, matched, found = subscriber, set[str](), list[Addition]()
    for child in children:
        enrolment = _same(known, child, matched, jst_date(at))
        starts = silent if enrolment is None else not changes.active(enrolment)
        found.append(_addition(child, enrolment, starts=starts))
        if starts and not start:
            continue
        if enrolment is None:
            new = _enrolled(child, known.enrolments, at)
            matched.add(new.id)
            known = changes.added(known, new)
            continue
        matched.add(enrolment.id)
        known = _goes_on(known, enrolment, child, at)
    return known, found


def _addition(child: Child, enrolment: Enrolment | None, *, starts: bool) -> Addition:
    if enrolment is None:
        return Addition(child, What.ADDED, starts, renamed=False)
    known = changes.standing(enrolment)
    if child.birth_date is not None:
        what = What.SAME if known.birth_date == child.birth_date else What.BORN
    else:
        what = What.SAME if known.due_date == child.due_date else What.CORRECTED
    renamed = child.nickname is not None and child.nickname != enrolment.nickname
    return Addition(child, what, starts, renamed)


def _enrolled(child: Child, others: Iterable[Enrolment], at: datetime) -> Enrolment:
    what, day = (
        (Happened.DUE_DATE, child.due_date)
        if child.birth_date is None
        else (Happened.BIRTH, child.birth_date)
    )
    history = (Event(at, Happened.JOINED), Event(at, what, day))
    return Enrolment(changes.free_id(others), child.nickname, history, child.family)


def _same(subscriber: Subscriber, child: Child, taken: set[str], today: date) -> Enrolment | None:
    """The enrolment that is about the same pregnancy or child, the nearest in date, or None."""
    near = [
        (distance, each.id, each)
        for each in subscriber.enrolments
        if each.id not in taken and (distance := _distance(each, child, today)) is not None
    ]
    return min(near)[2] if near else None


def _distance(enrolment: Enrolment, child: Child, today: date) -> timedelta | None:
    """How far in days an enrolment is from a child; None where it is another one.

    A pregnancy that goes on and is not over is the one meant, whatever its date: nobody has two.
    """
    known = changes.standing(enrolment)
    if child.birth_date is not None:
        if known.birth_date is not None:
            return timedelta(0) if known.birth_date == child.birth_date else None
        if known.due_date is None:
            return None
        early = known.due_date - child.birth_date
        return abs(early) if -BORN_AFTER_DUE <= early <= BORN_BEFORE_DUE else None
    if known.birth_date is not None or known.due_date is None or child.due_date is None:
        return None
    apart = abs(known.due_date - child.due_date)
    going_on = changes.active(enrolment) and pregnancy_stage(today, known.due_date).open
    return apart if going_on or apart <= SAME_PREGNANCY else None


def _goes_on(
    subscriber: Subscriber, enrolment: Enrolment, child: Child, at: datetime
) -> Subscriber:
    known = changes.standing(enrolment)
    changed = changes.returned(subscriber, at, enrolment.id)
    one = changes.enrolment_of(changed, enrolment.id)
    if child.birth_date is not None and known.birth_date != child.birth_date:
        one = changes.with_event(one, Event(at, Happened.BIRTH, child.birth_date))
    elif child.due_date is not None and known.due_date != child.due_date:
        one = changes.with_event(one, Event(at, Happened.DUE_DATE, child.due_date))
    one = replace(one, nickname=child.nickname or one.nickname, family=one.family or child.family)
    return changes.put(changed, one)
