"""Delivers LINE messages: jobs from the queue to each account's LINE channel."""

from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.line import rate
from functions.line.line_api import Credentials, LineApi
from functions.line.sender import LineSender
from shared.delivery.jobs import Queues
from shared.delivery.worker import take_turns
from shared.letterhead import Letterhead
from shared.rules.account import Channel
from shared.secrets import credentials
from shared.settings import setting
from shared.store.keys import JobId
from shared.store.run import Run
from shared.store.store import Store, names_from_environment, open_store

logger = Logger(service="line")
metrics = Metrics(namespace="Kizuna", service="line")


@cache
def _resources() -> tuple[Store, Queues]:
    queues = Queues(boto3.client("sqs"), {Channel.LINE: setting("LINE_QUEUE")})
    return open_store(names_from_environment()), queues


@cache
def _api(credentials: Credentials) -> LineApi:
    return LineApi(setting("LINE_API"), credentials)


def _sender(run: Run, job: JobId) -> LineSender:
    store, _ = _resources()
    found = Credentials(*credentials(job.account, Channel.LINE, "channel_id", "channel_secret"))
    return LineSender(
        _api(found),
        account=run.settings.name,
        letterhead=Letterhead.from_environment(),
        rate_limit=rate.rate_limit(store.rates, found.channel_id),
    )


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Take a turn at each job of the event."""
    store, queues = _resources()
    take_turns(
        event, context, store=store, queues=queues, sender=_sender, logger=logger, metrics=metrics
    )
