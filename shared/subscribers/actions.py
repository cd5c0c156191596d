"""Changing a subscriber: a pure change of the record as it is, and the one action that stops.

Pages, the LINE chat, STOP by SMS, complaints and staff all come through here.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.subscriber import Subscriber
from shared.store.line_events import StartOrStop
from shared.store.store import Store
from shared.store.tables import Action, AddressTakenError, ConflictError

TRIES = 5
"""How often a change is made anew when somebody else wrote the record at the same moment."""


Also = Callable[[Subscriber, Subscriber], list[Action]]
"""What is written together with a change from one record to another, or not at all."""


def change(
    store: Store,
    subscriber_id: str,
    what: Callable[[Subscriber], Subscriber],
    *,
    also: Also = lambda _old, _new: [],
) -> Subscriber | None:
    """Apply `what` to a subscriber, and return how the record is then; None where there is none.

    ConflictError where it is written all the time; AddressTakenError where the new address is
    another subscriber's. What `what` raises passes through, and nothing is changed.
    """
    for attempt in range(TRIES):
        old = store.subscribers.get(subscriber_id)
        if old is None or (new := what(old)) == old:
            return old
        try:
            shards = store.accounts.shards(old, new)
            return store.subscribers.update(old, new, shards, also=also(old, new))
        except AddressTakenError:
            raise
        except ConflictError:
            if attempt == TRIES - 1:
                raise
    return None


def stop(
    store: Store,
    subscriber_id: str,
    now: datetime,
    *,
    only: Collection[str] | None = None,
) -> Subscriber | None:
    """Stop everything of a subscriber, or `only` these enrolments, at once; nothing to do where
    there is none of that name, or nothing was going on.

    Those who follow the same pregnancy are offered the same action, and not told why: the offers
    are written with the stop, and the tick hands them on outside the quiet hours.
    """

    def offers(old: Subscriber, new: Subscriber) -> list[Action]:
        return store.offers.laid_down(_relatives(store, old, new), now)

    return change(
        store, subscriber_id, lambda old: changes.stopped(old, now, only=only), also=offers
    )


def not_theirs(store: Store, subscriber_id: str, now: datetime) -> Subscriber | None:
    """Stop everything at an address that has passed to somebody else: as the system's doing, since
    the subscriber said nothing. No link that was sent there opens anything any more, and nobody who
    follows the same is offered to stop. Return how the record is then; None where there is none.
    """

    def ended(old: Subscriber) -> Subscriber:
        if not any(map(changes.active, old.enrolments)):
            return old
        return changes.links_voided(changes.suspended(old, now))

    return change(store, subscriber_id, ended)


def leave_to_new_owner(store: Store, subscriber_id: str, now: datetime) -> None:
    """Erase who had an address before somebody who has shown that it is theirs now: nobody could
    reach that record any more. The anonymous history stays. What waits for the address to be
    confirmed stays too: it is the new owner's.

    ConflictError where the record is written all the time: then everything has stopped, no more.
    """
    for attempt in range(TRIES):
        old = not_theirs(store, subscriber_id, now)
        if old is None:
            return
        try:
            store.subscribers.erase(old, now, store.accounts.shards(old))
        except ConflictError:
            if attempt == TRIES - 1:
                raise
        else:
            return


def erase(store: Store, subscriber_id: str, now: datetime) -> Subscriber | None:
    """Stop everything of a person and erase them, whatever is written to them meanwhile, with all
    that waits for them to confirm it: applications for their address on any channel and account,
    their moves, and moves of others to it. Return the anonymous history that stays, or None where
    there is nobody of that id.

    ConflictError where the record is written all the time: then everything has stopped, no more.
    """
    stop(store, subscriber_id, now)
    for attempt in range(TRIES):
        old = store.subscribers.get(subscriber_id)
        if old is None or old.erased:
            return None
        try:
            # Nothing that came to wait after this was read is left: then the erasure begins anew.
            nothing_waits = store.confirmations.erasing(old.id, old.address)
            if old.channel is Channel.LINE:  # what they did in the chat before begins nothing anew
                store.line_starts.take(old.account, old.address, StartOrStop(now, now))
            shards = store.accounts.shards(old)
            return store.subscribers.erase(old, now, shards, also=nothing_waits)
        except ConflictError:
            if attempt == TRIES - 1:
                raise
    return None


def _relatives(store: Store, old: Subscriber, new: Subscriber) -> set[str]:
    """The others who still follow a pregnancy that has just been stopped."""
    going_on = {each.id for each in new.enrolments if changes.active(each)}
    families = {
        each.family
        for each in old.enrolments
        if each.family
        and changes.active(each)
        and each.id not in going_on
        and changes.standing(each).birth_date is None
    }
    members = {member for family in families for member in store.subscribers.family(family)}
    others = store.subscribers.get_many(members - {old.id})
    return {
        each.id
        for each in others.values()
        if any(one.family in families and changes.active(one) for one in each.enrolments)
    }
