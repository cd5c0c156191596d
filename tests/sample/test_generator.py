"""The invented subscribers: every row keeps the rules of the file, and they are many-sided."""

import csv
import re
import time as stopwatch
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta

import phonenumbers
import pytest
from email_validator import validate_email

from local.sample.generator import write_subscribers_csv
from shared.rules.account import Account, Channel
from shared.rules.history import Status
from shared.rules.stage import Phase, Reason
from tests.sample.towns import (
    ACCOUNTS,
    CITY,
    EXTERNAL,
    SENDING,
    TODAY,
    a_date,
    active,
    an_instant,
    by_subscriber,
    rows_of,
    stage_now,
    standing_now,
)

# The same seed, the same people.


def test_the_same_seed_invents_the_same_people():
    assert rows_of(200) == rows_of(200)
    assert rows_of(200, seed=1) == rows_of(200, seed=1)


def test_another_seed_or_another_day_invents_others():
    assert rows_of(50) != rows_of(50, seed=1)
    assert rows_of(50) != rows_of(50, today=TODAY + timedelta(days=1))


def test_more_subscribers_leave_the_earlier_ones_as_they_are():
    few, many = rows_of(100), rows_of(150)

    assert many[: len(few)] == few


def test_two_thousand_are_there_in_two_seconds():
    begin = stopwatch.process_time()
    rows_of()

    assert stopwatch.process_time() - begin < 2


def test_the_file_holds_the_rows_under_the_promised_columns(tmp_path, rows):
    path = tmp_path / "subscribers.csv"

    written = write_subscribers_csv(path, ACCOUNTS, count=2000, today=TODAY)

    assert path.read_text(encoding="utf-8").splitlines()[0] == (
        "subscriber,account,channel,address,touchpoint,enrolment,nickname,due_date,birth_date,"
        "birth_registered_at,joined_at,stopped_at,stopped_by,returned_at"
    )
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == rows
    assert written == len(rows)


@pytest.mark.parametrize(
    "accounts",
    [[], [Account("other-system", (EXTERNAL,))], [ACCOUNTS[-1]]],
    ids=["none", "external", "not begun"],
)
def test_without_an_account_that_sends_itself_there_is_nobody_to_invent(accounts):
    with pytest.raises(ValueError, match="no account sends messages itself on 2026-11-23"):
        rows_of(1, accounts=accounts)


def test_an_account_that_begins_today_has_people_already():
    begun = [Account("today", (replace(CITY, valid_from=TODAY),))]

    rows = rows_of(50, accounts=begun)

    assert {row["joined_at"] for row in rows} == {"2026-11-23T05:00+09:00"}


# Addresses are valid and nobody's.


def test_email_goes_to_domains_kept_for_examples(rows):
    addresses = {row["address"] for row in rows if row["channel"] == "email"}

    for address in addresses:
        assert re.fullmatch(r"parent\d{6}@example\.(jp|com|org|net)", address)
        validate_email(address, check_deliverability=False)


def test_line_ids_have_the_form_of_line(rows):
    addresses = {row["address"] for row in rows if row["channel"] == "line"}

    assert all(re.fullmatch(r"U[0-9a-f]{32}", address) for address in addresses)


def test_phone_numbers_are_japanese_mobile_numbers_counted_up(rows):
    addresses = [row["address"] for row in rows if row["channel"] == "sms"]

    assert {address[:5] for address in addresses} == {"+8190", "+8180", "+8170"}
    assert all(re.fullmatch(r"\+81[789]01000\d{4}", address) for address in addresses)
    for address in addresses:
        assert phonenumbers.is_valid_number(phonenumbers.parse(address))
        assert (
            phonenumbers.format_number(
                phonenumbers.parse(address), phonenumbers.PhoneNumberFormat.E164
            )
            == address
        )


# Shares: roughly as wanted.


def share(some, all_):
    return len(list(some)) / len(list(all_))


def test_people_are_with_accounts_that_send_themselves_and_most_with_the_city(rows):
    people = Counter(person[0]["account"] for person in by_subscriber(rows).values())

    assert set(people) == SENDING
    assert people.most_common(1)[0][0] == "city"
    assert people["city"] > 2000 * 0.3
    assert people["city"] > 4 * people["town"]
    assert min(people.values()) > 2000 * 0.02


def test_channels_are_shared_as_wanted_where_all_are_offered(rows):
    city = Counter(
        person[0]["channel"]
        for person in by_subscriber(rows).values()
        if person[0]["account"] == "city"
    )

    assert city["line"] / city.total() == pytest.approx(0.6, abs=0.05)
    assert city["email"] / city.total() == pytest.approx(0.3, abs=0.05)
    assert city["sms"] / city.total() == pytest.approx(0.1, abs=0.04)


def are_twins(person):
    dates = Counter((row["due_date"], row["birth_date"]) for row in person)
    return max(dates.values()) > 1


def are_siblings(person):
    return len({(row["due_date"], row["birth_date"]) for row in person}) > 1


@pytest.mark.parametrize(
    ("what", "wanted", "tolerance"),
    [
        ("siblings", 0.12, 0.03),
        ("twins", 0.013, 0.008),
        ("stopped by subscriber", 0.08, 0.025),
        ("stopped by system", 0.02, 0.01),
        ("returned", 0.02, 0.012),
        ("nicknamed", 0.6, 0.04),
        ("with a touchpoint", 0.95, 0.03),
    ],
)
def test_the_shares_of_subscribers_are_roughly_as_wanted(rows, what, wanted, tolerance):
    is_so = {
        "siblings": are_siblings,
        "twins": are_twins,
        "stopped by subscriber": lambda p: any(row["stopped_by"] == "subscriber" for row in p),
        "stopped by system": lambda p: any(row["stopped_by"] == "system" for row in p),
        "returned": lambda p: any(row["returned_at"] for row in p),
        "nicknamed": lambda p: any(row["nickname"] for row in p),
        "with a touchpoint": lambda p: any(row["touchpoint"] for row in p),
    }[what]
    people = by_subscriber(rows).values()

    assert share(filter(is_so, people), people) == pytest.approx(wanted, abs=tolerance)


def test_most_join_between_week_8_and_week_20(rows):
    days = [
        280 - (a_date(row["due_date"]) - an_instant(row["joined_at"]).date()).days
        for row in rows
        if row["due_date"] and row["account"] != "new"
    ]

    assert share((day for day in days if 56 <= day <= 146), days) > 0.5
    assert any(day < 28 for day in days), "some before 4w0d"
    assert any(not row["due_date"] for row in rows), "some after the birth"


def test_births_come_in_every_month_and_a_little_more_in_summer():
    born = Counter(
        a_date(row["birth_date"]).month
        for row in rows_of(20_000, accounts=[Account("city", (CITY,))])
        if row["birth_date"] and a_date(row["birth_date"]) > date(2023, 11, 23)
    )

    assert min(born.values()) > 0.6 * born.total() / 12
    assert born[7] + born[8] > born[1] + born[2]


def test_births_are_registered_a_few_days_after(rows):
    delays = sorted(
        (an_instant(row["birth_registered_at"]).date() - a_date(row["birth_date"])).days
        for row in rows
        if row["birth_registered_at"] > row["joined_at"]
    )

    assert len(delays) > 500
    assert 2 <= delays[len(delays) // 2] <= 7
    assert delays[-1] <= 45 or share((d for d in delays if d > 45), delays) < 0.02


# People stand everywhere, and some are silent.


def test_somebody_is_in_every_week_of_both_phases(rows):
    weeks = defaultdict(set)
    for row in active(rows):
        stage = stage_now(row)
        if stage.open:
            weeks[stage.phase].add(stage.day // 7)

    assert set(range(4, 42)) <= weeks[Phase.PREGNANCY]
    assert set(range(3 * 52)) <= weeks[Phase.CHILDCARE]


def test_every_channel_has_people_in_both_phases(rows):
    found = {(row["channel"], stage_now(row).phase) for row in active(rows)}

    assert {(channel.value, phase) for channel in Channel for phase in Phase} <= found


@pytest.mark.parametrize(
    ("reason", "at_least"),
    [(Reason.NOT_YET, 5), (Reason.AWAITING_BIRTH, 20), (Reason.GRADUATED, 50)],
)
def test_some_of_the_active_ones_are_silent(rows, reason, at_least):
    assert sum(stage_now(row).reason is reason for row in active(rows)) >= at_least


@pytest.mark.parametrize(("status", "at_least"), [(Status.STOPPED, 80), (Status.SUSPENDED, 10)])
def test_some_have_stopped(rows, status, at_least):
    assert sum(standing_now(row).status is status for row in rows) >= at_least


def test_most_are_reached_today(rows):
    assert 0.6 < share((row for row in active(rows) if stage_now(row).open), rows) < 0.9


def test_some_pregnancies_are_overdue_and_still_have_messages(rows):
    overdue = [row for row in active(rows) if stage_now(row).phase is Phase.PREGNANCY]

    assert sum(stage_now(row).day > 280 for row in overdue) >= 3


def test_some_stops_come_early_in_pregnancy(rows):
    early = [
        row
        for row in rows
        if row["stopped_by"] == "subscriber"
        and row["due_date"]
        and not row["birth_date"]
        and (a_date(row["due_date"]) - an_instant(row["stopped_at"]).date()).days > 280 - 24 * 7
    ]

    assert len(early) >= 20
