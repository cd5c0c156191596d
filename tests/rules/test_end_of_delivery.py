"""Until which day an account accompanies a child."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.dates import add_years
from shared.rules.ending import DEFAULT_END, EndKind, EndOfDelivery

RULES = st.builds(EndOfDelivery, st.just(EndKind.BIRTHDAY), st.integers(1, 18)) | st.builds(
    EndOfDelivery, st.just(EndKind.SCHOOL_YEAR_END), st.integers(1, 12)
)
BIRTH_DATES = st.dates(date(2000, 1, 1), date(2080, 12, 31))

# The table of the domain, and its neighbours.


@pytest.mark.parametrize(
    ("born", "end", "last_day", "because"),
    [
        ("2023-11-23", "birthday(3)", "2026-11-23", "the last message arrives on the birthday"),
        ("2024-02-29", "birthday(3)", "2027-03-01", "29 February turns three on 1 March"),
        ("2024-02-29", "birthday(4)", "2028-02-29", "… and four on 29 February"),
        ("2019-04-02", "school_year_end(1)", "2027-03-31", "born on 2 April: the later year"),
        ("2019-04-01", "school_year_end(1)", "2026-03-31", "born on 1 April: the earlier year"),
        ("2019-03-31", "school_year_end(1)", "2026-03-31", "the same school year as 1 April"),
        ("2020-01-01", "school_year_end(1)", "2027-03-31", "born in winter: same as 2 April 2019"),
        ("2019-04-02", "school_year_end(12)", "2038-03-31", "the end of the last school year"),
        ("2019-12-31", "birthday(18)", "2037-12-31", "the longest birthday"),
        ("2019-12-31", "birthday(1)", "2020-12-31", "the shortest"),
    ],
)
def test_the_last_delivery_day(born, end, last_day, because):
    rule = EndOfDelivery.parse(end)

    assert rule.last_day(date.fromisoformat(born)) == date.fromisoformat(last_day), because


def test_an_account_that_says_nothing_ends_on_the_third_birthday():
    assert str(DEFAULT_END) == "birthday(3)"


# As it is written in files.


@given(RULES)
def test_a_rule_reads_back_as_it_is_written(rule):
    assert EndOfDelivery.parse(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("birthday(0)", "birthday takes 1 to 18"),
        ("birthday(19)", "birthday takes 1 to 18"),
        ("school_year_end(0)", "school_year_end takes 1 to 12"),
        ("school_year_end(13)", "school_year_end takes 1 to 12"),
        ("birthday", "such as birthday"),
        ("birthday()", "such as birthday"),
        ("birthday(-1)", "such as birthday"),
        ("birthday(3) ", "such as birthday"),
        ("birthday(3)\n", "such as birthday"),
        ("Birthday(3)", "such as birthday"),
        ("birthday(100)", "such as birthday"),
        ("", "such as birthday"),
    ],
)
def test_what_is_no_rule_is_refused_with_what_would_be_right(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        EndOfDelivery.parse(text)


# What holds for every child.


@given(BIRTH_DATES)
def test_a_school_year_ends_when_the_child_is_of_its_age(born):
    last_day = EndOfDelivery(EndKind.SCHOOL_YEAR_END, 1).last_day(born)

    assert (last_day.month, last_day.day) == (3, 31)
    # 学校教育法17条: seven by the end of the first grade, eight on the day after it at the latest
    assert add_years(born, 7) <= last_day + timedelta(days=1) < add_years(born, 8)


@given(BIRTH_DATES, RULES)
def test_no_child_ends_before_one_born_the_day_before(born, rule):
    assert rule.last_day(born - timedelta(days=1)) <= rule.last_day(born)


@given(BIRTH_DATES, st.integers(1, 11))
def test_a_grade_more_is_a_year_more(born, grade):
    shorter = EndOfDelivery(EndKind.SCHOOL_YEAR_END, grade).last_day(born)
    longer = EndOfDelivery(EndKind.SCHOOL_YEAR_END, grade + 1).last_day(born)

    assert longer == add_years(shorter, 1)
