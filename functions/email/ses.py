"""Amazon SES v2: its limits, what its answers mean, and the call for a single mail.

Source: the SES v2 API reference and botocore's service model, read November 2026.
"""

import re
from collections.abc import Mapping
from email.header import Header
from email.utils import formataddr
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)
from pydantic import ValidationError

from shared.providers.answers import Shape
from shared.rules.mailbox import on_the_wire
from shared.rules.outcomes import UNKNOWN, Outcome, Result

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


class _Notice(Shape):
    MessageId: str


BULK_LIMIT = 50
"""Entries of one SendBulkEmail call; the API model does not enforce it."""

IN_FLIGHT = 4
"""Calls under way at once: at 150 ms an answer, 1,300 recipients a second. Each has a connection to
pay for."""

SIMULATOR = "success@simulator.amazonses.com"
"""SES's own mailbox: takes every mail, and its events come as for any."""

ENTRY_RESULTS: Mapping[str, Result] = {
    "SUCCESS": Result.ACCEPTED,
    "MESSAGE_REJECTED": Result.REFUSED,
    "INVALID_PARAMETER": Result.REFUSED,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": Result.REFUSED,
    "ACCOUNT_THROTTLED": Result.TRY_AGAIN,
    "TRANSIENT_FAILURE": Result.TRY_AGAIN,
    "FAILED": Result.TRY_AGAIN,
    # Ours to mend, never the recipient's fault: the day goes on trying, and staff are told.
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": Result.TRY_AGAIN,
    "CONFIGURATION_SET_NOT_FOUND": Result.TRY_AGAIN,
    "TEMPLATE_NOT_FOUND": Result.TRY_AGAIN,
    "ACCOUNT_SUSPENDED": Result.TRY_AGAIN,
    "INVALID_SENDING_POOL_NAME": Result.TRY_AGAIN,
    "ACCOUNT_SENDING_PAUSED": Result.TRY_AGAIN,
    "CONFIGURATION_SET_SENDING_PAUSED": Result.TRY_AGAIN,
}
"""BulkEmailEntryResult.Status. An unknown one is tried again."""

OF_ONE = frozenset({"TRANSIENT_FAILURE", "FAILED", "BadRequestException", "MessageRejected"})
"""Failures that may be those of one entry; any other that is tried again concerns all."""

DAILY_QUOTA_EXCEEDED = "Daily message quota exceeded"
"""The words by which SES tells a used-up day from going too fast: both are the same error, which
has been seen under two names (ThrottlingException, TooManyRequestsException)."""

DAILY_QUOTA = Outcome(Result.REFUSED, "daily_quota", for_all=True)
"""Nothing more is taken from anybody: the quota is of the last 24 hours."""

NOT_CONNECTED = Outcome(Result.TRY_AGAIN, "not_connected", for_all=True)
"""Nothing reached SES."""

NOTICE_TAG = "notice"
"""Stands on mails of no run, so that their events are known."""

_STATUS = re.compile(r"[A-Z_]{1,80}")
_CODE = re.compile(r"[A-Za-z0-9]{1,80}")


def from_address(name: str, address: str) -> str:
    """A sender with its name: a name that is not ASCII in encoded words of RFC 2047, of which none
    may be longer than 75 characters.
    """
    if name.isascii():
        return formataddr((name, address))
    words = Header(name, "utf-8", maxlinelen=75).encode(linesep="")
    return f"{words} <{address}>"


def client() -> "SESV2Client":
    """A client that makes every call once: the SDK would repeat it on a read timeout, and SES has
    no idempotency (measured: one call reached a slow server three times).
    """
    once = Config(
        connect_timeout=3,
        read_timeout=20,
        retries={"total_max_attempts": 1},
        user_agent="kizuna",
    )
    return boto3.client("sesv2", config=once)


def send_notice(
    ses: "SESV2Client", *, sender: str, configuration_set: str, to: str, subject: str, text: str
) -> Outcome:
    """Send one plain mail that belongs to no run; its events carry the tag `notice`."""
    try:
        answer = ses.send_email(
            FromEmailAddress=sender,
            ConfigurationSetName=configuration_set,
            Destination={"ToAddresses": [on_the_wire(to)]},
            EmailTags=[{"Name": NOTICE_TAG, "Value": "1"}],
            Content={
                "Simple": {
                    "Subject": {"Data": subject, "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
                }
            },
        )
        return Outcome(Result.ACCEPTED, provider_id=_Notice.model_validate(answer).MessageId)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        said = error.response["Error"]
        return refused_call(status, str(said.get("Code", "")), str(said.get("Message", "")))
    except (ConnectTimeoutError, EndpointConnectionError):
        return NOT_CONNECTED
    except (BotoCoreError, ValidationError):
        return UNKNOWN
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        # The SDK's parser trusts the shape of what it parses.
        return UNKNOWN


def of_entry(status: str, message_id: str | None) -> Outcome:
    """What became of one entry of a bulk call."""
    if status == "ACCOUNT_DAILY_QUOTA_EXCEEDED":
        return DAILY_QUOTA
    result = ENTRY_RESULTS.get(status, Result.TRY_AGAIN)
    if result is Result.ACCEPTED:
        return Outcome(result, provider_id=message_id)
    code = status if _STATUS.fullmatch(status) else "unreadable"
    return Outcome(result, code, for_all=result is Result.TRY_AGAIN and status not in OF_ONE)


def refused_call(status: int, code: str, message: str) -> Outcome:
    """What an error answer to a whole call means: a 4xx was not accepted; a 5xx may have been."""
    if status >= 500:
        return UNKNOWN
    if DAILY_QUOTA_EXCEEDED in message:
        return DAILY_QUOTA
    if not _CODE.fullmatch(code):
        code = str(status)
    return Outcome(Result.TRY_AGAIN, code, for_all=code not in OF_ONE)
