"""LINE Messaging API: the calls, their limits, and what the answers mean.

Called by hand over urllib3: LINE's SDK costs more than a second of cold start for three calls.
Source: LINE's OpenAPI documents and reference, read November 2026.
"""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import urllib3

from shared.providers.http import NOT_CONNECTED
from shared.rules.outcomes import UNKNOWN, Outcome, Result

MULTICAST_LIMIT = 500
"""User IDs of one multicast."""

MULTICASTS_PER_SECOND = 200
"""Multicast requests that a channel may make; pushes are 2,000, which the default of the template's
LineRate keeps."""

IN_FLIGHT = 100
"""Calls under way at once: at 150 ms an answer, more than 600 a second."""

TEXT_LIMIT = 5_000
"""UTF-16 code units of one text message."""

TOKEN_SECONDS = 14 * 60
"""A stateless channel access token lives 15 minutes; any number may be issued."""

MONTHLY_LIMIT = "You have reached your monthly limit."
"""What a 429 says when no more can be sent this month; any other 429 means: later."""

BAD_REQUEST = frozenset({"bad_request", "bad_user_id", "beside_bad_user_id"})
"""The codes of what a 400 comes to."""

Message = Mapping[str, Any]
"""A message object of LINE's."""

_JSON = "application/json"
_OK, _UNAUTHORIZED = 200, 401
_SERVER_FAILED = 500
_BAD_RECIPIENT = re.compile(r"to\[(\d+)\]")


class LineUnreachableError(Exception):
    """LINE gave no access token, so that nothing was sent, or no answer. The message says why."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """An account's own LINE channel."""

    channel_id: str
    channel_secret: str


class LineApi:
    """One account's LINE channel. No call is ever repeated here."""

    def __init__(self, base_url: str, credentials: Credentials, http: urllib3.PoolManager) -> None:
        self._base, self._credentials, self._http = base_url.rstrip("/"), credentials, http
        self._token, self._token_until = "", 0.0
        self._one_asks, self._asked, self._refused = Lock(), 0, ""

    def send(self, to: Sequence[str], messages: Sequence[Message], retry_key: str) -> list[Outcome]:
        """Send the same messages to one user (push) or up to 500 (multicast) under a retry key.

        The same key with the same request is accepted once: a repeat answers 409, which is
        success. LINE says nothing of single recipients, and accepts those who blocked it.
        """
        kind, recipients = ("push", to[0]) if len(to) == 1 else ("multicast", list(to))
        body = {"to": recipients, "messages": list(messages)}
        try:
            token = self._access_token()
        except LineUnreachableError as error:
            return [Outcome(Result.TRY_AGAIN, str(error), for_all=True)] * len(to)
        try:
            answer = self._request(
                "POST",
                f"{self._base}/v2/bot/message/{kind}",
                token,
                _encoded(body),
                {"Content-Type": _JSON, "X-Line-Retry-Key": retry_key},
            )
        except NOT_CONNECTED:
            return [Outcome(Result.TRY_AGAIN, "not_connected", for_all=True)] * len(to)
        except urllib3.exceptions.HTTPError:
            return [UNKNOWN] * len(to)
        return outcomes(answer.status, _json(answer.data), answer.headers, count=len(to))

    def send_text(self, to: Sequence[str], text: str, retry_key: str) -> list[Outcome]:
        """Send one plain text, as `send` does."""
        return self.send(to, [{"type": "text", "text": text}], retry_key)

    def reply(self, token: str, messages: Sequence[Message]) -> str | None:
        """Answer an event by its reply token, which LINE takes once and for about a minute: None
        where it did, else why not. It is never to be repeated, since no retry key goes with it.
        """
        try:
            status, _ = self.call(
                "POST", "/v2/bot/message/reply", {"replyToken": token, "messages": list(messages)}
            )
        except LineUnreachableError as error:
            return str(error)
        return None if status == _OK else str(status)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        base_url: str | None = None,
        content_type: str = "application/json",
    ) -> tuple[int, dict[str, object]]:
        """Any other call: its status and JSON. `body` is JSON, or bytes of `content_type`.

        LineUnreachableError where LINE did not answer.
        """
        data = body if isinstance(body, bytes) or body is None else _encoded(body)
        url = f"{(base_url or self._base).rstrip('/')}{path}"
        headers = {"Content-Type": content_type} if data is not None else {}
        try:
            answer = self._request(method, url, self._access_token(), data, headers)
        except urllib3.exceptions.HTTPError:
            raise LineUnreachableError("no_answer") from None
        return answer.status, _json(answer.data)

    def _request(
        self, method: str, url: str, token: str, body: bytes | None, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        answer = self._http.request(
            method, url, body=body, headers={"Authorization": f"Bearer {token}", **headers}
        )
        if answer.status == _UNAUTHORIZED:
            self._token_until = 0.0  # revoked before its time: the next call asks for another
        return answer

    def _access_token(self) -> str:
        """A token that is good for a while yet; LineUnreachableError says why there is none. Of
        calls that are made side by side one asks, and the others take its answer.
        """
        asked = self._asked
        with self._one_asks:
            if time.monotonic() < self._token_until:
                return self._token
            if self._asked > asked:  # while this one waited, and was refused
                raise LineUnreachableError(self._refused)
            self._asked += 1
            try:
                self._token = self._new_token()
            except LineUnreachableError as error:
                self._refused = str(error)
                raise
            self._token_until = time.monotonic() + TOKEN_SECONDS
            return self._token

    def _new_token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credentials.channel_id,
            "client_secret": self._credentials.channel_secret,
        }
        try:
            answer = self._http.request(
                "POST",
                f"{self._base}/oauth2/v3/token",
                body=urlencode(form),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
        except urllib3.exceptions.HTTPError:
            message = "no_token_unreachable"
            raise LineUnreachableError(message) from None
        token = _json(answer.data).get("access_token")
        if answer.status != _OK or not isinstance(token, str):
            message = f"no_token_{answer.status}"
            raise LineUnreachableError(message)
        return token


def outcomes(
    status: int, body: dict[str, object], headers: "urllib3.HTTPHeaderDict", *, count: int
) -> list[Outcome]:
    """What an answer to a send means for each of `count` recipients."""
    request_id = headers.get("x-line-accepted-request-id") or headers.get("x-line-request-id")
    message = str(body.get("message", ""))
    match status:
        case 200 | 409:
            return [Outcome(Result.ACCEPTED, provider_id=request_id)] * count
        case 429 if message == MONTHLY_LIMIT:
            return [Outcome(Result.REFUSED, "monthly_limit", for_all=True)] * count
        case 400:
            return _bad_request(body, count)
        case _ if status >= _SERVER_FAILED:
            return [UNKNOWN] * count
        case _:
            return [Outcome(Result.TRY_AGAIN, str(status), for_all=True)] * count


def _bad_request(body: dict[str, object], count: int) -> list[Outcome]:
    """A 400 names the recipients it cannot take, if any: those are dropped with their reason, and
    the others go out anew under another key. Where it names none, the text itself is at fault.
    """
    details = body.get("details")
    properties = [str(d.get("property", "")) for d in details] if isinstance(details, list) else []
    bad = {int(m[1]) for each in properties if (m := _BAD_RECIPIENT.fullmatch(each))}
    if any(each == "to" for each in properties):
        bad = set(range(count))
    if not bad:
        return [Outcome(Result.REFUSED, "bad_request")] * count
    refused = Outcome(Result.REFUSED, "bad_user_id")
    again = Outcome(Result.TRY_AGAIN, "beside_bad_user_id")
    return [refused if position in bad else again for position in range(count)]


def _encoded(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _json(data: bytes) -> dict[str, object]:
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
