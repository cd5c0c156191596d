"""Goal: new pregnancy registrations of a fiscal year against the births of a year."""

from collections.abc import Collection, Sequence

from shared.rules.au import YEAR_MONTHS, Detail
from shared.rules.months import Month

GOAL = 0.2
"""The office's goal: a fifth of the year's births."""


def registered(detail: Detail, months: Sequence[Month]) -> int:
    """The new pregnancy registrations of the fiscal year of the last of the months, so far."""
    year = months[-1].fiscal_year
    places = (n for n, month in enumerate(months) if month.fiscal_year == year)
    return sum(detail.flows["new_pregnancy"][n] for n in places)


def births_year(known: Collection[int], now: Month) -> int | None:
    """The fiscal year whose births are taken: that of `now`, or the latest before it of which any
    are known; None where there is none.
    """
    return max((year for year in known if year <= now.fiscal_year), default=None)


def months_so_far(now: Month) -> int:
    """How many months of its fiscal year have begun, that of `now` included."""
    return now.minus(Month(now.fiscal_year, 4)) + 1


def at_this_pace(number: int, months: int) -> int | None:
    """What the fiscal year comes to, if it goes on as in its months so far; None in its last."""
    return None if months == YEAR_MONTHS else round(number * YEAR_MONTHS / months)
