"""`kizuna stop`: the one action that stops everything, by staff."""

import json
from datetime import UTC, datetime

import pytest

from cli.files.load import load_accounts, load_subscribers
from shared.rules.changes import standing
from shared.rules.dates import jst_date
from shared.rules.history import Status
from shared.rules.months import Month
from tests.cli.conftest import ACCOUNT, NOW, SUBSCRIBER

OLDER = {
    **SUBSCRIBER,
    "enrolment": "e-2",
    "due_date": "",
    "birth_date": "2025-02-28",
    "joined_at": "2025-03-01T12:00+09:00",
}


@pytest.fixture
def people(store, write):
    load_accounts(store, write("accounts.csv", ACCOUNT), NOW)
    load_subscribers(store, write("subscribers.csv", SUBSCRIBER, OLDER), NOW)
    return store


def statuses(store):
    return [standing(each).status for each in store.subscribers.get("s-1").enrolments]


def audited(store):
    today = Month.of(jst_date(datetime.now(UTC)))
    return [(e.by, e.what, e.about) for e in store.audit.of_month(today.year, today.month)]


def test_everything_stops_at_once_and_it_is_on_record_who_did_it_but_not_to_whom(people, kizuna):
    ran = kizuna("stop", "s-1", "--by", "sora")

    assert (ran.status, ran.out) == (0, "stopped 2 enrolments\n")
    assert statuses(people) == [Status.STOPPED] * 2
    assert audited(people) == [("sora", "stopped a subscriber", "bunkyo")]


def test_one_enrolment_alone_can_be_stopped(people, kizuna):
    ran = kizuna("stop", "s-1", "--only", "e-2", "--json")

    assert json.loads(ran.out) == {"subscriber": "s-1", "stopped": 1}
    assert statuses(people) == [Status.ACTIVE, Status.STOPPED]


def test_a_second_stop_says_that_nothing_was_going_on_and_notes_nothing(people, kizuna):
    kizuna("stop", "s-1", "--by", "sora")
    ran = kizuna("stop", "s-1", "--by", "sora")

    assert (ran.status, ran.out) == (0, "nothing was going on\n")
    assert len(audited(people)) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("s-9",), "kizuna: there is no subscriber 's-9'\n"),
        (("s-1", "--only", "e-9"), "kizuna: 's-1' has no enrolment 'e-9', but e-1, e-2\n"),
    ],
)
def test_what_is_not_there_is_named_and_nothing_stops(people, kizuna, arguments, said):
    ran = kizuna("stop", *arguments)

    assert (ran.status, ran.out, ran.err) == (1, "", said)
    assert statuses(people) == [Status.ACTIVE] * 2
