"""Names: what each line is, written behind its last point, and none upon another."""

from collections.abc import Iterable
from typing import Any

_APART = 0.075
"""Names stand at least this part of the axis from each other."""

_EM = 12


def names(
    ends: Iterable[tuple[float, str]], top: float, month: str, axes: dict[str, Any]
) -> dict[str, Any]:
    """The layer with a name at each end (height, name) over the last month of the axes."""
    values, height = [], float("-inf")
    for end, name in sorted(ends):
        height = max(end, height + _APART * top)
        values.append({"month": month, "figure": height, "name": name})
    return {
        "data": {"values": values},
        "mark": {"type": "text", "align": "left", "dx": 9, "fontWeight": "bold"},
        "encoding": {**axes, "text": {"field": "name"}},
    }


def margin(lines: Iterable[str]) -> int:
    """Room for names and figures: Japanese letters are as wide as the font is high."""
    return 55 + max(sum(_EM // (1 + name.isascii()) for name in line) for line in lines)
