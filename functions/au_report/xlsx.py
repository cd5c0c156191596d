"""XLSX: a report's tables as a workbook, a sheet each, and a sheet that says what they are."""

import io
from datetime import datetime
from typing import Any

import xlsxwriter

from functions.au_report.report import Cell, Form, Report, Table

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_A4 = 9
_NARROW, _WIDE, _MOST = 10, 22, 48


def xlsx(report: Report, as_of: datetime) -> bytes:
    """The workbook. It is dated `as_of`, so the same report makes the same file; what looks like a
    formula is text.
    """
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"title": report.title, "created": as_of.replace(tzinfo=None)})
    formats = _Formats(book)
    _about(book.add_worksheet("この報告書について"), report, formats)
    for table in report.tables:
        _table(book.add_worksheet(table.name), table, report, formats)
    book.close()
    return file.getvalue()


class _Formats:
    """The looks of cells."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 - xlsxwriter has no types
        border = {"bottom": 1, "bottom_color": "#CCCCCC", "valign": "vcenter"}
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.name = book.add_format({"bold": True, "valign": "top"})
        self.words = book.add_format({"text_wrap": True, "valign": "top"})
        self.head = book.add_format(
            {"bold": True, "bg_color": "#E8F1FE", "text_wrap": True, "align": "center", **border}
        )
        self.heading = book.add_format({"text_wrap": True, **border})
        self.part = book.add_format({"text_wrap": True, "indent": 1, **border})
        self.total = book.add_format({"bold": True, "text_wrap": True, **border})
        self.cells = {
            form: book.add_format({"num_format": form.value, "align": "right", **border})
            for form in Form
        }


def _about(sheet: Any, report: Report, formats: _Formats) -> None:  # noqa: ANN401
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, report.title, formats.title)
    lines = [
        ("対象", report.subject),
        ("用途", report.reader),
        *(("ご注意", each) for each in report.warnings),
        *((each.name, f"{each.figure.text}{each.after}") for each in report.headlines),
        *report.sources,
    ]
    for n, (name, said) in enumerate(lines, 2):
        sheet.write_string(n, 0, name, formats.name)
        sheet.write_string(n, 1, said, formats.words)
    paragraphs = [b for s in report.sections for b in s.blocks if isinstance(b, str)]
    for n, each in enumerate(paragraphs, len(lines) + 3):
        sheet.write_string(n, 1, each, formats.words)
    _on_paper(sheet, report, landscape=False)


def _table(sheet: Any, table: Table, report: Report, formats: _Formats) -> None:  # noqa: ANN401
    sheet.write_string(0, 0, table.caption, formats.title)
    for column, heading in enumerate(table.columns):
        sheet.write_string(2, column, heading, formats.head)
    for n, row in enumerate(table.rows, 3):
        plain = formats.total if row.total else formats.heading
        sheet.write_string(n, 0, row.heading, formats.part if row.of else plain)
        for column, cell in enumerate(row.cells, 1):
            _write(sheet, n, column, cell, formats)
    for n, note in enumerate(table.notes, len(table.rows) + 4):
        sheet.write_string(n, 0, note)
    headings = [table.columns[0], *(row.heading for row in table.rows)]
    sheet.set_column(0, 0, min(_MOST, max(_WIDE, 2 * max(map(len, headings)))))
    for column in range(1, len(table.columns)):
        said = [row.cells[column - 1].text for row in table.rows]
        sheet.set_column(column, column, min(_MOST, max(_NARROW, 2 * max(map(len, said)))))
    sheet.freeze_panes(3, 1)
    sheet.repeat_rows(2)
    _on_paper(sheet, report, landscape=len(table.columns) > 7)


def _write(sheet: Any, row: int, column: int, cell: Cell, formats: _Formats) -> None:  # noqa: ANN401
    if cell.value is None:
        sheet.write_string(row, column, cell.instead, formats.cells[Form.WORDS])
    else:
        sheet.write_number(row, column, cell.value, formats.cells[cell.form])


def _on_paper(sheet: Any, report: Report, *, landscape: bool) -> None:  # noqa: ANN401
    sheet.set_paper(_A4)
    if landscape:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    # In headers & begins a code; two stand for one.
    sheet.set_footer(f"&L{report.title.replace('&', '&&')[:100]}&R&P / &N")
