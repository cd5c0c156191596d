"""Sends notices by LINE: links to somebody's own page, and offers."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.line import rate
from functions.line.line_api import Credentials, LineApi
from functions.line.sending import send_text
from shared.providers.http import run
from shared.rules.account import Channel
from shared.rules.outcomes import Outcome
from shared.secrets import credentials, platform_keys
from shared.settings import setting
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.links import Links
from shared.subscribers.notices import Notice, take_notices

logger = Logger(service="line-notices")
metrics = Metrics(namespace="Kizuna", service="line-notices")


@cache
def _resources() -> tuple[Store, Links]:
    links = Links(setting("PUBLIC_URL"), platform_keys("LINK_KEY"))
    return open_store(names_from_environment()), links


@cache
def _api(credentials: Credentials) -> LineApi:
    return LineApi(setting("LINE_API"), credentials)


def _credentials(notice: Notice) -> Credentials:
    found = credentials(notice.account, Channel.LINE, "channel_id", "channel_secret")
    return Credentials(*found)


def _reserve(notice: Notice, longest: float) -> float | None:
    store, _ = _resources()
    return rate.rate_limit(store.rates, _credentials(notice).channel_id).reserve(1, longest)


def _send(notice: Notice) -> Outcome:
    api = _api(_credentials(notice))
    (outcome,) = run(send_text(api, [notice.address], notice.text.strip(), notice.retry_key))
    return outcome


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Send the notices of the SQS records."""
    store, links = _resources()
    return take_notices(
        event,
        context,
        Channel.LINE,
        store=store,
        links=links,
        reserve=_reserve,
        send=_send,
        logger=logger,
        metrics=metrics,
    )
