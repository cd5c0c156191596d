"""Rate limit: one provider account is called in slots, one after another, at its rate at most.

A rate is in tokens a second: recipients, or segments of an SMS. Instants and durations here are
whole microseconds, so that nothing is lost in adding them up.
"""

import math
from dataclasses import dataclass

SECOND = 1_000_000

FURTHEST = 900 * SECOND
"""No queue of callers is ever as long as this: a slot further ahead was written by a clock that
went wrong, and must not hold a day's messages back."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The stretch of time that belongs to one call: it is made at the beginning, and at the end
    the next may be.
    """

    begins: int
    ends: int

    def wait(self, now: int) -> float:
        """Seconds from `now` until the call may be made."""
        return (self.begins - now) / SECOND


def duration(tokens: float, per_second: float) -> int:
    """How long a call of so many tokens keeps the account to itself."""
    return math.ceil(tokens * SECOND / per_second)


def next_slot(free_at: int | None, now: int, lasts: int) -> Slot:
    """The next slot of an account that is free from `free_at` on (None: nobody ever called it).

    Time in which nobody called is not saved up, so that no burst is longer than one call.
    """
    begins = free_at if free_at is not None and now <= free_at <= now + FURTHEST else now
    return Slot(begins, begins + lasts)


def call_size(limit: int, per_second: float) -> int:
    """How many recipients one call may have: as many as one second allows, one at the least, and
    never more than the provider's own limit.
    """
    return min(limit, max(1, math.floor(per_second)))
