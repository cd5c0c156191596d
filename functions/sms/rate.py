"""How fast one Twilio account is called, in segments a second."""

from shared.pace import Pace, pace_of
from shared.settings import setting
from shared.store.rates import Rates


def pace(rates: Rates, account_sid: str) -> Pace:
    """The pace of a Twilio account, which several of ours may share."""
    return pace_of(rates, "twilio", account_sid, lambda: float(setting("SMS_RATE")))
