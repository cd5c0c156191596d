"""`kizuna touchpoint list` and `counts`: what touchpoints there are, and who came through them."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.arguments import JsonOption, parse_month
from cli.errors import CallError
from cli.tables import figures_table
from cli.target import StackOption, connect
from shared.office.account.finding import find_account
from shared.rules.dates import jst_date
from shared.rules.months import Month
from shared.rules.touchpoint import Funnel, Step, Touchpoint, link
from shared.store.store import Store

MONTHS = 12
"""So many months, the last one included, are counted where none are named."""

AccountsArgument = Annotated[
    str | None,
    typer.Argument(metavar="[ACCOUNT]", help="Only this account's.", show_default=False),
]


@dataclass(frozen=True, slots=True)
class Counted:
    """A touchpoint, and how many came through it."""

    touchpoint: Touchpoint
    funnel: Funnel

    @property
    def about(self) -> str:
        """Which one, as other commands take it but for the slash."""
        return f"{self.touchpoint.account}/{self.touchpoint.id}"


def show(
    account: AccountsArgument = None, as_json: JsonOption = False, stack: StackOption = None
) -> None:
    """List the touchpoints with their links, and who came through them in the last 12 months."""
    target = connect(stack)
    last = Month.of(jst_date(datetime.now(UTC)))
    found = list(_counted(target.store, account, last.plus(1 - MONTHS), last))
    links = [
        link(target.outputs["PublicUrl"], each.touchpoint.account, each.touchpoint.id)
        for each in found
    ]
    if as_json:
        told = [
            {**_told(each), "link": at, "closed_at": _instant(each.touchpoint.closed_at)}
            for each, at in zip(found, links, strict=True)
        ]
        typer.echo(json.dumps({"touchpoints": told}, ensure_ascii=False))
        return
    for each, at in zip(found, links, strict=True):
        reached = ", ".join(f"{getattr(each.funnel, step):,} {step}" for step in Step)
        state = "closed" if each.touchpoint.closed else at
        typer.echo(f"{each.about}  {each.touchpoint.name}  {reached}  {state}")


def counts(
    account: AccountsArgument = None,
    *,
    first: Annotated[
        Month | None,
        typer.Option(
            "--from",
            parser=parse_month,
            metavar="YYYY-MM",
            help="The first month; default 11 months before the last.",
            show_default=False,
        ),
    ] = None,
    last: Annotated[
        Month | None,
        typer.Option(
            "--to",
            parser=parse_month,
            metavar="YYYY-MM",
            help="The last month; default this one.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Count who opened the page of a touchpoint, sent the form, and confirmed their address, in
    whole months of Tokyo. The share is confirmed / opened.
    """
    last = last or Month.of(jst_date(datetime.now(UTC)))
    first = first or last.plus(1 - MONTHS)
    if first > last:
        raise CallError(f"--from {first} is after --to {last}")
    found = list(_counted(connect(stack).store, account, first, last))
    total = sum((each.funnel for each in found), Funnel())
    if as_json:
        told = {
            "from": str(first),
            "to": str(last),
            "touchpoints": [_told(each) for each in found],
            "total": _figures(total),
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    Console().print(_table(found, total, f"{first} to {last}: who came through the touchpoints"))


def _counted(store: Store, account: str | None, first: Month, last: Month) -> Iterator[Counted]:
    """The touchpoints of an account, or of all, with their counts."""
    if account is None:
        accounts = [each.id for each in store.accounts]
    else:
        accounts = [find_account(store, account).id]
    for name in accounts:
        reached = store.touchpoints.counts(name, first, last)
        for touchpoint in store.touchpoints.of(name):
            yield Counted(touchpoint, reached.get(touchpoint.id, Funnel()))


def _table(found: list[Counted], total: Funnel, title: str) -> Table:
    table = figures_table(title, first="touchpoint", total="total")
    table.add_column("name")
    for step in Step:
        table.add_column(step, footer=f"{getattr(total, step):,}", justify="right")
    table.add_column("share", footer=_percent(total), justify="right")
    for each in found:
        name = each.touchpoint.name + (" (closed)" if each.touchpoint.closed else "")
        figures = (f"{getattr(each.funnel, step):,}" for step in Step)
        table.add_row(each.about, name, *figures, _percent(each.funnel))
    return table


def _percent(funnel: Funnel) -> str:
    return "-" if funnel.share is None else f"{funnel.share:.1%}"


def _told(counted: Counted) -> dict[str, Any]:
    touchpoint = counted.touchpoint
    return {
        "account": touchpoint.account,
        "touchpoint": touchpoint.id,
        "name": touchpoint.name,
        **_figures(counted.funnel),
    }


def _figures(funnel: Funnel) -> dict[str, Any]:
    share = None if funnel.share is None else round(funnel.share, 4)
    return {**asdict(funnel), "share": share}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
