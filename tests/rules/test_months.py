"""Months as reports name them, and the fiscal years they make."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.dates import jst_date
from shared.rules.months import Month, fiscal_months
from tests.rules.invented import jst

MONTHS = st.builds(Month, st.integers(1950, 2150), st.integers(1, 12))

NOVEMBER = Month(2026, 11)

# A month has a first and a last day, and a first instant that is the last's limit.


@pytest.mark.parametrize(
    ("text", "first", "last", "fiscal_year", "because"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30), 2026, "30 days hath November"),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31), 2026, "the year's last"),
        ("2027-01", date(2027, 1, 1), date(2027, 1, 31), 2026, "a new year, the same fiscal year"),
        ("2027-02", date(2027, 2, 1), date(2027, 2, 28), 2026, "a common year"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), 2023, "a leap year"),
        ("2027-03", date(2027, 3, 1), date(2027, 3, 31), 2026, "the fiscal year's last"),
        ("2027-04", date(2027, 4, 1), date(2027, 4, 30), 2027, "the fiscal year's first"),
    ],
)
def test_a_month_has_its_days_and_its_fiscal_year(text, first, last, fiscal_year, because):
    month = Month.parse(text)

    assert (month.first, month.last, month.fiscal_year) == (first, last, fiscal_year), because
    assert str(month) == text


def test_a_month_begins_at_midnight_in_tokyo_and_ends_where_the_next_begins():
    assert NOVEMBER.begins == datetime(2026, 10, 31, 15, 0, tzinfo=UTC)
    assert NOVEMBER.begins.tzinfo is UTC
    assert NOVEMBER.ends == jst("2026-12-01 00:00") == Month(2026, 12).begins


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-1",
        "2026-13",
        "2026-00",
        "26-11",
        "2026/11",
        "2026-11-01",
        " 2026-11",
        "2026-11\n",
        "-2026-11",
        "２０２６-１１",
        "0000-01",
        "9999-12",
    ],
)
def test_what_is_no_month_is_told_what_would_be_one(text):
    with pytest.raises(ValueError, match=r"^must be a month like 2026-11$"):
        Month.parse(text)


@pytest.mark.parametrize(("year", "month"), [(2026, 0), (2026, 13), (1, 1), (9999, 12)])
def test_nobody_can_make_a_month_that_the_calendar_lacks(year, month):
    with pytest.raises(ValueError, match="must be a month like"):
        Month(year, month)


def test_a_month_is_that_of_its_day_in_tokyo():
    assert Month.of(date(2026, 11, 30)) == NOVEMBER
    assert Month.of(jst_date(datetime(2026, 11, 30, 15, 0, tzinfo=UTC))) == Month(2026, 12)


# Months are counted on and back.


@pytest.mark.parametrize(
    ("months", "then"),
    [
        (0, "2026-11"),
        (1, "2026-12"),
        (2, "2027-01"),
        (14, "2028-01"),
        (36, "2029-11"),
        (-10, "2026-01"),
        (-11, "2025-12"),
    ],
)
def test_months_are_counted_on_and_back(months, then):
    assert str(NOVEMBER.plus(months)) == then
    assert Month.parse(then).minus(NOVEMBER) == months


@given(MONTHS, st.integers(-400, 400))
def test_what_was_counted_on_counts_back(month, months):
    later = month.plus(months)

    assert later.minus(month) == months
    assert later.plus(-months) == month
    assert (later > month) is (months > 0)


@given(MONTHS)
def test_months_follow_each_other_without_a_gap(month):
    following = month.plus(1)

    assert (following.first - month.last).days == 1
    assert month.ends == following.begins
    assert month < following
    assert str(month) < str(following)
    assert Month.parse(str(month)) == month


@given(st.dates(date(1950, 1, 1), date(2150, 12, 31)))
def test_every_day_lies_in_its_month(day):
    month = Month.of(day)

    assert month.first <= day <= month.last


# A fiscal year is named after its April.


def test_a_fiscal_year_goes_from_april_to_march():
    months = fiscal_months(2026)

    assert [str(each) for each in (months[0], months[8], months[9], months[-1])] == [
        "2026-04",
        "2026-12",
        "2027-01",
        "2027-03",
    ]
    assert len(months) == 12


@given(MONTHS)
def test_a_month_lies_in_the_fiscal_year_that_lists_it(month):
    assert month in fiscal_months(month.fiscal_year)
