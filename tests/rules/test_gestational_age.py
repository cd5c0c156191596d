"""Completed weeks and days of a pregnancy, and the window of 266 days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.age import GestationalAge, due_date_of
from shared.rules.stage import Phase, Reason, pregnancy_stage

DUE_DATES = st.dates(date(2000, 1, 1), date(2099, 12, 31))

# The table of the domain: what a midwife reads off the disc, and what comes of it.


@pytest.mark.parametrize(
    ("due_date", "day", "label", "reason", "because"),
    [
        ("2026-10-08", "2026-01-28", "3w6d", Reason.NOT_YET, "not yet"),
        ("2026-10-08", "2026-01-29", "4w0d", None, "first message"),
        ("2026-10-08", "2026-10-08", "40w0d", None, "the due date itself"),
        ("2026-10-08", "2026-10-21", "41w6d", None, "last message"),
        ("2026-10-08", "2026-10-22", "42w0d", Reason.AWAITING_BIRTH, "silent, no birth is guessed"),
    ],
)
def test_the_day_of_a_pregnancy_decides_alone(due_date, day, label, reason, because):
    stage = pregnancy_stage(date.fromisoformat(day), date.fromisoformat(due_date))

    assert (stage.label, stage.reason) == (label, reason), because
    assert stage.phase is (None if reason else Phase.PREGNANCY), because


@pytest.mark.parametrize(
    ("due_date", "day", "days", "label", "because"),
    [
        ("2026-10-08", "2026-01-01", 0, "0w0d", "day 0 is 280 days before the due date"),
        ("2026-10-08", "2025-12-31", -1, "-1d", "before the reckoning begins: days below zero"),
        ("2026-10-08", "2026-01-07", 6, "0w6d", "six completed days are not yet a week"),
        ("2026-10-08", "2026-01-08", 7, "1w0d", "the seventh completes the week"),
        ("2024-03-05", "2024-02-29", 275, "39w2d", "29 February is a day like any other"),
        ("2027-01-02", "2026-12-31", 278, "39w5d", "across the turn of the year"),
    ],
)
def test_gestational_age_counts_back_from_the_due_date(due_date, day, days, label, because):
    age = GestationalAge.on(date.fromisoformat(day), date.fromisoformat(due_date))

    assert (age.days, str(age)) == (days, label), because


def test_a_corrected_due_date_moves_the_stage_the_same_day():
    today = date(2026, 6, 1)

    assert pregnancy_stage(today, date(2026, 10, 8)).label == "21w4d"
    assert pregnancy_stage(today, date(2026, 10, 18)).label == "20w1d"


# What holds for every pregnancy.


@given(DUE_DATES)
def test_every_day_from_long_before_to_long_after_has_one_stage_or_one_reason(due_date):
    for offset in range(-700, 700):
        stage = pregnancy_stage(due_date + timedelta(days=offset), due_date)

        assert (stage.phase is None) != (stage.reason is None)
        assert stage.open == (stage.reason is None)
        assert stage.day == 280 + offset


@given(DUE_DATES)
def test_the_window_is_one_unbroken_run_of_266_days(due_date):
    days = [due_date + timedelta(days=offset) for offset in range(-700, 700)]
    open_days = [day for day in days if pregnancy_stage(day, due_date).open]

    assert len(open_days) == 266
    assert open_days[0] == due_date - timedelta(days=252)
    assert open_days[-1] == due_date + timedelta(days=13)


@given(DUE_DATES)
def test_before_the_window_it_is_not_yet_and_after_it_a_birth_is_awaited(due_date):
    for offset in range(-700, -252):
        stage = pregnancy_stage(due_date + timedelta(days=offset), due_date)
        assert stage.reason is Reason.NOT_YET
    for offset in range(14, 700):
        stage = pregnancy_stage(due_date + timedelta(days=offset), due_date)
        assert stage.reason is Reason.AWAITING_BIRTH


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(-400, 700))
def test_the_due_date_of_a_gestational_day_is_the_inverse(day, gestational_day):
    assert GestationalAge.on(day, due_date_of(day, gestational_day)).days == gestational_day
