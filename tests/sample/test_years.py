"""A whole history of three years, where one is asked for."""

import csv
from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import pairwise

import pytest

from local.sample.generator import write_subscribers_csv
from shared.rules.account import Account
from shared.rules.dates import JST
from shared.rules.history import Status, standing_at
from shared.rules.message import stage_on
from tests.sample.towns import (
    ACCOUNTS,
    CITY,
    DAYS,
    TODAY,
    a_date,
    an_instant,
    broken_rules,
    history_of,
    rows_of,
    settings_of,
)

THREE_YEARS = 1200


@pytest.fixture(scope="module")
def history():
    return rows_of(6000, accounts=[Account("city", (CITY,))], past_days=THREE_YEARS)


def au_on(rows, day):
    """How many enrolments are reached on a day, by what was known then."""
    at = datetime.combine(day, time(9), JST)
    standings = (standing_at(history_of(row), at) for row in rows)
    active = (each for each in standings if each.status is Status.ACTIVE)
    return sum(stage_on(each, day, CITY.end_of_delivery).open for each in active)


def by_year(instants):
    """How many lie in each of the last three years, the latest first."""
    years = Counter((TODAY - at.date()).days // 365 for at in instants)
    return [years[n] for n in range(3)]


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_every_row_of_a_history_keeps_the_rules(today):
    sending = [account for account in ACCOUNTS if account.id != "new"]
    for row in rows_of(1000, accounts=sending, today=today, past_days=THREE_YEARS):
        assert broken_rules(row, settings_of(row, today), today) == []


def test_an_account_that_begins_today_has_a_history_of_today():
    begun = [Account("today", (replace(CITY, valid_from=TODAY),))]

    rows = rows_of(50, accounts=begun, past_days=THREE_YEARS)

    assert {row["joined_at"] for row in rows} == {"2026-11-23T05:00+09:00"}


def test_a_history_holds_who_graduated_within_its_days(history, rows):
    def days_since_graduation(row):
        return (TODAY - CITY.end_of_delivery.last_day(a_date(row["birth_date"]))).days

    born = [row for row in history if row["birth_date"]]
    of_today = [row for row in rows if row["birth_date"] and row["account"] == "city"]

    assert sum(900 < days_since_graduation(row) <= 1200 for row in born) > 200
    assert sum(900 < days_since_graduation(row) <= 1200 for row in of_today) < 10


def test_au_grows_gently_through_a_history(history):
    au = [au_on(history, TODAY - timedelta(days=365 * years)) for years in (3, 2, 1, 0)]

    assert au[0] > 2500
    for earlier, later in pairwise(au):
        assert 1.0 < later / earlier < 1.12


def test_joins_and_stops_are_spread_over_the_years_of_a_history(history):
    joined = by_year(an_instant(row["joined_at"]) for row in history)
    stopped = by_year(an_instant(row["stopped_at"]) for row in history if row["stopped_at"])

    assert max(joined) < 1.2 * min(joined)
    for years, stops in enumerate(stopped):
        # 7% of those there stop in a year, and 3% of the pregnancies are lost.
        there = au_on(history, TODAY - timedelta(days=365 * years + 182))
        assert stops / there == pytest.approx(0.085, abs=0.025)


def test_stops_do_not_crowd_in_the_last_month_of_a_history(history, rows):
    def in_the_last_month(rows):
        days = [
            (TODAY - an_instant(row["stopped_at"]).date()).days for row in rows if row["stopped_at"]
        ]
        return sum(day <= 30 for day in days) / sum(day <= 365 for day in days)

    assert in_the_last_month(history) == pytest.approx(1 / 12, abs=0.03)
    assert in_the_last_month(rows) > 2 / 12


def test_a_history_is_written_as_its_rows_are(tmp_path):
    path = tmp_path / "subscribers.csv"

    write_subscribers_csv(path, ACCOUNTS, count=100, today=TODAY, past_days=THREE_YEARS)

    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == rows_of(100, past_days=THREE_YEARS)
