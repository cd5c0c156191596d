"""Which links parents can follow: touchpoints that the office adds, renames, closes and reopens."""

from datetime import datetime

from shared.office.account.finding import find_account, find_open, find_touchpoint
from shared.office.errors import Because, NotDoneError
from shared.office.fields import one_line
from shared.rules.touchpoint import BUILT_IN, Touchpoint
from shared.store.store import Store
from shared.store.tables import ConflictError

LONGEST_NAME = 40
"""Characters, as a person sees them: a name stands in one line of a card."""

read_name = one_line(LONGEST_NAME)
"""What people call a touchpoint; ValueError with the rule."""


def add(
    store: Store, account: str, touchpoint: str, name: str, *, now: datetime, who: str
) -> Touchpoint:
    """Add a touchpoint. From then on parents can join at its link. NotDoneError where the account
    has one of that id, open or closed.
    """
    find_account(store, account)
    added = Touchpoint(account, touchpoint, name)
    try:
        store.touchpoints.put(added)
    except ConflictError:
        raise NotDoneError(
            f"{account} has a touchpoint {touchpoint!r} already; choose another id, "
            f"or rename or reopen that one",
            Because.TAKEN,
        ) from None
    _note(store, "added a touchpoint", added, now=now, who=who)
    return added


def rename(
    store: Store, account: str, touchpoint: str, name: str, *, now: datetime, who: str
) -> Touchpoint:
    """Give a touchpoint another name, and return it as it was. Its link and its counts stay."""
    old = find_touchpoint(store, account, touchpoint)
    _is_theirs(touchpoint)
    store.touchpoints.rename(account, touchpoint, name)
    _note(store, "renamed a touchpoint", old, now=now, who=who)
    return old


def close(store: Store, account: str, touchpoint: str, *, now: datetime, who: str) -> Touchpoint:
    """Close a touchpoint: its link says that it has ended, and nobody joins through it. Its counts
    stay, and so does whoever has joined.
    """
    found = find_open(store, account, touchpoint)
    _is_theirs(touchpoint)
    if not store.touchpoints.close(account, touchpoint, now):
        raise NotDoneError(
            f"{account}/{touchpoint} was closed by somebody else just now", Because.CHANGED
        )
    _note(store, "closed a touchpoint", found, now=now, who=who)
    return found


def reopen(store: Store, account: str, touchpoint: str, *, now: datetime, who: str) -> Touchpoint:
    """Open a closed touchpoint again: what was printed for it works as before."""
    found = find_touchpoint(store, account, touchpoint)
    if not store.touchpoints.reopen(account, touchpoint):
        raise NotDoneError(f"{account}/{touchpoint} is open", Because.ALREADY)
    _note(store, "reopened a touchpoint", found, now=now, who=who)
    return found


def _is_theirs(touchpoint: str) -> None:
    if touchpoint in BUILT_IN:
        raise NotDoneError(f"{touchpoint} is every account's, and stays as it is")


def _note(store: Store, what: str, about: Touchpoint, *, now: datetime, who: str) -> None:
    store.audit.note(now, who, what, f"{about.account}/{about.id}")
