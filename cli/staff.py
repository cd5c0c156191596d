"""`kizuna staff`: the office's staff, who share and review figures."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, JsonOption, acting, parse_name
from cli.target import StackOption, connect
from shared.office import staff as office

staff = typer.Typer(
    help="The office's staff: who they are, and where to write to them.", no_args_is_help=True
)

NameArgument = Annotated[
    str, typer.Argument(parser=parse_name, metavar="NAME", help="Nobody else's name.")
]


def parse_email(text: str) -> str:
    """An email address, as it is stored."""
    try:
        return office.read_email(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} {error}") from None


@staff.command("add")
def add(
    name: NameArgument,
    email: Annotated[
        str, typer.Argument(parser=parse_email, metavar="EMAIL", help="Where to write to them.")
    ],
    by: ByOption = None,
    stack: StackOption = None,
) -> None:
    """Add a colleague."""
    who = acting(by)
    office.add(connect(stack).store, name, email, now=datetime.now(UTC), who=who)
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
def remove(name: NameArgument, by: ByOption = None, stack: StackOption = None) -> None:
    """Remove a colleague. What they did stays on record under their name."""
    who = acting(by)
    office.remove(connect(stack).store, name, now=datetime.now(UTC), who=who)
    typer.echo(f"{name} removed")
