"""`kizuna au`: what staff see of a snapshot, say of it, and are refused."""

import json
from datetime import UTC, datetime

import pytest

from cli.files.load import load_accounts, load_subscribers
from functions.au_snapshot.take import take
from shared.rules.au import Measure
from shared.rules.dates import JST
from shared.rules.months import Month
from shared.store.snapshots import figures_json
from shared.store.staff import Colleague
from tests.cli.conftest import ACCOUNT, NOW, SUBSCRIBER

NAME = "month_end-2026-10"
TAKEN_AT = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
SENDAI = {**ACCOUNT, "account": "sendai", "code": "041009", "delivery": "external"}


@pytest.fixture
def taken(store, write):
    """The month-end of October: one pregnancy in Bunkyo, nothing from Sendai."""
    load_accounts(store, write("accounts.csv", ACCOUNT, SENDAI), NOW)
    load_subscribers(store, write("subscribers.csv", SUBSCRIBER), NOW)
    return take(store, Measure.month_end(Month(2026, 10)), by="花子", now=TAKEN_AT)


def test_a_snapshot_is_shown_with_what_needs_a_look(kizuna, taken):
    ran = kizuna("au", "show")

    assert ran.status == 0
    lines = [line.strip() for line in ran.out.splitlines()]
    assert "month_end as of 2026-11-01 00:00 JST: 1 subscribers" in lines
    assert "draft: asked by 花子" in lines
    assert "sendai: no figure was reported for 2026-10" in lines
    assert any(line.startswith("sendai (external)  missing") for line in lines)


def test_a_snapshot_is_shown_to_programs_as_it_is_promised(kizuna, store, taken):
    ran = kizuna("au", "show", NAME, "--json")

    shown = json.loads(ran.out)
    assert shown == figures_json(taken.snapshot, taken.review.state)
    assert shown["total"] == {"subscribers": 1, "enrolments": 1}


def test_a_review_with_its_comment_is_kept(kizuna, store, taken):
    kizuna("au", "comment", NAME, "仙台市に催促中", "--by", "次郎")

    ran = kizuna("au", "review", NAME, "--comment", "問題なし", "--by", "太郎", "--json")

    assert json.loads(ran.out)["state"] == "reviewed"
    review = store.snapshots.review(NAME)
    assert (review.reviewed_by, [c.text for c in review.comments]) == (
        "太郎",
        ["仙台市に催促中", "問題なし"],
    )
    now = datetime.now(JST)
    noted = store.audit.of_month(now.year, now.month)
    assert sorted((each.by, each.what, each.about) for each in noted) == [
        ("太郎", "au.review", NAME),
        ("次郎", "au.comment", NAME),
    ]


def test_who_asked_is_refused_as_reviewer_where_there_are_two(kizuna, store, taken):
    store.staff.add(Colleague("花子", "hanako@example.jp"))
    store.staff.add(Colleague("太郎", "taro@example.jp"))

    ran = kizuna("au", "review", NAME, "--by", "花子")

    assert (ran.status, ran.out) == (1, "")
    assert "somebody else of the staff must review it" in ran.err
    assert store.snapshots.review(NAME).reviewed_by is None


def test_snapshots_are_listed_the_latest_first(kizuna, store, taken):
    take(store, Measure.internal(datetime(2026, 11, 20, 1, 0, tzinfo=UTC)), by="x", now=TAKEN_AT)

    listed = json.loads(kizuna("au", "list", "--json").out)["snapshots"]

    assert [each["snapshot"] for each in listed] == ["internal-20261120T010000Z", NAME]
    assert kizuna("au", "list").out.count("draft") == 2


def test_reports_are_written_for_each_account_and_the_office(kizuna, taken, tmp_path):
    ran = kizuna("au", "report", NAME, "--output", tmp_path / "reports", "--json")

    files = json.loads(ran.out)["files"]
    assert sorted(file.rpartition("/")[2] for file in files) == [
        f"{NAME}-{who}.{form}"
        for who in ("bunkyo", "office", "sendai")
        for form in ("html", "xlsx")
    ]


REFUSED = [
    (("show", "nothing"), 2, "there is no snapshot 'nothing'; `kizuna au list` shows"),
    (("review", "nothing"), 2, "there is no snapshot"),
    (("share", "nothing"), 2, "there is no snapshot"),
    (("check", "nothing"), 2, "there is no snapshot"),
    (("comment", NAME, " "), 2, "the comment is blank"),
    (("comment", NAME, "a\nb"), 2, "the comment must be one line"),
    (("take", "--as-of", "2026-11-25T10:00"), 2, "has no offset"),
    (("take", "--as-of", "today"), 2, "is no instant"),
    (("take",), 2, "--as-of"),
    (
        ("take", "--as-of", "2026-11-25T10:00Z", "--since", "2026-11-25T19:00+09:00"),
        2,
        "--since must lie before --as-of",
    ),
    (("month-end", "2026-13"), 2, "is no month; write it as 2026-11"),
    (("report", "nothing"), 2, "there is no snapshot"),
    (("report", NAME, "--account", "nobody"), 2, "has no account 'nobody'"),
]


@pytest.mark.parametrize(("arguments", "status", "told"), REFUSED)
def test_a_wrong_call_is_refused_in_one_line(kizuna, taken, arguments, status, told):
    ran = kizuna("au", *arguments)

    assert (ran.status, ran.out) == (status, "")
    assert told in ran.err
    assert len(ran.err.splitlines()) == 1


def test_without_any_snapshot_the_first_step_is_told(kizuna, store):
    ran = kizuna("au", "show")

    assert (ran.status, ran.out) == (1, "")
    assert "no snapshot was taken yet" in ran.err
    assert "no snapshot was taken yet" in kizuna("au", "list").out
