"""Fields: what a cell of a file or a field of a form may say. Each reader raises ValueError with
the rule, never the value.

Only what takes such texts in (the console, the program) has the library that counts characters as a
person does; the layer has not.
"""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import TypeVar

import regex

from shared.rules.dates import JST, jst_instant
from shared.rules.written_dates import RULE, written_date

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

EARLIEST = date(1990, 1, 1)
"""No date of a subscriber is older: nobody is accompanied beyond the 18th birthday, and the
service's own history begins later.
"""

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(
    r"(?P<day>.+?)(?:\s*T\s*|\s+)"
    r"(?P<clock>\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s*(?P<offset>Z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::00)?", re.ASCII)
_CONTROL = regex.compile(r"[\p{Cc}\p{Zl}\p{Zp}]")
_CONTROL_IN_PROSE = regex.compile(r"[\p{Cc}\p{Zl}\p{Zp}--\n]", regex.VERSION1)
_CHARACTER = regex.compile(r"\X")


def characters(text: str) -> int:
    """How many characters a person sees (extended grapheme clusters, UAX #29)."""
    return len(_CHARACTER.findall(text))


Note = Callable[[str], None]
"""Told in what other way than ours something was written, and how it was read."""

OTHER_DATE = "dates written in another way than 2026-11-25"
NO_OFFSET = "instants without an offset, read as Asia/Tokyo"
NO_TIME = "days without a time, read as 00:00 in Asia/Tokyo"


def _nothing_to_note(_what: str) -> None:
    """Stands where nobody is told."""


def day(text: str, note: Note = _nothing_to_note) -> date:
    """A DATE, also as people write it."""
    found = written_date(text)
    if not _DAY.fullmatch(text):
        note(OTHER_DATE)
    return found


def instant(text: str, note: Note = _nothing_to_note) -> datetime:
    """An INSTANT, in UTC; also without an offset, or without a time: then in Japan."""
    rule = "must be an instant like 2026-11-25T10:00+09:00"
    plain = unicodedata.normalize("NFKC", text).strip()
    match = _INSTANT.fullmatch(plain)
    try:
        found = _at(match) if match else jst_instant(written_date(plain))
    except ValueError as error:
        raise ValueError(rule if str(error) == RULE else str(error)) from None
    except OverflowError:
        raise ValueError("the calendar or the clock has no such instant") from None
    if found.year < EARLIEST.year:
        raise ValueError(f"must not lie before {EARLIEST.year}")
    if match is None:
        note(NO_TIME)
    elif match["offset"] is None:
        note(NO_OFFSET)
    return found


def _at(match: re.Match[str]) -> datetime:
    on = written_date(match["day"])
    clock = match["clock"].zfill(len(match["clock"].partition(":")[2]) + 3)
    try:
        found = datetime.fromisoformat(f"{on}T{clock}{match['offset'] or ''}")
    except ValueError:
        raise ValueError("the calendar or the clock has no such instant") from None
    return (found if found.tzinfo else found.replace(tzinfo=JST)).astimezone(UTC)


def clock(text: str) -> time:
    """A time of day, HH:MM."""
    match = _CLOCK.fullmatch(unicodedata.normalize("NFKC", text))
    if match is None:
        raise ValueError("must be a time like 09:30")
    try:
        return time(int(match[1]), int(match[2]))
    except ValueError:
        raise ValueError("the clock has no such time; 00:00 to 23:59") from None


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


class Fields(ABC):
    """Texts by name that somebody wrote together: a row of a file, or a form. It takes down what is
    wrong with each (`bad`: anything was), and what was written in another way than ours.
    """

    __slots__ = ()

    number: int
    """Which of its file it is; a form is the first of none."""
    cells: Mapping[str, str]
    bad: bool

    @abstractmethod
    def fault(self, column: str, reason: str) -> None:
        """Take down a fault."""

    @abstractmethod
    def note(self, what: str) -> None:
        """Take down that something was written in another way than ours."""

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def optional(
        self, column: str, read: Callable[[str], T], *, indented: bool = False
    ) -> T | None:
        """What `read` makes of the text; None where it is blank, or where `read` raised
        ValueError, which then is a fault. `indented` keeps a full-width space at the beginning.
        """
        text = self.cells[column]
        if not text.strip():
            return None
        try:
            return read(text if indented else text.strip())
        except ValueError as error:
            self.fault(column, str(error))
            return None

    def required(
        self, column: str, read: Callable[[str], T], *, indented: bool = False
    ) -> T | None:
        """The same, where a blank is a fault."""
        if not self.cells[column].strip():
            self.fault(column, "is blank, but required")
            return None
        return self.optional(column, read, indented=indented)
