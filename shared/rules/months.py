"""Months: the calendar months of Tokyo by which AU is reported, and the fiscal years they make."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.rules.dates import jst_instant

_MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)
_RULE = "must be a month like 2026-11"
_YEARS = range(1900, 2200)
"""Further than any record reaches, and so far inside the calendar that no instant falls out."""

_APRIL = 4


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month in Tokyo; ValueError where the calendar has no such month."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if self.year not in _YEARS or self.month not in range(1, 13):
            raise ValueError(_RULE)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """The month that `text` writes as `2026-11`; ValueError with the rule."""
        match = _MONTH.fullmatch(text)
        if match is None:
            raise ValueError(_RULE)
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month in which a day lies."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        """As `parse` reads it; texts sort as the months do."""
        return f"{self.year:04}-{self.month:02}"

    @property
    def first(self) -> date:
        """The 1st."""
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        """The 28th to 31st."""
        index = self._index + 1
        return date(index // 12, index % 12 + 1, 1) - timedelta(days=1)

    @property
    def begins(self) -> datetime:
        """The first instant of the month, 00:00 JST of the 1st, in UTC."""
        return jst_instant(self.first)

    @property
    def ends(self) -> datetime:
        """The first instant of the next month, which this one does not hold, in UTC."""
        return jst_instant(self.last + timedelta(days=1))

    @property
    def fiscal_year(self) -> int:
        """The fiscal year (April to March) in which the month lies, named after its April."""
        return self.year if self.month >= _APRIL else self.year - 1

    def plus(self, months: int) -> "Month":
        """The month that comes `months` later, or earlier where that is negative."""
        index = self._index + months
        return Month(index // 12, index % 12 + 1)

    def minus(self, other: "Month") -> int:
        """How many months this one comes after `other`: the inverse of `plus`."""
        return 12 * (self.year - other.year) + self.month - other.month

    @property
    def _index(self) -> int:
        return self.year * 12 + self.month - 1


def fiscal_months(year: int) -> list[Month]:
    """The twelve months of a fiscal year, from April of `year` to March of the next."""
    april = Month(year, _APRIL)
    return [april.plus(months) for months in range(12)]
