"""Sends notices by SMS: codes that confirm a number, links to somebody's own page."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.sms import rate
from functions.sms.twilio_api import Credentials, TwilioApi
from shared.providers.http import run
from shared.rules.account import Channel
from shared.rules.outcomes import Outcome
from shared.rules.sms_segments import segments
from shared.secrets import credentials, platform_keys
from shared.settings import setting
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.links import Links
from shared.subscribers.notices import Notice, take_notices

logger = Logger(service="sms-notices")
metrics = Metrics(namespace="Kizuna", service="sms-notices")

VALIDITY_SECONDS = 600
"""A code that comes ten minutes late would only puzzle."""


@cache
def _resources() -> tuple[Store, Links]:
    links = Links(setting("PUBLIC_URL"), platform_keys("LINK_KEY"))
    return open_store(names_from_environment()), links


@cache
def _api(credentials: Credentials) -> TwilioApi:
    return TwilioApi(setting("TWILIO_API"), credentials)


def _credentials(notice: Notice) -> Credentials:
    found = credentials(notice.account, Channel.SMS, "account_sid", "auth_token", "sender")
    return Credentials(*found)


def _reserve(notice: Notice, longest: float) -> float | None:
    store, _ = _resources()
    rate_limit = rate.rate_limit(store.rates, _credentials(notice).account_sid)
    return rate_limit.reserve(segments(notice.short), longest)


def _send(notice: Notice) -> Outcome:
    api = _api(_credentials(notice))
    return run(api.create(to=notice.address, body=notice.short, validity_seconds=VALIDITY_SECONDS))


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Send the notices of the SQS records."""
    store, links = _resources()
    return take_notices(
        event,
        context,
        Channel.SMS,
        store=store,
        links=links,
        reserve=_reserve,
        send=_send,
        logger=logger,
        metrics=metrics,
    )
