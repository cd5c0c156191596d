"""`kizuna erase`: the right to erasure."""

import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, JsonOption, acting
from cli.errors import FailedError
from cli.target import StackOption, connect
from shared.office import people
from shared.rules.subscriber import Subscriber


def erase(
    subscriber: Annotated[str, typer.Argument(help="The subscriber's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before erasing.")] = False,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Erase a person, at their request and for good: everything stops, and address, nicknames,
    touchpoint and id are gone at once.

    What stays is the dated history without a name, so that past AU is as it was. The ledger names
    the opaque id until its rows expire, 400 days after they were written.
    """
    who = acting(by)
    store = connect(stack).store
    found = people.known(store, subscriber)
    if sys.stdin.isatty() and not (yes or _confirmed(subscriber, found)):
        raise FailedError("nothing was erased")
    left = people.erase(store, subscriber, now=datetime.now(UTC), who=who)
    count = len(left.enrolments)
    if as_json:
        typer.echo(json.dumps({"subscriber": subscriber, "erased": True, "enrolments": count}))
        return
    what = (
        "the history of 1 enrolment stays" if count == 1 else f"{count} enrolments' histories stay"
    )
    typer.echo(f"erased; {what}, without a name")


def _confirmed(subscriber_id: str, found: Subscriber) -> bool:
    """Ask on standard error, wholly: typer's question leaves a blank on standard output."""
    question = f"Erase {subscriber_id} of {found.account}, for good? [y/N] "
    typer.echo(question, nl=False, err=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
