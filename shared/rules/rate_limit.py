"""Rate limit: one provider account is called in slots, one after another, at its rate at most.

A rate is in tokens a second: recipients, or segments of an SMS. Instants and durations here are
whole microseconds, so that nothing is lost in adding them up.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

SECOND = 1_000_000

FURTHEST = 900 * SECOND
"""No queue of callers is ever as long as this: a slot further ahead was written by a clock that
went wrong, and must not hold a day's messages back."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The stretch of time that belongs to one caller, who makes one call or several in it; at its
    end that of the next begins.
    """

    begins: int
    ends: int

    def wait(self, now: int) -> float:
        """Seconds from `now` until the call may be made."""
        return (self.begins - now) / SECOND


def duration(tokens: float, per_second: float) -> int:
    """How long so many tokens keep the account to themselves."""
    return math.ceil(tokens * SECOND / per_second)


def next_slot(free_at: int | None, now: int, lasts: int) -> Slot:
    """The next slot of an account that is free from `free_at` on (None: nobody ever called it).

    Time in which nobody called is not saved up, so that no burst is longer than one slot.
    """
    begins = free_at if free_at is not None and now <= free_at <= now + FURTHEST else now
    return Slot(begins, begins + lasts)


def call_size(limit: int, per_second: float) -> int:
    """How many recipients one call may have: as many as one second allows, one at the least, and
    never more than the provider's own limit.
    """
    return min(limit, max(1, math.floor(per_second)))


def spread(costs: Sequence[float], per_second: float) -> list[float]:
    """When each of the calls that share a slot is to be made, in seconds after its beginning.

    They go at twice the rate, so that the second half of the slot is left for the last answers,
    their record, and all that comes before the next slot. So they are never further ahead of the
    rate than half a slot, and a slot is a second at the most.
    """
    begins = accumulate(costs, initial=0.0)
    return [tokens / per_second / 2 for tokens, _ in zip(begins, costs, strict=False)]
