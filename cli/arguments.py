"""Arguments that several commands take: dates and instants as formats.md has them, and who acts."""

import getpass
from datetime import date, datetime
from typing import Annotated

import typer

from shared.office import staff
from shared.office.fields import matching
from shared.rules.months import Month

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

ByOption = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="NAME",
        envvar="KIZUNA_STAFF",
        help="Who does this; default the user of this machine.",
        show_default=False,
    ),
]

_fiscal_year = matching(r"20\d\d|2100", "is no fiscal year; write it as 2025, from 2000 to 2100")
_count = matching(r"\d{1,7}", "is no whole number; write it as 1234")


def acting(by: str | None) -> str:
    """Who does this: the name that --by gives, or the user of this machine."""
    try:
        name = (by or "").strip() or getpass.getuser()
    except (KeyError, OSError, ImportError):  # what it raises differs by Python and by system
        raise typer.BadParameter("nobody is named; say who does this with --by NAME") from None
    return parse_name(name)


def parse_name(text: str) -> str:
    """The name of one of the staff: a line."""
    name = text.strip()
    if not name:
        raise typer.BadParameter("a name is blank; write it as 山田花子")
    try:
        return staff.read_name(name)
    except ValueError as error:
        raise typer.BadParameter(f"a name {error}") from None


def parse_month(text: str) -> Month:
    """A month, `YYYY-MM`, in Tokyo."""
    try:
        return Month.parse(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no month; write it as 2026-11") from None


def parse_fiscal_year(text: str) -> int:
    """A fiscal year, by the year of its April."""
    try:
        return int(_fiscal_year(text))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} {error}") from None


def parse_count(text: str) -> int:
    """A figure: a whole number from 0, without separators."""
    try:
        return int(_count(text))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} {error}") from None
