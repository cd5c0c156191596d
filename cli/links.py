"""`kizuna links`: what staff do about the links in somebody's messages."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, JsonOption, acting
from cli.errors import FailedError
from cli.target import StackOption, connect
from shared.rules import changes
from shared.store.tables import ConflictError
from shared.subscribers import actions

links = typer.Typer(help="The links in a subscriber's messages.", no_args_is_help=True)


@links.callback()
def _group() -> None:
    """The links in a subscriber's messages."""


@links.command("void")
def void(
    subscriber: Annotated[str, typer.Argument(help="The subscriber's id.")],
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Have no link work that was sent to a subscriber until now, nor any invitation they made: for
    somebody whose old messages others may read. The links in the messages to come work.
    """
    who = acting(by)
    store = connect(stack).store
    found = store.subscribers.get(subscriber)
    if found is None or found.erased:
        raise FailedError(f"there is no subscriber {subscriber!r}")
    try:
        changed = actions.change(store, subscriber, changes.links_voided)
    except ConflictError:
        raise FailedError(f"{subscriber!r} is being changed all the time; try again") from None
    if changed is None:
        raise FailedError(f"there is no subscriber {subscriber!r}")
    store.audit.note(datetime.now(UTC), who, "voided the links of a subscriber", changed.account)
    if as_json:
        typer.echo(json.dumps({"subscriber": subscriber, "voided": True}))
        return
    typer.echo("no link that was sent before works any more; the next message brings new ones")
