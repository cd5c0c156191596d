"""Amazon SES v2 as boto3 speaks it: SendBulkEmail, SendEmail and GetAccount, strictly."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from local.standins.answers import json_answer
from local.standins.config import Settings
from local.standins.faults import Fault, Faults
from local.standins.outbox import Message, Outbox
from local.standins.pace import LastDay, Pace
from local.standins.ses_email import Email, bare_address
from local.standins.ses_events import Mail, SesEvents, fate, outcome
from local.standins.ses_model import request_checks
from local.standins.ses_request import (
    EntryRefused,
    bulk_emails,
    check_sender,
    json_body,
    refused,
    single_email,
)

RATE_SHOWN_WITHOUT_LIMIT = 10_000.0
UNLIMITED = -1.0

_OPERATIONS = {"send_bulk_email": "SendBulkEmail", "send_email": "SendEmail"}
_ENTRY_STATUS = {"throttle": "ACCOUNT_THROTTLED", "daily_quota": "ACCOUNT_DAILY_QUOTA_EXCEEDED"}
"""What a fault that strikes chosen entries gives them; the others give the status they carry."""


class Ses:
    """The SES v2 stand-in."""

    name = "ses"
    routes = (
        ("POST", "/v2/email/outbound-bulk-emails", "send_bulk_email"),
        ("POST", "/v2/email/outbound-emails", "send_email"),
        ("GET", "/v2/email/account", "get_account"),
    )

    def __init__(self, settings: Settings, outbox: Outbox, faults: Faults) -> None:
        """Start with full quotas."""
        self._settings = settings
        self._outbox = outbox
        self.events = SesEvents(settings, faults, outbox)
        self._checks = request_checks()
        self.reset()

    def reset(self) -> None:
        """Forget what was sent, for the quotas."""
        self._rate, self._calls, self._day = Pace(), Pace(), LastDay()

    def answer(
        self, operation: str, request: Request, fault: Fault | None, _path: Mapping[str, str]
    ) -> Response:
        """Answer one call; raises Refused."""
        if not request.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 "):
            raise refused("MissingAuthenticationTokenException", "Missing Authentication Token")
        if operation == "get_account":
            return self._get_account()
        body = self._body(operation, request)
        if operation == "send_email":
            return self._send_email(body)
        return self._send_bulk_email(body, fault)

    def failure(self, fault: Fault) -> Response:
        """Return the answer to a call that fails whole."""
        code, message = {
            "throttle": (
                self._settings.current.ses.throttle_error,
                "Maximum sending rate exceeded.",
            ),
            "daily_quota": (
                self._settings.current.ses.throttle_error,
                "Daily message quota exceeded.",
            ),
            "unauthorized": (
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            "server_error": ("InternalServerError", "Internal server error"),
        }[fault.kind]
        return refused(code, message).response

    def stamp(self, response: Response) -> None:
        """Put on an answer what every answer of AWS has."""
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())

    def _get_account(self) -> Response:
        config = self._settings.current.ses
        return json_answer(
            {
                "DedicatedIpAutoWarmupEnabled": False,
                "EnforcementStatus": "HEALTHY",
                "ProductionAccessEnabled": True,
                "SendingEnabled": True,
                "SendQuota": {
                    "Max24HourSend": config.max_24_hours or UNLIMITED,
                    "MaxSendRate": config.max_send_rate or RATE_SHOWN_WITHOUT_LIMIT,
                    "SentLast24Hours": float(self._day.total()),
                },
            }
        )

    def _body(self, operation: str, request: Request) -> dict[str, Any]:
        body = json_body(request, self._checks[_OPERATIONS[operation]])
        check_sender(body, self._settings.current.ses)
        return body

    def _send_bulk_email(self, body: Mapping[str, Any], fault: Fault | None) -> Response:
        emails = bulk_emails(body)
        for index in _failing(fault, emails):
            emails[index] = EntryRefused(_entry_status(fault), "Told to fail.")
        if not self._calls.take(1, self._settings.current.ses.max_bulk_calls_per_second):
            raise refused("TooManyRequestsException", "Too many requests.")
        self._take_quota(sum(len(e.recipients) for e in emails if isinstance(e, Email)))
        ids = [_message_id() for _ in emails]
        accepted = [(i, e) for i, e in zip(ids, emails, strict=True) if isinstance(e, Email)]
        self._accept(body, accepted)
        return json_answer(
            {
                "BulkEmailEntryResults": [
                    {"Status": "SUCCESS", "MessageId": message_id}
                    if isinstance(email, Email)
                    else {"Status": email.status, "Error": email.error}
                    for message_id, email in zip(ids, emails, strict=True)
                ]
            }
        )

    def _send_email(self, body: Mapping[str, Any]) -> Response:
        email = single_email(body)
        self._take_quota(len(email.recipients))
        message_id = _message_id()
        self._accept(body, [(message_id, email)])
        return json_answer({"MessageId": message_id})

    def _take_quota(self, recipients: int) -> None:
        config = self._settings.current.ses
        if config.max_24_hours and self._day.total() >= config.max_24_hours:
            raise refused(config.throttle_error, "Daily message quota exceeded.")
        if not self._rate.take(recipients, config.max_send_rate):
            raise refused(config.throttle_error, "Maximum sending rate exceeded.")
        self._day.add(recipients)

    def _accept(self, body: Mapping[str, Any], emails: Sequence[tuple[str, Email]]) -> None:
        config = self._settings.current.ses
        sender = body["FromEmailAddress"]
        mails = [
            (
                Mail(
                    message_id=message_id,
                    source=bare_address(sender),
                    recipient=bare_address(recipient),
                    subject=email.subject,
                    headers=email.headers,
                    tags=email.tags,
                    configuration_set=body.get("ConfigurationSetName", ""),
                    missing=email.missing,
                ),
                email,
            )
            for message_id, email in emails
            for recipient in email.recipients
        ]
        reply_to = ", ".join(body.get("ReplyToAddresses", ()))
        self._outbox.accept(
            Message(
                channel="email",
                provider_id=mail.message_id,
                sender=mail.source,
                recipient=mail.recipient,
                subject=email.subject,
                text=email.text,
                html=email.html,
                headers={
                    "From": sender,
                    **({"Reply-To": reply_to} if reply_to else {}),
                    **email.headers,
                },
                tags=email.tags,
                outcome=outcome(fate(mail, config)),
            )
            for mail, email in mails
            if not mail.missing
        )
        failed = sum(1 for mail, _ in mails if mail.missing)
        if failed:
            self._outbox.count_incident("rendering_failure", failed)
        # Events belong to a configuration set: of a mail without one, nothing is told.
        self.events.follow(mail for mail, _ in mails if mail.configuration_set)


def _failing(fault: Fault | None, emails: Sequence[Email | EntryRefused]) -> list[int]:
    if fault is None:
        return []
    named = [
        index
        for index, email in enumerate(emails)
        if isinstance(email, Email) and fault.recipient in (None, *email.recipients)
    ]
    return [index for index in fault.entries or named if index < len(emails)]


def _entry_status(fault: Fault | None) -> str:
    return _ENTRY_STATUS.get(fault.kind, fault.status) if fault else ""


def _message_id() -> str:
    # The form of SES's own ids, such as 0106018c0a1b2c3d-1f2e3d4c-…-000000.
    return f"0106{secrets.token_hex(6)}-{uuid.uuid4()}-000000"
