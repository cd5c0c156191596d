"""Sends notices by email: links that confirm an address or open somebody's own page."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.email import ses
from shared.letterhead import Letterhead
from shared.providers import ses_rate
from shared.providers.rate_limit import RateLimit
from shared.rules.account import Channel
from shared.rules.outcomes import Outcome
from shared.secrets import platform_keys
from shared.settings import setting
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.links import Links
from shared.subscribers.notices import Notice, take_notices

logger = Logger(service="email-notices")
metrics = Metrics(namespace="Kizuna", service="email-notices")


@cache
def _resources() -> tuple[Store, Links, Any]:
    links = Links(setting("PUBLIC_URL"), platform_keys("LINK_KEY"))
    return open_store(names_from_environment()), links, ses.client()


@cache
def _rate_limit() -> RateLimit:
    store, _, client = _resources()
    return ses_rate.rate_limit(store.rates, client, logger.warning)


def _reserve(_notice: Notice, longest: float) -> float | None:
    return _rate_limit().reserve(1, longest)


def _send(notice: Notice) -> Outcome:
    letterhead = Letterhead.from_environment()
    _, _, client = _resources()
    lines = (notice.text.strip(), "――――", notice.sender, letterhead.office, letterhead.contact)
    return ses.send_notice(
        client,
        sender=ses.from_address(notice.sender, f"{notice.account}@{setting('MAIL_DOMAIN')}"),
        configuration_set=setting("CONFIGURATION_SET"),
        to=notice.address,
        subject=notice.title,
        text="\n".join(lines) + "\n",
    )


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Send the notices of the SQS records."""
    store, links, _ = _resources()
    return take_notices(
        event,
        context,
        Channel.EMAIL,
        store=store,
        links=links,
        reserve=_reserve,
        send=_send,
        logger=logger,
        metrics=metrics,
    )
