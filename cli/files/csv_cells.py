"""CSV cells: the rows of a UTF-8 file as RFC 4180 has them."""

import codecs
import csv
import io
from collections.abc import Iterator

from cli.files.faults import Faults

_LONGEST_CELL = 10_000_000
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAVE_AS = "save it as 「CSV UTF-8」"


def csv_cells(content: bytes, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Each row's number, as a spreadsheet counts, and its cells as they are.

    BadFileError where the content is not UTF-8, holds NUL bytes, or is quoted wrongly.
    """
    if content.startswith(_UTF16):
        faults.add(f"is UTF-16, not UTF-8; {_SAVE_AS}")
    elif b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        faults.add(f"a NUL byte on line {line}: this is no text file; {_SAVE_AS}")
    faults.stop()
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(_decoded(content, faults), newline=""), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            yield number, cells
    except csv.Error:
        faults.add(
            'a quoted cell does not end well; write "..." and double each quote inside',
            row=number + 1,
        )
        faults.stop()


def _decoded(content: bytes, faults: Faults) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        guess = "Shift_JIS by the look of it, " if _is_shift_jis(content) else ""
        faults.add(
            f"{guess}not UTF-8 (byte {error.start + 1}, on line {line}); "
            f"{_SAVE_AS}, in Excel under 名前を付けて保存"
        )
        faults.stop()
        raise


def _is_shift_jis(content: bytes) -> bool:
    try:
        content.decode("cp932")
    except UnicodeDecodeError:
        return False
    return True
