"""Dates as people write them in Japan. What could be read in two ways is not read."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

_ERAS: Mapping[str, tuple[date, date]] = {
    "昭和": (date(1926, 12, 25), date(1989, 1, 7)),
    "平成": (date(1989, 1, 8), date(2019, 4, 30)),
    "令和": (date(2019, 5, 1), date(2117, 12, 31)),
}
"""The first and the last day of each era (元号を改める政令)."""

_LETTERS = {"S": "昭和", "H": "平成", "R": "令和"}

_PLAIN = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_KANJI = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日", re.ASCII)
_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_ERA = re.compile(r"(昭和|平成|令和)(元|\d{1,2})年(\d{1,2})月(\d{1,2})日", re.ASCII)
_ERA_LETTER = re.compile(r"([SHR])(\d{1,2})([./-])(\d{1,2})\3(\d{1,2})", re.ASCII)

RULE = "must be a date like 2026-11-25"
NO_SUCH_DAY = "the calendar has no such date"


def written_date(text: str) -> date:
    """The day that is meant: 2027-01-20, 2027/1/20, 2027.1.20, 20270120, 2027年1月20日,
    令和9年1月20日 or R9.1.20, in digits of either width.

    ValueError with what would be right for all else: a year of two digits, or one that stands
    last, may mean another day.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    if match := _PLAIN.fullmatch(plain):
        return _day(match[1], match[3], match[4])
    if match := _KANJI.fullmatch(plain) or _DIGITS.fullmatch(plain):
        return _day(*match.groups())
    if match := _ERA.fullmatch(plain):
        return _day_of_era(match[1], match[2].replace("元", "1"), match[3], match[4])
    if match := _ERA_LETTER.fullmatch(plain.upper()):
        return _day_of_era(_LETTERS[match[1]], match[2], match[4], match[5])
    raise ValueError(RULE)


def _day(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError(NO_SUCH_DAY) from None


def _day_of_era(era: str, year: str, month: str, day: str) -> date:
    """A day that lies in its era: 令和1年3月1日 is none, and is not made one of 平成."""
    first, last = _ERAS[era]
    if int(year) < 1:
        raise ValueError(NO_SUCH_DAY)
    found = _day(str(first.year + int(year) - 1), month, day)
    if not first <= found <= last:
        raise ValueError(f"{era} has no such date")
    return found
