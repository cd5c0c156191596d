"""Experience: what the last months taught of registrations, births and stops."""

from dataclasses import dataclass
from math import exp
from typing import Self

from shared.rules.au import YEAR_MONTHS, Detail, Measure

BIRTHS_WEIGHT = 50.0
"""An account with so many births of its own is believed as much as the whole office is."""

STOPS_WEIGHT = 1200.0
"""The same for stops, in enrolments accompanied for a month: a hundred for a year."""


@dataclass(frozen=True, slots=True)
class Experience:
    """What befell enrolments in the last complete months: of an account, or added up, of all."""

    born: int = 0
    awaiting: int = 0
    stopped: int = 0
    returned: int = 0
    exposure: float = 0.0
    """Enrolments accompanied for a month."""

    @classmethod
    def of(cls, detail: Detail, measure: Measure) -> Self:
        """The experience of one account."""
        months = learned_from(detail, measure)
        enrolments, flows = detail.series["enrolments"], detail.flows

        def in_all(*names: str) -> int:
            return sum(flows[name][month] for name in names for month in months)

        return cls(
            born=in_all("born"),
            awaiting=in_all("awaiting_birth"),
            stopped=in_all("stopped_subscriber", "stopped_system"),
            returned=in_all("returned"),
            exposure=sum((enrolments[max(m - 1, 0)] + enrolments[m]) / 2 for m in months),
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.born + other.born,
            self.awaiting + other.awaiting,
            self.stopped + other.stopped,
            self.returned + other.returned,
            self.exposure + other.exposure,
        )

    @property
    def came_back(self) -> float:
        """The share of those who fell silent (at 42w0d, or by a stop) that returned.

        The records of a month do not say after which of the two, so it is taken to be as likely
        after either: then what is lost in all is right. Other returns, as by an end of delivery
        that was moved, may make more; more than all cannot have come back.
        """
        silent = self.awaiting + self.stopped
        return min(1.0, self.returned / silent) if silent else 0.0

    @property
    def births(self) -> int:
        """Pregnancies that came to their end."""
        return self.born + self.awaiting

    @property
    def registered(self) -> float:
        """Births that were registered, those after 42w0d among them."""
        return self.born + self.awaiting * self.came_back

    @property
    def lost(self) -> float:
        """Stops without a return."""
        return self.stopped * (1 - self.came_back)

    @property
    def stops_and_returns(self) -> float:
        """How many events the figure of `lost` is the difference of: as uncertain is it."""
        return self.stopped * (1 + self.came_back)


@dataclass(frozen=True, slots=True)
class Rates:
    """The share of births that get registered and the stops a month of each who is there, and how
    uncertain they are.
    """

    share: float
    share_variance: float
    stops: float
    stops_variance: float

    @classmethod
    def of(cls, own: Experience, office: Experience) -> Self:
        """An account's own, drawn towards those of the office, the fewer it has seen the more.

        Before any birth half are taken to be registered, and the band shows that nobody knows.
        """
        weight = min(BIRTHS_WEIGHT, office.births + 2.0)
        usual = (office.registered + 1) / (office.births + 2)
        share = (own.registered + weight * usual) / (own.births + weight)
        lent = min(1.0, STOPS_WEIGHT / office.exposure) if office.exposure else 0.0
        exposure = own.exposure + lent * office.exposure
        lost = own.lost + lent * office.lost
        events = own.stops_and_returns + lent * office.stops_and_returns
        return cls(
            share=share,
            share_variance=share * (1 - share) / (own.births + weight + 1),
            stops=lost / exposure if exposure else 0.0,
            stops_variance=events / exposure**2 if exposure else 0.0,
        )

    def stay(self, months: float) -> float:
        """The share that has not stopped after so many months."""
        return exp(-self.stops * months)


def learned_from(detail: Detail, measure: Measure) -> range:
    """The indices of the last 12 complete months, as far as the account had AU in the month before.

    The month of its first AU is but a part of one, or brought all people of another system at once;
    it counts only where there is no other.
    """
    enrolments = detail.series["enrolments"]
    after = len(enrolments) - (measure.ahead[0] == measure.month)
    first = next((index for index, count in enumerate(enrolments) if count), 0)
    begins = max(after - YEAR_MONTHS, first + 1 if first else 0)
    return range(begins, after) if begins < after else range(first, first + 1)


def newcomers(detail: Detail, measure: Measure) -> list[int]:
    """The new enrolments of each of these months."""
    new = zip(detail.flows["new_pregnancy"], detail.flows["new_childcare"], strict=True)
    counts = [sum(month) for month in new]
    return [counts[month] for month in learned_from(detail, measure)]
