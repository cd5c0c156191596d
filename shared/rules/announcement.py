"""Announcements (臨時配信): a text besides the day's to those whom it concerns, once to each."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from shared.rules.account import Channel, Settings
from shared.rules.age import FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY
from shared.rules.ending import EndOfDelivery
from shared.rules.message import Schedule, every_day
from shared.rules.stage import Phase
from shared.rules.text import Text

SECOND_PERSON_FROM = 500
"""So many readers, and a second person has to approve it."""

LONGEST_AHEAD = timedelta(days=90)

_DAYS_A_MONTH = 365.25 / 12


class State(StrEnum):
    """How far an announcement is."""

    WAITING = "waiting"
    """For a second person."""
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom it concerns: readers of these accounts on these channels, from one week of pregnancy to
    another, or from one month of life to another (all included; None: not this phase).
    """

    accounts: tuple[str, ...]
    channels: tuple[Channel, ...]
    weeks: tuple[int, int] | None
    months: tuple[int, int] | None

    def schedule(self, end: EndOfDelivery) -> Schedule:
        """The days on which somebody is concerned, within what an account sends."""
        found: set[tuple[Phase, int]] = set()
        if self.weeks is not None:
            first, last = max(self.weeks[0] * 7, FIRST_PREGNANCY_DAY), self.weeks[1] * 7 + 6
            days = range(first, min(last, LAST_PREGNANCY_DAY) + 1)
            found |= {(Phase.PREGNANCY, day) for day in days}
        if self.months is not None:
            # Below zero lie the days of a child born early whose age counts from the due date.
            first = _first_day(self.months[0]) if self.months[0] else -LAST_PREGNANCY_DAY
            days = range(first, _first_day(self.months[1] + 1))
            found |= {(Phase.CHILDCARE, day) for day in days}
        return frozenset(found) & every_day(end)


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announcement: its text, whom it concerns, and the day and hour (in Japan) from which it
    goes out. `readers` is about how many that were when it was written.
    """

    id: str
    text: Text
    audience: Audience
    on: date
    at: time
    readers: int
    by: str
    created: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    withdrawn_by: str | None = None

    @property
    def state(self) -> State:
        """How far it is."""
        if self.withdrawn_by is not None:
            return State.WITHDRAWN
        return State.WAITING if self.approved_by is None else State.APPROVED

    @property
    def needs_second(self) -> bool:
        """Whether who wrote it may not approve it alone."""
        return self.readers >= SECOND_PERSON_FROM

    def goes_out(self, account: str, settings: Settings, now: time, today: date) -> bool:
        """Whether it is to begin for an account: on its day, from its hour on, by day."""
        return (
            self.state is State.APPROVED
            and account in self.audience.accounts
            and today == self.on
            and now >= self.at
            and not settings.quiet(now)
        )

    def settings(self, settings: Settings) -> Settings:
        """The account's settings as they are frozen for it: it goes out from its own hour on."""
        channels = settings.channels & frozenset(self.audience.channels)
        return replace(settings, send_at=self.at, channels=channels)


def _first_day(month: int) -> int:
    """The first day of a month of life, each a twelfth of a year."""
    return round(month * _DAYS_A_MONTH)
