"""`kizuna au take`, `month-end` and `check`: snapshots, and whether one still counts the same."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from cli.arguments import ByOption, JsonOption, acting, parse_instant, parse_month
from cli.au.invoke import count
from cli.au.showing import SnapshotArgument, find, show_snapshot
from cli.errors import CallError, FailedError
from cli.target import StackOption, connect
from shared.rules.months import Month

AgainOption = Annotated[
    bool,
    typer.Option(
        "--again",
        help="Count anew; where another figure comes of it, take a correction that restates it.",
    ),
]


def take(
    as_of: Annotated[
        datetime,
        typer.Option(
            "--as-of", parser=parse_instant, metavar="INSTANT", help="The instant to measure."
        ),
    ],
    since: Annotated[
        datetime | None,
        typer.Option(
            parser=parse_instant,
            metavar="INSTANT",
            help="Where the balance sheets begin; default the same time a month before.",
            show_default=False,
        ),
    ] = None,
    *,
    again: AgainOption = False,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Take the internal AU snapshot of an instant, now or past. The same instant gives the same
    snapshot, unless an external figure came in since.
    """
    event: dict[str, Any] = {"kind": "internal", "as_of": as_of.isoformat()}
    if since is not None and since >= as_of:
        raise CallError("--since must lie before --as-of")
    if since is not None:
        event["since"] = since.isoformat()
    _take({**event, "by": acting(by), "again": again}, as_json=as_json, stack=stack)


def month_end(
    month: Annotated[
        Month, typer.Argument(parser=parse_month, metavar="YYYY-MM", help="The month.")
    ],
    *,
    again: AgainOption = False,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Take the month-end AU snapshot of a month, as it is reported to each account."""
    event = {"kind": "month_end", "month": str(month), "by": acting(by), "again": again}
    _take(event, as_json=as_json, stack=stack)


def _take(event: dict[str, Any], *, as_json: bool, stack: str | None) -> None:
    target = connect(stack)
    answer = count(target, event)
    new = answer.pop("new")
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    show_snapshot(target.store, answer["snapshot"])
    if not new:
        typer.echo("It was taken before; `--again` counts anew.")


def check(
    snapshot: SnapshotArgument,
    *,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Count a snapshot's instant again: does the same come of it, to the last figure?"""
    target = connect(stack)
    find(target.store, snapshot)
    answer = count(target, {"check": snapshot})
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    elif answer["same"]:
        typer.echo(f"{snapshot}: the same figures (sha256 {answer['sha256']})")
    if not answer["same"]:
        accounts = ", ".join(answer["differs"])
        raise FailedError(
            f"{snapshot} would be counted otherwise today: {accounts}; records of before its "
            "instant were added since. `--again` takes a correction"
        )
