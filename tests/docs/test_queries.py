"""The queries of docs/au.md, run as they stand there, on the lines that Athena would read."""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from functools import cache
from pathlib import Path

import pytest

from functions.au_snapshot.tables import json_lines
from shared.rules.au import Flow, Measure
from shared.rules.months import Month
from shared.rules.snapshot import OwnLine, Snapshot, snapshot_id
from shared.store import keys
from shared.store.snapshots import hashed
from tests.au.sample import snapshot
from tests.template import RESOURCES

PAGE = Path(__file__).parents[2] / "docs" / "au.md"
QUERIES = re.findall(r"^```sql\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
LATEST, BY_PHASE, BALANCE = QUERIES

GLUE = RESOURCES["AuTable"]["Properties"]["TableInput"]
COLUMNS = {each["Name"]: each["Type"] for each in GLUE["StorageDescriptor"]["Columns"]}
PARTITIONS = {each["Name"]: each["Type"] for each in GLUE["PartitionKeys"]}
SQLITE_TYPES = {"string": "TEXT", "bigint": "INTEGER", "int": "INTEGER"}

NOVEMBER = Month(2026, 11)
MONTHS = [NOVEMBER.plus(n) for n in range(-14, 1)]
"""From September 2025: 15 months, of two fiscal years."""


@cache
def month_end(month: Month) -> Snapshot:
    return snapshot(Measure.month_end(month), 500)


@cache
def restated() -> Snapshot:
    """November as it was first counted, when a part of the people was not on record yet."""
    return snapshot(Measure.month_end(NOVEMBER), 300)


@cache
def standing() -> dict[Month, Snapshot]:
    """The snapshots that count, by month: of November that is a correction."""
    first, name = restated(), snapshot_id(Measure.month_end(NOVEMBER), 2)
    corrected = replace(month_end(NOVEMBER), snapshot=name, restates=first.snapshot)
    return {**{month: month_end(month) for month in MONTHS}, NOVEMBER: hashed(corrected)}


@pytest.fixture(scope="module")
def athena() -> Iterator[sqlite3.Connection]:
    """The Glue table with every version of every month, and an internal snapshot besides."""
    types = {**COLUMNS, **PARTITIONS}
    connection = sqlite3.connect(":memory:")
    connection.execute("ATTACH ':memory:' AS kizuna_au")
    written = ", ".join(f'"{name}" {SQLITE_TYPES[kind]}' for name, kind in types.items())
    connection.execute(f"CREATE TABLE kizuna_au.au ({written})")
    internal = snapshot(Measure.internal(NOVEMBER.begins), 500)
    for each in (*standing().values(), restated(), internal):
        year, month = map(int, each.scope.month.split("-"))
        for line in json_lines(each).splitlines():
            row = {**json.loads(line), "year": year, "month": month}
            marks = ", ".join(f":{name}" for name in types)
            connection.execute(f"INSERT INTO kizuna_au.au VALUES ({marks})", row)  # noqa: S608
    yield connection
    connection.close()


def answer(athena: sqlite3.Connection, query: str) -> list[dict]:
    found = athena.execute(query)
    names = [column for column, *_ in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def test_the_columns_of_the_table_are_those_of_a_line_and_its_partition():
    lines = json_lines(month_end(NOVEMBER)).splitlines()

    assert [list(json.loads(line)) for line in lines] == [list(COLUMNS)] * len(lines)
    assert PARTITIONS == {"year": "int", "month": "int"}
    key = keys.au_object("lines", "month_end-2026-04", "2026-04", "jsonl")
    location = GLUE["Parameters"]["storage.location.template"]["Fn::Sub"]
    folder = location.partition("${SnapshotBucket}/")[2]
    assert key.startswith(folder.replace("${!year}", "2026").replace("${!month}", "04"))


def test_the_columns_have_the_types_of_what_is_in_a_line():
    python = {"string": str, "bigint": int}

    for line in json_lines(month_end(NOVEMBER)).splitlines():
        for name, value in json.loads(line).items():
            assert value is None or type(value) is python[COLUMNS[name]], name


def test_the_latest_month_end_is_told_by_account_in_its_last_version(athena):
    latest = standing()[NOVEMBER]

    rows = answer(athena, LATEST)

    assert {row["snapshot"] for row in rows} == {"month_end-2026-11-r2"}
    assert [row["account"] for row in rows] == sorted(latest.scope.accounts)
    told = {row["account"]: row for row in rows}
    for line in latest.own_lines:
        row = told[line.account]
        assert (row["subscribers"], row["enrolments"]) == (line.subscribers, line.enrolments)
        assert row["pregnancy_subscribers"] == line.pregnancy.subscribers
        assert row["childcare_subscribers"] == line.childcare.subscribers
    assert told["sendai"] == {
        "account": "sendai",
        "name": "仙台市",
        "delivery": "external",
        "subscribers": 1_211,
        "enrolments": None,
        "pregnancy_subscribers": None,
        "childcare_subscribers": None,
        "snapshot": "month_end-2026-11-r2",
    }
    assert sum(row["subscribers"] for row in rows) == latest.total.subscribers
    assert latest.total.subscribers != restated().total.subscribers


def test_thirteen_months_are_told_by_phase_and_say_what_is_missing(athena):
    rows = answer(athena, BY_PHASE)

    assert rows == [
        {
            "year": month.year,
            "month": month.month,
            "au": each.total.subscribers,
            "own": each.own.subscribers,
            "pregnancy": sum(line.pregnancy.subscribers for line in each.own_lines),
            "childcare": sum(line.childcare.subscribers for line in each.own_lines),
            "reported": each.external,
            "missing": len(each.missing_external),
        }
        for month, each in standing().items()
        if month >= NOVEMBER.plus(-12)
    ]
    assert [row["missing"] for row in rows] == [1] * 5 + [0] * 8  # sendai reports since April


def test_the_balance_sheets_of_the_months_make_those_of_the_fiscal_years(athena):
    rows = answer(athena, BALANCE)

    own = sorted(line.account for line in standing()[NOVEMBER].own_lines)
    assert [(row["fiscal_year"], row["account"]) for row in rows] == [
        (year, account) for year in (2025, 2026) for account in own
    ]
    for row in rows:
        months = [month for month in MONTHS if month.fiscal_year == row["fiscal_year"]]
        lines = [standing()[month].line(row["account"]) for month in months]
        assert row["months"] == {2025: 7, 2026: 8}[row["fiscal_year"]]
        assert {name: row[name] for name in (f.name for f in fields(Flow))} == year_of(lines)
        assert row["difference"] == 0


def year_of(lines: list[OwnLine]) -> dict[str, int]:
    flows = [asdict(line.flow) for line in lines]
    sums = {f.name: sum(flow[f.name] for flow in flows) for f in fields(Flow)}
    return {**sums, "opening": flows[0]["opening"], "closing": flows[-1]["closing"]}


def test_a_balance_sheet_that_lacks_a_month_says_by_how_much_it_does_not_fit(athena):
    athena.execute("SAVEPOINT whole")
    athena.execute("DELETE FROM kizuna_au.au WHERE year = 2026 AND month = 6")
    rows = {row["account"]: row for row in answer(athena, BALANCE) if row["fiscal_year"] == 2026}
    athena.execute("ROLLBACK TO whole")

    june = {line.account: line.flow for line in standing()[Month(2026, 6)].own_lines}
    for account, flow in june.items():
        assert rows[account]["months"] == 7
        assert rows[account]["difference"] == flow.opening - flow.closing
    assert any(flow.opening != flow.closing for flow in june.values())
