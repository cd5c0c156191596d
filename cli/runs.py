"""`kizuna runs`: the runs of a day with their sums."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.arguments import JsonOption, parse_date
from cli.tables import figures_table
from cli.target import StackOption, connect
from shared.office.runs import OUTCOMES, day_report, total_of
from shared.rules.dates import jst_date


def runs(
    on: Annotated[
        date | None,
        typer.Option(parser=parse_date, metavar="DATE", help="The day (JST); default today."),
    ] = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Show the runs of a day: planned, and what came of it, by account and channel."""
    target = connect(stack)
    report = day_report(target.store, on or jst_date(datetime.now(UTC)))
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    if not report["runs"]:
        typer.echo(f"no runs on {report['date']}")
        return
    Console().print(runs_table(report))


def runs_table(report: dict[str, Any]) -> Table:
    """The report as a table: a line for each account and channel, and the total."""
    table = sums_table(f"Runs of {report['date']}", report)
    for run in report["runs"]:
        still_open = " (open)" if run["closed_at"] is None else ""
        table.add_row(f"{run['account']}{still_open}", style="bold")
        for channel, sums in run["channels"].items():
            values = (f"{total_of(sums[name]):,}" for name in OUTCOMES)
            table.add_row(f"  {channel}{_remark(run, channel)}", *values)
    return table


def _remark(run: dict[str, Any], channel: str) -> str:
    """Why a channel of a run does not go on, if it does not."""
    for what in ("cancelled", "paused"):
        if channel in run[what]:
            return f" ({what})"
    return f" (ended: {run['ended'][channel]})" if channel in run["ended"] else ""


def sums_table(title: str, report: dict[str, Any]) -> Table:
    """A table of sums without its lines: the total at its foot, and below it why some are silent,
    which provider codes there were, how soon it was accepted, whether anything was sent twice, and
    whether it all adds up.
    """
    total = report["total"]
    notes = [
        f"{what}: " + ", ".join(f"{name} {count:,}" for name, count in sorted(total[key].items()))
        for what, key in (("silent", "silent"), ("codes", "codes"))
        if total[key]
    ]
    notes += [*_how_soon(report), _how_often(report)]
    adds_up = "planned = accepted + refused + gone + unknown + expired + silent"
    notes.append(adds_up if total["reconciles"] else f"DOES NOT RECONCILE: {adds_up} fails")
    table = figures_table(title, total="total", caption="\n".join(notes))
    for name in OUTCOMES:
        table.add_column(name, justify="right", footer=f"{total_of(total[name]):,}", no_wrap=True)
    return table


def _how_soon(report: dict[str, Any]) -> Iterator[str]:
    """A line, where anything was accepted: the minutes from the sending time, and whose run took
    longest.
    """
    minutes = report["total"]["minutes"]
    if minutes:
        until = ", ".join(f"{share}% {minute}" for share, minute in minutes.items())
        took = {run["account"]: run["total"]["minutes"] for run in report["runs"]}
        longest = next(
            name for name, each in took.items() if each and each["100"] == minutes["100"]
        )
        yield f"minutes until accepted: {until}" + (f" ({longest})" if minutes["100"] else "")


def _how_often(report: dict[str, Any]) -> str:
    """A line that names the runs of which messages came twice."""
    times = {run["account"]: run["total"]["repeated"] for run in report["runs"]}
    which = ", ".join(f"{account} {number:,}" for account, number in times.items() if number)
    return f"repeated: {report['total']['repeated']:,}" + (f" ({which})" if which else "")
