"""Notices: what is sent at once and to one person, beside the messages of the day.

A link or a code that confirms an address, a fresh link to somebody's own page, and the offer to
stop. A queue carries which notice it is, and nothing of a person. A notice goes out at most once:
whoever misses one asks for it again.
"""

import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, ConfigDict

from shared.rules import changes
from shared.rules.account import Account, Channel
from shared.rules.dates import jst_date
from shared.rules.outcomes import Outcome, Result
from shared.rules.subscriber import Language
from shared.secrets import MissingCredentialsError
from shared.store.store import Store
from shared.subscribers.links import Links

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient

MARGIN_SECONDS = 50.0
"""Waiting for the provider's rate leaves this much to a Lambda of 60 seconds: longer than a token
and a call of 23 seconds each."""


MOMENT_SECONDS = 0.2
"""Whoever was read this long ago was read just now; after a longer wait, they are read anew."""


class NoticeKind(StrEnum):
    """What a notice is about."""

    CONFIRM = "confirm"
    """A link (email) or a code (SMS) that shows that the address is theirs."""
    PREFERENCES = "preferences"
    """A fresh link to their own page."""
    OFFER = "offer"
    """The action that stops everything, offered without a reason."""
    MOVED = "moved"
    """That nothing comes to an address any more; nothing of where it goes, or why."""
    TRIAL = "trial"
    """A text of the office's, to the colleague who tries it."""


class NoticeMessage(BaseModel):
    """A notice on a queue: `id` is that of a confirmation, a trial, or a subscriber."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: NoticeKind
    id: str
    mark: str


@dataclass(frozen=True, slots=True, repr=False)
class Notice:
    """A notice in words, and to whom. `mark` is the same when it comes again."""

    mark: str
    account: str
    sender: str
    """The account's name."""
    address: str
    language: Language
    title: str
    text: str
    short: str
    """For an SMS: with its link or code."""

    @property
    def retry_key(self) -> str:
        """The mark as a UUID."""
        return str(UUID(hex=self.mark.ljust(32, "0")[:32], version=4))


class NoticeQueues:
    """The queue of each channel's notices."""

    def __init__(self, sqs: "SQSClient", urls: Mapping[Channel, str]) -> None:
        self._sqs, self._urls = sqs, urls

    def put(self, channel: Channel, kind: NoticeKind, about: str, mark: str | None = None) -> None:
        """Queue a notice about a confirmation or a subscriber."""
        message = NoticeMessage(kind=kind, id=about, mark=mark or token_hex(16))
        self._sqs.send_message(QueueUrl=self._urls[channel], MessageBody=message.model_dump_json())


def take_notices(
    event: Mapping[str, Any],
    context: "LambdaContext",
    channel: Channel,
    *,
    store: Store,
    links: Links,
    reserve: Callable[[Notice, float], float | None],
    send: Callable[[Notice], Outcome],
    logger: Logger,
    metrics: Metrics,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Send the notice of each SQS record; those that the provider did not take come back.

    `reserve` takes what a notice costs from the provider's rate, as a `Sender` does.
    """

    def noticed(message: NoticeMessage) -> Notice | None:
        return _noticed(message, channel, store=store, links=links, now=datetime.now(UTC))

    def sent(message: NoticeMessage, notice: Notice) -> Outcome | None:
        spare = context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS
        wait = reserve(notice, max(0.0, spare))
        if wait is None:
            return Outcome(Result.TRY_AGAIN, "no_time_to_wait")
        if wait:
            sleep(wait)
        latest = noticed(message) if wait > MOMENT_SECONDS else notice
        return send(latest) if latest else None

    failed = []
    for record in event["Records"]:
        metrics.add_metric("Notices", MetricUnit.Count, 1)
        message = NoticeMessage.model_validate_json(record["body"])
        notice = noticed(message)
        if notice is None or not store.seen.first_time("notice", message.mark):
            logger.info("nothing to send: it was sent, or is not wanted any more")
            continue
        try:
            outcome = sent(message, notice)
        except MissingCredentialsError as error:
            logger.error(str(error))  # noqa: TRY400 - the line says all there is to know
            metrics.add_metric("MissingCredentials", MetricUnit.Count, 1)
            outcome = Outcome(Result.TRY_AGAIN, "no_credentials")
        if outcome is None:
            logger.info("nothing to send: it was not wanted any more when its turn came")
            continue
        metrics.add_metric(f"Notice{outcome.result.title()}", MetricUnit.Count, 1)
        logger.info(
            "notice", extra={"kind": message.kind, "result": outcome.result, "code": outcome.code}
        )
        # What is refused for all is no fault of this one: a quota may have room again soon.
        if outcome.result is Result.TRY_AGAIN or outcome.for_all:
            store.seen.forget("notice", message.mark)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _noticed(
    message: NoticeMessage, channel: Channel, *, store: Store, links: Links, now: datetime
) -> Notice | None:
    """The notice in words, or None where nobody waits for it any more."""
    match message.kind:
        case NoticeKind.TRIAL:
            return _trial(message, store) if channel is Channel.EMAIL else None
        case NoticeKind.CONFIRM | NoticeKind.MOVED:
            return _to_an_address(message, channel, store, links, now)
        case NoticeKind.PREFERENCES | NoticeKind.OFFER:
            return _to_a_subscriber(message, channel, store, links, now)


def _to_an_address(
    message: NoticeMessage, channel: Channel, store: Store, links: Links, now: datetime
) -> Notice | None:
    waiting = store.confirmations.get(message.id)
    if waiting is None or waiting.channel is not channel:
        return None
    left = waiting.application is None and waiting.mover is None
    if left is not (message.kind is NoticeKind.MOVED):
        return None
    return _worded(
        message,
        store.accounts.get(waiting.account),
        waiting.address,
        waiting.language,
        now,
        link=links.confirm(waiting.id),
        code=links.code(waiting.id),
    )


def _to_a_subscriber(
    message: NoticeMessage, channel: Channel, store: Store, links: Links, now: datetime
) -> Notice | None:
    subscriber = store.subscribers.get(message.id)
    if subscriber is None or subscriber.channel is not channel:
        return None
    if message.kind is NoticeKind.OFFER and not any(map(changes.active, subscriber.enrolments)):
        return None
    return _worded(
        message,
        store.accounts.get(subscriber.account),
        subscriber.address,
        subscriber.language,
        now,
        link=links.preferences(subscriber.id, subscriber.generation, now),
        code="",
    )


def _trial(message: NoticeMessage, store: Store) -> Notice | None:
    trial = store.trials.get(message.id)
    if trial is None:
        return None
    title, text, short = (
        each.format(title=trial.title, text=trial.text, notice=trial.notice)
        for each in _words(message.kind, Language.JAPANESE)
    )
    return Notice(
        message.mark,
        trial.series,
        trial.sender,
        trial.address,
        Language.JAPANESE,
        title,
        text,
        short,
    )


def _worded(
    message: NoticeMessage,
    account: Account | None,
    address: str,
    language: Language,
    now: datetime,
    *,
    link: str,
    code: str,
) -> Notice | None:
    settings = account.on(jst_date(now)) if account else None
    if account is None or settings is None:
        return None
    title, text, short = (
        each.format(sender=settings.name, link=link, code=code)
        for each in _words(message.kind, language)
    )
    return Notice(message.mark, account.id, settings.name, address, language, title, text, short)


def _words(kind: NoticeKind, language: Language) -> tuple[str, str, str]:
    """The title, the text, and the whole SMS, with their places still open."""
    words = _all_words()[kind][language]
    return words["title"], words["text"], words["short"]


@cache
def _all_words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return tomllib.loads(
        files("shared.subscribers").joinpath("wording/notices.toml").read_text("utf-8")
    )
