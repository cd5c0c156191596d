"""Delivers email: jobs from the queue to SES."""

from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.email import ses
from functions.email.sender import EmailSender
from shared.delivery.jobs import Queues
from shared.delivery.worker import take_turns
from shared.letterhead import Letterhead
from shared.providers import ses_rate
from shared.providers.rate_limit import RateLimit
from shared.rules.account import Channel
from shared.secrets import platform_keys
from shared.settings import setting
from shared.store.keys import JobId
from shared.store.run import Run
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.links import Links

logger = Logger(service="email")
metrics = Metrics(namespace="Kizuna", service="email")


@cache
def _sqs() -> Any:  # noqa: ANN401
    return boto3.client("sqs")


@cache
def _resources() -> tuple[Store, Queues]:
    queues = Queues(_sqs(), {Channel.EMAIL: setting("EMAIL_QUEUE")})
    return open_store(names_from_environment()), queues


@cache
def _client() -> Any:  # noqa: ANN401
    return ses.client()


@cache
def _rate_limit() -> RateLimit:
    store, _ = _resources()
    return ses_rate.rate_limit(store.rates, _client(), logger.warning)


def _events_waiting() -> bool:
    """Whether events of SES are still to be taken in: also those that failed five times."""
    sqs, wanted = _sqs(), [f"ApproximateNumberOfMessages{each}" for each in ("", "NotVisible")]
    return any(
        number != "0"
        for queue in ("EMAIL_EVENT_QUEUE", "EMAIL_EVENT_DEAD_QUEUE")
        for number in sqs.get_queue_attributes(QueueUrl=setting(queue), AttributeNames=wanted)[
            "Attributes"
        ].values()
    )


def _sender(run: Run, job: JobId) -> EmailSender:
    store, _ = _resources()
    return EmailSender(
        _client(),
        run=run,
        job=job,
        domain=setting("MAIL_DOMAIN"),
        configuration_set=setting("CONFIGURATION_SET"),
        letterhead=Letterhead.from_environment(),
        heard=lambda: store.ledger.heard(Channel.EMAIL),
        events_waiting=_events_waiting,
        links=Links(setting("PUBLIC_URL"), platform_keys("LINK_KEY")),
        rate_limit=_rate_limit(),
    )


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Take a turn at each job of the event."""
    store, queues = _resources()
    take_turns(
        event, context, store=store, queues=queues, sender=_sender, logger=logger, metrics=metrics
    )
