"""Takes LINE's webhook: checks the signature, keeps each event, queues its id, and answers.

Nothing is decided here and LINE is not called, so that the answer comes within its two seconds.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.line.chat.event import ChatEvent, read, written
from shared.rules.account import Channel
from shared.secrets import MissingCredentialsError, credentials
from shared.settings import setting
from shared.store.line_events import LineEvents, open_line_events

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = Logger(service="line-webhook")
metrics = Metrics(namespace="Kizuna", service="line-webhook")

MOST_BYTES = 1_000_000
"""A webhook of LINE's holds a few events of a few kilobytes."""

QUEUE_AT_ONCE = 10
"""SendMessageBatch takes ten messages a call."""

_PATH = re.compile(r"/line/webhook/([a-z0-9-]{2,40})")


class RefusedError(Exception):
    """The request is not taken; nothing was changed."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class NotQueuedError(RuntimeError):
    """SQS did not take every id; LINE is not told that the events have arrived."""


@cache
def _resources() -> tuple[LineEvents, "SQSClient"]:
    return open_line_events(setting("PENDING_TABLE")), boto3.client("sqs")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer 200 once every event is kept and queued, else what is wrong with the request."""
    metrics.add_metric("Webhooks", MetricUnit.Count, 1)
    try:
        account = _account(event)
        events = _events(account, event)
    except RefusedError as refused:
        metrics.add_metric("WebhooksRefused", MetricUnit.Count, 1)
        logger.warning("a webhook was refused", extra={"status": refused.status})
        return _answer(refused.status)
    _keep(account, events)
    metrics.add_metric("LineEvents", MetricUnit.Count, len(events))
    return _answer(200)


def signature(channel_secret: str, body: bytes) -> str:
    """What LINE sends in x-line-signature:
    https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/.
    """
    digest = hmac.new(channel_secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _account(event: Mapping[str, Any]) -> str:
    found = _PATH.fullmatch(str(event.get("rawPath", "")))
    if found is None:
        raise RefusedError(404)
    return found[1]


def _events(account: str, event: Mapping[str, Any]) -> list[ChatEvent]:
    """The events of a request that LINE has signed. Nothing of it is looked at before."""
    body = _body(event)
    try:
        (secret,) = credentials(account, Channel.LINE, "channel_secret")
    except MissingCredentialsError:
        raise RefusedError(404) from None
    headers = {str(name).lower(): value for name, value in (event.get("headers") or {}).items()}
    given = str(headers.get("x-line-signature", ""))
    if not hmac.compare_digest(signature(secret, body).encode(), given.encode(errors="replace")):
        raise RefusedError(403)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(400) from None
    if not isinstance(found, dict) or not isinstance(found.get("events"), list):
        raise RefusedError(400)
    arrived = datetime.now(UTC)
    return [each for each in (read(one, arrived) for one in found["events"]) if each]


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if len(text) > 2 * MOST_BYTES:
        raise RefusedError(413)
    try:
        if event.get("isBase64Encoded"):
            body = base64.b64decode(text, validate=True)
        else:
            body = text.encode()
    except (binascii.Error, ValueError):
        raise RefusedError(400) from None
    if len(body) > MOST_BYTES:
        raise RefusedError(413)
    return body


def _keep(account: str, events: Sequence[ChatEvent]) -> None:
    """Store the events, then queue their ids.

    Whether one came before is not asked here but by who handles it: so what was stored and not
    queued (LINE then gets no 200, and sends it again) is simply stored and queued once more.
    """
    store, sqs = _resources()
    store.put(account, {each.id: written(each) for each in events})
    for some in _tens(events):
        answer = sqs.send_message_batch(
            QueueUrl=setting("LINE_EVENT_QUEUE"),
            Entries=[
                {"Id": str(n), "MessageBody": json.dumps({"account": account, "id": each.id})}
                for n, each in enumerate(some)
            ],
        )
        if answer.get("Failed"):
            raise NotQueuedError(f"{len(answer['Failed'])} events were not queued")


def _tens(events: Sequence[ChatEvent]) -> Iterator[Sequence[ChatEvent]]:
    for start in range(0, len(events), QUEUE_AT_ONCE):
        yield events[start : start + QUEUE_AT_ONCE]


def _answer(status: int) -> dict[str, Any]:
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": ""}
