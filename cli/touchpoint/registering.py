"""`kizuna touchpoint add`, `rename`, `close` and `reopen`: which links parents can follow."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, acting
from cli.target import StackOption, connect
from cli.touchpoint.arguments import AccountArgument, TouchpointArgument
from shared.office.account import touchpoints
from shared.rules.touchpoint import link


def parse_name(text: str) -> str:
    """What people call a touchpoint: a line."""
    name = text.strip()
    if not name:
        raise typer.BadParameter("a name is blank; write it as 母子手帳交付")
    try:
        return touchpoints.read_name(name)
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
    touchpoints.add(target.store, account, touchpoint, name, now=datetime.now(UTC), who=who)
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
    old = touchpoints.rename(store, account, touchpoint, name, now=datetime.now(UTC), who=who)
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
    found = touchpoints.close(store, account, touchpoint, now=datetime.now(UTC), who=who)
    typer.echo(f"{account}/{touchpoint} ({found.name}) closed")


def reopen(
    account: AccountArgument,
    touchpoint: TouchpointArgument,
    by: ByOption = None,
    stack: StackOption = None,
) -> None:
    """Open a closed touchpoint again: what was printed for it works as before."""
    who, store = acting(by), connect(stack).store
    found = touchpoints.reopen(store, account, touchpoint, now=datetime.now(UTC), who=who)
    typer.echo(f"{account}/{touchpoint} ({found.name}) is open again")
