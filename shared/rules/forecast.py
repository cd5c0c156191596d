"""Forecast: the AU of the months ahead, what dates alone know of it, and what a year has taught.

Known, if nobody came or stopped: children stay until their account's end of delivery, pregnancies
until 41w6d. Estimated from the last complete months, each for its reason:

- How many births get registered: as many as there were, out of those that came to 42w0d or before.
- How many stop: the same share of those who are there in every month. Stops are too few in most
  accounts to tell one month of life from another.
- How many come: as many each month as in the mean of the last 12, which hold every season once. No
  trend goes on: that nobody can promise.
- How long newcomers stay: as their dates let those of the last 12 months stay.

Moves between accounts, ends of delivery that will change and a first month are left out: they tell
of one event, not of a rate.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import NormalDist, fmean, variance
from typing import TypeVar

from shared.rules.au import YEAR_MONTHS, Detail, Entrants, Measure
from shared.rules.experience import Experience, Rates, newcomers
from shared.rules.months import Month

BAND = 0.8
"""Four times in five, what comes should lie in the band."""

LONGEST_PREGNANCY = 8
"""Whole months from 4w0d to 41w6d, as `Entrants` counts them."""

_DEVIATIONS = NormalDist().inv_cdf((1 + BAND) / 2)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The months ahead of an account, or of several together. `known`, `middle`, `low` and `high`
    are AU in subscribers at each month's end; `graduating`, `awaiting` (enrolments) and `due`
    (births) lie inside the month.
    """

    months: tuple[Month, ...]
    known: tuple[int, ...]
    """By dates alone: children until their end, pregnancies until 41w6d."""
    middle: tuple[float, ...]
    """The estimate."""
    low: tuple[float, ...]
    high: tuple[float, ...]
    graduating: tuple[int, ...]
    awaiting: tuple[int, ...]
    """42w0d, as long as no birth is registered."""
    due: tuple[int, ...]
    registrations: float
    """New subscribers a month, in the mean of the months it is estimated from."""
    holding: float | None
    """Registrations a month with which AU in 12 months is what it is now. None where AU is 0, or
    where nobody came from whom it could be told how long newcomers stay.
    """
    variance: tuple[float, ...]
    """Of each month's AU around `middle`."""
    now: int
    """AU at the instant, in subscribers."""
    estimated_from: int
    """Months: 12, or fewer where the account is younger."""
    remaining: float
    """Of those who are there now, who still are in 12 months."""
    filling: float
    """What one registration a month adds to the AU in 12 months."""
    fillings: tuple[float, ...] = field(default=(), compare=False)
    """The same at each month's end."""

    def with_registrations(self, registrations: float) -> tuple[float, ...]:
        """The estimate, if so many registered a month from now on."""
        more = registrations - self.registrations
        return tuple(
            max(0.0, middle + more * one)
            for middle, one in zip(self.middle, self.fillings, strict=True)
        )


def forecasts(details: Mapping[str, Detail], measure: Measure) -> dict[str, Forecast]:
    """The forecast of every account, each learning from itself and from all of them."""
    office = Experience()
    for detail in details.values():
        office += Experience.of(detail, measure)
    return {account: forecast(each, measure, office) for account, each in details.items()}


def forecast(detail: Detail, measure: Measure, office: Experience | None = None) -> Forecast:
    """The forecast of an account. What few births and stops of its own cannot tell, it takes from
    the experience of the `office`; without that, from its own alone.

    Enrolments become subscribers in the proportion that the account has now.
    """
    experience = Experience.of(detail, measure)
    rates = Rates.of(experience, office or experience)
    counts = newcomers(detail, measure)
    subscribers, enrolments = (detail.series[name][-1] for name in ("subscribers", "enrolments"))
    ratio = subscribers / enrolments if enrolments else 1.0
    mean = max(0.0, fmean(counts)) * ratio
    # Never less than chance alone would make of independent families.
    spread = max(variance(counts) * ratio**2 if len(counts) > 1 else 0.0, mean)
    months = tuple(measure.ahead)
    part = _part(months[0], measure)
    joining = _Newcomers(detail.entrants, rates)
    middle, variances, remaining, filling = [], [], [], []
    for index, (known, expected) in enumerate(
        zip(detail.known["subscribers"], detail.expected, strict=True)
    ):
        present = _present(known, expected, index + part, rates)
        added = joining.after(index, part)
        middle.append(present.count + mean * added.count)
        variances.append(
            present.variance
            + spread * added.squares
            + mean * (added.count - added.squares)
            + spread / len(counts) * added.count**2
            + rates.share_variance * (present.by_share + mean * added.by_share) ** 2
            + rates.stops_variance * (present.by_stops + mean * added.by_stops) ** 2
        )
        remaining.append(present.count)
        filling.append(added.count)
    return _assembled(
        months=months,
        known=tuple(detail.known["subscribers"]),
        middle=tuple(middle),
        graduating=tuple(detail.graduating),
        awaiting=tuple(detail.awaiting),
        due=tuple(detail.due),
        registrations=mean,
        variances=tuple(variances),
        now=subscribers,
        estimated_from=len(counts),
        remaining=remaining[YEAR_MONTHS - 1],
        fillings=tuple(filling),
    )


def together(forecasts: Iterable[Forecast]) -> Forecast:
    """The forecast of several accounts as one: what comes in one tells nothing of another, so their
    variances add up, and the band is narrower than the sum of theirs. ValueError without any.

    `holding` takes every account's registrations to grow or fall by the same share.
    """
    each = list(forecasts)
    if not each:
        raise ValueError("there is no account to forecast")
    registrations = sum(one.registrations for one in each)
    weights = [one.registrations if registrations else 1 / len(each) for one in each]
    fillings = tuple(
        sum(w * one for w, one in zip(weights, column, strict=True)) / sum(weights)
        for column in zip(*(one.fillings for one in each), strict=True)
    )
    return _assembled(
        months=each[0].months,
        known=_summed(one.known for one in each),
        middle=_summed(one.middle for one in each),
        graduating=_summed(one.graduating for one in each),
        awaiting=_summed(one.awaiting for one in each),
        due=_summed(one.due for one in each),
        registrations=registrations,
        variances=_summed(one.variance for one in each),
        now=sum(one.now for one in each),
        estimated_from=max(one.estimated_from for one in each),
        remaining=sum(one.remaining for one in each),
        fillings=fillings,
    )


def _assembled(
    *,
    months: tuple[Month, ...],
    known: tuple[int, ...],
    middle: tuple[float, ...],
    graduating: tuple[int, ...],
    awaiting: tuple[int, ...],
    due: tuple[int, ...],
    registrations: float,
    variances: tuple[float, ...],
    now: int,
    estimated_from: int,
    remaining: float,
    fillings: tuple[float, ...],
) -> Forecast:
    """The forecast with what follows from the rest: the band, and the registrations that hold."""
    filling = fillings[YEAR_MONTHS - 1]
    around = [_DEVIATIONS * sqrt(each) for each in variances]
    return Forecast(
        months=months,
        known=known,
        middle=middle,
        low=tuple(max(0.0, m - a) for m, a in zip(middle, around, strict=True)),
        high=tuple(m + a for m, a in zip(middle, around, strict=True)),
        graduating=graduating,
        awaiting=awaiting,
        due=due,
        registrations=registrations,
        holding=max(0.0, now - remaining) / filling if now and filling else None,
        variance=variances,
        now=now,
        estimated_from=estimated_from,
        remaining=remaining,
        filling=filling,
        fillings=fillings,
    )


_Number = TypeVar("_Number", int, float)


def _summed(rows: Iterable[Sequence[_Number]]) -> tuple[_Number, ...]:
    return tuple(sum(column) for column in zip(*rows, strict=True))


def _part(first: Month, measure: Measure) -> float:
    """Which part of the first month ahead is still to come."""
    return (first.ends - max(first.begins, measure.at)) / (first.ends - first.begins)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an estimate: `count`, and by how much it changes with the share of births and with
    the stops a month.
    """

    count: float
    by_share: float
    by_stops: float
    variance: float = 0.0
    """By chance alone, were the rates known."""
    squares: float = 0.0


def _present(known: int, expected: int, months: float, rates: Rates) -> _Part:
    """Of those who are there now, who still are after so many months."""
    stay = rates.stay(months)
    born = rates.share * stay
    count = known * stay + expected * born
    return _Part(
        count=count,
        by_share=expected * stay,
        by_stops=-months * count,
        variance=known * stay * (1 - stay) + expected * born * (1 - born),
    )


class _Newcomers:
    """How many are there later of those who join at the rate of one a month."""

    def __init__(self, entrants: Entrants, rates: Rates) -> None:
        self._entrants, self._rates = entrants, rates
        self._all = sum(entrants.known)
        # The histogram does not tell pregnancies from children whose end is near: a share of both.
        short = entrants.known[: LONGEST_PREGNANCY + 1]
        share = min(1.0, sum(entrants.expected) / sum(short)) if any(short) else 0.0
        self._unborn = [share * count for count in short]
        self._months = [self._of(months, 1.0) for months in range(len(entrants.known) - 1)]

    def after(self, index: int, part: float) -> _Part:
        """At the end of the month `index`: those of the first month, of which but a `part` is to
        come, and of every month since.
        """
        joined = [(part, self._of(index, part)), *((1.0, each) for each in self._months[:index])]
        return _Part(
            count=sum(size * each.count for size, each in joined),
            by_share=sum(size * each.by_share for size, each in joined),
            by_stops=sum(size * each.by_stops for size, each in joined),
            squares=sum(size * each.count**2 for size, each in joined),
        )

    def _of(self, months: int, width: float) -> _Part:
        """Of one who joined in a span of `width` months that ended so many `months` ago."""
        if not self._all:
            return _Part(0.0, 0.0, 0.0)
        known, expected, unborn = (
            _beyond(stays, months, width) / self._all
            for stays in (self._entrants.known, self._entrants.expected, self._unborn)
        )
        age = months + width / 2
        stay, of_births = self._rates.stay(age), max(0.0, expected - unborn)
        count = min(1.0, known + self._rates.share * of_births) * stay
        return _Part(count, by_share=of_births * stay, by_stops=-age * count)


def _beyond(stays: Sequence[float], months: int, width: float) -> float:
    """How many of `stays` (by whole months) are longer than the time since joining, which is evenly
    spread from `months` to `months` and `width`.
    """
    if months >= len(stays):
        return 0.0
    return sum(stays[months + 1 :]) + (1 - width / 2) * stays[months]
