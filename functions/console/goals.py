"""The goal, the fiscal years and the touchpoints, as they stand below the forecast."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from functions.console.resources import resources
from shared.rules.goal import GOAL, at_this_pace, births_year, months_so_far, registered
from shared.rules.month_totals import MonthTotal, year_ends
from shared.rules.months import Month
from shared.rules.snapshot import Snapshot
from shared.rules.touchpoint import Funnel
from shared.store.figures import PublishedTotal

FUNNEL_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Goal:
    """How far an account is on the way to the goal in the fiscal year of a snapshot: `part` of the
    births is registered, and `pace` is what it comes to by March. `year` is that of the births.
    """

    name: str
    registered: int
    births: int | None = None
    year: int | None = None
    source: str = ""
    pace: float | None = None

    @property
    def part(self) -> float | None:
        """Which part of the births has registered."""
        return self.registered / self.births if self.births else None

    @property
    def reaches(self) -> bool | None:
        """Whether the pace, or in the year's last month the figure, comes to the goal."""
        comes_to = self.part if self.pace is None else self.pace
        return None if comes_to is None else comes_to >= GOAL


@dataclass(frozen=True, slots=True)
class Year:
    """The AU at the end of a fiscal year: as it was published, and as the snapshot counts it."""

    year: int
    published: int | None
    published_growth: float | None
    counted: int | None
    counted_growth: float | None
    lacking: bool
    source: str


def goals(snapshot: Snapshot) -> list[Goal]:
    """The goal of each account whose messages this system sends."""
    return [_goal(snapshot, account) for account in snapshot.detail]


def _goal(snapshot: Snapshot, account: str) -> Goal:
    months, name = snapshot.measure.past, snapshot.about[account].name
    number = registered(snapshot.detail[account], months)
    births = resources().store.births.of(account)
    year = births_year(births, months[-1])
    if year is None:
        return Goal(name, number)
    known = births[year]
    whole = at_this_pace(number, months_so_far(months[-1]))
    pace = whole / known.births if whole is not None and known.births else None
    return Goal(name, number, known.births, year, known.source, pace)


def years(snapshot: Snapshot) -> list[Year]:
    """The fiscal years that were published or that the snapshot counts, the latest first. A year in
    which other accounts are lacking than in the one before has not grown by anything.
    """
    published, counted = resources().store.published.all(), year_ends(snapshot)
    return [_year(each, published, counted) for each in sorted({*published, *counted})[::-1]]


def _year(
    year: int, published: Mapping[int, PublishedTotal], counted: Mapping[int, MonthTotal]
) -> Year:
    said, before = published.get(year), published.get(year - 1)
    figure = counted.get(year)
    return Year(
        year=year,
        published=said.subscribers if said else None,
        published_growth=_growth(said.subscribers, before.subscribers) if said and before else None,
        counted=figure.total if figure else None,
        counted_growth=_growth(figure.total, figure.since(counted.get(year - 1)))
        if figure
        else None,
        lacking=bool(figure and figure.lacking),
        source=said.source if said else "",
    )


def _growth(now: int, before: int | None) -> float | None:
    return now / before - 1 if before else None


def funnels(snapshot: Snapshot, last: Month) -> Iterator[tuple[str, Funnel]]:
    """By account: who came through its touchpoints in the months up to the last."""
    for account in snapshot.detail:
        counts = resources().store.touchpoints.counts(account, last.plus(1 - FUNNEL_MONTHS), last)
        yield snapshot.about[account].name, sum(counts.values(), Funnel())
