"""The bulk call of SES, through which every mail of a day goes: signed by botocore, and carried as
all calls to providers are.

The SDK's own call takes three times the CPU, and a thread while it waits
(docs/decisions/0016-waves-side-by-side.md).
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from functions.email.ses import NOT_CONNECTED, of_entry, refused_call
from shared.providers.answers import Shape, UnreadableAnswerError, read
from shared.providers.http import Answer, NoAnswerError, NotConnectedError, request
from shared.rules.outcomes import UNKNOWN, Outcome

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import BulkEmailEntryTypeDef

PATH = "/v2/email/outbound-bulk-emails"

_CONTENT = {
    "Template": {
        "TemplateContent": {"Subject": "{{subject}}", "Text": "{{text}}", "Html": "{{html}}"},
        "TemplateData": "{}",
    }
}


class _Entry(Shape):
    Status: str
    MessageId: str | None = None


class _Taken(Shape):
    BulkEmailEntryResults: tuple[_Entry, ...]


class _Refusal(Shape):
    message: str = ""


async def send_bulk(
    ses: "SESV2Client",
    *,
    sender: str,
    configuration_set: str,
    entries: "Sequence[BulkEmailEntryTypeDef]",
) -> list[Outcome]:
    """Send up to 50 entries, each with its own `subject`, `text` and `html`, in one call, to where
    the client would send them. It is made once: SES has no idempotency.

    Everything is rendered before: a variable that is missing would fail later, as an event.
    """
    body = json.dumps(
        {
            "FromEmailAddress": sender,
            "ConfigurationSetName": configuration_set,
            "DefaultContent": _CONTENT,
            "BulkEmailEntries": entries,
        },
        ensure_ascii=False,
    ).encode()
    url = f"{ses.meta.endpoint_url}{PATH}"
    try:
        answer = await request("POST", url, headers=_signed(url, body, ses), body=body)
        results = _taken(answer) if answer.status < 400 else None
    except NotConnectedError:
        return [NOT_CONNECTED] * len(entries)
    except (NoAnswerError, UnreadableAnswerError):
        return [UNKNOWN] * len(entries)
    if results is None:
        return [_refused(answer)] * len(entries)
    if len(results) != len(entries):
        return [UNKNOWN] * len(entries)
    return results


def _signed(url: str, body: bytes, ses: "SESV2Client") -> Mapping[str, str]:
    """The headers of a request to SES, with its signature."""
    unsigned = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
    SigV4Auth(_credentials().get_frozen_credentials(), "ses", ses.meta.region_name).add_auth(
        unsigned
    )
    return dict(unsigned.headers.items())


@cache
def _credentials() -> Any:  # noqa: ANN401 - botocore's, which has no types
    """Those of the process, which botocore renews."""
    return boto3.session.Session().get_credentials()


def _taken(answer: Answer) -> list[Outcome]:
    results = read(_Taken, answer.body).BulkEmailEntryResults
    return [of_entry(each.Status, each.MessageId) for each in results]


def _refused(answer: Answer) -> Outcome:
    """A refusal says why in its body, and in a header of which kind it is, with a URL behind it."""
    try:
        message = read(_Refusal, answer.body).message
    except UnreadableAnswerError:
        message = ""
    kind = answer.headers.get("x-amzn-errortype", "").partition(":")[0]
    return refused_call(answer.status, kind, message)
