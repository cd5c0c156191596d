"""The balance sheet as a waterfall: from the opening figure, flow by flow, to the closing one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from functions.au_report.plots.theme import DARK, INK, MIDDLE, frame
from functions.au_report.report import Cell, Plot

_ROW = 22
_HIDDEN = "非表示の項目の差引"


@dataclass(frozen=True, slots=True)
class Step:
    """A flow: `sign` is +1 where it comes in and -1 where it goes out."""

    name: str
    cell: Cell
    sign: int


def waterfall(name: str, title: str, opening: Cell, steps: Sequence[Step], closing: Cell) -> Plot:
    """The balance sheet, from the top down. What is hidden has no bar of its own: all of it
    together is one, before the closing figure, as the shown figures let it be computed anyway.
    """
    level = begin = int(opening.value or 0)
    end = int(closing.value or 0)
    bars = [_bar("期首", 0, begin, opening.text, "whole")]
    for step in steps:
        if step.cell.value is None:
            bars.append(_bar(step.name, level, level, step.cell.text, "hidden"))
            continue
        after = level + step.sign * int(step.cell.value)
        grows = after >= level
        said = f"{after - level:+,}" if step.cell.value else "0"
        bars.append(_bar(step.name, level, after, said, "in" if grows else "out"))
        level = after
    hidden = any(step.cell.value is None for step in steps)
    if hidden:
        bars.append(_bar(_HIDDEN, level, end, "", "in" if end >= level else "out"))
    bars.append(_bar("期末", 0, end, closing.text, "whole"))
    low = _start([bar["from"] for bar in bars[1:-1]] + [begin, end])
    for bar in (bars[0], bars[-1]):
        bar["from"] = low
    told = "、".join(f"{step.name} {step.cell.text}" for step in steps)
    notes = ["濃い棒は期首と期末、中間の棒は増加、白抜きの棒は減少です。"]
    if low:
        notes.append(f"増減を見やすくするため、横軸は {low:,} から始めています。")
    if hidden:
        notes.append(f"棒のない項目は少人数のため非表示です。「{_HIDDEN}」にまとめました。")
    return Plot(
        name,
        title,
        f"期首 {opening.text}、{told}、期末 {closing.text}（登録の件数）。",
        _spec(bars, low),
        tuple(notes),
    )


def _bar(name: str, start: int, end: int, said: str, what: str) -> dict[str, Any]:
    return {"name": name, "from": start, "to": end, "said": said, "what": what}


def _start(levels: Sequence[int]) -> int:
    """Where the axis begins: the flows take up about two thirds of it."""
    span = max(levels) - min(levels)
    step = int(10 ** max(1, len(str(span)) - 1))
    begins = (min(levels) - max(span, step) // 2) // step
    return max(0, begins * step)


def _spec(bars: list[dict[str, Any]], low: int) -> dict[str, Any]:
    for bar in bars:
        bar["end"] = max(bar["from"], bar["to"])
    names = [bar["name"] for bar in bars]
    y = {
        "field": "name",
        "type": "ordinal",
        "scale": {"domain": names, "paddingInner": 0.3, "paddingOuter": 0.15},
        "axis": {"title": None, "ticks": False, "labelPadding": 8, "labelLimit": 170},
    }
    x = {
        "field": "from",
        "type": "quantitative",
        "scale": {"zero": False, "nice": False, "domainMin": low},
        "axis": {"title": None, "format": ",d", "tickCount": 6, "tickMinStep": 1},
    }
    bar = {
        "transform": [{"filter": "datum.what != 'hidden'"}],
        "mark": {"type": "bar", "strokeWidth": 1.5},
        "encoding": {
            "y": y,
            "x": x,
            "x2": {"field": "to"},
            "fill": {
                "field": "what",
                "type": "nominal",
                "legend": None,
                "scale": {
                    "domain": ["whole", "in", "out"],
                    "range": [DARK, MIDDLE, "#ffffff"],
                },
            },
            "stroke": {
                "field": "what",
                "type": "nominal",
                "legend": None,
                "scale": {
                    "domain": ["whole", "in", "out"],
                    "range": [DARK, DARK, INK],
                },
            },
        },
    }
    said = {
        "mark": {"type": "text", "align": "left", "dx": 6},
        "encoding": {"y": y, "x": {**x, "field": "end"}, "text": {"field": "said"}},
    }
    size = frame(_ROW * len(bars), left=150, right=70, top=8, bottom=28)
    return {**size, "data": {"values": bars}, "layer": [bar, said]}
