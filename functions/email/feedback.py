"""What SES tells by itself: Send events settle batches whose outcome was never recorded; bounces,
complaints and deliveries change readers.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from functions.email.sender import PROBE
from shared.feedback.events import News, report_repeats, take_in
from shared.rules.account import Channel
from shared.rules.feedback import Told
from shared.rules.mailbox import plain
from shared.store.feedback import Place
from shared.store.keys import JobId
from shared.store.store import Store, names_from_environment, open_store

logger = Logger(service="email-feedback")
metrics = Metrics(namespace="Kizuna", service="email-feedback")

KINDS: Mapping[str, Told] = {
    "Delivery": Told.DELIVERED,
    "DeliveryDelay": Told.DELAYED,
    "Complaint": Told.COMPLAINED,
    "Reject": Told.REJECTED,
    "Rendering Failure": Told.RENDERING_FAILED,
}
"""What an event's kind means; a Send says nothing new of a message, and a Bounce says more."""

BOUNCES: Mapping[str, Told] = {
    "Permanent": Told.FAILED,
    "Transient": Told.BOUNCED,
    "Undetermined": Told.BOUNCED,
}
"""Bounce.bounceType. An unknown one counts as one failure: alone it stops nobody."""

BOUNCE_SUBTYPES: Mapping[str, Told] = {
    # SES accepted the mail and did not send it, because the address bounced before.
    "Suppressed": Told.FAILED,
    "OnAccountSuppressionList": Told.FAILED,
    # The text or its size: never the address's fault.
    "ContentRejected": Told.REJECTED,
    "AttachmentRejected": Told.REJECTED,
    "MessageTooLarge": Told.REJECTED,
}
"""Bounce.bounceSubType, where it says more than the type (SES developer guide, November 2026)."""

OURS = ("batch", "account")
"""Tags by which a mail of a run is known. Others come too: the staff's mails, and notices."""


class Tags(BaseModel):
    """The tags that every mail of a run carries: which batch, and the position in it."""

    account: tuple[str]
    date: tuple[date]
    shard: tuple[int]
    batch: tuple[str]
    position: tuple[int]
    frozen: tuple[int]
    announcement: tuple[str] | None = None

    @property
    def job(self) -> JobId:
        """The job of the batch."""
        announcement = self.announcement[0] if self.announcement else None
        return JobId(self.account[0], self.date[0], Channel.EMAIL, self.shard[0], announcement)

    @property
    def place(self) -> Place:
        """The message."""
        return Place(self.job, self.batch[0], self.position[0])


class Mail(BaseModel):
    """The part of an SES event that says which mail it is about. The address is compared with the
    reader's, and nothing else.
    """

    message_id: str = Field(alias="messageId")
    destination: list[str] = Field(default=[], repr=False)
    tags: dict[str, Any] = {}


class Detail(BaseModel):
    """What an event says beyond its kind."""

    timestamp: AwareDatetime | None = None
    bounce_type: str | None = Field(None, alias="bounceType")
    bounce_subtype: str | None = Field(None, alias="bounceSubType")


class SesEvent(BaseModel):
    """An SES event, as far as it is needed here."""

    kind: str = Field(alias="eventType")
    mail: Mail
    delivery: Detail = Detail()
    delay: Detail = Field(Detail(), alias="deliveryDelay")
    bounce: Detail = Detail()
    complaint: Detail = Detail()

    @property
    def detail(self) -> Detail:
        """The part that belongs to the kind."""
        parts = {
            "Delivery": self.delivery,
            "DeliveryDelay": self.delay,
            "Bounce": self.bounce,
            "Complaint": self.complaint,
        }
        return parts.get(self.kind, Detail())

    @property
    def told(self) -> Told | None:
        """What it tells of the message; None where it tells nothing new."""
        if self.kind != "Bounce":
            return KINDS.get(self.kind)
        found = BOUNCE_SUBTYPES.get(self.bounce.bounce_subtype or "") or BOUNCES.get(
            self.bounce.bounce_type or ""
        )
        if found is None:
            metrics.add_metric("EmailUnknownBounce", MetricUnit.Count, 1)
        return found or Told.BOUNCED

    def news(self, tags: Tags) -> News | None:
        """The same, as what is told of one message."""
        if self.told is None or tags.batch[0] == PROBE:
            return None
        detail = self.detail
        address = plain(self.mail.destination[0]) if len(self.mail.destination) == 1 else None
        code = detail.bounce_subtype or detail.bounce_type
        return News(tags.place, self.told, detail.timestamp, code, address)


@cache
def _store() -> Store:
    return open_store(names_from_environment())


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take in the events of the SQS records; those that are no events of SES come back."""
    sent: dict[tuple[JobId, str], dict[int, str]] = defaultdict(dict)
    newest: list[int] = []
    news: list[News] = []
    failed = []
    for record in event["Records"]:
        try:
            each = SesEvent.model_validate_json(record["body"])
            if not any(tag in each.mail.tags for tag in OURS):
                metrics.add_metric("EmailNotOfARun", MetricUnit.Count, 1)
                continue
            tags = Tags.model_validate(each.mail.tags)
        except ValidationError as error:
            # The event itself would put an address into the log.
            places = [".".join(map(str, fault["loc"])) for fault in error.errors()]
            logger.error("not an SES event of ours", extra={"wrong": places})  # noqa: TRY400
            metrics.add_metric("EmailUnreadable", MetricUnit.Count, 1)
            failed.append({"itemIdentifier": record["messageId"]})
            continue
        metrics.add_metric(f"Email{each.kind}", MetricUnit.Count, 1)
        if each.kind == "Send":
            newest.append(tags.frozen[0])
            sent[tags.job, tags.batch[0]][tags.position[0]] = each.mail.message_id
        elif (one := each.news(tags)) is not None:
            news.append(one)
    for (job, batch), known in sent.items():
        again = frozenset() if batch == PROBE else _store().waves.note_known(job, batch, known)
        if again is None:
            logger.warning("SES events name no batch of ours", extra={"events": len(known)})
        else:
            report_repeats(job, again, logger, metrics)
    if sent:
        # Last: how far the events have come is proof of what is missing among the earlier ones.
        _store().ledger.note_heard(Channel.EMAIL, max(newest))
    if news:
        take_in(_store(), news, datetime.now(UTC), logger=logger, metrics=metrics)
    return {"batchItemFailures": failed}
