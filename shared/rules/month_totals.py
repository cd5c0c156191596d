"""Totals: the figures of all accounts together, month by month, own and external."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from shared.rules.au import MONTHLY_FLOWS, Flow
from shared.rules.months import Month
from shared.rules.snapshot import Snapshot

_MARCH = 3


@dataclass(frozen=True, slots=True)
class MonthTotal:
    """AU (subscribers) of all accounts at a month's end. `lacking` are the external accounts of
    the snapshot that reported nothing for it.
    """

    own: int
    pregnancy: int
    childcare: int
    external: int
    lacking: tuple[str, ...]

    @property
    def total(self) -> int:
        """Own and external, as far as it was reported."""
        return self.own + self.external

    def since(self, other: Self | None) -> int | None:
        """The total of another month, if the same accounts are in it; else the two tell nothing."""
        return other.total if other and other.lacking == self.lacking else None


def month_totals(snapshot: Snapshot) -> dict[Month, MonthTotal]:
    """The totals of the past months; the last is that of the snapshot itself."""
    details = list(snapshot.detail.values())
    outside = [each for each in snapshot.scope.accounts if each not in snapshot.detail]
    found = {}
    for n, month in enumerate(snapshot.measure.past):
        figures = {each: snapshot.reported.get(each, {}).get(str(month)) for each in outside}
        found[month] = MonthTotal(
            own=sum(detail.series["subscribers"][n] for detail in details),
            pregnancy=sum(detail.series["pregnancy"][n] for detail in details),
            childcare=sum(detail.series["childcare"][n] for detail in details),
            external=sum(figure or 0 for figure in figures.values()),
            lacking=tuple(each for each, figure in figures.items() if figure is None),
        )
    return found


def year_ends(snapshot: Snapshot) -> dict[int, MonthTotal]:
    """The totals at each March's end that the snapshot counts up to, by fiscal year."""
    totals = month_totals(snapshot).items()
    return {month.fiscal_year: total for month, total in totals if month.month == _MARCH}


def total_flow(snapshot: Snapshot) -> Flow:
    """The balance sheet of all accounts whose messages this system sends."""
    flows = [line.flow for line in snapshot.own_lines]
    return Flow(*(sum(getattr(flow, name) for flow in flows) for name in Flow.__slots__))


def year_flows(snapshot: Snapshot) -> dict[str, int]:
    """What happened in the fiscal year so far, in all accounts of this system."""
    places = _places(snapshot.measure.past, snapshot.measure.month.fiscal_year)
    return {
        name: sum(d.flows[name][n] for d in snapshot.detail.values() for n in places)
        for name in MONTHLY_FLOWS
    }


def _places(months: Sequence[Month], fiscal_year: int) -> list[int]:
    return [n for n, month in enumerate(months) if month.fiscal_year == fiscal_year]
