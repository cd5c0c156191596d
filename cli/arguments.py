"""Arguments that several commands take: dates and instants as formats.md has them."""

from datetime import date, datetime
from typing import Annotated

import typer

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output, nothing else.")
]


def parse_date(text: str) -> date:
    """A DATE: `YYYY-MM-DD`, a day in Tokyo."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day, no instant
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date; write it as 2026-11-25") from None


def parse_instant(text: str) -> datetime:
    """An INSTANT: ISO 8601 with an offset."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no instant; write it as 2026-11-25T10:00+09:00"
        ) from None
    if instant.tzinfo is None:
        raise typer.BadParameter(
            f"{text!r} has no offset; add the time zone, as in 2026-11-25T10:00+09:00"
        )
    return instant


DateOption = Annotated[
    date, typer.Option("--on", parser=parse_date, metavar="DATE", help="A day in Tokyo.")
]
