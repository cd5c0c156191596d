"""The workbook: the same tables, which open, hold no formula, and print on A4."""

import io
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from functions.au_report.report import Audience, Form
from functions.au_report.xlsx import xlsx
from tests.au.sample import november
from tests.au_report.made import of_account, of_external, of_office

FORMULA = "=cmd|' /C calc'!A0"
REPORTS = {
    "staff": of_account,
    "account": lambda: of_account(audience=Audience.ACCOUNT),
    "external": lambda: of_external(november()),
    "office": of_office,
}


def opened(report):
    return load_workbook(io.BytesIO(xlsx(report, november().as_of)))


@pytest.mark.parametrize("name", list(REPORTS))
def test_every_table_is_a_sheet_with_the_same_cells_as_the_page(name):
    report = REPORTS[name]()

    book = opened(report)

    assert book.sheetnames == ["この報告書について", *(each.name for each in report.tables)]
    for table in report.tables:
        rows = list(book[table.name].iter_rows(min_row=3, max_row=3 + len(table.rows)))
        assert [cell.value for cell in rows[0]] == list(table.columns)
        for row, cells in zip(table.rows, rows[1:], strict=True):
            assert cells[0].value == row.heading
            for expected, cell in zip(row.cells, cells[1:], strict=True):
                if expected.value is None:
                    assert (cell.value or "") == expected.instead
                else:
                    assert cell.value == pytest.approx(expected.value)
                    assert cell.number_format == expected.form.value


@pytest.mark.parametrize("name", list(REPORTS))
def test_no_cell_is_a_formula_and_every_sheet_prints_on_a4(name):
    book = opened(REPORTS[name]())

    for sheet in book:
        assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.fitToHeight == 0


@pytest.mark.parametrize("name", [FORMULA, "+81", "-1", "@SUM(A1)"])
def test_a_name_that_looks_like_a_formula_stays_text(name):
    about = {**november().about, "bunkyo": replace(november().about["bunkyo"], name=name)}
    snapshot = replace(november(), about=about)

    office, account = opened(of_office(snapshot)), opened(of_account(snapshot=snapshot))

    assert (office["団体"]["A4"].value, office["団体"]["A4"].data_type) == (name, "s")
    assert account["この報告書について"]["A1"].value == f"{name} AU報告書"
    assert account["この報告書について"]["A1"].data_type == "s"


def test_the_first_sheet_says_where_all_of_it_is_from():
    sheet = opened(of_account())["この報告書について"]

    said = {row[0].value: row[1].value for row in sheet.iter_rows() if row[0].value}
    assert said["ハッシュ（SHA-256）"] == november().sha256
    assert said["確認した人"] == "hana（2026年12月1日 09:30）"


def test_the_same_report_makes_the_same_file():
    assert xlsx(of_account(), november().as_of) == xlsx(of_account(), november().as_of)


def test_a_part_is_a_number_in_percent():
    sheet = opened(of_account())["AU"]

    assert sheet["G4"].number_format == Form.GROWTH.value
    assert isinstance(sheet["G4"].value, float)
