"""`kizuna stop`: the one action that stops everything, done by staff for somebody who asks."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, JsonOption, acting
from cli.target import StackOption, connect
from shared.office import people


def stop(
    subscriber: Annotated[str, typer.Argument(help="The subscriber's id.")],
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="ENROLMENT", help="Only this one; may be given again."),
    ] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Stop everything of a subscriber at once, at their request: the same action as the button on
    their page. Why is neither asked nor stored.
    """
    who = acting(by)
    store = connect(stack).store
    done = people.stop(store, subscriber, only, now=datetime.now(UTC), who=who)
    if as_json:
        typer.echo(json.dumps({"subscriber": subscriber, "stopped": done}))
        return
    what = "1 enrolment" if done == 1 else f"{done} enrolments"
    typer.echo(f"stopped {what}" if done else "nothing was going on")
