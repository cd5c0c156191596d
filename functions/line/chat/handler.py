"""The LINE chat: handles each event of the webhook once, and answers it by its reply token."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict

from functions.line.chat.event import ChatEvent, stored
from functions.line.chat.fulfilment import ChatRequest, fulfil
from functions.line.chat.intents import intent_of
from functions.line.chat.replies import ReplyContext, reply_to
from functions.line.line_api import Credentials, LineApi
from shared.letterhead import Letterhead
from shared.providers.http import run
from shared.rules.account import Channel
from shared.rules.dates import jst_date
from shared.secrets import MissingCredentialsError, address_key, credentials, platform_keys
from shared.settings import setting
from shared.store.line_events import LineEvents, open_line_events
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.links import Links

logger = Logger(service="line-chat")
metrics = Metrics(namespace="Kizuna", service="line-chat")

_SEEN = "line"
"""Under this the ids of events are known that were handled."""


class EventMessage(BaseModel):
    """An event on the queue: an account's, by LINE's id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str
    id: str

    @property
    def mark(self) -> str:
        """The same for the same event."""
        return f"{self.account}#{self.id}"


@cache
def _resources() -> tuple[Store, LineEvents, Links]:
    links = Links(setting("PUBLIC_URL"), platform_keys("LINK_KEY"))
    events = open_line_events(setting("PENDING_TABLE"))
    return open_store(names_from_environment(), address_key), events, links


@cache
def _api(credentials: Credentials) -> LineApi:
    return LineApi(setting("LINE_API"), credentials)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Handle the events of the SQS records in the order in which they happened; those that could
    not be handled come back.
    """
    failed = []
    metrics.add_metric("LineEventsTaken", MetricUnit.Count, len(event["Records"]))
    for record, message, happened in _in_order(event):
        logger.append_keys(account=message.account, event=message.id)
        try:
            _handle_once(message, happened)
        except Exception as error:  # noqa: BLE001 - the edge of one record
            # Not its traceback: that of a parser may hold what somebody wrote.
            logger.error("not handled: %s", type(error).__name__)  # noqa: TRY400
            metrics.add_metric("LineEventsFailed", MetricUnit.Count, 1)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _in_order(
    event: Mapping[str, Any],
) -> list[tuple[Mapping[str, Any], EventMessage, ChatEvent]]:
    """The records whose events are still there, the earliest first."""
    _, events, _ = _resources()
    found = []
    for record in event["Records"]:
        message = EventMessage.model_validate_json(record["body"])
        document = events.get(message.account, message.id)
        if document is not None:
            found.append((record, message, stored(document)))
    return sorted(found, key=lambda each: each[2].at)


def _handle_once(message: EventMessage, happened: ChatEvent) -> None:
    """Handle an event that was not handled before. It is marked when all is done: what is cut off
    in between comes again, finds the record as it left it, and does no harm.
    """
    store, events, _ = _resources()
    if store.seen.known(_SEEN, message.mark):
        logger.info("handled before")
    else:
        _handle(message.account, happened)
        store.seen.first_time(_SEEN, message.mark)
    events.remove(message.account, message.id)


def _handle(account_id: str, happened: ChatEvent) -> None:
    store, _, links = _resources()
    now = datetime.now(UTC)
    account = store.accounts.get(account_id)
    settings = account.on(jst_date(now)) if account else None
    if settings is None:
        logger.warning("the account has no settings")
        return
    place = (account_id, happened.user)
    known = store.subscribers.at_addresses([place]).get(place)
    subscriber = store.subscribers.get(known) if known else None
    intent = intent_of(happened, subscriber, settings, now)
    found = ChatRequest(account_id, settings, happened, subscriber, now)
    done, subscriber = fulfil(store, found, intent)
    metrics.add_metric(f"Line{done.kind.title().replace('_', '')}", MetricUnit.Count, 1)
    context = ReplyContext(account_id, settings, Letterhead.from_environment(), links, now)
    messages = reply_to(done, replace(context, subscriber=subscriber))
    if messages and happened.reply_token:
        _reply(account_id, happened.reply_token, messages)


def _reply(account_id: str, token: str, messages: list[dict[str, Any]]) -> None:
    """Answer, once: what was changed counts, whether the answer arrives or not."""
    try:
        found = credentials(account_id, Channel.LINE, "channel_id", "channel_secret")
    except MissingCredentialsError as error:
        logger.error(str(error))  # noqa: TRY400 - the line says all there is to know
        metrics.add_metric("MissingCredentials", MetricUnit.Count, 1)
        return
    code = run(_api(Credentials(*found)).reply(token, messages))
    metrics.add_metric("LineRepliesFailed" if code else "LineReplies", MetricUnit.Count, 1)
    logger.info("replied" if code is None else "not replied", extra={"code": code})
