"""Finding what a call names: an account, and one of its touchpoints."""

from typing import Annotated

import typer

from cli.errors import CallError, FailedError
from shared.rules.account import Account
from shared.rules.touchpoint import ID_RULE, Touchpoint, is_touchpoint_id
from shared.store.store import Store


def parse_touchpoint(text: str) -> str:
    """The id of a touchpoint, as it stands in a link."""
    if not is_touchpoint_id(text):
        raise typer.BadParameter(f"{text!r} {ID_RULE}")
    return text


AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Whose touchpoint.")]
TouchpointArgument = Annotated[
    str,
    typer.Argument(
        parser=parse_touchpoint,
        metavar="TOUCHPOINT",
        help="Its id, as the link has it: boshi-techo.",
    ),
]


def find_account(store: Store, account: str) -> Account:
    """The account; CallError where there is none of that id."""
    found = store.accounts.get(account)
    if found is None:
        raise CallError(f"there is no account {account!r}")
    return found


def find_touchpoint(store: Store, account: str, touchpoint: str) -> Touchpoint:
    """The touchpoint, open or closed; CallError where there is no such account, FailedError where
    it has no such touchpoint.
    """
    find_account(store, account)
    found = store.touchpoints.get(account, touchpoint)
    if found is None:
        raise FailedError(
            f"{account} has no touchpoint {touchpoint!r}; "
            f"`kizuna touchpoint list {account}` lists what it has"
        )
    return found


def find_open(store: Store, account: str, touchpoint: str) -> Touchpoint:
    """The touchpoint, whose link works; FailedError where it was closed, or was never there."""
    found = find_touchpoint(store, account, touchpoint)
    if found.closed:
        raise FailedError(f"{account}/{touchpoint} is closed: its link only says that it has ended")
    return found
