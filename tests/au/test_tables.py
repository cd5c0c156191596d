"""A snapshot as tables for people and for Athena: the same figures, and nothing that runs."""

import csv
import io
import json
from dataclasses import replace

import openpyxl
import pytest

from functions.au_snapshot.tables import HEADINGS, csv_file, harmless, json_lines, xlsx_file
from shared.rules.account import AccountKind
from shared.rules.snapshot import About, Snapshot
from tests.au.sample import november

EVIL = '=HYPERLINK("http://example.com","文京区")'


def renamed(name: str) -> Snapshot:
    snapshot = november()
    about = {**snapshot.about, "bunkyo": About(name, AccountKind.MUNICIPALITY, "131059")}
    return replace(snapshot, about=about)


def cells_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_excel_takes_the_csv_for_utf_8():
    assert csv_file(november()).startswith(b"\xef\xbb\xbf" + "アカウント,名称".encode())


def test_every_account_has_its_row_and_the_total_its_own():
    snapshot = november()
    header, *rows, total = cells_of(csv_file(snapshot))

    assert header == list(HEADINGS.values())
    assert [row[0] for row in rows] == list(snapshot.scope.accounts)
    for row in rows:
        line = snapshot.line(row[0])
        assert line is not None
        assert row[header.index("AU（読者）")] == str(line.subscribers)
    assert total[0] == "合計"
    assert total[header.index("AU（読者）")] == str(snapshot.total.subscribers)
    assert total[header.index("AU（登録）")] == str(snapshot.total.enrolments)


def test_a_missing_figure_is_said_and_the_total_says_that_it_lacks_it():
    snapshot = november()
    accounts = tuple(line for line in snapshot.accounts if line.account != "sendai")
    lacking = replace(snapshot, accounts=accounts, missing_external=("sendai",), complete=False)

    header, *rows, total = cells_of(csv_file(lacking))

    (sendai,) = [row for row in rows if row[0] == "sendai"]
    assert sendai[header.index("AU（読者）")] == "未報告"
    assert sendai[header.index("AU（登録）")] == ""
    assert total[1] == "（未報告の団体を除く）"
    lines = [json.loads(line) for line in json_lines(lacking).splitlines()]
    (sendai_line,) = [line for line in lines if line["account"] == "sendai"]
    assert sendai_line["subscribers"] is None


@pytest.mark.parametrize("text", [EVIL, "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_taken_for_a_formula(text):
    (cell,) = {row[1] for row in cells_of(csv_file(renamed(text))) if row[0] == "bunkyo"}

    assert cell == harmless(text) == f"'{text}"
    assert harmless("文京区") == "文京区"


def test_the_workbook_says_the_same_and_holds_no_formula():
    book = openpyxl.load_workbook(io.BytesIO(xlsx_file(renamed(EVIL))))

    sheet = book["AU"]
    found = [["" if cell is None else str(cell) for cell in row] for row in sheet.values]
    _, *rows = cells_of(csv_file(november()))
    assert [row[5] for row in found[1:]] == [row[5] for row in rows]
    assert found[1][1] == EVIL
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert [row[1] for row in found if row[0] == "sapporo"] == ["札幌市"]
    assert [row[2] for row in found if row[0] == "sapporo"] == ["011002"]


def test_the_same_snapshot_makes_the_same_files():
    snapshot = november()

    assert csv_file(snapshot) == csv_file(snapshot)
    assert json_lines(snapshot) == json_lines(snapshot)
    one, other = (openpyxl.load_workbook(io.BytesIO(xlsx_file(snapshot))) for _ in range(2))
    assert one.properties.created == other.properties.created


def test_a_line_for_athena_is_flat_and_names_its_snapshot():
    first = json.loads(json_lines(november()).splitlines()[0])

    assert first["snapshot"] == "month_end-2026-11"
    assert first["as_of"] == "2026-11-30T15:00:00Z"
    assert first["flow_opening"] + first["flow_new_pregnancy"] > 0
    assert not any(isinstance(value, (dict, list)) for value in first.values())
