"""Changes: what subscribers do by themselves, and what providers tell, as dated events.

Each takes a subscriber and returns the changed one; nothing that happened is overwritten. Where a
change makes no sense, RefusedError says why.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.rules.account import Channel
from shared.rules.age import LAST_PREGNANCY_DAY, TERM_DAYS
from shared.rules.dates import jst_date
from shared.rules.ending import EndOfDelivery
from shared.rules.history import Event, Happened, Standing, Status, latest_standing
from shared.rules.subscriber import Earlier, Enrolment, Language, Subscriber

MOST_ENROLMENTS = 12
"""Children and pregnancies of one subscriber: more are no family, and no record of one."""


class Refusal(StrEnum):
    """Why a change is refused: a closed set, which pages put into words."""

    DUE_DATE_TOO_FAR = "due_date_too_far"
    """The pregnancy would not have begun."""
    DUE_DATE_PAST = "due_date_past"
    """42w0d or later: then the birth is what can be registered."""
    BORN_IN_FUTURE = "born_in_future"
    TOO_OLD = "too_old"
    """Past the account's end of delivery."""
    BORN_ALREADY = "born_already"
    """Only a pregnancy has a due date to correct."""
    NOT_BORN = "not_born"
    NOT_EARLY = "not_early"
    """The corrected age is for a child born before a known due date."""
    NO_SUCH_CHILD = "no_such_child"
    TOO_MANY = "too_many"


class RefusedError(ValueError):
    """A change makes no sense; nothing was changed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def check_due_date(due_date: date, today: date) -> None:
    """RefusedError unless `today` lies between 0w0d and 41w6d of a pregnancy due then."""
    if due_date > today + timedelta(days=TERM_DAYS):
        raise RefusedError(Refusal.DUE_DATE_TOO_FAR)
    if due_date < today - timedelta(days=LAST_PREGNANCY_DAY - TERM_DAYS):
        raise RefusedError(Refusal.DUE_DATE_PAST)


def check_birth_date(birth_date: date, today: date, end: EndOfDelivery) -> None:
    """RefusedError unless a child born then has been born and has not graduated."""
    if birth_date > today:
        raise RefusedError(Refusal.BORN_IN_FUTURE)
    if end.last_day(birth_date) < today:
        raise RefusedError(Refusal.TOO_OLD)


def standing(enrolment: Enrolment) -> Standing:
    """What is true of an enrolment by all that is on record."""
    return latest_standing(enrolment.history)


def active(enrolment: Enrolment) -> bool:
    """Whether messages about it are wanted."""
    return standing(enrolment).status is Status.ACTIVE


def enrolment_of(subscriber: Subscriber, enrolment_id: str) -> Enrolment:
    """The enrolment of that id; RefusedError where there is none."""
    for each in subscriber.enrolments:
        if each.id == enrolment_id:
            return each
    raise RefusedError(Refusal.NO_SUCH_CHILD)


def with_event(enrolment: Enrolment, event: Event) -> Enrolment:
    """The enrolment with one more event: never before the last, or a history that runs ahead of
    the clock (another process's, a rehearsal's) would hide it.
    """
    last = max((each.at for each in enrolment.history), default=event.at)
    return replace(enrolment, history=(*enrolment.history, replace(event, at=max(event.at, last))))


def put(subscriber: Subscriber, *changed: Enrolment) -> Subscriber:
    """The subscriber with these enrolments in place of those of the same ids."""
    by_id = {each.id: each for each in changed}
    enrolments = tuple(by_id.get(each.id, each) for each in subscriber.enrolments)
    return replace(subscriber, enrolments=enrolments)


def free_id(enrolments: Iterable[Enrolment]) -> str:
    """The next free id of an enrolment within its subscriber."""
    taken = {each.id for each in enrolments}
    return next(f"e{n}" for n in range(1, len(taken) + 2) if f"e{n}" not in taken)


def stopped(
    subscriber: Subscriber,
    at: datetime,
    *,
    only: Collection[str] | None = None,
    what: Happened = Happened.STOPPED_BY_SUBSCRIBER,
) -> Subscriber:
    """The subscriber once everything (or `only` these enrolments) has stopped; the same where
    nothing was going on. A stop by the subscriber comes also after one by the system.
    """
    over = {Status.NOT_JOINED, Status.STOPPED}
    if what is Happened.STOPPED_BY_SYSTEM:
        over.add(Status.SUSPENDED)
    enrolments = tuple(
        each
        if (only is not None and each.id not in only) or standing(each).status in over
        else with_event(each, Event(at, what))
        for each in subscriber.enrolments
    )
    return replace(subscriber, enrolments=enrolments)


def suspended(subscriber: Subscriber, at: datetime) -> Subscriber:
    """The subscriber once the system has stopped everything, because nothing can be delivered."""
    return stopped(subscriber, at, what=Happened.STOPPED_BY_SYSTEM)


def returned(subscriber: Subscriber, at: datetime, enrolment_id: str) -> Subscriber:
    """The subscriber once messages about an enrolment are wanted again, by their own act."""
    enrolment = enrolment_of(subscriber, enrolment_id)
    if active(enrolment):
        return subscriber
    changed = with_event(enrolment, Event(at, Happened.RETURNED))
    return replace(put(subscriber, changed), failed_on=())


def due_date_corrected(
    subscriber: Subscriber, at: datetime, enrolment_id: str, due_date: date
) -> Subscriber:
    """The subscriber once the due date of a pregnancy is known better; twins share it."""
    known = standing(enrolment_of(subscriber, enrolment_id))
    if known.birth_date is not None:
        raise RefusedError(Refusal.BORN_ALREADY)
    check_due_date(due_date, jst_date(at))
    if known.due_date == due_date:
        return subscriber
    return put(
        subscriber,
        *(
            with_event(each, Event(at, Happened.DUE_DATE, due_date))
            for each in together(subscriber, enrolment_id)
        ),
    )


def birth_registered(
    subscriber: Subscriber,
    at: datetime,
    enrolment_id: str,
    birth_date: date,
    *,
    end: EndOfDelivery,
    twins: bool = False,
    second_birth_date: date | None = None,
) -> Subscriber:
    """The subscriber once a birth is registered, or its date corrected: of the twins too, where
    two were expected. With `twins`, a second child is added where one was expected. The second was
    born on `second_birth_date` where that was another day.
    """
    dates = (birth_date, second_birth_date or birth_date)
    for each in dates:
        check_birth_date(each, jst_date(at), end)
    born = together(subscriber, enrolment_id)
    second = None
    if twins and len(born) == 1:
        first = born[0]
        second = Enrolment(
            free_id(subscriber.enrolments),
            None,
            (
                Event(at, Happened.JOINED),
                *_due_dates(first, at),
                Event(at, Happened.BIRTH, dates[1]),
            ),
            first.family,
        )
    changed = put(
        subscriber,
        *(
            each
            if standing(each).birth_date == dates[number > 0]
            else with_event(each, Event(at, Happened.BIRTH, dates[number > 0]))
            for number, each in enumerate(born)
        ),
    )
    return added(changed, second) if second else changed


def together(subscriber: Subscriber, enrolment_id: str) -> tuple[Enrolment, ...]:
    """An enrolment and its twin: those with the same dates that are wanted as it is."""
    one = enrolment_of(subscriber, enrolment_id)
    about = standing(one)
    return tuple(
        each
        for each in subscriber.enrolments
        if each.id == enrolment_id
        or (
            (standing(each).status, standing(each).birth_date, standing(each).base_date)
            == (about.status, about.birth_date, about.base_date)
        )
    )


def age_counted(
    subscriber: Subscriber, at: datetime, enrolment_id: str, *, corrected: bool
) -> Subscriber:
    """The subscriber once the age of a child born early counts from the due date, or again from
    birth.
    """
    known = standing(enrolment_of(subscriber, enrolment_id))
    if known.birth_date is None:
        raise RefusedError(Refusal.NOT_BORN)
    if corrected and (known.due_date is None or known.due_date <= known.birth_date):
        raise RefusedError(Refusal.NOT_EARLY)
    if known.corrected_age == corrected:
        return subscriber
    what = Happened.CORRECTED_AGE if corrected else Happened.BIRTH_AGE
    twins = together(subscriber, enrolment_id)
    return put(subscriber, *(with_event(each, Event(at, what)) for each in twins))


def moved(
    subscriber: Subscriber, at: datetime, *, account: str, channel: Channel, address: str
) -> Subscriber:
    """The subscriber once at another address, on another channel or with another account; the
    history goes along. Links that were sent to another address open nothing from then on.
    """
    here = (subscriber.account, subscriber.channel)
    earlier = subscriber.earlier
    if (account, channel) != here:
        earlier = (*earlier, Earlier(at, *here))
    elsewhere = (channel, address) != (subscriber.channel, subscriber.address)
    return replace(
        links_voided(subscriber) if elsewhere else subscriber,
        account=account,
        channel=channel,
        address=address,
        earlier=earlier,
        failed_on=() if address != subscriber.address else subscriber.failed_on,
    )


def links_voided(subscriber: Subscriber) -> Subscriber:
    """The subscriber for whom every link that was made before opens nothing."""
    return replace(subscriber, generation=subscriber.generation + 1)


def renamed(subscriber: Subscriber, enrolment_id: str, nickname: str | None) -> Subscriber:
    """The subscriber who calls a child by another name, or by none."""
    return put(subscriber, replace(enrolment_of(subscriber, enrolment_id), nickname=nickname))


def linked(subscriber: Subscriber, enrolment_id: str, family: str) -> Subscriber:
    """The subscriber whose enrolment (with its twin) others may be invited to follow; what was
    linked stays linked as it is.
    """
    return put(
        subscriber,
        *(
            replace(each, family=each.family or family)
            for each in together(subscriber, enrolment_id)
        ),
    )


def unlinked(subscriber: Subscriber, enrolment_id: str) -> Subscriber:
    """The subscriber who is of no family in an enrolment (with its twin) any more: the others hear
    nothing of them from then on, nor they of the others.
    """
    return put(
        subscriber,
        *(replace(each, family=None) for each in together(subscriber, enrolment_id)),
    )


def anonymous(subscriber: Subscriber, at: datetime, new_id: str) -> Subscriber:
    """What stays of a subscriber who is erased at `at`: everything stopped, nothing that
    identifies, and under `new_id` the dated history, whole, so that AU before `at` is as it was.
    """
    over = stopped(subscriber, at)
    return Subscriber(
        id=new_id,
        account=over.account,
        channel=over.channel,
        address="",
        touchpoint=None,
        enrolments=tuple(
            Enrolment(f"e{number}", None, each.history)
            for number, each in enumerate(over.enrolments, 1)
        ),
        earlier=over.earlier,
        language=Language.JAPANESE,
    )


def added(subscriber: Subscriber, enrolment: Enrolment) -> Subscriber:
    """The subscriber who follows one more pregnancy or child."""
    if len(subscriber.enrolments) >= MOST_ENROLMENTS:
        raise RefusedError(Refusal.TOO_MANY)
    return replace(subscriber, enrolments=(*subscriber.enrolments, enrolment))


def _due_dates(enrolment: Enrolment, at: datetime) -> tuple[Event, ...]:
    due = standing(enrolment).due_date
    return () if due is None else (Event(at, Happened.DUE_DATE, due),)
