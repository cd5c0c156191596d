"""`kizuna stop`: the one action that stops everything, done by staff for somebody who asks."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, JsonOption, acting
from cli.errors import FailedError
from cli.target import StackOption, connect
from shared.rules import changes
from shared.subscribers import actions


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
    found = store.subscribers.get(subscriber)
    if found is None or found.erased:
        raise FailedError(f"there is no subscriber {subscriber!r}")
    unknown = sorted(set(only or ()) - {each.id for each in found.enrolments})
    if unknown:
        known = ", ".join(each.id for each in found.enrolments)
        raise FailedError(f"{subscriber!r} has no enrolment {unknown[0]!r}, but {known}")
    going_on = {each.id for each in found.enrolments if changes.active(each)}
    now = datetime.now(UTC)
    stopped = actions.stop(store, subscriber, now, only=only or None)
    left = stopped.enrolments if stopped else ()
    done = len(going_on - {each.id for each in left if changes.active(each)})
    if done:
        store.audit.note(now, who, "stopped a subscriber", found.account)
    if as_json:
        typer.echo(json.dumps({"subscriber": subscriber, "stopped": done}))
        return
    what = "1 enrolment" if done == 1 else f"{done} enrolments"
    typer.echo(f"stopped {what}" if done else "nothing was going on")
