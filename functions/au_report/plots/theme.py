"""The theme of all plots: readable without colour, in Japanese, with room for its labels."""

from typing import Any

INK = "#1a1a1a"
QUIET = "#595959"
LINE = "#d0d0d0"
DARK = "#00118f"
MIDDLE = "#5b7fe0"
LIGHT = "#c5d7fb"
"""Blues whose luminance is far apart: in grey they are black, grey and nearly white."""

WIDTH = 680
"""As wide as the text on A4, in CSS pixels."""

MONTHS = (
    "(datum.index == 0 || slice(datum.label, 5) == '01')"
    " ? [toNumber(slice(datum.label, 5)) + '月', slice(datum.label, 0, 4) + '年']"
    " : toNumber(slice(datum.label, 5)) + '月'"
)
"""Writes a month like 2026-11 below an axis, with its year where that begins."""

_FONT = "Noto Sans JP, Noto Sans CJK JP, Hiragino Sans, Yu Gothic, sans-serif"

THEME: dict[str, Any] = {
    "aria": False,
    "font": _FONT,
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "labelFontSize": 11,
        "titleColor": INK,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domainColor": QUIET,
        "tickColor": QUIET,
        "labelOverlap": True,
    },
    "text": {"font": _FONT, "fontSize": 11, "color": INK},
}


def frame(
    height: int, *, left: int = 60, right: int = 90, top: int = 24, bottom: int = 44
) -> dict[str, Any]:
    """A view of a fixed size: where a font is not there its letters are not measured either, so
    nothing depends on how wide a label comes out.
    """
    return {
        "width": WIDTH - left - right,
        "height": height,
        "autosize": {"type": "none"},
        "padding": {"left": left, "right": right, "top": top, "bottom": bottom},
    }
