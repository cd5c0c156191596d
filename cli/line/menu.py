"""The picture of the chat's menu: three words, large and plain, each with its sign."""

from html import escape

import vl_convert

from cli.line.channel import HEIGHT, ORDER, WIDTH
from functions.line.wording import say
from shared.rules.subscriber import Language

FONTS = "Noto Sans CJK JP, Noto Sans JP, IPAexGothic, sans-serif"
"""Debian has the first as fonts-noto-cjk."""

_INK, _PAPER, _EDGE = "#00118f", "#ffffff", "#c9d3f5"
_SIGNS = {
    # In a square of 100: a sheet, a day in a calendar, a bar. No face, no cradle: everybody sees
    # this menu every day, also those to whom it would hurt.
    "page": "M22 10h56v80H22z M36 34h28 M36 50h28 M36 66h18",
    "birth": "M14 22h72v66H14z M14 42h72 M34 10v20 M66 10v20 M42 65l7 7l12-14",
    "stop": "M50 12a38 38 0 1 0 0 76a38 38 0 1 0 0-76 M30 50h40",
}
_WORDS = {
    "page": ("登録の", "確認・変更"),
    "birth": ("出産の", "登録"),
    "stop": ("配信を", "止める"),
}


def svg() -> str:
    """The menu, as it is drawn."""
    width = WIDTH / len(ORDER)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_EDGE}"/>'
        + "".join(_button(name, n * width, width) for n, name in enumerate(ORDER))
        + "</svg>"
    )


def picture() -> bytes:
    """It as a PNG of LINE's size."""
    return bytes(vl_convert.svg_to_png(svg(), scale=1, ppi=72))


def _button(name: str, left: float, width: float) -> str:
    words = _WORDS[name]
    if "".join(words) != say(name, Language.JAPANESE):
        message = f"the picture and the button {name} say different things"
        raise ValueError(message)
    middle = left + width / 2
    lines = "".join(
        f'<text x="{middle:.0f}" y="{560 + 140 * n}">{escape(word)}</text>'
        for n, word in enumerate(words)
    )
    return (
        f'<rect x="{left + 8:.0f}" y="8" width="{width - 16:.0f}" height="{HEIGHT - 16}" rx="40" '
        f'fill="{_PAPER}"/>'
        f'<path d="{_SIGNS[name]}" transform="translate({middle - 150:.0f} 100) scale(3)" '
        f'fill="none" stroke="{_INK}" stroke-width="7" stroke-linecap="round" '
        f'stroke-linejoin="round"/>'
        f'<g font-family="{FONTS}" font-size="124" font-weight="700" fill="{_INK}" '
        f'text-anchor="middle">{lines}</g>'
    )
