"""`kizuna import` and `kizuna export`: all of a file or nothing, and the way back."""

import json
from dataclasses import replace
from datetime import date

import pytest

from cli.errors import FailedError
from cli.files.load import load_accounts, load_content, load_subscribers
from cli.target import connect
from shared.rules.catalogue import COMMON_SERIES
from shared.rules.message import Due
from shared.rules.stage import Phase
from tests.cli.conftest import ACCOUNT, NOW, STACK, SUBSCRIBER, TEXT

NAHA = {**ACCOUNT, "account": "naha", "code": "472018"}
SECOND = {**SUBSCRIBER, "subscriber": "s-2", "channel": "sms", "address": "090-1234-5678"}
SIBLING = {
    **SUBSCRIBER,
    "enrolment": "e-2",
    "due_date": "",
    "birth_date": "2024-02-29",
    "nickname": "",
}

IMPORT = ("import", "subscribers", "--now", NOW.isoformat())


@pytest.fixture
def bunkyo(store, write):
    load_accounts(store, write("accounts.csv", ACCOUNT), NOW)
    return store


def test_accounts_are_loaded_and_the_same_again_change_nothing(store, kizuna, write):
    file = write("accounts.csv", ACCOUNT, NAHA)
    ran = kizuna("import", "accounts", file)
    assert (ran.status, ran.out, ran.err) == (0, "2 accounts loaded, 0 unchanged\n", "")
    assert [account.id for account in store.accounts] == ["bunkyo", "naha"]
    assert kizuna("import", "accounts", file).out == "0 accounts loaded, 2 unchanged\n"


def test_new_settings_are_added_to_what_is_stored(bunkyo, write):
    later = {**ACCOUNT, "valid_from": "2027-04-01", "name": "文京区こども課"}
    assert load_accounts(bunkyo, write("accounts.csv", later), NOW).loaded == 1
    account = bunkyo.accounts.get("bunkyo")
    assert account.on(date(2027, 3, 31)).name == "文京区"
    assert account.on(date(2027, 4, 1)).name == "文京区こども課"


def test_subscribers_are_loaded_with_their_enrolments(bunkyo, kizuna, write):
    file = write("subscribers.csv", SUBSCRIBER, SIBLING, SECOND)
    ran = kizuna(*IMPORT, file)
    assert (ran.status, ran.out, ran.err) == (
        0,
        "2 subscribers with 3 enrolments loaded, 0 unchanged\n",
        "",
    )
    assert [each.id for each in bunkyo.subscribers.get("s-1").enrolments] == ["e-1", "e-2"]
    again = kizuna(*IMPORT, file)
    assert again.out == "0 subscribers with 0 enrolments loaded, 2 unchanged\n"


def test_one_bad_row_keeps_everything_out(bunkyo, kizuna, write):
    file = write("subscribers.csv", SUBSCRIBER, {**SECOND, "due_date": "soon"})
    ran = kizuna(*IMPORT, file)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        "subscribers.csv: row 3, column due_date: must be a date like 2026-11-25",
        "subscribers.csv: 1 fault in 1 of 2 rows; nothing was loaded",
    ]
    assert list(bunkyo.subscribers) == []


def test_json_is_one_document_with_or_without_faults(bunkyo, kizuna, write):
    good = kizuna(*IMPORT, write("a.csv", SUBSCRIBER), "--json")
    assert good.status == 0
    assert json.loads(good.out) == {
        "file": "a.csv",
        "rows": 1,
        "new": {"subscribers": 1, "enrolments": 1},
        "loaded": 1,
        "unchanged": 0,
        "faults": [],
        "notes": [],
    }
    bad = kizuna(*IMPORT, write("b.csv", {**SECOND, "account": "x"}), "--json")
    assert bad.status == 1
    assert json.loads(bad.out) == {
        "file": "b.csv",
        "rows": 1,
        "faults": [
            {
                "row": 2,
                "column": "account",
                "reason": "there is no such account; `kizuna import accounts` adds it",
            }
        ],
        "loaded": 0,
    }


def test_a_check_loads_nothing(bunkyo, kizuna, write):
    ran = kizuna("import", "accounts", write("accounts.csv", NAHA), "--check")
    assert ran.out == "1 account to load, 0 unchanged\n"
    ran = kizuna("import", "content", write("content.csv", TEXT), "--check")
    assert ran.out == "1 series with 1 text to load, 0 unchanged\n"
    ran = kizuna(*IMPORT, write("s.csv", SUBSCRIBER), "--check", "--json")
    assert json.loads(ran.out)["loaded"] == 0
    assert [account.id for account in bunkyo.accounts] == ["bunkyo"]
    assert bunkyo.content.published(COMMON_SERIES) is None
    assert list(bunkyo.subscribers) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"nickname": "ゆき"}, "row 3, column subscriber: is here already with other data"),
        (
            {"subscriber": "s-3"},
            "row 3, column address: is that of another subscriber of this account",
        ),
        (
            {"subscriber": "s-3", "address": "HANA@example.jp"},
            "row 3, column address: is that of another subscriber of this account",
        ),
    ],
)
def test_whoever_is_here_with_other_data_is_a_fault(bunkyo, kizuna, write, change, line):
    load_subscribers(bunkyo, write("subscribers.csv", SUBSCRIBER), NOW)
    file = write("more.csv", SECOND, {**SUBSCRIBER, **change})
    ran = kizuna(*IMPORT, file)
    assert ran.status == 1
    assert ran.err.startswith(f"more.csv: {line}\n")
    assert bunkyo.subscribers.get("s-2") is None


def test_an_import_that_was_broken_off_is_completed_by_the_same_import(bunkyo, write):
    people = [
        {**SUBSCRIBER, "subscriber": f"s-{n}", "address": f"a{n}@example.jp"} for n in range(120)
    ]
    file = write("subscribers.csv", *people)
    taken = write("taken.csv", people[100])

    def somebody_else(what, done, total):
        """Another import, between the checks and the last transactions of ours."""
        if what == "loading" and done < total:
            load_subscribers(bunkyo, taken, NOW)

    with pytest.raises(FailedError) as raised:
        load_subscribers(bunkyo, file, NOW, progress=somebody_else)
    assert str(raised.value) == (
        "subscribers.csv: 99 of 120 subscribers were loaded, then somebody else stored one of "
        "them, or an address of theirs, at the same time; import the same file again to load "
        "the rest"
    )
    again = load_subscribers(bunkyo, file, NOW)
    assert (again.loaded, again.unchanged) == (20, 100)


def test_content_is_published_by_series_and_the_same_again_is_not(bunkyo, kizuna, write):
    own = {**TEXT, "series": "bunkyo", "text": "区の窓口です。"}
    ran = kizuna("import", "content", write("content.csv", TEXT, {**TEXT, "day": "29"}, own))
    assert ran.out == "2 series with 3 texts loaded, 0 unchanged\n"
    version = bunkyo.content.published(COMMON_SERIES)
    changed = {**TEXT, "title": "4週0日のお便り"}
    ran = kizuna("import", "content", write("content.csv", changed, own))
    assert ran.out == "1 series with 1 text loaded, 1 unchanged\n"
    published = bunkyo.content.published(COMMON_SERIES)
    assert published != version
    assert list(bunkyo.content.load(COMMON_SERIES, published)) == [Due(Phase.PREGNANCY, 28)]


def test_what_was_exported_imports_again_unchanged(bunkyo, kizuna, write, tmp_path):
    load_accounts(bunkyo, write("accounts.csv", NAHA), NOW)
    elsewhere = {**SUBSCRIBER, "subscriber": "s-9", "account": "naha", "touchpoint": "=1+1"}
    load_subscribers(bunkyo, write("s.csv", SIBLING, elsewhere, SECOND, SUBSCRIBER), NOW)
    load_content(bunkyo, write("c.csv", {**TEXT, "text": '　"はい",\nと{child}'}))

    people = tmp_path / "people.csv"
    texts = tmp_path / "texts.csv"
    assert kizuna("export", "subscribers", "--output", people).status == 0
    assert kizuna("export", "content", "common", "-o", texts).status == 0
    assert people.stat().st_mode & 0o777 == 0o600
    ran = kizuna(*IMPORT, people)
    assert ran.out == "0 subscribers with 0 enrolments loaded, 3 unchanged\n"
    assert kizuna("import", "content", texts).out == ("0 series with 0 texts loaded, 1 unchanged\n")

    ran = kizuna("export", "subscribers", "--account", "naha")
    assert [line.split(",")[0] for line in ran.out.splitlines()] == ["subscriber", "s-9"]


def test_a_subscriber_whose_history_grew_since_is_still_exported_as_it_is_here(
    bunkyo, kizuna, write, tmp_path
):
    load_subscribers(bunkyo, write("s.csv", SUBSCRIBER), NOW)
    old = bunkyo.subscribers.get("s-1")
    (enrolment,) = old.enrolments
    joined, due = enrolment.history
    corrected = replace(due, at=NOW, day=date(2027, 3, 8))
    grown = replace(enrolment, history=(joined, due, corrected))
    bunkyo.subscribers.update(old, replace(old, enrolments=(grown,)), {"bunkyo": 1})

    people = tmp_path / "people.csv"
    assert kizuna("export", "subscribers", "--output", people).status == 0
    assert "2027-03-08" in people.read_text(encoding="utf-8")
    ran = kizuna(*IMPORT, people)
    assert ran.out == "0 subscribers with 0 enrolments loaded, 1 unchanged\n"


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (["import", "subscribers", "nowhere.csv"], 2, "file 'nowhere.csv' does not exist"),
        (["import", "subscribers", __file__], 2, "must be a .csv or an .xlsx file"),
        (["import", "subscribers", "/"], 2, "file '/' is a directory"),
        (["import", "subscribers"], 2, "Missing argument 'FILE'."),
        (["export", "subscribers", "--account", "naha"], 2, "there is no account 'naha'"),
        (["export", "content", "common"], 1, "nothing is published of the series 'common'"),
        (["export", "subscribers", "-o", "/nowhere/x.csv"], 2, "/nowhere/x.csv: cannot be written"),
    ],
)
def test_a_call_that_cannot_be_done_is_one_line(bunkyo, kizuna, arguments, status, line):
    ran = kizuna(*arguments)
    assert (ran.status, ran.out) == (status, "")
    assert ran.err.count("\n") == 1
    assert line in ran.err


def test_the_stack_of_the_test_is_the_one_that_the_program_finds(bunkyo):
    assert [account.id for account in connect(STACK).store.accounts] == ["bunkyo"]


@pytest.mark.parametrize("command", ["import", "export"])
def test_help_names_what_can_be_moved(kizuna, command):
    ran = kizuna(command, "--help")
    assert ran.status == 0
    assert "subscribers" in ran.out
    assert "content" in ran.out
