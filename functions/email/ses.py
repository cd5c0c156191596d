"""Amazon SES v2: the bulk call, its limits, and what its answers mean.

Source: the SES v2 API reference and botocore's service model, read November 2026.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from email.header import Header
from email.utils import formataddr
from typing import TYPE_CHECKING, Any, TypeVar

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
from shared.rules.outcomes import UNKNOWN, Outcome, Result

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import BulkEmailEntryTypeDef


class _Entry(Shape):
    Status: str
    MessageId: str | None = None


class _Bulk(Shape):
    BulkEmailEntryResults: list[_Entry]


class _Notice(Shape):
    MessageId: str


S = TypeVar("S", bound=Shape)

BULK_LIMIT = 50
"""Entries of one SendBulkEmail call; the API model does not enforce it."""

IN_FLIGHT = 8
"""Calls under way at once: at 150 ms an answer, more than 2,000 recipients a second. boto3 pays 35
ms of CPU for each connection, so there are no more than any account's rate needs."""

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

NOTICE_TAG = "notice"
"""Stands on mails of no run, so that their events are known."""

_STATUS = re.compile(r"[A-Z_]{1,80}")
_CODE = re.compile(r"[A-Za-z0-9]{1,80}")
_NOT_ACCEPTED = (ConnectTimeoutError, EndpointConnectionError)
"""Nothing reached SES."""


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
        max_pool_connections=IN_FLIGHT,
        # Ours are right by the tests on the wire; to check them costs more than to write them.
        parameter_validation=False,
        user_agent="kizuna",
    )
    return boto3.client("sesv2", config=once)


def send_bulk(
    ses: "SESV2Client",
    *,
    sender: str,
    configuration_set: str,
    entries: "Sequence[BulkEmailEntryTypeDef]",
) -> list[Outcome]:
    """Send up to 50 entries, each with its own `subject`, `text` and `html`, in one call.

    Everything is rendered before: a variable that is missing would fail later, as an event.
    """
    answer = _answer(
        _Bulk,
        lambda: ses.send_bulk_email(
            FromEmailAddress=sender,
            ConfigurationSetName=configuration_set,
            DefaultContent={
                "Template": {
                    "TemplateContent": {
                        "Subject": "{{subject}}",
                        "Text": "{{text}}",
                        "Html": "{{html}}",
                    },
                    "TemplateData": "{}",
                }
            },
            BulkEmailEntries=entries,
        ),
    )
    if isinstance(answer, Outcome):
        return [answer] * len(entries)
    results = answer.BulkEmailEntryResults
    if len(results) != len(entries):
        return [UNKNOWN] * len(entries)
    return [_of_entry(result.Status, result.MessageId) for result in results]


def send_notice(
    ses: "SESV2Client", *, sender: str, configuration_set: str, to: str, subject: str, text: str
) -> Outcome:
    """Send one plain mail that belongs to no run; its events carry the tag `notice`."""
    answer = _answer(
        _Notice,
        lambda: ses.send_email(
            FromEmailAddress=sender,
            ConfigurationSetName=configuration_set,
            Destination={"ToAddresses": [to]},
            EmailTags=[{"Name": NOTICE_TAG, "Value": "1"}],
            Content={
                "Simple": {
                    "Subject": {"Data": subject, "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
                }
            },
        ),
    )
    if isinstance(answer, Outcome):
        return answer
    return Outcome(Result.ACCEPTED, provider_id=answer.MessageId)


def _answer(shape: type[S], call: Callable[[], Any]) -> S | Outcome:
    """What SES answers, or what it means that it did not take the call."""
    try:
        return shape.model_validate(call())
    except ClientError as error:
        return _refused_call(error)
    except _NOT_ACCEPTED:
        return Outcome(Result.TRY_AGAIN, "not_connected", for_all=True)
    except (BotoCoreError, ValidationError):
        return UNKNOWN
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        # The SDK's parser trusts the shape of what it parses.
        return UNKNOWN


def _of_entry(status: str, message_id: str | None) -> Outcome:
    if status == "ACCOUNT_DAILY_QUOTA_EXCEEDED":
        return DAILY_QUOTA
    result = ENTRY_RESULTS.get(status, Result.TRY_AGAIN)
    if result is Result.ACCEPTED:
        return Outcome(result, provider_id=message_id)
    code = status if _STATUS.fullmatch(status) else "unreadable"
    return Outcome(result, code, for_all=result is Result.TRY_AGAIN and status not in OF_ONE)


def _refused_call(error: ClientError) -> Outcome:
    """What an error answer to the whole call means: a 4xx was not accepted; a 5xx may have been."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if status >= 500:
        return UNKNOWN
    said = error.response["Error"]
    if DAILY_QUOTA_EXCEEDED in str(said.get("Message", "")):
        return DAILY_QUOTA
    code = str(said.get("Code", ""))
    if not _CODE.fullmatch(code):
        code = str(status)
    return Outcome(Result.TRY_AGAIN, code, for_all=code not in OF_ONE)
