"""What the office does for one subscriber, at their request: find, stop, correct, erase.

Nothing here leaves a trace of who it was but on their own record: the audit names the account.
"""

from collections.abc import Callable, Collection
from datetime import date, datetime

from shared.office.errors import Because, NotDoneError
from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.dates import jst_date
from shared.rules.subscriber import Subscriber
from shared.store.store import Store
from shared.store.tables import ConflictError
from shared.subscribers import actions
from shared.subscribers.address import address, same_address


def find(store: Store, text: str) -> list[Subscriber]:
    """Whom an id, `id/enrolment` or an address means: an address may be known to several accounts.
    Nobody where it is none of these, or of nobody.
    """
    wanted = text.strip()
    by_id = store.subscribers.get(wanted.partition("/")[0]) if _is_id(wanted) else None
    if by_id is not None and not by_id.erased:
        return [by_id]
    spellings = {each for channel in Channel for each in _spellings(channel, wanted)}
    places = [(account.id, each) for account in store.accounts for each in sorted(spellings)]
    found = store.subscribers.at_addresses(places)
    people = store.subscribers.get_many(sorted(set(found.values())))
    return sorted(people.values(), key=lambda each: (each.account, each.id))


def known(store: Store, subscriber_id: str) -> Subscriber:
    """The subscriber of that id; NotDoneError where there is none."""
    found = store.subscribers.get(subscriber_id)
    if found is None or found.erased:
        raise NotDoneError(f"there is no subscriber {subscriber_id!r}", Because.UNKNOWN)
    return found


def stop(
    store: Store, subscriber_id: str, only: Collection[str] | None, *, now: datetime, who: str
) -> int:
    """Stop everything of a subscriber, or `only` these enrolments, and return how many enrolments
    that stopped; NotDoneError where there is no such subscriber or enrolment. Why is not asked.
    """
    found = known(store, subscriber_id)
    unknown = sorted(set(only or ()) - {each.id for each in found.enrolments})
    if unknown:
        there = ", ".join(each.id for each in found.enrolments)
        raise NotDoneError(
            f"{subscriber_id!r} has no enrolment {unknown[0]!r}, but {there}", Because.UNKNOWN
        )
    going_on = {each.id for each in found.enrolments if changes.active(each)}
    stopped = actions.stop(store, subscriber_id, now, only=only or None)
    left = stopped.enrolments if stopped else ()
    done = len(going_on - {each.id for each in left if changes.active(each)})
    if done:
        store.audit.note(now, who, "stopped a subscriber", found.account)
    return done


def erase(store: Store, subscriber_id: str, *, now: datetime, who: str) -> Subscriber:
    """Erase a person, and return the history that stays without a name; NotDoneError where there is
    nobody, or the record is written all the time.
    """
    try:
        left = actions.erase(store, subscriber_id, now)
    except ConflictError:
        raise NotDoneError(
            f"{subscriber_id!r} is being changed all the time; try again", Because.CHANGED
        ) from None
    if left is None:
        raise NotDoneError(f"there is no subscriber {subscriber_id!r}", Because.UNKNOWN)
    store.audit.note(now, who, "erased a subscriber", left.account)
    return left


def correct_due_date(
    store: Store, subscriber_id: str, enrolment: str, due: date, *, now: datetime, who: str
) -> None:
    """Correct the due date of a pregnancy; RefusedError where that makes no sense."""
    _correct(
        store,
        subscriber_id,
        lambda old: changes.due_date_corrected(old, now, enrolment, due),
        "corrected a due date",
        now=now,
        who=who,
    )


def register_birth(
    store: Store, subscriber_id: str, enrolment: str, born: date, *, now: datetime, who: str
) -> None:
    """Register a birth, or correct its date; RefusedError where that makes no sense."""
    account = store.accounts.get(known(store, subscriber_id).account)
    settings = account.on(jst_date(now)) if account else None
    if settings is None:
        raise NotDoneError("the account has no settings today")
    end = settings.end_of_delivery
    _correct(
        store,
        subscriber_id,
        lambda old: changes.birth_registered(old, now, enrolment, born, end=end),
        "registered a birth",
        now=now,
        who=who,
    )


def masked(subscriber: Subscriber) -> str:
    """An address as far as it may be told from another, and no further."""
    text = subscriber.address
    match subscriber.channel:
        case Channel.EMAIL:
            name, _, domain = text.rpartition("@")
            return f"{name[:1]}…@{domain}"
        case Channel.SMS:
            return f"…{text[-4:]}"
        case _:
            return f"{text[:4]}…"


def _correct(
    store: Store,
    subscriber_id: str,
    what: Callable[[Subscriber], Subscriber],
    noted: str,
    *,
    now: datetime,
    who: str,
) -> None:
    before = known(store, subscriber_id)
    after = actions.change(store, subscriber_id, what)
    if after is not None and after.version != before.version:
        store.audit.note(now, who, noted, before.account)


def _is_id(text: str) -> bool:
    plain = text.replace("-", "").replace("_", "").replace("/", "")
    return plain.isascii() and plain.isalnum() and len(text) <= 81


def _spellings(channel: Channel, text: str) -> set[str]:
    """How an address may be stored; none where it is none of the channel's."""
    try:
        stored = address(channel, text)
    except ValueError:
        return set()
    return {stored, same_address(channel, stored)}
