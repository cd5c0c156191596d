"""Ages: completed weeks and days of a pregnancy; years, months and days of a child."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from shared.rules.dates import add_months

TERM_DAYS = 280
"""Gestational day of the due date: 40w0d."""

FIRST_PREGNANCY_DAY = 28
"""4w0d: the first day with a message."""

LAST_PREGNANCY_DAY = 293
"""41w6d: the last day with a message. 28 to 293, both included, are 266 days."""


@dataclass(frozen=True, order=True, slots=True)
class GestationalAge:
    """Completed days of pregnancy; 280 on the due date, negative before the reckoning begins."""

    days: int

    @classmethod
    def on(cls, day: date, due_date: date) -> Self:
        """The gestational age on `day` of a pregnancy due on `due_date`."""
        return cls(TERM_DAYS - (due_date - day).days)

    def __str__(self) -> str:
        """`36w0d`; days before 0w0d are shown as `-3d`."""
        if self.days < 0:
            return f"{self.days}d"
        return f"{self.days // 7}w{self.days % 7}d"


@dataclass(frozen=True, slots=True)
class ChildAge:
    """A child's age: `days` of life (0 on the birth date), and its calendar reckoning."""

    days: int
    years: int
    months: int
    rest_days: int

    @classmethod
    def on(cls, day: date, birth_date: date) -> Self:
        """The age on `day`; before the birth date only `days` counts, below zero."""
        days = (day - birth_date).days
        if days < 0:
            return cls(days, 0, 0, days)
        months = max(0, (day.year - birth_date.year) * 12 + day.month - birth_date.month - 1)
        while add_months(birth_date, months + 1) <= day:
            months += 1
        since = (day - add_months(birth_date, months)).days
        return cls(days, months // 12, months % 12, since)

    def __str__(self) -> str:
        """`1y2m3d`; days before birth are shown as `-3d`."""
        if self.days < 0:
            return f"{self.days}d"
        return f"{self.years}y{self.months}m{self.rest_days}d"


def due_date_of(day: date, gestational_day: int) -> date:
    """The due date of a pregnancy that is at `gestational_day` on `day`."""
    return day + timedelta(days=TERM_DAYS - gestational_day)
