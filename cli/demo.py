"""`kizuna demo`: a whole day on a platform of its own, its AU and its reports; shown, and over."""

import json
import shutil
from collections import Counter
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.arguments import JsonOption, parse_date
from cli.au.invoke import count
from cli.au.report import write_reports
from cli.au.showing import au_table, find
from cli.dispatch import accepted
from cli.errors import CallError, FailedError
from cli.progress import steps
from cli.runs import sums_table
from cli.samples import load_samples
from cli.target import Target, connect_to
from cli.tick import tick, wait_for_queues
from local.platform import STACK, STATE, Platform, counts, running
from local.processes import StartError
from local.standins.inbox import write_static
from local.standins.outbox import Outbox
from shared.office.runs import OUTCOMES, day_report, total_of
from shared.rules.account import Channel
from shared.rules.dates import JST
from shared.rules.months import Month
from shared.rules.snapshot import Snapshot, State
from shared.store.snapshots import figures_json
from shared.store.store import Store

FIRST_TICK, LAST_TICK, TICK_EVERY = time(6), time(23, 45), timedelta(minutes=15)
"""The ticks of a day, but for those of the night, which find nothing to do."""

NOON, TEN = time(12), time(10)

FIRST_DAY, LAST_DAY = date(2024, 4, 1), date(2099, 12, 31)
"""From the day on which the sample accounts have all their settings."""

FOLDER = STATE / "demo"
INBOXES = FOLDER / "inboxes"
REPORTS = FOLDER / "reports"


def demo(
    subscribers: Annotated[
        int, typer.Option(min=1, max=200_000, help="How many subscribers to invent.")
    ] = 2_000,
    on: Annotated[
        date | None,
        typer.Option(parser=parse_date, metavar="DATE", help="The day to run; default today."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a whole day on the embedded platform: create, import, dispatch, deliver; count AU and
    write its reports; show it all.
    """
    if running():
        raise CallError("`kizuna up` is running; end it first, or use it: kizuna dispatch")
    day = on or datetime.now(JST).date()
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CallError(f"the demo runs on days from {FIRST_DAY} to {LAST_DAY}")
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        with steps() as step:
            step("start the platform and deploy infra/template.yaml")
            with Platform(FOLDER) as platform:
                target = connect_to(STACK, platform.address)
                loaded = load_samples(target, subscribers, day, FOLDER, step)
                step(f"run {day}: a tick every 15 minutes from 06:00 to 23:45 JST")
                run_day(target, day)
                step("dispatch the same day again")
                before = accepted(target, day)
                run_tick(target, datetime.combine(day, NOON, JST))
                again = accepted(target, day) - before
                report = day_report(target.store, day)
                windows = on_their_way(target.store, day)
                seen = counts(platform.address)
                step("count AU: at 10:00 for the office, and at the end of the month before")
                internal, month_end = take_snapshots(target, day)
                largest = max(month_end.own_lines, key=lambda line: line.subscribers).account
                step(f"write the reports of {month_end.scope.month}: {largest}'s, the office's")
                reports = write_reports(
                    *find(target.store, month_end.snapshot),
                    target.store,
                    REPORTS,
                    accounts=[largest],
                )
            step("write the inboxes")
            outbox = Outbox(FOLDER / "outbox.sqlite3")
            write_static(outbox, INBOXES)
            outbox.close()
    except StartError as error:
        raise FailedError(str(error)) from None
    result = {**loaded, **report, "again": again, "providers": seen, "inboxes": str(INBOXES)}
    result |= {
        "au": figures_json(internal, State.DRAFT),
        "reports": [str(file) for file in reports],
        "on_its_way_ms": {"median": round(median(windows)), "longest": round(max(windows))}
        if windows
        else None,
    }
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
    else:
        _show(result, internal)
        typer.echo(f"Reports of {month_end.scope.month}, to read or to print:")
        for file in reports:
            typer.echo(f"  {file}")
        typer.echo("Go on by hand: kizuna up, then kizuna --help")
    total = report["total"]
    if not total["reconciles"] or again or seen["repeated"] or total["repeated"]:
        raise FailedError("the day does not reconcile; see the table above")


def run_day(target: Target, day: date) -> None:
    """Do every tick of a day, as the template schedules them, each with its queues worked off."""
    now, last = (datetime.combine(day, each, JST) for each in (FIRST_TICK, LAST_TICK))
    while now <= last:
        run_tick(target, now)
        now += TICK_EVERY


def run_tick(target: Target, now: datetime) -> None:
    """Do a tick, and wait until what it queued has been worked off."""
    if tick(target, now)["queued"]:
        wait_for_queues(target)


def take_snapshots(target: Target, day: date) -> tuple[Snapshot, Snapshot]:
    """The internal snapshot at 10:00 of the day, and the month-end one of the month before."""
    as_of = datetime.combine(day, TEN, JST).isoformat()
    events: list[dict[str, Any]] = [
        {"kind": "internal", "as_of": as_of},
        {"kind": "month_end", "month": str(Month.of(day).plus(-1))},
    ]
    names = [count(target, {**event, "by": "demo"})["snapshot"] for event in events]
    internal, month_end = (find(target.store, name)[0] for name in names)
    return internal, month_end


def on_their_way(store: Store, day: date) -> list[float]:
    """For how many milliseconds each call of a day was on its way, from its freeze to its record:
    in that time a stop cannot call a message back.
    """
    return [
        (batch.settled_at - batch.frozen_at).total_seconds() * 1000
        for run in store.ledger.runs(day)
        for job in run.job_ids()
        for batch in store.waves.batches(job)
        if batch.settled_at
    ]


def _show(result: dict[str, Any], internal: Snapshot) -> None:
    console = Console()
    console.print()
    console.print(day_table(result))
    console.print(
        f"{result['subscribers']:,} subscribers with {result['enrolments']:,} enrolments in "
        f"{result['accounts']} accounts. The providers took "
        f"{sum(result['providers']['sent'].values()):,} messages, "
        f"{result['providers']['repeated']} of them twice. "
        f"Dispatching the same day again sent {result['again']}.",
        highlight=False,
    )
    if window := result["on_its_way_ms"]:
        console.print(
            f"A call was on its way for {window['median']} ms (median), {window['longest']:,} ms "
            "at the longest: only then can a stop not call a message back.",
            highlight=False,
        )
    console.print(
        f"Inboxes, as the readers see them: {result['inboxes']}/index.html", soft_wrap=True
    )
    console.print()
    console.print(au_table(internal))


def day_table(result: dict[str, Any]) -> Table:
    """The sums of the day by channel, and the total."""
    channels: dict[str, Counter[str]] = {channel: Counter() for channel in Channel}
    for run in result["runs"]:
        for channel, sums in run["channels"].items():
            channels[channel].update({name: total_of(sums[name]) for name in OUTCOMES})
    table = sums_table(f"{result['date']}: what came of every message", result)
    for channel, figures in channels.items():
        table.add_row(channel, *(f"{figures[name]:,}" for name in OUTCOMES))
    return table
