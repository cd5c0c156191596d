"""`kizuna guard`: how many of each account's mails bounce, and who was paused for it."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.arguments import ByOption, JsonOption, acting, parse_date
from cli.errors import FailedError
from cli.pause import pause_json
from cli.tables import figures_table
from cli.target import StackOption, connect
from cli.tick import hurry
from shared.feedback.reputation import GUARDED, lift, reputation_of
from shared.rules.account import Delivery
from shared.rules.dates import jst_date
from shared.rules.guard import WINDOW_DAYS, verdict
from shared.store.store import Store

guard = typer.Typer(
    help="The bounce guard: how many mails of each account bounce, and who is paused.",
    invoke_without_command=True,
)

OnOption = Annotated[
    date | None,
    typer.Option(
        "--on",
        parser=parse_date,
        metavar="DATE",
        help="The last day of the week that is looked at (JST); default today.",
        show_default=False,
    ),
]


@guard.callback()
def show(
    context: typer.Context,
    on: OnOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Show, account by account, how many mails of a week bounced or were marked as spam."""
    if context.invoked_subcommand is not None:
        return
    store = connect(stack).store
    day = on or jst_date(datetime.now(UTC))
    report = guard_report(store, day)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    Console().print(_table(report))


@guard.command("lift")
def lift_pause(
    account: Annotated[str, typer.Argument(help="The account's id.")],
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Let an account's mails go out again; what has bounced until now no longer counts."""
    who = acting(by)
    now = datetime.now(UTC)
    target = connect(stack)
    lifted = lift(target.store, account, now, jst_date(now), who)
    if lifted is None:
        raise FailedError(f"{account!r} is not paused by the guard; `kizuna guard` shows who is")
    hurry(target)
    if as_json:
        typer.echo(
            json.dumps({"account": account, "lifted": pause_json(lifted)}, ensure_ascii=False)
        )
        return
    typer.echo(f"{account} sends mail again; it was paused because {lifted.why}")


def guard_report(store: Store, day: date) -> dict[str, Any]:
    """The reputation of every account that sends mail through this platform, as JSON."""
    pauses = list(store.pauses)
    found = []
    for account in store.accounts:
        settings = account.on(day)
        if settings is None or settings.delivery is not Delivery.OWN:
            continue
        reputation = reputation_of(store, account.id, day)
        pause = next((each for each in pauses if each.covers(account.id, GUARDED)), None)
        found.append(
            {
                "account": account.id,
                "name": settings.name,
                **asdict(reputation),
                "bounce_rate": round(reputation.bounce_rate, 4),
                "complaint_rate": round(reputation.complaint_rate, 4),
                "state": "paused" if pause else verdict(reputation).value,
                "pause": pause and pause_json(pause),
            }
        )
    return {"until": day.isoformat(), "days": WINDOW_DAYS, "accounts": found}


def _table(report: dict[str, Any]) -> Table:
    table = figures_table(f"Mails of {report['days']} days until {report['until']}")
    for name in ("accepted", "bounced", "complained", "state"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in report["accounts"]:
        table.add_row(
            each["account"],
            f"{each['accepted']:,}",
            f"{each['bounced']:,} ({each['bounce_rate']:.1%})",
            f"{each['complained']:,} ({each['complaint_rate']:.2%})",
            each["state"],
        )
    return table
