"""Cells: what a cell may say. Each reader raises ValueError with the rule, never the value."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import TypeVar

import regex

E = TypeVar("E", bound=StrEnum)

EARLIEST = date(1990, 1, 1)
"""No date of a subscriber is older: nobody is accompanied beyond the 18th birthday, and the
service's own history begins later.
"""

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII
)
_CLOCK = re.compile(r"\d\d:\d\d", re.ASCII)
_CONTROL = regex.compile(r"[\p{Cc}\p{Zl}\p{Zp}]")
_CONTROL_IN_PROSE = regex.compile(r"[\p{Cc}\p{Zl}\p{Zp}--\n]", regex.VERSION1)
_CHARACTER = regex.compile(r"\X")


def characters(text: str) -> int:
    """How many characters a person sees (extended grapheme clusters, UAX #29)."""
    return len(_CHARACTER.findall(text))


def day(text: str) -> date:
    """A DATE."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        raise ValueError("the calendar has no such date") from None
    raise ValueError("must be a date like 2026-11-25")


def instant(text: str) -> datetime:
    """An INSTANT, in UTC."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError("must be an instant with its offset, like 2026-11-25T10:00+09:00")
    if match[3] is None:
        raise ValueError("has no offset; add the time zone, as in 2026-11-25T10:00+09:00")
    try:
        found = datetime.fromisoformat(text)
        if found.year >= EARLIEST.year:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("the calendar or the clock has no such instant") from None
    raise ValueError(f"must not lie before {EARLIEST.year}")


def clock(text: str) -> time:
    """A time of day, HH:MM."""
    try:
        if _CLOCK.fullmatch(text):
            return time.fromisoformat(text)
    except ValueError:
        raise ValueError("the clock has no such time; 00:00 to 23:59") from None
    raise ValueError("must be a time like 09:30")


def one_of(kind: type[E]) -> Callable[[str], E]:
    """A reader of the words of `kind`."""
    *first, last = kind
    rule = f"must be {', '.join(first)} or {last}"

    def read(text: str) -> E:
        try:
            return kind(text)
        except ValueError:
            raise ValueError(rule) from None

    return read


def matching(pattern: str, rule: str) -> Callable[[str], str]:
    """A reader of texts that match `pattern` whole."""
    compiled = re.compile(pattern, re.ASCII)

    def read(text: str) -> str:
        if compiled.fullmatch(text):
            return text
        raise ValueError(rule)

    return read


def one_line(longest: int) -> Callable[[str], str]:
    """A reader of a single line of at most `longest` characters."""
    return _free_text(longest, _CONTROL, "must be one line, without control characters")


def prose(longest: int) -> Callable[[str], str]:
    """A reader of a text of at most `longest` characters, which may have several lines."""
    return _free_text(longest, _CONTROL_IN_PROSE, "must not hold control characters")


def _free_text(longest: int, forbidden: regex.Pattern[str], rule: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if forbidden.search(text):
            raise ValueError(rule)
        count = characters(text)
        if count > longest:
            raise ValueError(f"has {count:,} characters; at most {longest:,}")
        return text

    return read
