"""Rate limit: how fast one provider account is called, by all Lambdas together."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from shared.rules.rate_limit import call_size
from shared.store import keys
from shared.store.rates import Rates


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The rate of one provider account: `take` reserves a slot for (tokens, tokens a second,
    longest wait), as `Rates.take` does, and `per_second` is asked before each reservation.
    """

    take: Callable[[float, float, float], float | None]
    per_second: Callable[[], float]

    def call_size(self, limit: int) -> int:
        """How many recipients one call may have, where the provider takes `limit`."""
        return call_size(limit, self.per_second())

    def reserve(self, tokens: float, longest: float) -> float | None:
        """Take so many tokens: the seconds to wait before the slot begins, or None, and nothing is
        taken, where they are more than `longest`.
        """
        return self.take(tokens, self.per_second(), longest)


UNLIMITED = RateLimit(lambda *_: 0.0, lambda: 1e9)
"""That of nobody: every call may be made at once."""


def rate_limit_of(
    rates: Rates, provider: str, account: str, per_second: Callable[[], float]
) -> RateLimit:
    """The rate limit of a provider's account, under the id that the provider knows it by."""
    return RateLimit(partial(rates.take, keys.rate(provider, account)), per_second)
