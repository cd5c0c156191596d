"""`kizuna au forecast`: the AU of the months ahead, of one account or of all."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.arguments import JsonOption
from cli.au.showing import find
from cli.errors import CallError
from cli.tables import figures_table
from cli.target import StackOption, connect
from shared.rules.au import AHEAD_MONTHS, YEAR_MONTHS
from shared.rules.forecast import Forecast, forecasts, together
from shared.rules.snapshot import Snapshot

_COLUMNS = ("known", "estimate", "low", "high", "graduating", "42w0d", "births due")


def show_forecast(
    account: Annotated[
        str | None,
        typer.Argument(
            metavar="[ACCOUNT]", help="An account; default the total.", show_default=False
        ),
    ] = None,
    *,
    snapshot: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="SNAPSHOT",
            help="The snapshot to start from; default the latest.",
            show_default=False,
        ),
    ] = None,
    months: Annotated[
        int, typer.Option(min=1, max=AHEAD_MONTHS, help="How many months ahead.")
    ] = AHEAD_MONTHS,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Show the AU to come: what dates alone know, the estimate with its band, and how many
    registrations a month hold the AU.
    """
    found, _ = find(connect(stack).store, snapshot)
    report = forecast_report(found, account, months)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    console = Console(highlight=False)
    if account is None:
        console.print(_accounts_table(report))
    console.print(_months_table(report))
    for line in _notes(report):
        console.print(line, soft_wrap=True, markup=False)


def forecast_report(snapshot: Snapshot, account: str | None, months: int) -> dict[str, Any]:
    """The forecast from a snapshot as JSON; without an account the total, and a line for each.

    CallError where there is nothing to forecast.
    """
    made = forecasts(snapshot.detail, snapshot.measure)
    if account is not None and account not in made:
        raise CallError(_why_none(snapshot, account))
    if not made:
        raise CallError(f"nothing was sent from here in {snapshot.snapshot}: nothing to forecast")
    found = together(made.values()) if account is None else made[account]
    report: dict[str, Any] = {
        "snapshot": snapshot.snapshot,
        "as_of": snapshot.as_of.isoformat().replace("+00:00", "Z"),
        "account": account,
        "au": found.now,
        "registrations": round(found.registrations, 1),
        "holding": _rounded(found.holding),
        "estimated_from": found.estimated_from,
        "months": _months(found)[:months],
    }
    if account is None:
        report["accounts"] = [_line(name, each) for name, each in made.items()]
        report["left_out"] = [each for each in snapshot.scope.accounts if each not in made]
    return report


def _why_none(snapshot: Snapshot, account: str) -> str:
    if account in snapshot.scope.accounts:
        return f"{account} sends through another system, which reports its AU: it has no forecast"
    return f"there is no account {account!r} in {snapshot.snapshot}"


def _months(forecast: Forecast) -> list[dict[str, Any]]:
    return [
        {
            "month": str(month),
            "known": forecast.known[index],
            "middle": round(forecast.middle[index], 1),
            "low": round(forecast.low[index], 1),
            "high": round(forecast.high[index], 1),
            "graduating": forecast.graduating[index],
            "awaiting_birth": forecast.awaiting[index],
            "due": forecast.due[index],
        }
        for index, month in enumerate(forecast.months)
    ]


def _line(account: str, forecast: Forecast) -> dict[str, Any]:
    return {
        "account": account,
        "au": forecast.now,
        "registrations": round(forecast.registrations, 1),
        "holding": _rounded(forecast.holding),
        "in_12_months": round(forecast.middle[YEAR_MONTHS - 1], 1),
        "in_36_months": round(forecast.middle[AHEAD_MONTHS - 1], 1),
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 1)


def _months_table(report: dict[str, Any]) -> Table:
    table = figures_table(f"AU to come: {report['account'] or 'total'}, from {report['snapshot']}")
    for heading in _COLUMNS:
        table.add_column(heading, justify="right", no_wrap=True)
    for each in report["months"]:
        figures = [value for name, value in each.items() if name != "month"]
        table.add_row(each["month"], *(f"{figure:,.0f}" for figure in figures))
    return table


def _accounts_table(report: dict[str, Any]) -> Table:
    table = figures_table("By account: registrations are new subscribers a month")
    for heading in ("AU", "registrations", "hold it", "in 12 months", "in 36 months"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in report["accounts"]:
        holding = "-" if each["holding"] is None else f"{each['holding']:,.1f}"
        table.add_row(
            each["account"],
            f"{each['au']:,}",
            f"{each['registrations']:,.1f}",
            holding,
            f"{each['in_12_months']:,.0f}",
            f"{each['in_36_months']:,.0f}",
        )
    return table


def _notes(report: dict[str, Any]) -> list[str]:
    months, au = report["estimated_from"], report["au"]
    span = "month" if months == 1 else f"{months} months"
    line = f"registrations a month in the last {span}: {report['registrations']:,.1f}"
    if report["holding"] is None:
        line += "; how many hold the AU cannot be said"
    else:
        line += f"; {report['holding']:,.1f} hold the AU of {au:,}"
    notes = [line]
    if report.get("left_out"):
        notes.append(f"left out, as they send elsewhere: {', '.join(report['left_out'])}")
    return notes
