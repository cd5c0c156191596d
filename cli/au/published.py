"""`kizuna au published`: the totals of fiscal years that the office has published."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.arguments import ByOption, JsonOption, acting, parse_count, parse_fiscal_year
from cli.errors import CallError
from cli.files.births import source_text
from cli.target import StackOption, connect
from shared.rules.dates import JST
from shared.store.figures import PublishedTotal


def published(
    fiscal_year: Annotated[
        int | None,
        typer.Argument(
            parser=parse_fiscal_year,
            metavar="YEAR",
            help="The fiscal year, named after its April.",
            show_default=False,
        ),
    ] = None,
    subscribers: Annotated[
        int | None,
        typer.Argument(
            parser=parse_count, metavar="N", help="The total, in subscribers.", show_default=False
        ),
    ] = None,
    *,
    source: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Where it was published.", show_default=False),
    ] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Note a total that was published; without arguments, list them. Another one for the same year
    corrects it, and the old one is kept.
    """
    if fiscal_year is None:
        _list(connect(stack).store.published.all(), as_json=as_json)
        return
    if subscribers is None or source is None:
        raise CallError("give the total and its source: 2021 36706 --source 'annual letter 2022'")
    if not source.strip():
        raise CallError("--source is blank; say where the total was published")
    try:
        source = source_text(source.strip())
    except ValueError as error:
        raise CallError(f"--source {error}") from None
    totals, who = connect(stack).store.published, acting(by)
    corrected = totals.all().get(fiscal_year)
    total = totals.put(fiscal_year, subscribers, source, by=who, at=datetime.now(UTC))
    if as_json:
        corrects = _told(corrected) if corrected else None
        typer.echo(json.dumps({**_told(total), "corrects": corrects}, ensure_ascii=False))
        return
    typer.echo(_line(total))
    if corrected:
        typer.echo(f"corrects {_line(corrected)}")


def _list(totals: dict[int, PublishedTotal], *, as_json: bool) -> None:
    if as_json:
        told = [_told(each) for each in totals.values()]
        typer.echo(json.dumps({"published": told}, ensure_ascii=False))
        return
    for each in totals.values():
        typer.echo(_line(each))
    if not totals:
        typer.echo("nothing is on record")


def _told(total: PublishedTotal) -> dict[str, Any]:
    return {**asdict(total), "at": total.at.isoformat()}


def _line(total: PublishedTotal) -> str:
    return (
        f"{total.fiscal_year}: {total.subscribers:,} subscribers ({total.source}), "
        f"noted by {total.by} on {total.at.astimezone(JST):%Y-%m-%d %H:%M} JST"
    )
