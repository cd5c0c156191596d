"""LINE Messaging API: access, tokens, and the calls that send no message of the day.

Called by hand: LINE's SDK costs more than a second of cold start for three calls.
Source: LINE's OpenAPI documents and reference, read November 2026.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any
from urllib.parse import urlencode

import urllib3
from pydantic import StringConstraints

from shared.providers.answers import Shape, UnreadableAnswerError, read

MULTICASTS_PER_SECOND = 200
"""Multicast requests that a channel may make; pushes are 2,000, which the default of the template's
LineRate keeps."""

TEXT_LIMIT = 5_000
"""UTF-16 code units of one text message."""

TOKEN_SECONDS = 14 * 60
"""A stateless channel access token lives 15 minutes; any number may be issued."""

Message = Mapping[str, Any]
"""A message object of LINE's."""

_JSON = "application/json"
_OK, _UNAUTHORIZED = 200, 401


class LineUnreachableError(Exception):
    """LINE gave no access token, so that nothing was sent, or no answer. The message says why."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """An account's own LINE channel."""

    channel_id: str
    channel_secret: str


class _Token(Shape):
    # As RFC 6750 has it: it goes into a header, and so must have no line break.
    access_token: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._~+/-]{1,4096}=*$")]


class LineApi:
    """One account's LINE channel. No call is ever repeated here."""

    def __init__(self, base_url: str, credentials: Credentials, http: urllib3.PoolManager) -> None:
        self._base, self._credentials, self._http = base_url.rstrip("/"), credentials, http
        self._token, self._token_until = "", 0.0
        self._one_asks, self._asked, self._refused = Lock(), 0, ""

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
    ) -> tuple[int, bytes]:
        """Any other call: its status and body. What is sent is JSON, or bytes of `content_type`.

        LineUnreachableError where LINE did not answer.
        """
        data = body if isinstance(body, bytes) or body is None else encoded(body)
        url = f"{(base_url or self._base).rstrip('/')}{path}"
        headers = {"Content-Type": content_type} if data is not None else {}
        try:
            answer = self._request(method, url, self.access_token(), data, headers)
        except urllib3.exceptions.HTTPError:
            raise LineUnreachableError("no_answer") from None
        return answer.status, answer.data

    def _request(
        self, method: str, url: str, token: str, body: bytes | None, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        answer = self._http.request(
            method, url, body=body, headers={"Authorization": f"Bearer {token}", **headers}
        )
        if answer.status == _UNAUTHORIZED:
            self.forget_token()
        return answer

    @property
    def base_url(self) -> str:
        """Where the API is, without a slash at the end."""
        return self._base

    @property
    def has_token(self) -> bool:
        """Whether a token is there, so that nobody has to wait for one."""
        return time.monotonic() < self._token_until

    def forget_token(self) -> None:
        """It was revoked before its time: the next call asks for another."""
        self._token_until = 0.0

    def access_token(self) -> str:
        """A token that is good for a while yet; LineUnreachableError says why there is none. Of
        calls that are made side by side one asks, and the others take its answer.
        """
        asked = self._asked
        with self._one_asks:
            if self.has_token:
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
        try:
            token = read(_Token, answer.data).access_token if answer.status == _OK else ""
        except UnreadableAnswerError:
            token = ""
        if not token:
            message = f"no_token_{answer.status}"
            raise LineUnreachableError(message)
        return token


def encoded(body: object) -> bytes:
    """A body as LINE takes it."""
    return json.dumps(body, ensure_ascii=False).encode()
