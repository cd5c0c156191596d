"""Finding what staff name: an account, and one of its touchpoints."""

from shared.office.errors import Because, MisaskedError, NotDoneError
from shared.rules.account import Account
from shared.rules.touchpoint import Touchpoint
from shared.store.store import Store


def find_account(store: Store, account: str) -> Account:
    """The account; MisaskedError where there is none of that id."""
    found = store.accounts.get(account)
    if found is None:
        raise MisaskedError(f"there is no account {account!r}", Because.UNKNOWN)
    return found


def find_touchpoint(store: Store, account: str, touchpoint: str) -> Touchpoint:
    """The touchpoint, open or closed; MisaskedError where there is no such account, NotDoneError
    where it has no such touchpoint.
    """
    find_account(store, account)
    found = store.touchpoints.get(account, touchpoint)
    if found is None:
        raise NotDoneError(
            f"{account} has no touchpoint {touchpoint!r}; "
            f"`kizuna touchpoint list {account}` lists what it has",
            Because.UNKNOWN,
        )
    return found


def find_open(store: Store, account: str, touchpoint: str) -> Touchpoint:
    """The touchpoint, whose link works; NotDoneError where it was closed, or was never there."""
    found = find_touchpoint(store, account, touchpoint)
    if found.closed:
        raise NotDoneError(
            f"{account}/{touchpoint} is closed: its link only says that it has ended", Because.OVER
        )
    return found
