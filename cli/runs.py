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
from shared.rules.account import Channel
from shared.rules.dates import jst_date
from shared.rules.punctuality import SHARES, minutes_until
from shared.rules.reconciliation import Sums
from shared.store.ledger import Ledger
from shared.store.pauses import Pause
from shared.store.run import Run
from shared.store.store import Store

OUTCOMES = ("planned", "accepted", "refused", "gone", "unknown", "expired", "silent")
"""The columns of every table of sums: the first is what the others add up to."""


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


def day_report(store: Store, day: date) -> dict[str, Any]:
    """The runs of a day as JSON: those still open with the sums of their finished jobs, and all
    with what providers have told since of messages that were sent twice.
    """
    found = []
    whole = Sums()
    pauses = list(store.pauses)
    for run in store.ledger.runs(day):
        sums = _sums_by_now(store.ledger, run)
        paused = _paused(run, pauses)
        total = sum(sums.values(), Sums())
        whole += total
        found.append(
            {
                "account": run.account,
                "name": run.settings.name,
                "state": _state(run, paused),
                "opened_at": run.opened_at.isoformat(),
                "closed_at": run.closed_at and run.closed_at.isoformat(),
                "reopened_at": run.reopened_at and run.reopened_at.isoformat(),
                "cancelled": {
                    channel: {"at": each.at.isoformat(), "by": each.by}
                    for channel, each in run.cancelled.items()
                },
                "paused": paused,
                "versions": run.versions,
                "ended": _ended(store.ledger, run),
                "channels": {channel: sums_json(each) for channel, each in sums.items()},
                "total": sums_json(total),
            }
        )
    return {"date": day.isoformat(), "runs": found, "total": sums_json(whole)}


def sums_json(sums: Sums) -> dict[str, Any]:
    """Sums as JSON, with silence by reason and whether they reconcile."""
    return {
        **sums.figures,
        "silent": dict(sums.silent),
        "codes": dict(sums.codes),
        "minutes": minutes_json(sums),
        "reconciles": sums.reconciles,
    }


def minutes_json(sums: Sums) -> dict[str, int | None] | None:
    """After how many minutes so many percent of the accepted were; null where none were."""
    if not sums.minutes:
        return None
    return {str(share): minutes_until(sums.minutes, share) for share in SHARES}


def _paused(run: Run, pauses: list[Pause]) -> list[Channel]:
    """The channels of an open run that a pause holds now; what is cancelled waits for nothing."""
    if run.closed_at is not None:
        return []
    left = {channel for channel, _ in run.jobs} - run.cancelled.keys()
    return sorted(c for c in left if any(each.covers(run.account, c) for each in pauses))


def _state(run: Run, paused: list[Channel]) -> str:
    """The state of a run: what staff did to any channel of it goes first."""
    if run.cancelled:
        return "cancelled"
    if paused:
        return "paused"
    return "open" if run.closed_at is None else "closed"


def _sums_by_now(ledger: Ledger, run: Run) -> dict[Channel, Sums]:
    sums = {channel: Sums() for channel, _ in run.jobs} | (run.sums or {})
    for job_id, job in ledger.jobs(run).items():
        if run.sums is None:
            sums[job_id.channel] += job.sums or Sums()
        sums[job_id.channel] += Sums(repeated=len(job.repeats))
    return sums


def _ended(ledger: Ledger, run: Run) -> dict[Channel, str]:
    """Channels on which the provider took nothing more, with its code; of an open run, so far."""
    if run.closed_at is not None:
        return run.ended
    return {job_id.channel: job.ended for job_id, job in ledger.jobs(run).items() if job.ended}


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


def total_of(value: int | dict[str, int]) -> int:
    """A figure, or the sum of one that is given by reason."""
    return sum(value.values()) if isinstance(value, dict) else value
