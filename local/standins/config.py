"""What the stand-ins are told of the accounts they imitate: credentials, limits, the blocked."""

import threading
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, PositiveInt


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LineChannel(_Section):
    """One LINE Messaging API channel; `monthly_limit` counts recipients, None is no limit.

    `webhook` is where its events go until it is told another place, `name` is what people see.
    """

    secret: str
    monthly_limit: NonNegativeInt | None = None
    webhook: str | None = None
    name: str = ""


class LineLoginChannel(_Section):
    """One LINE Login channel: where it may send browsers back to, and the account that people are
    asked to add as a friend.
    """

    secret: str
    redirect: str
    bot: str | None = None


class LineConfig(_Section):
    """LINE: its channels by channel ID, and the user IDs that have blocked the account."""

    channels: dict[str, LineChannel] = {}
    logins: dict[str, LineLoginChannel] = {}
    blocked: frozenset[str] = frozenset()
    # Requests a second per channel, from the rate limits of the Messaging API reference.
    push_per_second: PositiveInt = 2_000
    multicast_per_second: PositiveInt = 200
    # LINE has no such limit: what an office may want to be held to (0 is no limit).
    recipients_per_second: NonNegativeFloat = 0
    token_seconds: NonNegativeInt = 900


class TwilioAccount(_Section):
    """One Twilio account; `senders` None lets every well-formed sender pass, and `inbound_url` is
    where it posts what readers answer.
    """

    auth_token: str
    status: Literal["active", "suspended", "closed"] = "active"
    api_keys: dict[str, str] = {}
    senders: frozenset[str] | None = None
    messaging_services: dict[str, str] = {}
    inbound_url: str | None = None


class TwilioEnding(_Section):
    """How an SMS that was accepted ends."""

    status: Literal["sent", "delivered", "undelivered", "failed"]
    code: PositiveInt | None = None


class TwilioConfig(_Section):
    """Twilio: its accounts by SID, the numbers it refuses with the error code of each, how accepted
    messages to some numbers end, and segments a second of an account (0 is no limit).
    """

    accounts: dict[str, TwilioAccount] = {}
    refuse: dict[str, int] = {}
    endings: dict[str, TwilioEnding] = {}
    status_callbacks: bool = True
    segments_per_second: NonNegativeFloat = 0


SesEnding = Literal[
    "transient", "undetermined", "permanent", "content", "complaint", "delay", "reject"
]
"""How an accepted mail ends: `delay` is delivered late, `content` bounces for what is in it."""


class SesConfig(_Section):
    """SES: verified domains, quotas in recipients (0 is no limit), how mails to some addresses end,
    and where its events go.
    """

    verified_domains: frozenset[str] = frozenset()
    max_send_rate: NonNegativeFloat = 0
    max_24_hours: NonNegativeFloat = 0
    max_bulk_calls_per_second: NonNegativeFloat = 0
    configuration_sets: frozenset[str] | None = None
    suppressed: frozenset[str] = frozenset()
    endings: dict[str, SesEnding] = {}
    events_topic: str | None = None
    aws_endpoint: str | None = None
    # AWS lists ThrottlingException among the common errors; seen in the wild for sesv2 is
    # TooManyRequestsException (github.com/alphagov/notifications-api/pull/4310): both are offered.
    throttle_error: Literal["ThrottlingException", "TooManyRequestsException"] = (
        "ThrottlingException"
    )


class PagesConfig(_Section):
    """Where the product's own pages are answered: the base URL of its HTTP API."""

    api: str | None = None


class Config(_Section):
    """All that the stand-ins are told; an unknown name is refused."""

    line: LineConfig = LineConfig()
    twilio: TwilioConfig = TwilioConfig()
    ses: SesConfig = SesConfig()
    pages: PagesConfig = PagesConfig()


class Settings:
    """The configuration in force, replaced a section at a time while the server runs."""

    def __init__(self, config: Config | None = None) -> None:
        """Start with `config`, or with nothing configured: then every call is refused."""
        self._lock = threading.Lock()
        self.current = config or Config()

    def replace(self, config: Config) -> None:
        """Put the sections that `config` names in place of the old ones, and keep the others."""
        with self._lock:
            named = {name: getattr(config, name) for name in config.model_fields_set}
            self.current = self.current.model_copy(update=named)


def read_config(path: Path) -> Config:
    """Return the configuration in the JSON file at `path`; pydantic's error names what is wrong."""
    return Config.model_validate_json(path.read_bytes())
