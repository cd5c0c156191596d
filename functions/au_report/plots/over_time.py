"""AU month by month: a line for each series, told apart by its dash, its shape and its name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from functions.au_report.plots.names import margin, names
from functions.au_report.plots.theme import DARK, INK, MIDDLE, MONTHS, frame
from functions.au_report.report import MISSING, Cell, Plot
from shared.rules.months import Month
from shared.rules.small_cells import Hidden

_STYLES = (
    {"color": INK, "dash": [1, 0], "shape": "circle", "width": 2.5},
    {"color": DARK, "dash": [7, 3], "shape": "square", "width": 2},
    {"color": MIDDLE, "dash": [2, 3], "shape": "triangle-up", "width": 2},
)


@dataclass(frozen=True, slots=True)
class Line:
    """A series by month; a hidden or missing figure leaves a gap."""

    name: str
    cells: Sequence[Cell]


def over_time(name: str, title: str, months: Sequence[Month], lines: Sequence[Line]) -> Plot:
    """The lines over the months, at most three."""
    labels = [str(month) for month in months]
    drawn = [
        layer
        for line, style in zip(lines, _STYLES, strict=False)
        for layer in _line(line, labels, style)
    ]
    top = max((cell.value or 0 for line in lines for cell in line.cells), default=0)
    ends = names(_ends(lines), top, labels[-1], _axes(labels))
    return Plot(
        name,
        title,
        " ".join(_told(line, months) for line in lines),
        {**frame(230, right=margin(line.name for line in lines)), "layer": [*drawn, ends]},
        _notes(lines),
    )


def _line(line: Line, labels: Sequence[str], style: dict[str, Any]) -> list[dict[str, Any]]:
    values = [
        {"month": label, "figure": cell.value}
        for label, cell in zip(labels, line.cells, strict=True)
    ]
    data, encoding = {"values": values}, _axes(labels)
    stroke = {"strokeWidth": style["width"], "strokeDash": style["dash"]}
    point = {"shape": style["shape"], "filled": True, "size": 34, "opacity": 1}
    return [
        {
            "data": data,
            "mark": {"type": "line", "color": style["color"], **stroke},
            "encoding": encoding,
        },
        {
            "data": data,
            "transform": [{"filter": "datum.figure != null"}],
            "mark": {"type": "point", "color": style["color"], **point},
            "encoding": encoding,
        },
    ]


def _axes(labels: Sequence[str]) -> dict[str, Any]:
    return {
        "x": {
            "field": "month",
            "type": "ordinal",
            "scale": {"domain": list(labels), "type": "point", "padding": 0.3},
            "axis": {"title": None, "labelAngle": 0, "labelExpr": MONTHS, "labelOverlap": False},
        },
        "y": {
            "field": "figure",
            "type": "quantitative",
            "scale": {"zero": True, "nice": True},
            "axis": {"title": None, "format": ",d", "tickCount": 5, "tickMinStep": 1},
        },
    }


def _ends(lines: Sequence[Line]) -> Iterator[tuple[float, str]]:
    for line in lines:
        last = next((cell for cell in reversed(line.cells) if cell.value is not None), None)
        if last is not None:
            yield last.value or 0, f"{line.name} {last.text}"


def _notes(lines: Sequence[Line]) -> tuple[str, ...]:
    """Why a line has gaps."""
    stands = {cell.instead for line in lines for cell in line.cells if cell.value is None}
    found = []
    if stands & set(Hidden):
        found.append("線が途切れている月は、少人数のため表示していません。")
    if MISSING.instead in stands:
        found.append("線が途切れている月は、未報告です。")
    return tuple(found)


def _told(line: Line, months: Sequence[Month]) -> str:
    told = "、".join(
        f"{month.year}年{month.month}月 {cell.text}"
        for month, cell in zip(months, line.cells, strict=True)
    )
    return f"{line.name}: {told}。"
