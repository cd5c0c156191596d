"""Delivers SMS: jobs from the queue to Twilio."""

from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.sms import rate
from functions.sms.sender import SmsSender
from functions.sms.twilio_api import Credentials, TwilioApi
from shared.delivery.jobs import Queues
from shared.delivery.worker import take_turns
from shared.rules.account import Channel
from shared.secrets import credentials, platform_keys
from shared.settings import setting
from shared.store.keys import JobId
from shared.store.run import Run
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.links import Links

logger = Logger(service="sms")
metrics = Metrics(namespace="Kizuna", service="sms")


@cache
def _resources() -> tuple[Store, Queues]:
    queues = Queues(boto3.client("sqs"), {Channel.SMS: setting("SMS_QUEUE")})
    return open_store(names_from_environment()), queues


@cache
def _api(credentials: Credentials) -> TwilioApi:
    return TwilioApi(setting("TWILIO_API"), credentials)


def _sender(run: Run, job: JobId) -> SmsSender:
    store, _ = _resources()
    found = Credentials(
        *credentials(job.account, Channel.SMS, "account_sid", "auth_token", "sender")
    )
    links = Links(setting("PUBLIC_URL"), platform_keys("LINK_KEY"))
    rate_limit = rate.rate_limit(store.rates, found.account_sid)
    return SmsSender(_api(found), run=run, job=job, links=links, rate_limit=rate_limit)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Take a turn at each job of the event."""
    store, queues = _resources()
    take_turns(
        event, context, store=store, queues=queues, sender=_sender, logger=logger, metrics=metrics
    )
