"""Table: a CSV or XLSX file as rows with named cells."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.errors import CallError
from cli.files.columns import column_named
from cli.files.csv_cells import csv_cells
from cli.files.faults import Faults
from cli.files.xlsx_cells import xlsx_cells
from shared.office.fields import Fields

_BLANK = " \t\r\n"
"""What is cut off around a cell. A full-width space is not: it begins a Japanese paragraph."""

_CELLS = {".csv": csv_cells, ".xlsx": xlsx_cells}


@dataclass(slots=True)
class Row(Fields):
    """A row: `number` as a spreadsheet counts it (the header is 1), and its cells by column.
    `theirs` is what the file itself calls a column, where it is not one of ours.
    """

    number: int
    cells: Mapping[str, str]
    faults: Faults
    bad: bool = False
    theirs: Mapping[str, str] = field(default_factory=dict)

    def fault(self, column: str, reason: str) -> None:
        """Take down a fault of this row."""
        self.bad = True
        self.faults.add(reason, self.number, self.theirs.get(column, column))

    def note(self, what: str) -> None:
        """Take down that something was written in another way than ours."""
        self.faults.notes[what] += 1


def read_table(path: Path, columns: Sequence[str], faults: Faults) -> list[Row]:
    """The rows of a file that has exactly `columns`, in any order; blank rows are left out.

    A row with too many or too few cells is a fault, and left out. CallError where there is no
    such file or it is of another kind, BadFileError where it cannot be read as a table.
    """
    return _table(path, lambda cells: _header(cells, columns, faults), faults)


def read_other_table(path: Path, columns: Collection[str], faults: Faults) -> list[Row]:
    """The rows of a file of another system that has at least `columns`, by the names it gives
    them; as `read_table` for the rest.
    """
    return _table(path, lambda cells: _other_header(cells, columns, faults), faults)


def _table(
    path: Path, header_of: Callable[[Sequence[str]], list[str]], faults: Faults
) -> list[Row]:
    cells_of = _CELLS.get(path.suffix.lower())
    if cells_of is None:
        raise CallError(f"{path}: must be a .csv or an .xlsx file")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise CallError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise CallError(f"{path}: is a directory; name the file in it") from None
    except OSError as error:
        raise CallError(f"{path}: cannot be read: {error.strerror}") from None
    filled = (row for row in cells_of(content, faults) if any(map(_trimmed, row[1])))
    header = next(filled, None)
    if header is None:
        faults.add("is empty; the first row must name the columns")
        faults.stop()
        return []
    names = header_of(header[1])
    rows = list(_rows(filled, names, faults))
    if faults.rows == 0:
        faults.add("has no rows below the header")
        faults.stop()
    return rows


def _header(cells: Sequence[str], columns: Sequence[str], faults: Faults) -> list[str]:
    """The names of the columns; BadFileError where they are not those asked for."""
    written = [_trimmed(cell) for cell in cells]
    while not written[-1]:
        written.pop()
    known = f"the columns are {','.join(columns)}"
    if len(written) == 1 and len(written[0].split(";")) + len(written[0].split("\t")) > 2:
        faults.add("the cells must be separated by commas", 1)
    elif not any(column_named(each, columns) for each in written) and len(columns) > 1:
        faults.add(f"names no column; take out what stands above the header; {known}", 1)
    faults.stop()
    names = [column_named(each, columns) or each for each in written]
    for name in dict.fromkeys(names):
        if name not in columns:
            faults.add(
                f"is unknown; {known}" if name else f"a column has no name; {known}", 1, name
            )
        elif names.count(name) > 1:
            faults.add("is there twice", 1, name)
    for name in columns:
        if name not in names:
            faults.add("is missing", 1, name)
    faults.stop()
    return names


def _other_header(cells: Sequence[str], columns: Collection[str], faults: Faults) -> list[str]:
    """The names of the columns as they stand; BadFileError where one that is asked for is not there
    exactly once.
    """
    written = [_trimmed(cell) for cell in cells]
    while not written[-1]:
        written.pop()
    names = [column_named(each, list(columns)) or each for each in written]
    for name in columns:
        if names.count(name) != 1:
            faults.add("is there twice" if name in names else "is missing", 1, name)
    faults.stop()
    return names


def _rows(
    filled: Iterator[tuple[int, list[str]]], names: Sequence[str], faults: Faults
) -> Iterator[Row]:
    for number, cells in filled:
        faults.rows += 1
        trimmed = [_trimmed(cell) for cell in cells]
        while len(trimmed) > len(names) and not trimmed[-1]:
            trimmed.pop()
        if len(trimmed) != len(names):
            faults.add(f"has {len(trimmed)} cells; the header has {len(names)}", number)
            continue
        yield Row(number, dict(zip(names, trimmed, strict=True)), faults)


def _trimmed(cell: str) -> str:
    """A cell without the blanks around it, its lines ended by LF."""
    return cell.replace("\r\n", "\n").replace("\r", "\n").strip(_BLANK)
