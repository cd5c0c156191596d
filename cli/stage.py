"""`kizuna stage`: the rules, by hand."""

import json
from datetime import date
from typing import Annotated

import typer

from cli.arguments import JsonOption, parse_date
from cli.errors import CallError
from shared.rules.ending import DEFAULT_END, EndOfDelivery
from shared.rules.stage import childcare_stage, pregnancy_stage


def parse_rule(text: str) -> EndOfDelivery:
    """A RULE: `birthday(3)` or `school_year_end(1)`."""
    try:
        return EndOfDelivery.parse(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: {error}") from None


def stage(
    on: Annotated[
        date, typer.Option(parser=parse_date, metavar="DATE", help="The day to look at.")
    ],
    due_date: Annotated[
        date | None, typer.Option(parser=parse_date, metavar="DATE", help="出産予定日")
    ] = None,
    birth_date: Annotated[
        date | None, typer.Option(parser=parse_date, metavar="DATE", help="生年月日")
    ] = None,
    end: Annotated[
        EndOfDelivery,
        typer.Option(parser=parse_rule, metavar="RULE", help="The account's end of delivery."),
    ] = str(DEFAULT_END),  # type: ignore[assignment]
    as_json: JsonOption = False,
) -> None:
    """Show the stage of a pregnancy or a child on a day, and whether a message window is open."""
    if (due_date is None) == (birth_date is None):
        raise CallError("give either --due-date or --birth-date: before a birth, or after it")
    try:
        if birth_date is not None:
            found = childcare_stage(on, birth_date, end)
        else:
            assert due_date is not None  # noqa: S101 - one of the two is there
            found = pregnancy_stage(on, due_date)
    except (OverflowError, ValueError):
        raise CallError("the dates lie outside the calendar") from None
    answer = {
        "phase": found.phase,
        "day": found.day,
        "label": found.label,
        "open": found.open,
        "reason": found.reason,
    }
    if as_json:
        typer.echo(json.dumps(answer))
        return
    window = "a message window is open" if found.open else f"silent: {found.reason}"
    typer.echo(f"{found.phase or '-'}  day {found.day}  {found.label}  {window}")
