"""Dates as people write them are read as the day that is meant, or not at all."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.written_dates import written_date

DAY = date(2027, 1, 20)


@pytest.mark.parametrize(
    "text",
    [
        *("2027-01-20", "2027/1/20", "2027/01/20", "2027.1.20", "20270120", "2027年1月20日"),
        *("令和9年1月20日", "R9.1.20", "r9/01/20", "２０２７-０１-２０", "２０２７年１月２０日"),
        *("令和９年　１月 20日", " 2027 / 1 / 20 "),
    ],
)
def test_the_same_day_however_it_is_written(text: str) -> None:
    assert written_date(text) == DAY


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("H2.2.3", date(1990, 2, 3)),
        ("昭和64年1月7日", date(1989, 1, 7)),
    ],
)
def test_the_days_of_an_era(text: str, day: date) -> None:
    assert written_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        *("27/1/20", "1/20/2027", "20.1.2027", "2027-1/20", "270120", "2027年1月", "明日", ""),
        *(
            "令和1年4月30日",
            "平成31年5月1日",
            "令和0年1月1日",
            "2027-02-29",
            "20270230",
            "2027-13-01",
        ),
        *("９年1月20日", "R9.1", "二〇二七年一月二十日", "2027-01-20T00:00"),
    ],
)
def test_what_may_mean_another_day_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(must be a date like|the calendar has|.. has no such)"):
        written_date(text)


@given(st.dates(date(1989, 1, 8), date(2099, 12, 31)))
def test_every_day_is_read_back_from_each_way(day: date) -> None:
    year = day.year - 2018 if day >= date(2019, 5, 1) else day.year - 1988
    era = "令和" if day >= date(2019, 5, 1) else "平成"
    for text in (
        f"{day}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{era}{year}年{day.month}月{day.day}日",
    ):
        assert written_date(text) == day


@given(st.text(max_size=20))
def test_no_text_makes_anything_but_a_date_or_a_fault(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(written_date(text), date)
