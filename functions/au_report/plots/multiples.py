"""Small multiples: a small line for each account, side by side over the same months."""

import json
from collections.abc import Sequence
from typing import Any

from functions.au_report.plots.over_time import Line
from functions.au_report.plots.theme import DARK, INK, WIDTH
from functions.au_report.report import Plot
from shared.rules.months import Month

_COLUMNS = 4
_GAP = 18


def multiples(name: str, title: str, months: Sequence[Month], lines: Sequence[Line]) -> Plot:
    """The lines, each with its own height and its first and last figure in its name. A missing
    figure leaves a gap.
    """
    values = [
        {"n": n, "month": str(month), "figure": cell.value}
        for n, line in enumerate(lines)
        for month, cell in zip(months, line.cells, strict=True)
    ]
    first, last = months[0], months[-1]
    told = "、".join(
        f"{line.name} {line.cells[0].text} から {line.cells[-1].text}" for line in lines
    )
    return Plot(
        name,
        title,
        f"{first.year}年{first.month}月末から{last.year}年{last.month}月末まで。{told}。",
        _spec(values, months, [f"{line.name}  {line.cells[-1].text}" for line in lines]),
        ("縦軸の目盛りは団体ごとに違い、大きさではなく動きを見るための図です。",),
    )


def _spec(
    values: list[dict[str, Any]], months: Sequence[Month], names: Sequence[str]
) -> dict[str, Any]:
    return {
        "data": {"values": values},
        "facet": {
            "field": "n",
            "type": "ordinal",
            "sort": "ascending",
            "header": {
                "title": None,
                "labelExpr": f"{json.dumps(list(names))}[datum.value]",
                "labelAnchor": "start",
                "labelFontSize": 11,
                "labelFontWeight": "bold",
                "labelColor": INK,
                "labelLimit": 150,
                "labelPadding": 4,
            },
        },
        "columns": _COLUMNS,
        "spacing": {"row": 14, "column": _GAP},
        "spec": _one(months),
        "resolve": {"scale": {"y": "independent"}},
    }


def _one(months: Sequence[Month]) -> dict[str, Any]:
    x = {
        "field": "month",
        "type": "ordinal",
        "scale": {"domain": [str(month) for month in months], "type": "point", "padding": 0.1},
        "axis": None,
    }
    y = {
        "field": "figure",
        "type": "quantitative",
        "scale": {"zero": False, "nice": False},
        "axis": None,
    }
    last = str(months[-1])
    return {
        "width": (WIDTH - 20) // _COLUMNS - _GAP,
        "height": 44,
        "view": {"stroke": "#d0d0d0"},
        "layer": [
            {
                "mark": {"type": "line", "color": DARK, "strokeWidth": 2},
                "encoding": {"x": x, "y": y},
            },
            {
                "transform": [{"filter": f"datum.month == '{last}' && datum.figure != null"}],
                "mark": {"type": "point", "color": INK, "filled": True, "size": 30, "opacity": 1},
                "encoding": {"x": x, "y": y},
            },
        ],
    }
