"""births.csv: each rule, and a correction that keeps what it corrects."""

import json

import pytest

from cli.files.births import BIRTH_COLUMNS, BirthsRow, read_births
from cli.files.load import load_accounts
from tests.cli.conftest import ACCOUNT, NOW, rows_of

BIRTHS = {"account": "bunkyo", "fiscal_year": "2025", "births": "1812", "source": "人口動態統計"}
NAHA = {**BIRTHS, "account": "naha", "births": "0"}


def read(write, *births):
    rows, faults = rows_of(write("births.csv", *births), BIRTH_COLUMNS)
    found = read_births(rows, {"bunkyo", "naha"})
    return found, [(fault.row, fault.column, fault.reason) for fault in faults]


@pytest.fixture
def bunkyo(store, write):
    naha = {**ACCOUNT, "account": "naha", "code": "472018"}
    load_accounts(store, write("accounts.csv", ACCOUNT, naha), NOW)
    return store


def stored(store, account):
    return {year: (each.births, each.source) for year, each in store.births.of(account).items()}


# What a row may say.


def test_a_row_is_a_figure(write):
    assert read(write, BIRTHS, NAHA, {**BIRTHS, "fiscal_year": "2024"}) == (
        [
            BirthsRow("bunkyo", 2025, 1812, "人口動態統計"),
            BirthsRow("naha", 2025, 0, "人口動態統計"),
            BirthsRow("bunkyo", 2024, 1812, "人口動態統計"),
        ],
        [],
    )


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"account": ""}, "account", "is blank, but required"),
        ({"account": "sendai"}, "account", "there is no such account"),
        ({"fiscal_year": ""}, "fiscal_year", "is blank, but required"),
        ({"fiscal_year": "25"}, "fiscal_year", "must be a fiscal year, 2000 to 2100"),
        ({"fiscal_year": "1999"}, "fiscal_year", "must be a fiscal year, 2000 to 2100"),
        ({"fiscal_year": "2101"}, "fiscal_year", "must be a fiscal year, 2000 to 2100"),
        ({"fiscal_year": "2025-04"}, "fiscal_year", "must be a fiscal year, 2000 to 2100"),
        ({"fiscal_year": "２０２５"}, "fiscal_year", "must be a fiscal year, 2000 to 2100"),
        ({"births": ""}, "births", "is blank, but required"),
        ({"births": "-1"}, "births", "must be a whole number like 1234, without separators"),
        ({"births": "1,812"}, "births", "must be a whole number like 1234, without separators"),
        ({"births": "1_812"}, "births", "must be a whole number like 1234, without separators"),
        ({"births": "1812.5"}, "births", "must be a whole number like 1234, without separators"),
        ({"births": "１８１２"}, "births", "must be a whole number like 1234, without separators"),
        ({"births": "9" * 5000}, "births", "must be a whole number like 1234, without separators"),
        ({"source": ""}, "source", "is blank, but required"),
        ({"source": "人口\n動態"}, "source", "must be one line"),
        ({"source": "出" * 201}, "source", "has 201 characters; at most 200"),
    ],
)
def test_a_bad_row_is_a_fault_of_its_cell(write, change, column, reason):
    found, faults = read(write, NAHA, {**BIRTHS, **change})
    ((row, found_column, found_reason),) = faults
    assert (row, found_column) == (3, column)
    assert reason in found_reason
    assert [each.account for each in found] == ["naha"]


def test_two_rows_about_the_same_year_are_a_fault(write):
    _, faults = read(write, BIRTHS, NAHA, {**BIRTHS, "births": "1813"})
    assert faults == [(4, "fiscal_year", "is in row 2 already")]


# What becomes of a file.


def test_figures_are_loaded_and_the_same_again_change_nothing(bunkyo, kizuna, write):
    file = write("births.csv", BIRTHS, NAHA)
    ran = kizuna("import", "births", file)
    assert (ran.status, ran.out, ran.err) == (
        0,
        "2 figures with 0 corrections loaded, 0 unchanged\n",
        "",
    )
    assert stored(bunkyo, "bunkyo") == {2025: (1812, "人口動態統計")}
    assert stored(bunkyo, "naha") == {2025: (0, "人口動態統計")}
    again = kizuna("import", "births", file)
    assert again.out == "0 figures with 0 corrections loaded, 2 unchanged\n"


@pytest.mark.parametrize(
    ("change", "now"),
    [({"births": "1815"}, (1815, "人口動態統計")), ({"source": "確定数"}, (1812, "確定数"))],
)
def test_another_figure_or_source_corrects_what_is_on_record(bunkyo, kizuna, write, change, now):
    kizuna("import", "births", write("births.csv", BIRTHS))
    ran = kizuna("import", "births", write("more.csv", {**BIRTHS, **change}, NAHA), "--json")
    assert json.loads(ran.out) == {
        "file": "more.csv",
        "rows": 2,
        "new": {"figures": 2, "corrections": 1},
        "loaded": 2,
        "unchanged": 0,
        "faults": [],
        "notes": [],
    }
    assert stored(bunkyo, "bunkyo") == {2025: now}


def test_one_bad_row_keeps_every_figure_out(bunkyo, kizuna, write):
    ran = kizuna("import", "births", write("births.csv", NAHA, {**BIRTHS, "births": "many"}))
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        "births.csv: row 3, column births: must be a whole number like 1234, without separators",
        "births.csv: 1 fault in 1 of 2 rows; nothing was loaded",
    ]
    assert stored(bunkyo, "naha") == {}


def test_a_check_of_births_loads_none(bunkyo, kizuna, write):
    ran = kizuna("import", "births", write("births.csv", BIRTHS), "--check")
    assert ran.out == "1 figure with 0 corrections to load, 0 unchanged\n"
    assert stored(bunkyo, "bunkyo") == {}
