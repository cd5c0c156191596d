"""Reader: what each audience may see of a figure."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.au_report.report import Audience, Cell, count
from shared.rules.small_cells import SMALLEST_SHOWN, Hidden, Shown, alone, split, split_rows, within

_ROUNDED_TO = 5
"""Coarse enough that two reports give away no hidden month between them."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Sees figures as they are in the office, and without small cells outside."""

    audience: Audience

    @property
    def inside(self) -> bool:
        """Whether this is the office."""
        return self.audience is Audience.OFFICE

    def alone(self, value: int) -> Shown:
        """A figure that stands beside no total."""
        return value if self.inside else alone(value)

    def split(self, values: Sequence[int], signs: Sequence[int] | None = None) -> list[Shown]:
        """The cells of a split whose total is shown."""
        return list(values) if self.inside else split(values, signs=signs)

    def split_rows(self, columns: Sequence[Sequence[int]]) -> list[list[Shown]]:
        """Several splits of the same rows."""
        return [list(values) for values in columns] if self.inside else split_rows(columns)

    def within(
        self, total: Shown, values: Sequence[int], least: Sequence[int] | None = None
    ) -> list[Shown]:
        """The cells that a cell is split into."""
        return list(values) if self.inside else within(total, values, least=least)

    def mean(self, people: float) -> str:
        """A mean of months, in words. Outside the office it is whole: two reports with tenths give
        away a month.
        """
        if self.inside:
            return f"{people:,.1f}人"
        shown = alone(round(people))
        return f"{SMALLEST_SHOWN}人未満" if is_hidden(shown) else f"{shown:,}人"


def rounded(value: int) -> int:
    """The nearest multiple of five."""
    return _ROUNDED_TO * ((value + _ROUNDED_TO // 2) // _ROUNDED_TO)


def cells(shown: Sequence[Shown]) -> list[Cell]:
    """The cells of a table."""
    return [count(value) for value in shown]


def is_hidden(value: Shown) -> bool:
    """Whether something stands in a figure's place."""
    return isinstance(value, Hidden)
