"""Every invented row keeps the rules of the file, and says nothing that it must not."""

from datetime import datetime, time

import pytest

from cli.files.faults import Faults
from cli.files.subscribers import SUBSCRIBER_COLUMNS, read_subscribers
from cli.files.table import read_table
from local.sample.generator import write_subscribers_csv
from shared.rules.dates import JST
from tests.sample.towns import (
    ACCOUNTS,
    DAYS,
    TODAY,
    broken_rules,
    by_subscriber,
    rows_of,
    settings_of,
    town,
)


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_every_row_keeps_the_rules_on_any_day(today):
    sending = [account for account in ACCOUNTS if account.id != "new"]
    for row in rows_of(1000, accounts=sending, today=today):
        assert tuple(row) == SUBSCRIBER_COLUMNS
        assert broken_rules(row, settings_of(row, today), today) == []


def test_every_row_of_a_new_account_keeps_the_rules_too(rows):
    new = [row for row in rows if row["account"] == "new"]

    assert new
    assert all(broken_rules(row, settings_of(row), TODAY) == [] for row in new)
    assert min(row["joined_at"] for row in new) >= "2026-11-03T00:00+09:00"


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_the_import_takes_every_row(tmp_path, today):
    sending = [account for account in ACCOUNTS if account.id != "new"]
    path, faults = tmp_path / "subscribers.csv", Faults("subscribers.csv")
    write_subscribers_csv(path, sending, count=1000, today=today)
    rows = read_table(path, SUBSCRIBER_COLUMNS, faults)

    people = read_subscribers(
        rows, {account.id: account for account in sending}, datetime.combine(today, time(5), JST)
    )

    assert faults.found == []
    assert len(people) == 1000


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"channel": "sms"}, "channel offered"),
        ({"due_date": "", "birth_date": "", "birth_registered_at": ""}, "a date"),
        ({"birth_registered_at": ""}, "both dates need the instant of the change"),
        ({"birth_registered_at": "2026-10-01T23:59+09:00"}, "no registration before the birth"),
        ({"joined_at": "2026-10-06T09:00+09:00"}, "nor before joining"),
        ({"stopped_at": "2026-11-01T09:00+09:00"}, "who stopped it"),
        ({"returned_at": "2026-11-01T09:00+09:00"}, "returned after stopping"),
        ({"joined_at": "2026-03-01T00:00+00:00"}, "offset of Tokyo"),
        ({"due_date": "2027-06-01"}, "due at most 300 days ahead"),
    ],
)
def test_the_check_of_the_rules_finds_a_broken_one(changes, broken):
    row = dict.fromkeys(SUBSCRIBER_COLUMNS, "") | {
        "subscriber": "s-000001",
        "enrolment": "e1",
        "channel": "email",
        "due_date": "2026-10-08",
        "birth_date": "2026-10-02",
        "birth_registered_at": "2026-10-05T14:30+09:00",
        "joined_at": "2026-03-01T09:00+09:00",
    }
    settings = town("131059", channels="email")
    assert broken_rules(row, settings, TODAY) == []

    assert broken in broken_rules(row | changes, settings, TODAY)


def test_rows_of_one_subscriber_are_one_person(rows):
    for person in by_subscriber(rows).values():
        for column in ("account", "channel", "address", "touchpoint"):
            assert len({row[column] for row in person}) == 1
        assert [row["enrolment"] for row in person] == [f"e{n + 1}" for n in range(len(person))]
        named = [row["nickname"] for row in person if row["nickname"]]
        assert len(named) == len(set(named))


def test_two_subscribers_never_have_one_address(rows):
    people = [person[0] for person in by_subscriber(rows).values()]

    assert len({(row["account"], row["address"]) for row in people}) == len(people) == 2000


def test_nothing_is_said_of_a_loss(rows):
    assert {row["stopped_by"] for row in rows} == {"", "subscriber", "system"}
    assert {tuple(row) for row in rows} == {SUBSCRIBER_COLUMNS}
