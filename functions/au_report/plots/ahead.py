"""The forecast: what is known as an area, the estimate as a line, and its band around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from functions.au_report.plots.names import names
from functions.au_report.plots.theme import DARK, INK, LIGHT, MIDDLE, MONTHS, QUIET, frame
from functions.au_report.report import Cell, Plot
from shared.rules.months import Month

_TOLD_EVERY = 12
_QUARTERS = (1, 4, 7, 10)
_INSIDE = 1
"""The month above which the area has its name."""


@dataclass(frozen=True, slots=True)
class Course:
    """A forecast month by month, as its readers see it; a hidden figure leaves a gap."""

    months: Sequence[Month]
    known: Sequence[Cell]
    middle: Sequence[Cell]
    low: Sequence[Cell]
    high: Sequence[Cell]


def ahead(name: str, title: str, course: Course) -> Plot:
    """The months ahead."""
    values = [
        {"month": str(month), "known": k.value, "middle": m.value, "low": lo.value, "high": h.value}
        for month, k, m, lo, h in zip(
            course.months, course.known, course.middle, course.low, course.high, strict=True
        )
    ]
    gaps = any(value is None for point in values for value in point.values())
    return Plot(
        name,
        title,
        "".join(_told(course, n) for n in _told_months(course.months)),
        {**frame(250, right=110), "data": {"values": values}, "layer": _layers(course)},
        ("少人数のため、途中から表示していない部分があります。",) if gaps else (),
    )


def _told_months(months: Sequence[Month]) -> range:
    return range(_TOLD_EVERY - 1, len(months), _TOLD_EVERY)


def _told(course: Course, n: int) -> str:
    month = course.months[n]
    return (
        f"{month.year}年{month.month}月末: 見込み {course.middle[n].text}"
        f"（80%の幅 {course.low[n].text} から {course.high[n].text}）、"
        f"うち今いる方だけで {course.known[n].text}。"
    )


def _layers(course: Course) -> list[dict[str, Any]]:
    labels = [str(month) for month in course.months]
    x = {
        "field": "month",
        "type": "ordinal",
        "scale": {"domain": labels, "type": "point", "padding": 0.1},
        "axis": {
            "title": None,
            "labelAngle": 0,
            "values": [str(m) for m in course.months if m.month in _QUARTERS],
            "labelExpr": MONTHS,
            "labelOverlap": False,
        },
    }
    y = {
        "type": "quantitative",
        "scale": {"zero": True, "nice": True},
        "axis": {"title": None, "format": ",d", "tickCount": 5, "tickMinStep": 1},
    }

    def layer(mark: dict[str, Any], field: str, **more: dict[str, str]) -> dict[str, Any]:
        return {"mark": mark, "encoding": {"x": x, "y": {**y, "field": field}, **more}}

    edge = {"type": "line", "color": QUIET, "strokeWidth": 1, "strokeDash": [3, 3]}
    known = {
        "type": "area",
        "color": MIDDLE,
        "opacity": 1,
        "line": {"color": DARK, "strokeWidth": 1},
    }
    return [
        layer({"type": "area", "color": LIGHT, "opacity": 1}, "low", y2={"field": "high"}),
        layer(edge, "low"),
        layer(edge, "high"),
        layer(known, "known"),
        layer({"type": "line", "color": INK, "strokeWidth": 2.5}, "middle"),
        *_names(course, x, y),
    ]


def _names(course: Course, x: dict[str, Any], y: dict[str, Any]) -> list[dict[str, Any]]:
    """What each line is, behind its last point, and the area, inside it."""
    lines = (("見込み", course.middle), ("幅の上", course.high), ("幅の下", course.low))
    ends = [
        (cells[-1].value, f"{name} {cells[-1].text}")
        for name, cells in lines
        if cells[-1].value is not None
    ]
    axes = {"x": x, "y": {**y, "field": "figure"}}
    top = max((cell.value or 0 for cell in course.high), default=0)
    inside = [
        (cell.value / 3, "今いる方")
        for cell in course.known[_INSIDE : _INSIDE + 1]
        if cell.value is not None
    ]
    return [
        names(ends, top, str(course.months[-1]), axes),
        names(inside, top, str(course.months[_INSIDE]), axes),
    ]
