"""Sending by LINE: one call to one user or up to 500, under a retry key, and what its answer means.

Source: LINE's OpenAPI documents and reference, read November 2026.
"""

import re
from collections.abc import Mapping, Sequence

from functions.line.line_api import LineApi, LineUnreachableError, Message
from shared.providers.answers import Shape, UnreadableAnswerError, read
from shared.providers.http import Answer, NoAnswerError
from shared.rules.outcomes import UNKNOWN, Outcome, Result

MULTICAST_LIMIT = 500
"""User IDs of one multicast."""

IN_FLIGHT = 16
"""Calls under way at once: at 150 ms an answer, 100 a second, each to 500 at the most. Each has a
connection to pay for."""

MONTHLY_LIMIT = "You have reached your monthly limit."
"""What a 429 says when no more can be sent this month; any other 429 means: later."""

BAD_REQUEST = frozenset({"bad_request", "bad_user_id", "beside_bad_user_id"})
"""The codes of what a 400 comes to."""

_SERVER_FAILED = 500
_BAD_RECIPIENT = re.compile(r"to\[([0-9]{1,3})\]")
_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


class _Detail(Shape):
    property: str = ""


class _Said(Shape):
    """What LINE says of a call, and of what it could not take."""

    message: str = ""
    details: tuple[_Detail, ...] = ()


async def send(
    api: LineApi, to: Sequence[str], messages: Sequence[Message], retry_key: str
) -> list[Outcome]:
    """Send the same messages to one user (push) or up to 500 (multicast) under a retry key.

    The same key with the same request is accepted once: a repeat answers 409, which is success.
    LINE says nothing of single recipients, and accepts those who blocked it.
    """
    kind, recipients = ("push", to[0]) if len(to) == 1 else ("multicast", list(to))
    try:
        answer = await api.call(
            "POST",
            f"/v2/bot/message/{kind}",
            {"to": recipients, "messages": list(messages)},
            headers={"X-Line-Retry-Key": retry_key},
        )
    except LineUnreachableError as error:
        return [Outcome(Result.TRY_AGAIN, str(error), for_all=True)] * len(to)
    except NoAnswerError:
        return [UNKNOWN] * len(to)
    return outcomes(answer, count=len(to))


async def send_text(api: LineApi, to: Sequence[str], text: str, retry_key: str) -> list[Outcome]:
    """Send one plain text, as `send` does."""
    return await send(api, to, [{"type": "text", "text": text}], retry_key)


def outcomes(answer: Answer, *, count: int) -> list[Outcome]:
    """What an answer to a send means for each of `count` recipients. Some statuses say by
    themselves that nothing was taken; whatever else cannot be read is unknown.
    """
    try:
        said = read(_Said, answer.body)
    except UnreadableAnswerError:
        said = None
    match answer.status, said:
        case 200 | 409, _Said():
            accepted = Outcome(Result.ACCEPTED, provider_id=_request_id(answer.headers))
            return [accepted] * count
        case 429, _Said(message=message) if message == MONTHLY_LIMIT:
            return [Outcome(Result.REFUSED, "monthly_limit", for_all=True)] * count
        case 400, _Said():
            return _bad_request(said, count)
        case ((200 | 400 | 409), _):
            return [UNKNOWN] * count
        case status, _ if status >= _SERVER_FAILED:
            return [UNKNOWN] * count
        case status, _:
            return [Outcome(Result.TRY_AGAIN, str(status), for_all=True)] * count


def _request_id(headers: Mapping[str, str]) -> str | None:
    """LINE's own id of the request that it accepted, by which LINE's support finds it."""
    found = headers.get("x-line-accepted-request-id") or headers.get("x-line-request-id") or ""
    return found if _REQUEST_ID.fullmatch(found) else None


def _bad_request(said: _Said, count: int) -> list[Outcome]:
    """A 400 names the recipients it cannot take, if any: those are dropped with their reason, and
    the others go out anew under another key. Where it names none, the text itself is at fault.
    """
    properties = [each.property for each in said.details]
    bad = {int(m[1]) for each in properties if (m := _BAD_RECIPIENT.fullmatch(each))}
    if "to" in properties:
        bad = set(range(count))
    if not bad:
        return [Outcome(Result.REFUSED, "bad_request")] * count
    refused = Outcome(Result.REFUSED, "bad_user_id")
    again = Outcome(Result.TRY_AGAIN, "beside_bad_user_id")
    return [refused if position in bad else again for position in range(count)]
