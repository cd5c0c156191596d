"""Backtest: the forecast that a year ago would have made, held against what came."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import fmean

from shared.rules.account import Account
from shared.rules.au import YEAR_MONTHS, Figures, Measure
from shared.rules.dates import jst_date
from shared.rules.forecast import Forecast, forecasts, together
from shared.rules.months import Month
from shared.rules.spells import Left, Spell, Terms, spells, terms
from shared.rules.stage import Phase
from shared.rules.subscriber import Subscriber
from shared.rules.tally import Tally


class Fate(StrEnum):
    """What became of a graduation that was foreseen from dates."""

    CAME = "came"
    STOPPED = "stopped"
    """It had left before by a stop, and was not back."""
    MOVED = "moved"
    """It had left before for another account or system."""
    CORRECTED = "corrected"
    """Its birth date was corrected, or its account's end of delivery moved."""
    UNEXPLAINED = "unexplained"
    """Nothing on record says why it did not come: a fault in the rules."""


@dataclass(frozen=True, slots=True)
class Graduations:
    """The graduations of a month: as the forecast has them, and enrolment by enrolment, what became
    of those who were in childcare when it was made.
    """

    month: Month
    forecast: int
    fates: Mapping[Fate, int]

    @property
    def foreseen(self) -> int:
        """How many the records of then foresee."""
        return sum(self.fates.values())

    @property
    def came(self) -> int:
        """How many came, on the very day."""
        return self.fates.get(Fate.CAME, 0)

    @property
    def left_before(self) -> int:
        """How many did not come, for a reason on record."""
        return sum(self.fates.get(each, 0) for each in (Fate.STOPPED, Fate.MOVED, Fate.CORRECTED))

    @property
    def exact(self) -> bool:
        """Whether forecast and records agree, and every graduation came or says why not."""
        return self.forecast == self.foreseen == self.came + self.left_before


@dataclass(frozen=True, slots=True)
class Comparison:
    """A forecast beside the AU that came at the end of its first months."""

    forecast: Forecast
    came: tuple[int, ...]

    @property
    def errors(self) -> list[float | None]:
        """By which share of what came the estimate was too high; None where nobody was there."""
        return [
            (middle - came) / came if came else None
            for middle, came in zip(self.forecast.middle, self.came, strict=False)
        ]

    @property
    def mape(self) -> float | None:
        """The mean of the errors, whatever their sign; None where there is none."""
        return fmean(found) if (found := [abs(e) for e in self.errors if e is not None]) else None

    @property
    def inside(self) -> list[bool]:
        """Whether what came lies in the band."""
        band = zip(self.forecast.low, self.came, self.forecast.high, strict=False)
        return [low <= came <= high for low, came, high in band]


@dataclass(frozen=True, slots=True)
class Backtest:
    """How good the forecast of a year ago was; accounts that no longer send from here are left out
    of the comparison.
    """

    made_at: datetime
    total: Comparison
    accounts: Mapping[str, Comparison]
    graduations: Sequence[Graduations]

    @property
    def exact(self) -> bool:
        """Whether what dates alone know came to the last one."""
        return all(each.exact for each in self.graduations)


def look_back(
    subscribers: Sequence[Subscriber], accounts: Mapping[str, Account], month: Month
) -> Backtest:
    """Make the forecast as of 12 months before the end of `month`, from what was known then, and
    compare. ValueError where no account sent from here at both ends.
    """
    then, now = Measure.month_end(month.plus(-YEAR_MONTHS)), Measure.month_end(month)
    figures_then, figures_now = (_figures(subscribers, accounts, each) for each in (then, now))
    details = {account: each.detail for account, each in figures_then.items()}
    made = forecasts(details, then)
    compared = {
        account: Comparison(each, _last_year(figures_now[account]))
        for account, each in made.items()
        if account in figures_now
    }
    return Backtest(
        made_at=then.as_of,
        total=Comparison(
            together(each.forecast for each in compared.values()),
            tuple(sum(months) for months in zip(*(e.came for e in compared.values()), strict=True)),
        ),
        accounts=compared,
        graduations=[
            Graduations(each, sum(one.graduating[index] for one in made.values()), fates)
            for index, (each, fates) in enumerate(_fates(subscribers, accounts, then, now).items())
        ],
    )


def fate(foreseen: Spell, since: Sequence[Spell], *, end_moved: bool) -> Fate:
    """What became of a childcare spell that was to end by graduation, by the spells of the same
    enrolment as they are known now; `end_moved` says that the account's end of delivery changed.
    """
    last = [each for each in since if each.begins < foreseen.ends][-1]
    if last.left is Left.MOVED_OUT or last.account != foreseen.account:
        return Fate.MOVED
    if (last.ends, last.left) == (foreseen.ends, Left.GRADUATED):
        return Fate.CAME
    if last.left in _STOPS and last.ends < foreseen.ends:
        return Fate.STOPPED
    if last.base != foreseen.base or end_moved:
        return Fate.CORRECTED
    return Fate.UNEXPLAINED


_STOPS = (Left.STOPPED_SUBSCRIBER, Left.STOPPED_SYSTEM)


def _figures(
    subscribers: Iterable[Subscriber], accounts: Mapping[str, Account], measure: Measure
) -> dict[str, Figures]:
    tally = Tally(measure, accounts)
    for subscriber in subscribers:
        tally.add(subscriber)
    return tally.figures()


def _last_year(figures: Figures) -> tuple[int, ...]:
    return tuple(figures.detail.series["subscribers"][-YEAR_MONTHS:])


def _fates(
    subscribers: Iterable[Subscriber],
    accounts: Mapping[str, Account],
    then: Measure,
    now: Measure,
) -> dict[Month, Counter[Fate]]:
    """What became of the graduations foreseen at `then`, by month; a child graduates in the month
    of the first day without a message.
    """
    found: dict[Month, Counter[Fate]] = {
        month: Counter() for month in then.ahead if month.ends <= now.as_of
    }
    terms_then = _terms(accounts, then)
    terms_now = _terms(accounts, now)
    for subscriber in subscribers:
        for enrolment in subscriber.enrolments:
            for spell in spells(subscriber, enrolment, terms_then, then.at):
                month = Month.of(jst_date(spell.ends)) if spell.holds(then.at) else None
                if month not in found or spell.phase is not Phase.CHILDCARE:
                    continue
                since = spells(subscriber, enrolment, terms_now, now.at)
                moved = terms_then[spell.account] != terms_now[spell.account]
                found[month][fate(spell, since, end_moved=moved)] += 1
    return found


def _terms(accounts: Mapping[str, Account], measure: Measure) -> dict[str, Terms]:
    return {name: terms(account, measure.at) for name, account in accounts.items()}
