"""What SES tells by itself: its Send events settle batches whose outcome was never recorded.

Other events (delivery, bounce, complaint) do not change the ledger.
"""

from collections import defaultdict
from datetime import date
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field, ValidationError

from functions.email.sender import PROBE
from shared.rules.account import Channel
from shared.store.keys import JobId
from shared.store.ledger import Ledger
from shared.store.store import names_from_environment, open_store

logger = Logger(service="email-feedback")
metrics = Metrics(namespace="Kizuna", service="email-feedback")


class Tags(BaseModel):
    """The tags that every mail of ours carries: which batch, and the position in it."""

    account: tuple[str]
    date: tuple[date]
    shard: tuple[int]
    batch: tuple[str]
    position: tuple[int]
    frozen: tuple[int]

    @property
    def job(self) -> JobId:
        """The job of the batch."""
        return JobId(self.account[0], self.date[0], Channel.EMAIL, self.shard[0])


class Mail(BaseModel):
    """The part of an SES event that says which mail it is about."""

    message_id: str = Field(alias="messageId")
    tags: Tags


class SesEvent(BaseModel):
    """An SES event, as far as it is needed here; addresses are never read."""

    kind: str = Field(alias="eventType")
    mail: Mail


@cache
def _ledger() -> Ledger:
    return open_store(names_from_environment()).ledger


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take in the events of the SQS records; those that are no events of ours come back."""
    sent: dict[tuple[JobId, str], dict[int, str]] = defaultdict(dict)
    newest: list[int] = []
    failed = []
    for record in event["Records"]:
        try:
            each = SesEvent.model_validate_json(record["body"])
        except ValidationError as error:
            # The event itself would put an address into the log.
            places = [".".join(map(str, fault["loc"])) for fault in error.errors()]
            logger.error("not an SES event of ours", extra={"wrong": places})  # noqa: TRY400
            metrics.add_metric("EmailUnreadable", MetricUnit.Count, 1)
            failed.append({"itemIdentifier": record["messageId"]})
            continue
        metrics.add_metric(f"Email{each.kind}", MetricUnit.Count, 1)
        if each.kind == "Send":
            tags = each.mail.tags
            newest.append(tags.frozen[0])
            sent[tags.job, tags.batch[0]][tags.position[0]] = each.mail.message_id
    for (job, batch), known in sent.items():
        if batch != PROBE and not _ledger().note_known(job, batch, known):
            logger.warning("SES events name no batch of ours", extra={"events": len(known)})
    if sent:
        # Last: how far the events have come is proof of what is missing among the earlier ones.
        _ledger().note_heard(Channel.EMAIL, max(newest))
    return {"batchItemFailures": failed}
