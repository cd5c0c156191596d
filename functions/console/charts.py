"""Charts: lines over months as figures of an inline SVG, drawn by the template without a style."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared.rules.months import Month

WIDTH, HEIGHT = 760, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 28
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0, 20.0, 25.0, 50.0)
MOST_LINES = 6
"""Of the grid."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: what it is called, its class in the stylesheet, and its points as SVG has them; a
    month without a figure breaks it.
    """

    name: str
    kind: str
    paths: tuple[str, ...]
    last: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its grid lines with their figures, its months, a band, and its lines."""

    grid: tuple[tuple[float, str], ...]
    months: tuple[tuple[float, str], ...]
    lines: tuple[Line, ...]
    band: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


Values = Sequence[float | None]
Place = Callable[[float], float]


def chart(
    months: Sequence[Month],
    lines: Sequence[tuple[str, str, Values]],
    *,
    band: tuple[Sequence[float], Sequence[float], int] | None = None,
) -> Chart:
    """Lines (name, class, a value or None for each month), and a band (low, high, from which
    month on). The axis begins at zero: figures of people are not made to look steeper.
    """
    every = [each for _, _, values in lines for each in values if each is not None]
    every += list(band[1]) if band else []
    step = _step(max(every, default=0) or 1)
    top = step * max(1, -(-max(every, default=1) // step))

    def x(index: float) -> float:
        span = WIDTH - LEFT - RIGHT
        return round(LEFT + span * index / max(1, len(months) - 1), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top, 1)

    shape = ""
    if band:
        low, high, first = band
        there = [f"{x(first + n)},{y(value)}" for n, value in enumerate(high)]
        back = [f"{x(first + n)},{y(value)}" for n, value in enumerate(low)]
        shape = " ".join([*there, *reversed(back)])
    return Chart(
        grid=tuple((y(n * step), f"{n * step:,.0f}") for n in range(round(top / step) + 1)),
        months=tuple((x(n), label) for n, label in _labels(months)),
        lines=tuple(_line(name, kind, values, x, y) for name, kind, values in lines),
        band=shape,
    )


def _line(name: str, kind: str, values: Values, x: Place, y: Place) -> Line:
    points = [None if v is None else (x(n), y(v)) for n, v in enumerate(values)]
    paths: list[str] = []
    for before, point in pairwise([None, *points]):
        if point is None:
            continue
        if before is None:
            paths.append("")
        paths[-1] += f"{point[0]},{point[1]} "
    last = next((each for each in reversed(points) if each is not None), None)
    return Line(name, kind, tuple(each.strip() for each in paths), last)


def _labels(months: Sequence[Month]) -> list[tuple[int, str]]:
    """Some of the months: each April, or each third where there are few."""
    every = 3 if len(months) <= 15 else 12
    found = [(n, m) for n, m in enumerate(months) if (m.month - 4) % every == 0]
    return [(n, f"{m.year}年{m.month}月") for n, m in found]


def _step(highest: float) -> float:
    """How far apart the lines of the grid are: a round figure."""
    size = float(10 ** max(0, len(str(int(highest))) - 2))
    return next(s * size for s in STEPS if highest / (s * size) <= MOST_LINES)
