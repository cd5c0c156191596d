"""`kizuna erase`: gone for good, asked before where somebody can answer, and on record."""

import io
import json
import sys
from datetime import UTC, datetime

import boto3
import pytest

from cli.files.load import load_accounts, load_subscribers
from shared.rules.changes import stopped
from shared.rules.dates import JST, jst_date
from shared.rules.history import Status, latest_standing, standing_at
from shared.rules.months import Month
from shared.store.keys import LEDGER_DAYS
from tests.cli.conftest import ACCOUNT, NOW, SUBSCRIBER

BORN = {"due_date": "", "birth_date": "2024-02-29", "joined_at": "2024-03-01T12:00+09:00"}
HANA = {**SUBSCRIBER, **BORN}
SIBLING = {**HANA, "enrolment": "e-2", "birth_date": "2022-02-28"}
SECOND = {**SUBSCRIBER, "subscriber": "s-2", "channel": "sms", "address": "090-1234-5678"}
WRITING = "before-call.dynamodb.TransactWriteItems"
THEN = datetime(2025, 1, 1, 10, 0, tzinfo=JST)
IMPORT = ("import", "subscribers", "--now", NOW.isoformat())


class Keyboard(io.StringIO):
    """Standard input that somebody sits at."""

    def isatty(self):
        return True


@pytest.fixture
def people(store, write):
    """Hana, who follows two children, and somebody else."""
    load_accounts(store, write("accounts.csv", ACCOUNT), NOW)
    load_subscribers(store, write("subscribers.csv", HANA, SIBLING, SECOND), NOW)
    return store


def audited(store):
    today = Month.of(jst_date(datetime.now(UTC)))
    return [(e.by, e.what, e.about) for e in store.audit.of_month(today.year, today.month)]


# What it does.


def test_a_person_is_erased_and_the_histories_stay(people, kizuna):
    (before,) = [each for each in people.subscribers if each.id == "s-1"]

    ran = kizuna("erase", "s-1", "--by", "sora")

    assert (ran.status, ran.out, ran.err) == (
        0,
        "erased; 2 enrolments' histories stay, without a name\n",
        "",
    )
    assert people.subscribers.get("s-1") is None
    (left,) = [each for each in people.subscribers if each.erased]
    for old, new in zip(before.enrolments, left.enrolments, strict=True):
        assert standing_at(new.history, THEN) == standing_at(old.history, THEN)
        assert standing_at(new.history, THEN).status is Status.ACTIVE
        assert latest_standing(new.history).status is Status.STOPPED
    assert people.subscribers.get("s-2") is not None


def test_one_child_s_history_is_told_of_as_one(people, kizuna):
    assert (
        kizuna("erase", "s-2").out == "erased; the history of 1 enrolment stays, without a name\n"
    )


def test_json_says_what_was_erased(people, kizuna):
    ran = kizuna("erase", "s-1", "--json")
    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out) == {"subscriber": "s-1", "erased": True, "enrolments": 2}


def test_the_audit_names_who_did_it_and_the_account_but_not_the_person(people, kizuna):
    kizuna("erase", "s-1", "--by", "sora")
    assert audited(people) == [("sora", "erased a subscriber", "bunkyo")]


def test_an_erased_person_is_as_unknown_as_anybody(people, kizuna):
    kizuna("erase", "s-1")
    (left,) = [each for each in people.subscribers if each.erased]
    for command in (
        ("erase", "s-1"),
        ("erase", "s-3"),
        ("erase", left.id),
        ("why", "s-1", "--on", "2026-11-25"),
    ):
        ran = kizuna(*command)
        assert (ran.status, ran.out) == (1, "")
        assert ran.err == f"kizuna: there is no subscriber '{command[1]}'\n"
    assert len(audited(people)) == 1


def test_the_help_says_what_stays_and_for_how_long(kizuna):
    help_text = " ".join(kizuna("erase", "--help").out.replace("│", " ").split())
    assert f"The ledger names the opaque id until its rows expire, {LEDGER_DAYS} days" in help_text


def test_a_person_who_is_written_to_meanwhile_is_erased_as_they_are_then(people, kizuna):
    old = people.subscribers.get("s-1")

    def first(**_):
        """Somebody else, between the reading and the writing of the program."""
        boto3.DEFAULT_SESSION.events.unregister(WRITING, first)
        if people.subscribers.get("s-1") == old:
            people.subscribers.update(old, stopped(old, THEN), {"bunkyo": 1})

    boto3.DEFAULT_SESSION.events.register(WRITING, first)

    assert kizuna("erase", "s-1").status == 0

    (left,) = [each for each in people.subscribers if each.erased]
    assert {each.history[-1].at for each in left.enrolments} == {THEN}
    assert people.subscribers.erasures() == 1


# It asks where somebody can answer.


@pytest.mark.parametrize(("answer", "gone"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_who_sits_at_a_terminal_is_asked(people, kizuna, monkeypatch, answer, gone):
    monkeypatch.setattr(sys, "stdin", Keyboard(answer))

    ran = kizuna("erase", "s-1", "--json")

    assert "Erase s-1 of bunkyo, for good? [y/N]" in ran.err
    assert (people.subscribers.get("s-1") is None) is gone
    if gone:
        assert json.loads(ran.out)["erased"]
        return
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.endswith("kizuna: nothing was erased\n")
    assert audited(people) == []


def test_yes_is_an_answer_given_before(people, kizuna, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Keyboard(""))

    ran = kizuna("erase", "s-1", "--yes")

    assert (ran.status, ran.err) == (0, "")
    assert people.subscribers.get("s-1") is None


# Files that still name an erased person.


def test_a_row_of_an_erased_person_is_a_fault_and_nothing_is_loaded(people, kizuna, write):
    kizuna("erase", "s-1")
    third = {**SECOND, "subscriber": "s-3", "address": "090-1234-5679"}

    ran = kizuna(*IMPORT, write("again.csv", third, HANA))

    assert (ran.status, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        "again.csv: row 3, column subscriber: was erased at their request; leave the row out",
        "again.csv: 1 fault in 1 of 2 rows; nothing was loaded",
    ]
    assert people.subscribers.get("s-1") is None
    assert people.subscribers.get("s-3") is None


def test_an_export_leaves_erased_people_out_and_imports_again_unchanged(people, kizuna, tmp_path):
    kizuna("erase", "s-1")
    file = tmp_path / "people.csv"

    assert kizuna("export", "subscribers", "--output", file).status == 0

    lines = file.read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == ["subscriber", "s-2"]
    ran = kizuna(*IMPORT, file)
    assert ran.out == "0 subscribers with 0 enrolments loaded, 1 unchanged\n"
