"""Any CSV or XLSX file becomes rows, or says what is wrong with it and where."""

import io
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from cli.errors import CallError
from cli.files.faults import BadFileError, Fault, Faults
from cli.files.table import read_table

COLUMNS = ("name", "day", "at")


def read(path):
    faults = Faults(path.name)
    return [(row.number, dict(row.cells)) for row in read_table(path, COLUMNS, faults)], faults


def workbook(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


ONE_ROW = [(2, {"name": "a", "day": "2026-11-25", "at": "09:00"})]


@pytest.mark.parametrize(
    "content",
    [
        "name,day,at\na,2026-11-25,09:00\n",
        "\ufeffname,day,at\na,2026-11-25,09:00\n",
        "name,day,at\r\na,2026-11-25,09:00\r\n",
        '"name","day","at"\n"a","2026-11-25","09:00"',
        "at,name,day\n09:00,a,2026-11-25\n",
        " name ,day,at,,\n a , 2026-11-25,09:00,,\n",
        "name,day,at\na,2026-11-25,09:00,\n,,\n\n",
    ],
    ids=["plain", "BOM", "CRLF", "quoted", "other order", "blanks around", "blank rows after"],
)
def test_a_csv_is_read_whoever_wrote_it(write, content):
    rows, faults = read(write("x.csv", content))
    assert rows == ONE_ROW
    assert not faults.found


def test_a_quoted_cell_may_hold_commas_quotes_and_lines(write):
    rows, _ = read(write("x.csv", 'name,day,at\r\n"a, ""b""\r\nc",,\r\n\r\nd,,\r\n'))
    assert rows == [
        (2, {"name": 'a, "b"\nc', "day": "", "at": ""}),
        (4, {"name": "d", "day": "", "at": ""}),
    ]


def test_a_full_width_space_that_begins_a_paragraph_is_kept(write):
    rows, _ = read(write("x.csv", "name,day,at\n　はじめに,,\n"))
    assert rows[0][1]["name"] == "　はじめに"


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("name,day,at\r\n髙﨑①,b,c\r\n".encode("cp932"), "read as CP932 (Shift_JIS)"),
        ("name\tday\tat\r\n髙﨑①\tb\tc\r\n".encode("utf-16"), "read as UTF-16 with tabs"),
        ("Ｎａｍｅ, D a y ,AT\n髙﨑①,b,c\n".encode(), None),
        ("名称,日数,at\n髙﨑①,b,c\n".encode(), None),
    ],
    ids=["CP932", "UTF-16", "case, blanks and width", "Japanese names"],
)
def test_a_csv_is_read_as_excel_in_japan_saves_it_and_says_so(write, content, note):
    rows, faults = read(write("x.csv", content))

    assert rows == [(2, {"name": "髙﨑①", "day": "b", "at": "c"})]
    assert [each[: len(note or "")] for each in faults.told()] == ([note] if note else [])


@pytest.mark.parametrize(
    ("content", "row", "column", "reason"),
    [
        (b"", None, None, "is empty"),
        (b"\n \n", None, None, "is empty"),
        (b"name,day,at\n", None, None, "no rows below the header"),
        (b"name,day\na,b\n", 1, "at", "is missing"),
        (b"name,day,at,age\na,b,c,d\n", 1, "age", "is unknown; the columns are name,day,at"),
        (b"name,day,at,day\na,b,c,d\n", 1, "day", "is there twice"),
        (b"name,,at,day\na,b,c,d\n", 1, "", "a column has no name"),
        (b"name;day;at\na;b;c\n", 1, None, "separated by commas"),
        ("登録者一覧\nname,day,at\n".encode(), 1, None, "take out what stands above the header"),
        (b"name,day,at\na,b\n", 2, None, "has 2 cells; the header has 3"),
        (b"name,day,at\na,b,c\n\na,b,c,d\n", 4, None, "has 4 cells; the header has 3"),
        (b'name,day,at\na,b,c\n"a,b,c\n', 3, None, "a quoted cell does not end well"),
        (b'name,day,at\n"a"b,b,c\n', 2, None, "a quoted cell does not end well"),
        (b"name,day,at\na\0,b,c\n", None, None, "a NUL byte on line 2"),
        ("name,day,at\n".encode("utf-16")[:-1], None, None, "is cut off or broken"),
        (b"name,day,at\n\xff\xff,b,c\n", None, None, "neither UTF-8 (byte 13, on line 2) nor"),
        (
            "name,day,at\n文京区本郷".encode()[:-1],
            None,
            None,
            "neither UTF-8 (byte 25, on line 2) nor CP932",
        ),
    ],
)
def test_a_bad_csv_says_what_is_wrong_and_where(write, content, row, column, reason):
    path = write("x.csv", content)
    faults = Faults(path.name)
    with suppress(BadFileError):
        read_table(path, COLUMNS, faults)
    (fault,) = faults.found
    assert (fault.row, fault.column) == (row, column)
    assert reason in fault.reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x.txt", "must be a .csv or an .xlsx file"),
        ("x.xls", "must be a .csv or an .xlsx file"),
        ("nowhere.csv", "there is no such file"),
        ("folder.csv", "is a directory"),
    ],
)
def test_a_file_that_is_none_is_a_wrong_call(tmp_path, name, reason):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "x.txt").touch()
    with pytest.raises(CallError, match=reason):
        read_table(tmp_path / name, COLUMNS, Faults(name))


def test_an_xlsx_gives_the_same_rows_as_its_csv(write):
    csv = 'name,day,at\n文京区,2026-11-25,09:00\n3,2026-11-25T09:30,21:00\n\n"a\nb",TRUE,0.5\n'
    cells = [
        ("name", "day", "at"),
        ("文京区", date(2026, 11, 25), time(9)),
        (3.0, datetime(2026, 11, 25, 9, 30), time(21)),  # noqa: DTZ001 - as Excel has it
        (),
        ("a\nb", True, 0.5),
    ]
    rows, _ = read(write("x.csv", csv))
    assert read(write("x.XLSX", workbook(cells)))[0] == rows
    assert [number for number, _ in rows] == [2, 3, 5]


def test_an_xlsx_is_read_as_spreadsheets_store_it(write):
    """Cells missing at the end, a blank row and column, a second sheet, the date system of 1904."""
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    sheet.append(("name", "day", "at", None))
    sheet.append(("a", date(2026, 11, 25)))
    sheet.append(())
    sheet.append(("b", None, time(9)))
    sheet["A4"].alignment = openpyxl.styles.Alignment(wrap_text=True)
    book.create_sheet("メモ").append(("of no use",))
    content = io.BytesIO()
    book.save(content)

    rows, faults = read(write("x.xlsx", content.getvalue()))

    assert rows == [
        (2, {"name": "a", "day": "2026-11-25", "at": ""}),
        (4, {"name": "b", "day": "", "at": "09:00"}),
    ]
    assert faults.told() == ("only the first sheet, Sheet, was read",)


def test_formulas_and_error_values_in_an_xlsx_are_faults_of_their_cells(write):
    cells = [COLUMNS, ("a", "=TODAY()", "b"), ("a", "b", "c"), ("a", "b", "#N/A")]
    rows, faults = read(write("x.xlsx", workbook(cells)))
    assert [number for number, _ in rows] == [3]
    assert faults.rows == 3
    assert faults.found == [
        Fault(2, "day", "is a formula; paste its value instead"),
        Fault(4, "at", "is an error value, like #N/A"),
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda _: b"name,day,at\na,b,c\n",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole.replace(b"PK", b"KP"),
    ],
    ids=["empty", "a csv", "cut off", "garbled"],
)
def test_a_broken_xlsx_is_one_fault(write, spoil):
    path = write("x.xlsx", spoil(workbook([COLUMNS, ("a", "b", "c")])))
    with pytest.raises(BadFileError, match="cannot be read as an XLSX workbook"):
        read(path)


def test_a_large_file_is_read_in_seconds(write):
    path = write("x.csv", "name,day,at\n" + "a,2026-11-25,09:00\n" * 200_000)
    rows, _ = read(path)
    assert len(rows) == 200_000


def test_faults_are_told_by_row_a_hundred_lines_at_most():
    faults = Faults("x.csv")
    faults.rows = 2000
    for row in range(300, 1, -1):
        faults.add("must be a date like 2026-11-25", row, "day")
    faults.add("is odd")
    with pytest.raises(BadFileError) as raised:
        faults.stop()
    lines = list(raised.value.lines())
    assert lines[0] == "x.csv: is odd"
    assert lines[1] == "x.csv: row 2, column day: must be a date like 2026-11-25"
    assert lines[100:] == [
        "x.csv: and 200 more",
        "x.csv: 300 faults in 299 of 2,000 rows; nothing was loaded",
    ]
    assert str(raised.value) == "x.csv: is odd (and 299 more); nothing was loaded"


def test_an_unreadable_file_is_a_wrong_call(write, monkeypatch):
    path = write("x.csv", "name,day,at\n")

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(CallError, match="cannot be read: Permission denied"):
        read_table(path, COLUMNS, Faults(path.name))
