"""CSV cells: the rows of a file as RFC 4180 has them, in the encodings that people save in."""

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator

from cli.files.faults import Faults

_LONGEST_CELL = 10_000_000
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAVE_AS = "save it as 「CSV UTF-8」, in Excel under 名前を付けて保存"


def csv_cells(content: bytes, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Each row's number, as a spreadsheet counts, and its cells as they are.

    UTF-8, with or without BOM; CP932, where the bytes are no UTF-8; UTF-16 with tabs (Excel's
    「Unicode テキスト」). BadFileError where it is none of them, holds NULs, or is badly quoted.
    """
    utf16 = content.startswith(_UTF16)
    text = _utf16(content, faults) if utf16 else _decoded(content, faults)
    csv.field_size_limit(_LONGEST_CELL)
    delimiter = "\t" if utf16 else ","
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
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


def _utf16(content: bytes, faults: Faults) -> str:
    try:
        text = content.decode("utf-16")
    except UnicodeDecodeError:
        faults.add(f"begins as UTF-16 and is cut off or broken; {_SAVE_AS}")
        faults.stop()
        raise
    _check_text(text, faults)
    faults.read_as.append("read as UTF-16 with tabs")
    return text


def _decoded(content: bytes, faults: Faults) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = _cp932(content)
        if found is None:
            line = content.count(b"\n", 0, error.start) + 1
            place = f"byte {error.start + 1}, on line {line}"
            faults.add(f"neither UTF-8 ({place}) nor CP932; {_SAVE_AS}")
            faults.stop()
            raise
        text = found
        faults.read_as.append("read as CP932 (Shift_JIS), as Excel in Japan saves it")
    _check_text(text, faults)
    return text


def _check_text(text: str, faults: Faults) -> None:
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        faults.add(f"a NUL byte on line {line}: this is no text file; {_SAVE_AS}")
    faults.stop()


def _cp932(content: bytes) -> str | None:
    """The content as CP932; None where it is none, has letters that only one machine knows, or is
    UTF-8 that was broken somewhere: of that, most characters are whole.
    """
    as_utf8 = content.decode("utf-8", errors="replace")
    broken = as_utf8.count("\N{REPLACEMENT CHARACTER}")
    if sum(not each.isascii() for each in as_utf8) - broken >= broken:
        return None
    try:
        found = content.decode("cp932")
    except UnicodeDecodeError:
        return None
    return None if any(unicodedata.category(each) == "Co" for each in found) else found
