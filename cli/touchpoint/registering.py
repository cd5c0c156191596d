"""`kizuna touchpoint add`, `rename`, `close` and `reopen`: which links parents can follow."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, acting
from cli.errors import FailedError
from cli.files.cells import one_line
from cli.target import StackOption, connect
from cli.touchpoint.finding import (
    AccountArgument,
    TouchpointArgument,
    find_account,
    find_open,
    find_touchpoint,
)
from shared.rules.touchpoint import BUILT_IN, Touchpoint, link
from shared.store.store import Store
from shared.store.tables import ConflictError

LONGEST_NAME = 40
"""Characters, as a person sees them: a name stands in one line of a card."""

_name = one_line(LONGEST_NAME)


def parse_name(text: str) -> str:
    """What people call a touchpoint: a line."""
    name = text.strip()
    if not name:
        raise typer.BadParameter("a name is blank; write it as 母子手帳交付")
    try:
        return _name(name)
    except ValueError as error:
        raise typer.BadParameter(f"a name {error}") from None


NameOption = Annotated[
    str,
    typer.Option(
        "--name",
        parser=parse_name,
        metavar="NAME",
        help="What people call it, at most 40 characters: 母子手帳交付.",
    ),
]


def add(
    account: AccountArgument,
    touchpoint: TouchpointArgument,
    name: NameOption,
    by: ByOption = None,
    stack: StackOption = None,
) -> None:
    """Add a touchpoint. From then on parents can join at its link."""
    who, target = acting(by), connect(stack)
    find_account(target.store, account)
    try:
        target.store.touchpoints.put(Touchpoint(account, touchpoint, name))
    except ConflictError:
        raise FailedError(
            f"{account} has a touchpoint {touchpoint!r} already; choose another id, "
            f"or rename or reopen that one"
        ) from None
    _note(target.store, who, "added a touchpoint", account, touchpoint)
    typer.echo(f"{name}: {link(target.outputs['PublicUrl'], account, touchpoint)}")


def rename(
    account: AccountArgument,
    touchpoint: TouchpointArgument,
    name: NameOption,
    by: ByOption = None,
    stack: StackOption = None,
) -> None:
    """Give a touchpoint another name. Its link and its counts stay."""
    who, store = acting(by), connect(stack).store
    old = find_touchpoint(store, account, touchpoint)
    _is_theirs(touchpoint)
    store.touchpoints.rename(account, touchpoint, name)
    _note(store, who, "renamed a touchpoint", account, touchpoint)
    typer.echo(f"{account}/{touchpoint}: {old.name} is now {name}")


def close(
    account: AccountArgument,
    touchpoint: TouchpointArgument,
    by: ByOption = None,
    stack: StackOption = None,
) -> None:
    """Close a touchpoint: its link says that it has ended, and nobody joins through it. Its counts
    stay, and so does whoever has joined.
    """
    who, store = acting(by), connect(stack).store
    found = find_open(store, account, touchpoint)
    _is_theirs(touchpoint)
    now = datetime.now(UTC)
    if not store.touchpoints.close(account, touchpoint, now):
        raise FailedError(f"{account}/{touchpoint} was closed by somebody else just now")
    _note(store, who, "closed a touchpoint", account, touchpoint)
    typer.echo(f"{account}/{touchpoint} ({found.name}) closed")


def reopen(
    account: AccountArgument,
    touchpoint: TouchpointArgument,
    by: ByOption = None,
    stack: StackOption = None,
) -> None:
    """Open a closed touchpoint again: what was printed for it works as before."""
    who, store = acting(by), connect(stack).store
    found = find_touchpoint(store, account, touchpoint)
    if not store.touchpoints.reopen(account, touchpoint):
        raise FailedError(f"{account}/{touchpoint} is open")
    _note(store, who, "reopened a touchpoint", account, touchpoint)
    typer.echo(f"{account}/{touchpoint} ({found.name}) is open again")


def _is_theirs(touchpoint: str) -> None:
    if touchpoint in BUILT_IN:
        raise FailedError(f"{touchpoint} is every account's, and stays as it is")


def _note(store: Store, who: str, what: str, account: str, touchpoint: str) -> None:
    store.audit.note(datetime.now(UTC), who, what, f"{account}/{touchpoint}")
