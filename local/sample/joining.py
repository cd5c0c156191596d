"""Joining: at which day of a pregnancy or of a child's life families join, and how many do."""

import math
from datetime import date

from shared.rules.age import FIRST_PREGNANCY_DAY, TERM_DAYS

FIRST_JOINING_DAY = 18
"""2w4d: the earliest gestational day at which anybody joins here."""

JOINING_STAGES: tuple[tuple[int, int, int], ...] = (
    (4, FIRST_JOINING_DAY, FIRST_PREGNANCY_DAY - 1),
    (12, FIRST_PREGNANCY_DAY, 55),
    (60, 56, 146),  # 8w0d to 20w6d: the handbook, the first check-ups
    (14, 147, 272),
    (6, TERM_DAYS, TERM_DAYS + 60),  # after the birth: the nurse's visit
    (4, TERM_DAYS + 61, TERM_DAYS + 700),
)
"""(share, first, last gestational day) of joining."""

KEEPING_DAYS = 1500
"""In which the number of children of an age falls to 1/e: the service has grown year by year."""

GROWTH_DAYS = 4500
"""In a history the families become e times as many in so many days, 8% a year. AU grows by half of
that: elder siblings are there only where a younger one came, so there are fewer of late.
"""

SEASON, SEASON_PEAK = 0.05, 225
"""Births vary by a twentieth, with most of them around day 225 (August)."""


def number_of_families(gestational_day: int) -> float:
    """How many families there are at a day, in proportion: most join by 20w0d, and of children
    there are the fewer, the older they are.
    """
    if gestational_day < FIRST_PREGNANCY_DAY:
        return 1.0
    joined = min(1.0, max(0.3, (gestational_day - FIRST_PREGNANCY_DAY) / 112))
    return joined * math.exp(-max(0, gestational_day - TERM_DAYS) / KEEPING_DAYS)


def number_in_history(gestational_day: int, days_open: int) -> float:
    """How many families there are at a day who joined since the account opened, in proportion;
    never quite none, for the accounts that open today.
    """
    joined = _joined_by(gestational_day) - _joined_by(gestational_day - days_open)
    return max(joined, 1e-6) * math.exp(-gestational_day / GROWTH_DAYS)


def _joined_by(gestational_day: int) -> float:
    """The share of families who have joined by a day, as JOINING_STAGES has it."""
    return sum(
        share / 100 * min(1.0, max(0.0, (gestational_day - first) / (last + 1 - first)))
        for share, first, last in JOINING_STAGES
    )


def season(day: date) -> float:
    """By how much more or fewer births there are on a day than on others: around 1."""
    return 1 + SEASON * math.cos(2 * math.pi * (day.timetuple().tm_yday - SEASON_PEAK) / 365)
