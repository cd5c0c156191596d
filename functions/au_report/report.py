"""Report: tables, plots and words in their order, of which HTML and XLSX are only two forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.rules.small_cells import Hidden, Shown


class Audience(StrEnum):
    """Who reads a report, and so what may stand in it."""

    OFFICE = "office"
    """Staff of the office: every figure."""
    ACCOUNT = "account"
    """The account: what leaves the office, small cells hidden."""


class Form(StrEnum):
    """How a value is written."""

    COUNT = "#,##0"
    CHANGE = "+#,##0;-#,##0;±0"
    PERCENT = "0.0%"
    GROWTH = "+0.0%;-0.0%;±0.0%"
    WORDS = "@"


@dataclass(frozen=True, slots=True)
class Cell:
    """A value, or None and what stands in its place."""

    value: float | None
    form: Form
    instead: str = ""

    @property
    def text(self) -> str:
        """As people read it."""
        if self.value is None:
            return self.instead
        match self.form:
            case Form.CHANGE:
                return f"{self.value:+,.0f}" if self.value else "±0"
            case Form.PERCENT:
                return f"{self.value:.1%}"
            case Form.GROWTH:
                return f"{self.value:+.1%}"
            case _:
                return f"{self.value:,.0f}"


MISSING = Cell(None, Form.COUNT, "未報告")
"""No report came: never a zero."""

NONE = Cell(None, Form.COUNT, "－")
"""There is no such figure."""


def count(value: Shown | None) -> Cell:
    """A number of people or enrolments, or what hides it; None where there is none."""
    if value is None:
        return NONE
    if isinstance(value, Hidden):
        return Cell(None, Form.COUNT, value.value)
    return Cell(value, Form.COUNT)


def change(now: int | None, before: int | None) -> Cell:
    """How much a figure has grown."""
    return NONE if now is None or before is None else Cell(now - before, Form.CHANGE)


def growth(now: int | None, before: int | None) -> Cell:
    """By which part a figure has grown."""
    return NONE if now is None or not before else Cell(now / before - 1, Form.GROWTH)


def words(text: str) -> Cell:
    """Words."""
    return Cell(None, Form.WORDS, text)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table; `of` sets one apart that is a part of the line above."""

    heading: str
    cells: tuple[Cell, ...]
    of: bool = False
    total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    r"""A table. `columns` are the headings, that of the lines' own headings first; `name` is its
    sheet's, at most 31 characters of which none is []:*?/\.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def in_words(self, column: int) -> bool:
        """Whether a column of cells, from 0, holds words."""
        return bool(self.rows) and self.rows[0].cells[column].form is Form.WORDS


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing (Vega-Lite), and the same in words for who does not see it."""

    name: str
    title: str
    description: str
    spec: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it: sentences, tables, plots."""

    heading: str
    blocks: tuple[str | Table | Plot, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure that is read first, and what is said of it."""

    name: str
    figure: Cell
    unit: str
    said: str = ""

    @property
    def after(self) -> str:
        """The unit, where there is a figure."""
        return "" if self.figure.value is None else self.unit


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says; `sources` are where it comes from, in pairs of name and words."""

    title: str
    subject: str
    reader: str
    headlines: tuple[Headline, ...]
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
    sources: tuple[tuple[str, str], ...]

    @property
    def tables(self) -> list[Table]:
        """Every table, in order."""
        return [each for s in self.sections for each in s.blocks if isinstance(each, Table)]

    @property
    def plots(self) -> list[Plot]:
        """Every plot, in order."""
        return [each for s in self.sections for each in s.blocks if isinstance(each, Plot)]
