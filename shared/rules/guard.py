"""Guard: how many of an account's mails bounce, and when that is too many to go on.

Providers suspend a sender who writes to many dead addresses, and then nobody gets anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from shared.rules.failures import Counts

WINDOW_DAYS = 7
"""Every account sends every day, so a week smooths a bad day and still tells of this list."""

LEAST_ACCEPTED = 50
"""Below it, two or three dead addresses would be a rate."""

BOUNCES_WARN, BOUNCES_PAUSE = Fraction(5, 100), Fraction(10, 100)
"""Where SES reviews a sender, and where it pauses one (SES sender review FAQ, read November 2026):
an account is paused here before the whole platform is there."""

LEAST_ACCEPTED_FOR_COMPLAINTS = 1_000
"""One complaint is 0.1% of a thousand: below that, a single one would be a rate."""

COMPLAINTS_WARN, COMPLAINTS_PAUSE = Fraction(1, 1000), Fraction(5, 1000)
"""The same of complaints."""


class Verdict(StrEnum):
    """What the guard makes of a reputation."""

    FINE = "fine"
    WARN = "warn"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Reputation:
    """An account's mails of a week: accepted, bounced for good, and marked as spam."""

    accepted: int = 0
    bounced: int = 0
    complained: int = 0

    @property
    def bounce_rate(self) -> float:
        """The share that bounced for good."""
        return self.bounced / self.accepted if self.accepted else 0.0

    @property
    def complaint_rate(self) -> float:
        """The share that readers marked as spam."""
        return self.complained / self.accepted if self.accepted else 0.0


def window(last: date) -> list[date]:
    """The days that are looked at, up to `last`."""
    return [last - timedelta(days=before) for before in reversed(range(WINDOW_DAYS))]


def reputation(accepted: int, counts: Iterable[Counts]) -> Reputation:
    """The reputation of a window; what lies before staff lifted a pause no longer counts."""
    whole = sum(counts, Counts())
    return Reputation(
        accepted,
        whole.bounced - whole.forgiven_bounced,
        whole.complained - whole.forgiven_complained,
    )


def verdict(found: Reputation) -> Verdict:
    """Whether an account may go on."""
    reached = [
        _reached(found.bounced, found, LEAST_ACCEPTED, (BOUNCES_WARN, BOUNCES_PAUSE)),
        _reached(
            found.complained,
            found,
            LEAST_ACCEPTED_FOR_COMPLAINTS,
            (COMPLAINTS_WARN, COMPLAINTS_PAUSE),
        ),
    ]
    if Verdict.PAUSE in reached:
        return Verdict.PAUSE
    return Verdict.WARN if Verdict.WARN in reached else Verdict.FINE


def _reached(
    bad: int, found: Reputation, least: int, thresholds: tuple[Fraction, Fraction]
) -> Verdict:
    if found.accepted < least:
        return Verdict.FINE
    warn, pause = thresholds
    rate = Fraction(bad, found.accepted)
    if rate >= pause:
        return Verdict.PAUSE
    return Verdict.WARN if rate >= warn else Verdict.FINE
