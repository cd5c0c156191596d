"""`kizuna dispatch`: one tick now."""

import json
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from cli.arguments import JsonOption, parse_instant
from cli.target import StackOption, Target, connect
from cli.tick import tick, wait_for_queues
from shared.rules.dates import jst_date
from shared.rules.outcomes import Result


def dispatch(
    now: Annotated[
        datetime | None,
        typer.Option(
            parser=parse_instant,
            metavar="INSTANT",
            help="What time it is; only where the stack's clock is `given`, as locally.",
        ),
    ] = None,
    wait: Annotated[
        bool,
        typer.Option("--wait/--no-wait", help="Locally, wait until the queues are worked off."),
    ] = True,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Do one tick now: open what is due, queue it, close what is done.

    Locally the queues are then worked off, and `accepted` says how many messages that sent; with
    --no-wait it ends at once.
    """
    target = connect(stack)
    day = jst_date(now or datetime.now(UTC))
    waits = wait and target.local is not None
    before = accepted(target, day) if waits else 0
    done = tick(target, now)
    answer = {name: done[name] for name in ("now", "opened", "queued", "closed", "open")}
    if waits:
        wait_for_queues(target, day)
        closing = tick(target, now) if done["open"] else done
        answer["closed"] += closing["closed"] if closing is not done else 0
        answer["open"] = closing["open"]
        answer["accepted"] = accepted(target, day) - before
    if as_json:
        typer.echo(json.dumps(answer))
        return
    typer.echo("  ".join(f"{name} {value}" for name, value in answer.items()))


def accepted(target: Target, day: date) -> int:
    """How many messages of a day the providers accepted so far."""
    store = target.store
    return sum(
        entry.outcome.result is Result.ACCEPTED
        for run in store.ledger.runs(day)
        for job in run.job_ids()
        for batch in store.waves.batches(job)
        for entry in batch.entries
    )
