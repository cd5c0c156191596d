"""The goal: whose births are taken, how much of the year has gone, and what its pace comes to."""

import pytest

from shared.rules.goal import at_this_pace, births_year, months_so_far
from shared.rules.months import Month


@pytest.mark.parametrize(
    ("known", "now", "year"),
    [
        ((2024, 2025, 2026), Month(2026, 11), 2026),
        ((2024, 2025), Month(2026, 11), 2025),
        ((2027,), Month(2026, 11), None),
        ((2025, 2026), Month(2026, 3), 2025),
        ((), Month(2026, 11), None),
    ],
)
def test_the_births_are_those_of_the_fiscal_year_or_the_latest_before(known, now, year) -> None:
    assert births_year(known, now) == year


@pytest.mark.parametrize(
    ("now", "months"), [(Month(2026, 4), 1), (Month(2026, 11), 8), (Month(2027, 3), 12)]
)
def test_a_fiscal_year_begins_in_april(now, months) -> None:
    assert months_so_far(now) == months


def test_a_year_that_is_over_has_no_pace() -> None:
    assert at_this_pace(80, 8) == 120
    assert at_this_pace(120, 12) is None
