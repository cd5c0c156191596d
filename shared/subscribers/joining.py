"""Joining and moving, once an address is confirmed: by link, by code, or by LINE itself."""

import secrets
import string
from collections.abc import Sequence
from datetime import datetime

from shared.rules import changes
from shared.rules.joining import Application, joined, joined_again
from shared.rules.subscriber import Subscriber
from shared.store.confirmations import LIFETIME, Confirmation
from shared.store.store import Store
from shared.store.tables import Action, ConflictError
from shared.subscribers.actions import TRIES, change

ID_LENGTH = 10
"""Characters of a new subscriber's id, of 36: opaque, and short, since an SMS has to hold it."""

_LETTERS = string.ascii_lowercase + string.digits


class UsedError(Exception):
    """The confirmation was used before, or has expired; nothing was changed."""


def new_id() -> str:
    """An id that tells nothing: 51 bits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(ID_LENGTH))


def enrol(
    store: Store,
    asked: Application,
    address: str,
    now: datetime,
    *,
    start: bool,
    also: Sequence[Action] = (),
) -> Subscriber:
    """Make somebody whose address is confirmed a subscriber, or add what they ask for to the
    subscriber that they are; together with `also` or not at all. What had stopped goes on only
    where they want it to `start` again.

    ConflictError where that did not hold; RefusedError where they follow too many children.
    """
    for attempt in range(TRIES):
        place = (asked.account, address)
        known = store.subscribers.at_addresses([place]).get(place)
        try:
            if known is None:
                new = joined(asked, new_id(), address, now)
                return store.subscribers.join(new, store.accounts.shards(new), also)
            found = change(
                store,
                known,
                lambda old: joined_again(old, asked, now, start=start),
                also=lambda _old, _new: list(also),
            )
        except ConflictError:  # the id, the address or the record was another's by then
            if attempt == TRIES - 1:
                raise
        else:
            if found is not None:
                return found
    raise ConflictError


def confirm(
    store: Store, waiting: Confirmation, address: str, now: datetime, *, start: bool = False
) -> Subscriber:
    """Do what waited for the confirmation of `address`, once, and return the subscriber. What had
    stopped goes on only where they said that it is to `start` again.

    UsedError where it was done before, or has expired; AddressTakenError where somebody moves to
    an address that is subscribed there already; RefusedError as `enrol`.
    """
    if store.confirmations.get(waiting.id) is None:
        raise UsedError
    used = store.confirmations.used(waiting.id)
    try:
        if waiting.application is not None:
            return enrol(store, waiting.application, address, now, start=start, also=[used])
        return _move(store, waiting, address, now, used)
    except ConflictError:
        if store.confirmations.get(waiting.id) is None:
            raise UsedError from None
        raise


def left_address(waiting: Confirmation) -> str:
    """The id under which the address that a move leaves is kept until it is told."""
    return f"{waiting.id}-left"


def is_good(store: Store, waiting: Confirmation) -> bool:
    """Whether a move still is what it was asked for: the mover's address has not changed since,
    nor were their links declared void. An application always is.
    """
    if waiting.mover is None:
        return waiting.application is not None
    mover = store.subscribers.get(waiting.mover)
    return mover is not None and mover.generation == waiting.generation


def _move(
    store: Store, waiting: Confirmation, address: str, now: datetime, used: Action
) -> Subscriber:
    def moved(old: Subscriber) -> Subscriber:
        if old.generation != waiting.generation:
            raise UsedError
        return changes.moved(
            old, now, account=waiting.account, channel=waiting.channel, address=address
        )

    def also(old: Subscriber, new: Subscriber) -> list[Action]:
        if not waiting.tell_old or new.generation == old.generation:
            return [used]
        left = Confirmation(
            left_address(waiting),
            old.account,
            old.channel,
            old.address,
            old.language,
            now + LIFETIME,
        )
        return [used, *store.confirmations.putting(left, subscriber=old.id)]

    found = waiting.mover and change(store, waiting.mover, moved, also=also)
    if not found:
        raise UsedError
    return found
