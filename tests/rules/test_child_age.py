"""Ages in years, months and days, as 民法143条 reckons them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.age import ChildAge
from shared.rules.dates import add_months, add_years, jst_date, jst_instant, jst_time
from tests.rules.invented import jst

BIRTH_DATES = st.dates(date(2000, 1, 1), date(2080, 12, 31))

# When an age turns.


@pytest.mark.parametrize(
    ("born", "day", "age", "because"),
    [
        ("2024-02-29", "2025-02-28", "0y11m30d", "born on 29 February: not yet one on the 28th"),
        ("2024-02-29", "2025-03-01", "1y0m0d", "… but on 1 March of a common year"),
        ("2024-02-29", "2028-02-28", "3y11m30d", "in a leap year the birthday is there again"),
        ("2024-02-29", "2028-02-29", "4y0m0d", "… and the age turns on it"),
        ("2024-02-29", "2024-03-29", "0y1m0d", "March has a 29th"),
        ("2026-01-31", "2026-02-28", "0y0m28d", "February has no 31st: no month yet on the 28th"),
        ("2026-01-31", "2026-03-01", "0y1m0d", "… but on 1 March of a common year"),
        ("2026-01-31", "2026-03-30", "0y1m29d", "the second month is not complete on the 30th"),
        ("2026-01-31", "2026-03-31", "0y2m0d", "… but on the 31st"),
        ("2024-01-31", "2024-02-29", "0y0m29d", "a leap year's 29 February is no 31st either"),
        ("2024-01-31", "2024-03-01", "0y1m0d", "so 1 March in a leap year too"),
        ("2026-01-30", "2026-03-01", "0y1m0d", "no 30th either"),
        ("2026-01-28", "2026-02-28", "0y1m0d", "a 28th every month has"),
        ("2026-03-31", "2026-05-01", "0y1m0d", "April has no 31st"),
        ("2025-12-31", "2026-12-31", "1y0m0d", "a birthday across the turn of the year"),
        ("2023-11-23", "2026-11-22", "2y11m30d", "the day before the birthday"),
        ("2023-11-23", "2026-11-23", "3y0m0d", "a year is complete on the birthday"),
        ("2026-11-23", "2026-11-23", "0y0m0d", "the birth date is day 0"),
        ("2026-11-23", "2026-11-20", "-3d", "before birth: days below zero"),
    ],
)
def test_the_age_turns_on_the_birthday_or_the_first_of_the_next_month(born, day, age, because):
    assert str(ChildAge.on(date.fromisoformat(day), date.fromisoformat(born))) == age, because


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-31", 1, "2026-03-01"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2026-10-31", 4, "2027-03-01"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-11-30", 3, "2027-03-01"),
        ("2027-11-30", 3, "2028-03-01"),
        ("2027-11-29", 3, "2028-02-29"),
        ("2026-05-31", 0, "2026-05-31"),
    ],
)
def test_months_are_complete_on_the_same_day_or_on_the_first(day, months, later):
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(later)


def test_years_are_complete_on_the_birthday_or_on_1_march():
    assert add_years(date(2024, 2, 29), 1) == date(2025, 3, 1)
    assert add_years(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert add_years(date(2023, 11, 23), 3) == date(2026, 11, 23)


# What holds for every child.


@given(BIRTH_DATES, st.integers(0, 7000))
def test_the_age_is_what_the_calendar_says(born, days):
    day = born + timedelta(days=days)
    age = ChildAge.on(day, born)
    months = age.years * 12 + age.months

    assert age.days == days
    assert age.months < 12
    assert add_months(born, months) <= day < add_months(born, months + 1)
    assert add_months(born, months) + timedelta(days=age.rest_days) == day


@given(BIRTH_DATES)
def test_the_age_never_goes_back_and_turns_a_year_once_a_year(born):
    ages = [ChildAge.on(born + timedelta(days=n), born) for n in range(1461)]
    reckoned = [(age.years, age.months, age.rest_days) for age in ages]

    assert reckoned == sorted(set(reckoned))
    assert [age.days for age in ages if (age.months, age.rest_days) == (0, 0)] == [
        (add_years(born, years) - born).days for years in range(4)
    ]


# Today is Tokyo's.


def test_the_day_begins_at_midnight_in_tokyo():
    assert jst_date(jst("2026-11-23 00:00")) == date(2026, 11, 23)
    assert jst_instant(date(2026, 11, 23)).isoformat() == "2026-11-22T15:00:00+00:00"
    assert jst_instant(date(2026, 11, 23)) == jst("2026-11-23 00:00")


def test_an_evening_in_utc_is_the_next_morning_in_tokyo():
    instant = jst_instant(date(2026, 11, 23)) - timedelta(microseconds=1)

    assert jst_date(instant) == date(2026, 11, 22)
    assert jst_time(instant).isoformat() == "23:59:59.999999"
