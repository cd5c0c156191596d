"""Faults: what is wrong in a file, and where. All of them are told, and nothing is loaded."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cli.errors import KizunaError

MOST_LINES = 100
"""How many faults are printed; a person mends the first and tries again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `row` as a spreadsheet counts (None: the file as a whole), and what is right."""

    row: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        """Where, and why."""
        places = [f"row {self.row}"] if self.row else []
        places += [f"column {self.column}"] if self.column else []
        return f"{', '.join(places)}: {self.reason}" if places else self.reason


class BadFileError(KizunaError):
    """A file with faults, by row. Nothing of it was loaded."""

    def __init__(self, file: str, rows: int, faults: Sequence[Fault]) -> None:
        self.file, self.rows = file, rows
        self.faults = sorted(faults, key=lambda fault: fault.row or 0)
        more = f" (and {len(faults) - 1:,} more)" if len(faults) > 1 else ""
        super().__init__(f"{file}: {self.faults[0]}{more}; nothing was loaded")

    def lines(self) -> Iterator[str]:
        """The faults for a person, a line each, and their sum in the last."""
        for fault in self.faults[:MOST_LINES]:
            yield f"{self.file}: {fault}"
        if len(self.faults) > MOST_LINES:
            yield f"{self.file}: and {len(self.faults) - MOST_LINES:,} more"
        yield f"{self.file}: {self._sum()}; nothing was loaded"

    def json(self) -> dict[str, Any]:
        """The faults for a program."""
        return {
            "file": self.file,
            "rows": self.rows,
            "faults": [asdict(fault) for fault in self.faults],
            "loaded": 0,
        }

    def _sum(self) -> str:
        faults = "1 fault" if len(self.faults) == 1 else f"{len(self.faults):,} faults"
        bad_rows = len({fault.row for fault in self.faults if fault.row})
        rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        return f"{faults} in {bad_rows:,} of {rows}" if bad_rows and self.rows else faults


class Faults:
    """The faults found so far in `file`, how many rows it has, and how it was read."""

    def __init__(self, file: str) -> None:
        self.file, self.rows = file, 0
        self.found: list[Fault] = []
        self.read_as: list[str] = []
        """How the file as a whole was read, where it is not one of ours."""
        self.notes: Counter[str] = Counter()
        """What was written in another way than ours, and how it was read."""

    def add(self, reason: str, row: int | None = None, column: str | None = None) -> None:
        """Take down one more fault."""
        self.found.append(Fault(row, column, reason))

    def told(self) -> tuple[str, ...]:
        """How the file was read, for its summary."""
        return (*self.read_as, *(f"{number:,} {what}" for what, number in self.notes.items()))

    def stop(self) -> None:
        """BadFileError with all faults, if there are any."""
        if self.found:
            raise BadFileError(self.file, self.rows, self.found)
