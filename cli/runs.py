"""`kizuna runs`: the runs of a day with their sums."""

import json
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.arguments import JsonOption, parse_date
from cli.target import StackOption, connect
from shared.jobs import figures
from shared.rules.account import Channel
from shared.rules.dates import JST, jst_date
from shared.rules.reckoning import Sums
from shared.store.ledger import Ledger, Run


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
    report = day_report(target.store.ledger, on or jst_date(datetime.now(UTC)))
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    if not report["runs"]:
        typer.echo(f"no runs on {report['date']}")
        return
    Console().print(runs_table(report))


def day_report(ledger: Ledger, day: date) -> dict[str, Any]:
    """The runs of a day as JSON: those still open with the sums of their finished jobs."""
    found = []
    whole = Sums()
    for run in ledger.runs(day):
        sums = run.sums if run.sums is not None else _sums_so_far(ledger, run)
        total = sum(sums.values(), Sums())
        whole += total
        found.append(
            {
                "account": run.account,
                "name": run.settings.name,
                "state": "open" if run.closed_at is None else "closed",
                "opened_at": run.opened_at.isoformat(),
                "closed_at": run.closed_at and run.closed_at.isoformat(),
                "versions": run.versions,
                "channels": {channel: sums_json(each) for channel, each in sums.items()},
                "total": sums_json(total),
            }
        )
    return {"date": day.isoformat(), "runs": found, "total": sums_json(whole)}


def sums_json(sums: Sums) -> dict[str, Any]:
    """Sums as JSON, with silence by reason and whether they reconcile."""
    return {
        **figures(sums),
        "silent": dict(sums.silent),
        "codes": dict(sums.codes),
        "reconciles": sums.reconciles,
    }


def _sums_so_far(ledger: Ledger, run: Run) -> dict[Channel, Sums]:
    sums = {channel: Sums() for channel, _ in run.jobs}
    for job_id, job in ledger.jobs(run).items():
        sums[job_id.channel] += job.sums or Sums()
    return sums


def runs_table(report: dict[str, Any]) -> Table:
    """The report as a table: a line for each account and channel, and the total."""
    columns = ("planned", "accepted", "refused", "gone", "unknown", "expired", "silent")
    table = Table(title=f"Runs of {report['date']}", show_footer=True)
    total = report["total"]
    table.add_column("account", footer="total")
    table.add_column("channel")
    for name in columns:
        table.add_column(name, justify="right", footer=_figure(total[name]))
    table.add_column("silent because", footer=_reasons(total["silent"]))
    table.add_column("state", footer="reconciles" if total["reconciles"] else "DOES NOT RECONCILE")
    for run in report["runs"]:
        when = run["closed_at"] or run["opened_at"]
        clock = datetime.fromisoformat(when).astimezone(JST)
        for channel, sums in run["channels"].items():
            table.add_row(
                run["account"],
                channel,
                *(_figure(sums[name]) for name in columns),
                _reasons(sums["silent"]),
                f"{run['state']} {clock:%H:%M}",
            )
    return table


def _figure(value: int | dict[str, int]) -> str:
    return f"{sum(value.values()) if isinstance(value, dict) else value:,}"


def _reasons(silent: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(silent.items()))
