"""Small cells: what a table may show of figures so small that they could point at somebody.

In what leaves the office a cell under 5 (also 0) shows "<5". Where that could be computed from the
total and the other cells, more of them are hidden, the smallest first, shown as "…". The reader is
taken to know these rules: "<5" is 0 to 4, "…" is 5 or more and no larger than what is shown.
"""

import math
from collections.abc import Collection, Sequence
from enum import StrEnum

SMALLEST_SHOWN = 5

_Span = tuple[float, float]


class Hidden(StrEnum):
    """What stands in the place of a figure."""

    SMALL = "<5"
    """The figure is under 5."""
    COVER = "…"
    """The figure is not, but it would give away one that is."""


Shown = int | Hidden


def alone(value: int) -> Shown:
    """A figure that stands beside no total."""
    return Hidden.SMALL if value < SMALLEST_SHOWN else value


def split(
    values: Sequence[int],
    *,
    signs: Sequence[int] | None = None,
    least: Sequence[int] | None = None,
    hide: Collection[int] = (),
) -> list[Shown]:
    """The cells of a split whose total is shown: for every hidden one at least two values remain
    that all that is shown allows.

    `signs` are +1 and -1 where cells are added to the total and taken from it, `least` what each
    cell is known to be at least (0), `hide` the places of those that must not be shown.
    Where all cells are hidden already nothing more can be done: a total of 0 tells that all are 0.
    """
    hidden = set(hide) | {n for n, value in enumerate(values) if value < SMALLEST_SHOWN}
    signs, least = signs or [1] * len(values), least or [0] * len(values)
    while _given_away(values, signs, least, hidden):
        shown = [n for n in range(len(values)) if n not in hidden]
        if not shown:
            break
        hidden.add(min(shown, key=lambda n: values[n]))
    return [_hide(value) if n in hidden else value for n, value in enumerate(values)]


def split_rows(columns: Sequence[Sequence[int]]) -> list[list[Shown]]:
    """Several splits of the same rows, the total of each shown: a row that is hidden in one is
    hidden in all, since its figures are close to each other.
    """
    hidden: set[int] = set()
    while True:
        cells = [split(values, hide=hidden) for values in columns]
        found = {n for of_one in cells for n, cell in enumerate(of_one) if isinstance(cell, Hidden)}
        if found == hidden:
            return cells
        hidden = found


def within(
    total: Shown, values: Sequence[int], *, least: Sequence[int] | None = None
) -> list[Shown]:
    """The cells that a cell is split into: where it is hidden they all are, since their sum would
    tell it.
    """
    if isinstance(total, Hidden):
        return [_hide(value) for value in values]
    return split(values, least=least)


def _hide(value: int) -> Hidden:
    return Hidden.SMALL if value < SMALLEST_SHOWN else Hidden.COVER


def _given_away(
    values: Sequence[int], signs: Sequence[int], least: Sequence[int], hidden: set[int]
) -> bool:
    """Whether all that is shown leaves a hidden cell only one value."""
    places = sorted(hidden)
    shown = [value for n, value in enumerate(values) if n not in hidden]
    rest = sum(signs[n] * values[n] for n in places)
    spans = [_span(values[n], signs[n], least[n], shown) for n in places]
    for n, (low, high) in enumerate(spans):
        others = spans[:n] + spans[n + 1 :]
        low = max(low, rest - sum(most for _, most in others))  # noqa: PLW2901 - narrowed
        high = min(high, rest - sum(fewest for fewest, _ in others))  # noqa: PLW2901 - narrowed
        if high - low < 1:
            return True
    return False


def _span(value: int, sign: int, least: int, shown: Sequence[int]) -> _Span:
    """What a reader who knows the rules takes a hidden cell to lie between, with its sign."""
    if value < SMALLEST_SHOWN:
        low, high = min(least, value), SMALLEST_SHOWN - 1
        return (low, high) if sign > 0 else (-high, -low)
    most = min(shown, default=math.inf)
    high_cover = most if value <= most else math.inf
    low_cover = max(least, SMALLEST_SHOWN)
    return (low_cover, high_cover) if sign > 0 else (-high_cover, -low_cover)
