"""`kizuna au external`: what an account that sends through another system reports for a month."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.arguments import ByOption, JsonOption, acting, parse_count, parse_month
from cli.errors import CallError
from cli.target import StackOption, connect
from shared.office.external import why_not
from shared.rules.dates import JST
from shared.rules.months import Month
from shared.store.figures import ExternalFigure


def external(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="An external account.")],
    month: Annotated[
        Month, typer.Argument(parser=parse_month, metavar="YYYY-MM", help="The month.")
    ],
    subscribers: Annotated[
        int | None,
        typer.Argument(
            parser=parse_count,
            metavar="N",
            help="Its active users, in subscribers; without it, show what is on record.",
            show_default=False,
        ),
    ] = None,
    *,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Note the figure that an external account reports for a month. Another one for the same month
    corrects it, and the old one is kept.
    """
    target = connect(stack)
    figures = target.store.external
    known = target.store.accounts.get(account)
    if known is None:
        raise CallError(f"there is no account {account!r}")
    before = figures.history(account, month)
    if subscribers is None:
        _show(account, month, before, as_json=as_json)
        return
    who, now = acting(by), datetime.now(UTC)
    refusal = why_not(known, month, now, local=target.local is not None)
    if refusal:
        raise CallError(refusal)
    figure = figures.report(account, month, subscribers, by=who, at=now)
    corrected = before[-1] if before else None
    if as_json:
        corrects = _told(corrected) if corrected else None
        report = {"account": account, "month": str(month), **_told(figure), "corrects": corrects}
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    typer.echo(f"{account} {month}: {_line(figure)}")
    if corrected:
        typer.echo(f"corrects {_line(corrected)}")


def _show(account: str, month: Month, figures: list[ExternalFigure], *, as_json: bool) -> None:
    if as_json:
        told = [_told(each) for each in figures]
        report = {"account": account, "month": str(month), "figures": told}
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    for each in figures:
        corrected = "" if each is figures[-1] else " (corrected since)"
        typer.echo(f"{account} {month}: {_line(each)}{corrected}")
    if not figures:
        typer.echo(f"{account} {month}: nothing is on record")


def _told(figure: ExternalFigure) -> dict[str, Any]:
    return {"subscribers": figure.subscribers, "by": figure.by, "at": figure.at.isoformat()}


def _line(figure: ExternalFigure) -> str:
    people = "1 subscriber" if figure.subscribers == 1 else f"{figure.subscribers:,} subscribers"
    return f"{people}, noted by {figure.by} on {figure.at.astimezone(JST):%Y-%m-%d %H:%M} JST"
