"""`kizuna import subscribers --move-in`: a municipality comes from another system."""

import json
from dataclasses import replace
from datetime import date, datetime

import pytest

from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.dates import JST
from shared.rules.history import Status
from shared.rules.message import Due
from shared.rules.stage import Phase, Reason
from shared.rules.subscriber import decide
from shared.subscribers.actions import change
from tests.world import bunkyo

NOW = "2026-11-25T08:00+09:00"
AT = datetime(2026, 11, 25, 8, 0, tzinfo=JST)
MAPPING = """
dates = ["%d.%m.%y"]
[columns]
subscriber = "会員番号"
phase = "区分"
date = "基準日"
status = "状態"
channel = "方法"
email = "メール"
sms = "携帯"
nickname = "名前"
joined_at = "登録日"
stopped_at = "停止日"
last_sent = "最終配信"
[fixed]
account = "bunkyo"
[codes.phase]
"妊" = "pregnancy"
"児" = "childcare"
[codes.channel]
M = "email"
P = "sms"
[codes.status]
1 = "active"
9 = "stopped"
5 = "suspended"
0 = "leave_out"
"""
HANA = {
    "会員番号": "1001",
    "区分": "妊",
    "状態": "1",
    "方法": "M",
    "メール": "hana@example.jp",
    "携帯": "",
    "基準日": "20.01.27",
    "登録日": "2026/10/01 12:00",
    "停止日": "",
    "最終配信": "",
    "名前": "はな",
    "備考": "何でも",
}


@pytest.fixture
def town(store):
    store.accounts.put(bunkyo())
    return store


@pytest.fixture
def move_in(town, kizuna, write):
    """Moves rows in by the mapping, and gives the report."""
    mapping = write("mapping.toml", MAPPING)

    def run(*rows, options=()):
        file = write("old.csv", *rows)
        ran = kizuna(
            *("import", "subscribers", file, "--move-in", mapping),
            *("--now", NOW, "--by", "山田", "--json", *options),
        )
        assert ran.status == 0, ran.err
        return json.loads(ran.out)

    return run


def sums(report):
    return report["taken"], report["corrected"], report["unchanged"], len(report["not_taken"])


def standing_of(store, subscriber):
    (enrolment,) = store.subscribers.get(subscriber).enrolments
    return changes.standing(enrolment)


# What theirs becomes.


def test_their_columns_codes_and_dates_become_ours(town, move_in):
    report = move_in(HANA)

    assert sums(report) == (1, 0, 0, 0)
    hana = town.subscribers.get("1001")
    assert (hana.account, hana.channel, hana.address) == (
        "bunkyo",
        Channel.EMAIL,
        "hana@example.jp",
    )
    (enrolment,) = hana.enrolments
    assert (enrolment.id, enrolment.nickname) == ("e1", "はな")
    assert enrolment.history[0].at == datetime(2026, 10, 1, 12, 0, tzinfo=JST)
    standing = changes.standing(enrolment)
    assert (standing.status, standing.due_date) == (Status.ACTIVE, date(2027, 1, 20))
    (noted,) = town.audit.of_month(2026, 11)
    assert (noted.by, noted.about) == ("山田", "bunkyo")


def test_the_children_of_one_person_are_numbered_in_their_order(town, move_in):
    elder = {**HANA, "区分": "児", "基準日": "01.03.24", "名前": "うみ"}

    move_in(HANA, elder)

    found = town.subscribers.get("1001").enrolments
    assert [(each.id, each.nickname) for each in found] == [("e1", "はな"), ("e2", "うみ")]
    assert changes.standing(found[1]).birth_date == date(2024, 3, 1)


@pytest.mark.parametrize(
    ("code", "status"), [("9", Status.STOPPED), ("5", Status.SUSPENDED)], ids=["stopped", "failed"]
)
def test_a_stop_comes_along(town, move_in, code, status):
    move_in({**HANA, "状態": code, "停止日": "01.11.26"})

    assert standing_of(town, "1001").status is status


def test_what_the_status_says_to_leave_out_is_left_out_and_told(town, move_in):
    report = move_in({**HANA, "状態": "0"}, {**HANA, "会員番号": "1002", "メール": "b@example.jp"})

    assert report["left_out"] == [2]
    assert town.subscribers.get("1001") is None
    assert town.subscribers.get("1002") is not None


def test_the_channel_is_told_by_the_only_address(town, move_in):
    move_in({**HANA, "方法": "", "メール": "", "携帯": "9012345678"})

    found = town.subscribers.get("1001")
    assert (found.channel, found.address) == (Channel.SMS, "+819012345678")


# What is not taken.


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"状態": "7"}, "状態", "has a code that [codes.status] does not name"),
        ({"方法": "F"}, "方法", "has a code that [codes.channel] does not name"),
        ({"基準日": "31.02.27"}, "基準日", "must be a date like 2026-11-25"),
        ({"メール": "hana"}, "メール", "must be an email address"),
        ({"状態": "9"}, "停止日", "is blank for one who has stopped"),
        ({"停止日": "01.11.26"}, "状態", "says active, but there is a day"),
        ({"登録日": ""}, "登録日", "is blank, but required"),
    ],
)
def test_who_cannot_be_taken_is_told_by_their_column_and_the_others_are_taken(
    town, move_in, change, column, reason
):
    good = {**HANA, "会員番号": "1002", "メール": "b@example.jp"}

    report = move_in({**HANA, **change}, good)

    (fault,) = report["not_taken"]
    assert (fault["row"], fault["column"]) == (2, column)
    assert reason in fault["reason"]
    assert town.subscribers.get("1001") is None
    assert town.subscribers.get("1002") is not None


def test_with_check_nobody_is_taken(town, move_in):
    report = move_in(HANA, options=["--check"])

    assert sums(report) == (1, 0, 0, 0)
    assert list(town.subscribers) == []
    assert list(town.audit.of_month(2026, 11)) == []


def test_the_report_is_one_page(town, move_in, tmp_path):
    page = tmp_path / "report.html"

    move_in(HANA, {**HANA, "会員番号": "1002", "状態": "7"}, options=["--report", str(page)])

    text = page.read_text(encoding="utf-8")
    assert "<b>1</b>subscribers taken" in text
    assert "does not name; it names 1, 9, 5, 0" in text
    assert "hana@example.jp" not in text


# Again, until it is right.


def test_run_again_it_changes_nothing(town, move_in):
    move_in(HANA)
    before = town.subscribers.get("1001")

    assert sums(move_in(HANA)) == (0, 0, 1, 0)
    assert town.subscribers.get("1001") == before


def test_run_again_it_corrects_those_to_whom_nothing_has_happened(town, move_in):
    move_in(HANA)
    move_in({**HANA, "基準日": "25.01.27"})

    report = move_in({**HANA, "基準日": "26.01.27", "メール": "hana2@example.jp"})

    assert sums(report) == (0, 1, 0, 0)
    assert standing_of(town, "1001").due_date == date(2027, 1, 26)
    assert town.subscribers.get("1001").address == "hana2@example.jp"
    owners = town.subscribers.at_addresses([("bunkyo", "hana@example.jp")])
    assert owners == {}, "the old address is free"


def test_what_they_changed_themselves_stays(town, move_in):
    move_in(HANA)
    new = date(2027, 1, 23)
    change(town, "1001", lambda old: changes.due_date_corrected(old, AT, "e1", new))

    report = move_in({**HANA, "基準日": "26.01.27"})

    assert sums(report) == (0, 0, 0, 1)
    assert "was changed here since it came" in report["not_taken"][0]["reason"]
    assert standing_of(town, "1001").due_date == new


def test_a_stop_here_outlives_the_file(town, move_in):
    move_in(HANA)
    change(town, "1001", lambda old: changes.stopped(old, AT))

    report = move_in(HANA)

    assert "this row would restart them" in report["not_taken"][0]["reason"]
    assert standing_of(town, "1001").status is Status.STOPPED


def test_a_stop_there_comes_also_later(town, move_in):
    move_in(HANA)

    report = move_in({**HANA, "状態": "9", "停止日": "20.11.26"})

    assert sums(report) == (0, 1, 0, 0)
    assert standing_of(town, "1001").status is Status.STOPPED


# Today's message came from the other system.


def decided(store, day):
    schedule = frozenset({(Phase.PREGNANCY, 224), (Phase.PREGNANCY, 225)})
    (settings,) = bunkyo().settings
    now = datetime.combine(day, AT.timetz())
    return decide(store.subscribers.get("1001"), ["e1"], now, settings=settings, schedule=schedule)


def test_with_sent_today_nothing_comes_on_the_day_and_all_on_the_next(town, move_in):
    report = move_in(HANA, options=["--sent-today"])

    assert report["silent_today"] == 1
    assert decided(town, date(2026, 11, 25)).silent == {"e1": Reason.ALREADY_SENT_TODAY}
    (letter,) = decided(town, date(2026, 11, 26)).letters
    assert letter.due == Due(Phase.PREGNANCY, 225)


def test_the_day_of_their_last_message_says_the_same_of_one(town, move_in):
    other = {**HANA, "会員番号": "1002", "メール": "b@example.jp", "最終配信": "24.11.26"}

    report = move_in({**HANA, "最終配信": "25.11.26"}, other)

    assert report["silent_today"] == 1
    assert decided(town, date(2026, 11, 25)).silent == {"e1": Reason.ALREADY_SENT_TODAY}


def test_said_later_on_the_day_it_holds_for_those_who_are_here_already(town, move_in):
    move_in(HANA)
    assert decided(town, date(2026, 11, 25)).letters

    report = move_in(HANA, options=["--sent-today"])

    assert (report["silent_today"], report["corrected"]) == (1, 1)
    assert decided(town, date(2026, 11, 25)).silent == {"e1": Reason.ALREADY_SENT_TODAY}
    assert sums(move_in({**HANA, "名前": "花"})) == (0, 1, 0, 0), "it counts as untouched"


# Mappings that are wrong.


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[columns", "mapping.toml: is no TOML in UTF-8"),
        ('[columns]\nsubscribers = "x"', "mapping.toml: [columns] subscribers"),
        ('[columns]\nsubscriber = "x"', "give account in [columns] or in [fixed]"),
        (MAPPING.replace('M = "email"', 'M = "fax"'), "[codes.channel] M"),
        (MAPPING.replace('sms = "携帯"', 'sms = "電話"'), "column 電話: is missing"),
        (MAPPING + "\n[more]\nx = 1", "more"),
    ],
)
def test_a_mapping_that_is_wrong_is_told_and_nobody_is_taken(town, kizuna, write, text, line):
    mapping, file = write("mapping.toml", text), write("old.csv", HANA)

    ran = kizuna("import", "subscribers", file, "--move-in", mapping, "--now", NOW)

    assert ran.status in {1, 2}
    assert line in ran.err
    assert list(town.subscribers) == []


def test_the_options_of_a_move_in_need_it(town, kizuna, write):
    ran = kizuna("import", "subscribers", write("old.csv", HANA), "--sent-today")

    assert ran.status == 2
    assert "go with --move-in" in ran.err


def test_a_record_that_came_by_the_page_is_never_replaced(town, move_in):
    move_in(HANA)
    stored = town.subscribers.get("1001")
    shards = {"bunkyo": 1}
    town.subscribers.update(stored, replace(stored, failed_on=(date(2026, 11, 24),)), shards)

    assert sums(move_in({**HANA, "名前": "花"})) == (0, 0, 0, 1)
