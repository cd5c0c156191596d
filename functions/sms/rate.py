"""How fast one Twilio account is called, in segments a second."""

from shared.providers.rate_limit import RateLimit, rate_limit_of
from shared.settings import setting
from shared.store.rates import Rates


def rate_limit(rates: Rates, account_sid: str) -> RateLimit:
    """The rate limit of a Twilio account, which several of ours may share."""
    return rate_limit_of(rates, "twilio", account_sid, lambda: float(setting("SMS_RATE")))
