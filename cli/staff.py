"""`kizuna staff`: the office's staff, who share and review figures."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from cli.arguments import JsonOption, parse_name
from cli.errors import FailedError
from cli.target import StackOption, connect
from shared.rules.account import Channel
from shared.store.staff import Colleague
from shared.store.tables import ConflictError
from shared.subscribers.address import address

staff = typer.Typer(
    help="The office's staff: who they are, and where to write to them.", no_args_is_help=True
)

NameArgument = Annotated[
    str, typer.Argument(parser=parse_name, metavar="NAME", help="Nobody else's name.")
]


def parse_email(text: str) -> str:
    """An email address, as it is stored."""
    try:
        return address(Channel.EMAIL, text.strip())
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} {error}") from None


@staff.command("add")
def add(
    name: NameArgument,
    email: Annotated[
        str, typer.Argument(parser=parse_email, metavar="EMAIL", help="Where to write to them.")
    ],
    stack: StackOption = None,
) -> None:
    """Add a colleague."""
    try:
        connect(stack).store.staff.add(Colleague(name, email))
    except ConflictError:
        raise FailedError(
            f"there is a colleague {name!r} already; choose another name, or remove that one first"
        ) from None
    typer.echo(f"{name} <{email}> added")


@staff.command("list")
def show(as_json: JsonOption = False, stack: StackOption = None) -> None:
    """List the staff by name."""
    found = list(connect(stack).store.staff)
    if as_json:
        typer.echo(json.dumps({"staff": [asdict(each) for each in found]}, ensure_ascii=False))
        return
    for each in found:
        typer.echo(f"{each.name} <{each.email}>")
    if not found:
        typer.echo("nobody yet; `kizuna staff add` adds a colleague")


@staff.command("remove")
def remove(name: NameArgument, stack: StackOption = None) -> None:
    """Remove a colleague. What they did stays on record under their name."""
    if not connect(stack).store.staff.remove(name):
        raise FailedError(f"there is no colleague {name!r}")
    typer.echo(f"{name} removed")
