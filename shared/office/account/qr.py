"""QR codes of links, drawn for print."""

import io
import math
from typing import Any

import segno

LEVEL = "q"
"""A quarter of it may be smudged or torn (ISO/IEC 18004): cards lie about in waiting rooms."""

QUIET_ZONE = 4
"""White modules around the code, as the standard asks for."""

PIXELS, DOTS_AN_INCH = 1_181, 300
"""A PNG is at least 10 cm wide at 300 dots an inch."""

_DRAWING: dict[str, Any] = {
    "border": QUIET_ZONE,
    "light": "#fff",
    "svgclass": None,
    "lineclass": None,
}


def png(url: str) -> bytes:
    """The code as a picture of black and white pixels."""
    made = _made(url)
    scale = math.ceil(PIXELS / made.symbol_size(border=QUIET_ZONE)[0])
    file = io.BytesIO()
    made.save(file, kind="png", scale=scale, border=QUIET_ZONE, dpi=DOTS_AN_INCH)
    return file.getvalue()


def svg(url: str) -> bytes:
    """The code as a drawing of its own, on white, a millimetre each module."""
    file = io.BytesIO()
    _made(url).save(file, kind="svg", unit="mm", **_DRAWING)
    return file.getvalue()


def inline_svg(url: str) -> str:
    """The code within a page, as large as the page has it, its white edge included."""
    return _made(url).svg_inline(omitsize=True, **_DRAWING)


def width_with_edge(url: str, width: float) -> float:
    """How wide the code is with its white edge, where the code itself is `width` wide."""
    modules = _made(url).symbol_size(border=0)[0]
    return width * (modules + 2 * QUIET_ZONE) / modules


def _made(url: str) -> segno.QRCode:
    return segno.make_qr(url, error=LEVEL)
