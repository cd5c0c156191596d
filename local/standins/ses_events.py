"""The events that SES publishes through SNS after it has accepted an email."""

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3

from local.standins.background import Background
from local.standins.config import SesConfig, SesEnding, Settings
from local.standins.faults import Faults
from local.standins.outbox import Outbox

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient
    from mypy_boto3_sns.type_defs import PublishBatchRequestEntryTypeDef

AT_ONCE = 10
"""Messages in one PublishBatch: https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html."""
ACCOUNT_ID = "000000000000"
_SIMULATOR = "simulator.amazonses.com"
_DELIVERED = ("Send", "Delivery")
_BOUNCED = ("Send", "Bounce")
_COMPLAINED = ("Send", "Delivery", "Complaint")
_FATES = {
    "success": _DELIVERED,
    "ooto": _DELIVERED,
    "bounce": _BOUNCED,
    "suppressionlist": _BOUNCED,
    "complaint": _COMPLAINED,
}
_ENDINGS: Mapping[SesEnding, tuple[str, ...]] = {
    "transient": ("Send", "DeliveryDelay", "Bounce"),
    "undetermined": _BOUNCED,
    "permanent": _BOUNCED,
    "content": _BOUNCED,
    "complaint": _COMPLAINED,
    "delay": ("Send", "DeliveryDelay", "Delivery"),
    "reject": ("Send", "Reject"),
}
_BOUNCES: Mapping[SesEnding, tuple[str, str, str, str]] = {
    "transient": ("Transient", "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full"),
    "undetermined": ("Undetermined", "Undetermined", "", ""),
    "content": ("Transient", "ContentRejected", "5.7.1", "smtp; 554 5.7.1 content rejected"),
}
"""https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html (read 2026-11)."""
_BOUNCE_SUBTYPES = {"suppressionlist": "Suppressed"}
"""https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html (read 2026-11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """An accepted email to one recipient, as its events describe it."""

    message_id: str
    source: str
    recipient: str
    subject: str
    headers: Mapping[str, str]
    tags: Mapping[str, str]
    configuration_set: str
    missing: str = ""


def fate(mail: Mail, config: SesConfig) -> tuple[str, ...]:
    """Return the event types that follow on this email, in order."""
    if mail.missing:
        return ("Send", "Rendering Failure")
    if mail.recipient.lower() in config.suppressed:
        return _BOUNCED
    if (ending := config.endings.get(mail.recipient)) is not None:
        return _ENDINGS[ending]
    return _FATES.get(_simulated(mail.recipient), _DELIVERED)


def outcome(events: tuple[str, ...]) -> str:
    """Return the last of these events in the outbox's words."""
    return {"Delivery": "delivered"}.get(events[-1], events[-1].lower())


def event(kind: str, mail: Mail, config: SesConfig, now: datetime) -> dict[str, Any]:
    """Return one event in the shape of SES event publishing.

    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
    """
    at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    key, build = _EVENTS[kind]
    headers = {"From": mail.source, "To": mail.recipient, "Subject": mail.subject, **mail.headers}
    return {
        "eventType": kind,
        "mail": {
            "timestamp": at,
            "source": mail.source,
            "sourceArn": f"arn:aws:ses:ap-northeast-1:{ACCOUNT_ID}:identity/{mail.source}",
            "sendingAccountId": ACCOUNT_ID,
            "messageId": mail.message_id,
            "destination": [mail.recipient],
            "headersTruncated": False,
            "headers": [{"name": name, "value": value} for name, value in headers.items()],
            "commonHeaders": {
                "from": [mail.source],
                "to": [mail.recipient],
                "messageId": mail.message_id,
                "subject": mail.subject,
            },
            "tags": {
                "ses:operation": ["SendBulkEmail"],
                "ses:configuration-set": [mail.configuration_set],
                "ses:source-ip": ["127.0.0.1"],
                "ses:from-domain": [mail.source.rpartition("@")[2]],
                "ses:caller-identity": ["standins"],
                **{name: [value] for name, value in mail.tags.items()},
            },
        },
        key: build(mail, config, at),
    }


def _delivery(mail: Mail, _config: SesConfig, at: str) -> dict[str, Any]:
    return {
        "timestamp": at,
        "processingTimeMillis": 500,
        "recipients": [mail.recipient],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "a8-50.smtp-out.amazonses.com",
    }


def _bounce(mail: Mail, config: SesConfig, at: str) -> dict[str, Any]:
    suppressed = mail.recipient.lower() in config.suppressed
    subtype = _BOUNCE_SUBTYPES.get(_simulated(mail.recipient), "General")
    permanent = ("Permanent", subtype, "5.1.1", "smtp; 550 5.1.1 user unknown")
    ending = config.endings.get(mail.recipient, "permanent")
    kind, subtype, status, diagnosis = _BOUNCES.get(ending, permanent)
    return {
        "bounceType": kind,
        "bounceSubType": "OnAccountSuppressionList" if suppressed else subtype,
        "bouncedRecipients": [
            {
                "emailAddress": mail.recipient,
                "action": "failed",
                "status": status,
                "diagnosticCode": diagnosis,
            }
        ],
        "timestamp": at,
        "feedbackId": f"bounce-{mail.message_id}",
        "reportingMTA": "dsn; a8-50.smtp-out.amazonses.com",
    }


def _complaint(mail: Mail, _config: SesConfig, at: str) -> dict[str, Any]:
    return {
        "complainedRecipients": [{"emailAddress": mail.recipient}],
        "timestamp": at,
        "feedbackId": f"complaint-{mail.message_id}",
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": at,
    }


def _delay(mail: Mail, _config: SesConfig, at: str) -> dict[str, Any]:
    return {
        "timestamp": at,
        "delayType": "MailboxFull",
        "expirationTime": at,
        "delayedRecipients": [
            {
                "emailAddress": mail.recipient,
                "status": "4.2.2",
                "diagnosticCode": "smtp; 452 4.2.2 mailbox full",
            }
        ],
    }


def _reject(_mail: Mail, _config: SesConfig, _at: str) -> dict[str, Any]:
    return {"reason": "Bad content"}


def _failure(mail: Mail, _config: SesConfig, _at: str) -> dict[str, Any]:
    problem = f"Attribute '{mail.missing}' is not present in the rendering data."
    return {"errorMessage": problem, "templateName": "inline"}


_EVENTS: dict[str, tuple[str, Any]] = {
    "Send": ("send", lambda _mail, _config, _at: {}),
    "Delivery": ("delivery", _delivery),
    "Bounce": ("bounce", _bounce),
    "Complaint": ("complaint", _complaint),
    "DeliveryDelay": ("deliveryDelay", _delay),
    "Reject": ("reject", _reject),
    "Rendering Failure": ("failure", _failure),
}


def _simulated(recipient: str) -> str:
    local, _, domain = recipient.lower().rpartition("@")
    return local.partition("+")[0] if domain == _SIMULATOR else ""


class SesEvents:
    """Publishes the events of accepted emails, where a topic is configured."""

    def __init__(self, settings: Settings, faults: Faults, outbox: Outbox) -> None:
        """Prepare; nothing is published before the first email."""
        self._settings = settings
        self._faults = faults
        self._outbox = outbox
        self._client: tuple[str | None, str, SNSClient] | None = None
        self._background: Background[dict[str, Any]] = Background(self._publish, AT_ONCE)
        self.drain = self._background.drain

    def follow(self, mails: Iterable[Mail]) -> None:
        """Have the events of `mails` published soon: all Send events before the later ones."""
        config = self._settings.current.ses
        if not config.events_topic:
            return
        now = datetime.now(UTC)
        fates = [(mail, fate(mail, config)) for mail in mails]
        rounds = itertools.zip_longest(*(kinds for _, kinds in fates))
        events = [
            event(kind, mail, config, now)
            for kinds in rounds
            for kind, (mail, _) in zip(kinds, fates, strict=True)
            if kind
        ]
        self._background.put([copy for one in events for copy in self._copies(one)])

    def _copies(self, one: dict[str, Any]) -> list[dict[str, Any]]:
        fault = self._faults.take("ses", "event", one["mail"]["destination"][0])
        copies = {None: 1, "lost_event": 0, "duplicate_event": 2}
        return [one] * copies.get(fault.kind if fault else None, 1)

    def _publish(self, events: list[dict[str, Any]]) -> None:
        config = self._settings.current.ses
        if not config.events_topic:
            return
        entries: list[PublishBatchRequestEntryTypeDef] = [
            {"Id": str(index), "Message": json.dumps(one, ensure_ascii=False)}
            for index, one in enumerate(events)
        ]
        self._outbox.count_incident("event_published", len(entries))
        self._sns(config.aws_endpoint, config.events_topic).publish_batch(
            TopicArn=config.events_topic, PublishBatchRequestEntries=entries
        )

    def _sns(self, endpoint: str | None, topic: str) -> "SNSClient":
        region = topic.split(":")[3]
        if self._client is None or self._client[:2] != (endpoint, region):
            client = boto3.client(
                "sns",
                endpoint_url=endpoint,
                region_name=region,
                aws_access_key_id="test",
                aws_secret_access_key="test",  # noqa: S106 - the local platform asks for any
            )
            self._client = (endpoint, region, client)
        return self._client[2]
