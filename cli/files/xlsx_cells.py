"""XLSX cells: the rows of a workbook's first sheet, in the words that a CSV would have."""

import io
import warnings
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from cli.files.faults import BadFileError, Faults

_BROKEN = (
    BadZipFile,
    zlib.error,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
    NotImplementedError,
)
"""What openpyxl raises on a workbook that is none, is encrypted, or is cut off."""

_NO_VALUE = {"f": "is a formula; paste its value instead", "e": "is an error value, like #N/A"}
"""Kinds of cell (ECMA-376 18.18.11, and openpyxl's f) that say nothing by themselves."""

_DAY = timedelta(days=1)


def xlsx_cells(content: bytes, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Each row's number and its cells as text: dates as YYYY-MM-DD, times as HH:MM, whole numbers
    without a point. A row with a formula or an error value is a fault, and left out.

    BadFileError where the workbook, or its header, cannot be read.
    """
    header: list[str] = []
    for number, row in enumerate(_sheet(content, faults), 1):
        bad = [(i, cell) for i, cell in enumerate(row) if cell.data_type in _NO_VALUE]
        for i, cell in bad:
            column = header[i] if i < len(header) else cell.column_letter
            faults.add(_NO_VALUE[cell.data_type], number, column)
        if bad and not header:
            faults.stop()
        if bad:
            faults.rows += 1
            continue
        cells = [_text(cell.value) for cell in row]
        header = header or (cells if any(cells) else [])
        # A spreadsheet does not store the empty cells at the end of a row.
        yield number, cells + [""] * (len(header) - len(cells))


def _sheet(content: bytes, faults: Faults) -> Iterator[Sequence[Any]]:
    """The first sheet's rows as openpyxl gives them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions: nothing we read
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs write them wrongly
            if len(book.worksheets) > 1:
                faults.read_as.append(f"only the first sheet, {sheet.title}, was read")
            yield from sheet.iter_rows()
    except _BROKEN:
        faults.add("cannot be read as an XLSX workbook; open it in Excel and save it again")
        raise BadFileError(faults.file, faults.rows, faults.found) from None


def _text(value: object) -> str:
    """A cell's value as formats.md writes it."""
    match value:
        case None:
            text = ""
        case bool():
            text = str(value).upper()
        case float() if value.is_integer():
            text = str(int(value))
        case datetime() if value.time() == time.min:
            text = value.date().isoformat()
        case datetime() | time():
            text = value.isoformat(timespec="auto" if value.second else "minutes")
        case timedelta() if timedelta() <= value < _DAY:
            text = _text((datetime.min + value).time())  # noqa: DTZ901 - only its clock
        case _:
            text = str(value)
    return text
