"""How fast SES lets this account send: its own figure, asked for every five minutes."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.providers.rate_limit import RateLimit, rate_limit_of
from shared.store.rates import Rates

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

KEPT_SECONDS = 300
"""AWS raises and lowers the rate by itself; it is asked again after this long."""

UNTIL_KNOWN = 1.0
"""Recipients a second while SES never told its rate: what it gives a new account."""

THE_ACCOUNT = "ses"
"""There is one SES account for each stack, so its bucket needs no id."""


class SendRate:
    """Recipients a second that SES takes (`GetAccount.SendQuota.MaxSendRate`), kept a while.

    Where it cannot be read, the last known one holds, and `warn` is told.
    """

    def __init__(
        self,
        client: "SESV2Client",
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._warn, self._clock = client, warn, clock
        self._rate, self._until = UNTIL_KNOWN, float("-inf")

    def __call__(self) -> float:
        """The rate, recipients a second."""
        if self._clock() >= self._until:
            self._rate = self._told() or self._rate
            self._until = self._clock() + KEPT_SECONDS
        return self._rate

    def _told(self) -> float:
        """What SES tells, or 0."""
        try:
            rate = self._client.get_account().get("SendQuota", {}).get("MaxSendRate", 0.0)
        except (ClientError, BotoCoreError) as error:
            self._warn(f"SES did not tell its rate: {type(error).__name__}")
            return 0.0
        if rate <= 0:
            self._warn("SES did not tell its rate: there is none in its answer")
        return max(rate, 0.0)


def rate_limit(rates: Rates, client: "SESV2Client", warn: Callable[[str], None]) -> RateLimit:
    """The rate limit of the SES account."""
    return rate_limit_of(rates, "ses", THE_ACCOUNT, SendRate(client, warn))
