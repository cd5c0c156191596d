"""How fast one LINE channel is called: what a call costs of its rate, in recipients a second."""

import math

from functions.line.line_api import MULTICASTS_PER_SECOND
from shared.providers.rate_limit import RateLimit, rate_limit_of
from shared.settings import setting
from shared.store.rates import Rates


def cost(recipients: int, per_second: float) -> int:
    """A push costs one. A multicast costs its recipients, and never so little that small ones
    could go out more often than LINE takes multicasts.
    """
    if recipients == 1:
        return 1
    return max(recipients, math.ceil(per_second / MULTICASTS_PER_SECOND))


def rate_limit(rates: Rates, channel_id: str) -> RateLimit:
    """The rate limit of a LINE channel."""
    return rate_limit_of(rates, "line", channel_id, lambda: float(setting("LINE_RATE")))
