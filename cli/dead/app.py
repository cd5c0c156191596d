"""`kizuna dead`: what failed five times and waits for staff, and the way back for it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import boto3
import typer
from rich.console import Console
from rich.table import Table

from cli.arguments import ByOption, JsonOption, acting
from cli.dead.queues import QUEUES, DeadLetters, Letter
from cli.tables import figures_table
from cli.target import StackOption, Target, connect

dead = typer.Typer(
    help="Dead letters: jobs, notices and events that failed five times and wait for staff.",
    invoke_without_command=True,
)


def parse_queue(name: str) -> str:
    """The word for a queue."""
    if name not in QUEUES:
        raise typer.BadParameter(f"{name!r} is no queue; there are {', '.join(QUEUES)}")
    return name


QueueArgument = Annotated[
    str,
    typer.Argument(parser=parse_queue, metavar="QUEUE", help=f"One of {', '.join(QUEUES)}."),
]


@dead.callback()
def show_all(
    context: typer.Context, as_json: JsonOption = False, stack: StackOption = None
) -> None:
    """Show how many messages wait in each dead-letter queue, and for how long the oldest does."""
    if context.invoked_subcommand is not None:
        return
    target = connect(stack)
    now = datetime.now(UTC)
    found = [_counted(name, _letters(target, name), now) for name in QUEUES]
    if as_json:
        typer.echo(json.dumps({"queues": found}))
        return
    Console().print(_counts_table(found))


@dead.command()
def show(queue: QueueArgument, as_json: JsonOption = False, stack: StackOption = None) -> None:
    """Show which jobs, notices or events wait in a queue, and nothing of any person."""
    letters = _letters(connect(stack), queue)
    waiting, found = letters.waiting(), letters.look()
    if as_json:
        rows = [_letter_json(each) for each in found]
        typer.echo(json.dumps({"queue": queue, "messages": waiting, "shown": rows}))
        return
    for each in found:
        typer.echo("  ".join(_words(each)))
    if waiting > len(found):
        typer.echo(f"{len(found)} of {waiting} messages; looking takes none away to see the others")
    elif not found:
        typer.echo(f"nothing waits in {queue}")


@dead.command()
def redrive(
    queue: QueueArgument,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Move all messages of a queue back to where they came from, to be tried five times more. It
    may be done twice: what was done already is known by its lease or its mark.
    """
    who = acting(by)
    target = connect(stack)
    moved = 0
    try:
        for moved in _letters(target, queue).put_back():  # noqa: B007 - the last one counts
            pass
    finally:  # also of what was cut off it is known how far it came
        if moved:
            what = f"moved {_messages(moved)} back from the dead-letter queue"
            target.store.audit.note(datetime.now(UTC), who, what, queue)
    if as_json:
        typer.echo(json.dumps({"queue": queue, "moved": moved}))
        return
    typer.echo(f"moved {_messages(moved)} back" if moved else f"nothing waits in {queue}")


def _letters(target: Target, name: str) -> DeadLetters:
    return DeadLetters(boto3.client("sqs"), target.outputs, QUEUES[name])


def _counted(name: str, letters: DeadLetters, now: datetime) -> dict[str, Any]:
    waiting = letters.waiting()
    oldest = min((each.first_sent for each in letters.look()), default=None) if waiting else None
    return {
        "queue": name,
        "messages": waiting,
        "oldest": oldest and oldest.isoformat(timespec="seconds"),
        "age_minutes": oldest and int((now - oldest).total_seconds() // 60),
    }


def _letter_json(letter: Letter) -> dict[str, Any]:
    return {
        "first_sent": letter.first_sent.isoformat(timespec="seconds"),
        "received": letter.received,
        "what": letter.what and letter.what.model_dump(mode="json", exclude_none=True),
    }


def _words(letter: Letter) -> Iterator[str]:
    """A letter in a line."""
    told = letter.what.model_dump(mode="json", exclude_none=True) if letter.what else {}
    yield " ".join(map(str, told.values())) or "cannot be read, and so is not shown"
    yield f"first sent {letter.first_sent.isoformat(timespec='seconds')}"
    yield f"received {letter.received} times"


def _counts_table(found: list[dict[str, Any]]) -> Table:
    table = figures_table("Dead letters")
    for name in ("messages", "oldest"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in found:
        age = each["age_minutes"]
        table.add_row(each["queue"], f"{each['messages']:,}", "" if age is None else _age(age))
    return table


def _age(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours:,} h {rest} min" if hours else f"{rest} min"


def _messages(number: int) -> str:
    return "1 message" if number == 1 else f"{number:,} messages"
