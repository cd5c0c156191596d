"""content.csv: each rule, counted as a person counts."""

import pytest

from cli.files.content import CONTENT_COLUMNS, read_content, write_content
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text
from tests.cli.conftest import TEXT, rows_of

FAMILY = "👩‍👩‍👧‍👦"


def read(write, *changes):
    file = write("content.csv", *({**TEXT, **change} for change in changes))
    rows, faults = rows_of(file, CONTENT_COLUMNS)
    found = read_content(rows, {"bunkyo"})
    return found, [(fault.row, fault.column, fault.reason) for fault in faults]


def test_rows_are_the_texts_of_their_series(write):
    childcare = {"phase": "childcare", "day": "0", "text": "{child}さんが\nうまれました。"}
    found, faults = read(write, {}, childcare, {"series": "bunkyo"})
    assert faults == []
    text = Text("4週0日", "{account}からのお便りです。", "今日からお便りをお届けします。")
    assert found == {
        "common": {
            Due(Phase.PREGNANCY, 28): text,
            Due(Phase.CHILDCARE, 0): Text(text.title, "{child}さんが\nうまれました。", text.notice),
        },
        "bunkyo": {Due(Phase.PREGNANCY, 28): text},
    }


def test_the_space_that_begins_a_paragraph_stays(write):
    found, _ = read(write, {"text": "　はじめに\n　つぎに"})
    assert found["common"][Due(Phase.PREGNANCY, 28)].text == "　はじめに\n　つぎに"


@pytest.mark.parametrize(
    "change",
    [
        {"day": "293"},
        {"phase": "childcare", "day": "6935"},
        {"title": FAMILY * 40},
        {"text": "が" * 1000},
        {"notice": FAMILY * 60},
        {"notice": "{child}さんへ"},
    ],
    ids=["day", "child's day", "title", "text, each of two code points", "notice", "child"],
)
def test_what_lies_just_within_the_rules_is_accepted(write, change):
    _, faults = read(write, change)
    assert faults == []


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"series": ""}, "series", "is blank, but required"),
        ({"text": FAMILY * 210}, "text", "takes more than 2200 UTF-16 units"),
        ({"series": "naha"}, "series", "must be common or an account"),
        ({"phase": "birth"}, "phase", "must be pregnancy or childcare"),
        ({"day": "27"}, "day", "must be a day of pregnancy, 28 to 293"),
        ({"day": "294"}, "day", "must be a day of pregnancy, 28 to 293"),
        ({"day": "28.5"}, "day", "must be a day of pregnancy, 28 to 293"),
        ({"day": "-1", "phase": "childcare"}, "day", "must be a day of childcare, 0 to 6935"),
        ({"day": "6936", "phase": "childcare"}, "day", "must be a day of childcare, 0 to 6935"),
        ({"title": ""}, "title", "is blank, but required"),
        ({"title": "題" * 41}, "title", "has 41 characters; at most 40"),
        ({"title": "題\n名"}, "title", "must be one line"),
        ({"text": "　"}, "text", "is blank, but required"),
        ({"text": FAMILY * 1001}, "text", "has 1,001 characters; at most 1,000"),
        ({"text": "鐘\u0007"}, "text", "must not hold control characters"),
        ({"text": "{mother}へ"}, "text", "{mother} is unknown; the placeholders are {child} and"),
        ({"text": "{child"}, "text", "{ is unknown"),
        ({"notice": ""}, "notice", "is blank, but required"),
        ({"notice": "知" * 61}, "notice", "has 61 characters; at most 60"),
        ({"notice": "{link}"}, "notice", "{link} is unknown"),
    ],
)
def test_a_bad_row_is_a_fault_of_its_cell(write, change, column, reason):
    found, faults = read(write, {"day": "100"}, change)
    ((row, found_column, found_reason),) = faults
    assert (row, found_column) == (3, column)
    assert reason in found_reason
    assert list(found["common"]) == [Due(Phase.PREGNANCY, 100)]


def test_a_day_has_one_text_in_a_series(write):
    _, faults = read(write, {}, {"title": "もう一つ"}, {"series": "bunkyo"})
    assert faults == [(3, "day", "is in row 2 already")]


def test_what_is_written_reads_the_same_in_the_order_of_life(write):
    rows = [{"phase": "childcare", "day": "3"}, {"day": "100"}, {"text": '　"a",\n{child}'}]
    found, _ = read(write, *rows)
    written = list(write_content("common", found["common"]))
    assert [(row["phase"], row["day"]) for row in written] == [
        ("pregnancy", "28"),
        ("pregnancy", "100"),
        ("childcare", "3"),
    ]
    assert read(write, *written) == (found, [])
