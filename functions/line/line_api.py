"""LINE Messaging API: access, tokens, and the calls that send no message of the day.

Called by hand: LINE's SDK costs more than a second of cold start for three calls.
Source: LINE's OpenAPI documents and reference, read November 2026.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import StringConstraints

from shared.providers.answers import Shape, UnreadableAnswerError, read
from shared.providers.http import Answer, NoAnswerError, NotConnectedError, request

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
    """Nothing was asked of LINE: it gave no token, or was not reached. The message says why."""


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

    def __init__(self, base_url: str, credentials: Credentials) -> None:
        self.base_url, self._credentials = base_url.rstrip("/"), credentials
        self._token, self._token_until = "", 0.0
        self._asked: asyncio.Task[str] | None = None

    async def reply(self, token: str, messages: Sequence[Message]) -> str | None:
        """Answer an event by its reply token, which LINE takes once and for about a minute: None
        where it did, else why not. It is never to be repeated, since no retry key goes with it.
        """
        body = {"replyToken": token, "messages": list(messages)}
        try:
            answer = await self.call("POST", "/v2/bot/message/reply", body)
        except LineUnreachableError as error:
            return str(error)
        except NoAnswerError:
            return "no_answer"
        return None if answer.status == _OK else str(answer.status)

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A call of the API, with its token. What is sent is JSON, or bytes where it is bytes.

        LineUnreachableError where there is no token, or nothing reached LINE: nothing was done.
        NoAnswerError where it cannot be told.
        """
        token = await self._access_token()
        data = body if isinstance(body, bytes) or body is None else encoded(body)
        kind = {} if data is None else {"Content-Type": _JSON}
        try:
            answer = await request(
                method,
                f"{(base_url or self.base_url).rstrip('/')}{path}",
                headers={"Authorization": f"Bearer {token}", **kind, **(headers or {})},
                body=data,
            )
        except NotConnectedError:
            raise LineUnreachableError("not_connected") from None
        if answer.status == _UNAUTHORIZED:
            self._token_until = 0.0  # it was revoked: the next call asks for another
        return answer

    async def _access_token(self) -> str:
        """A token that is good for a while yet; LineUnreachableError says why there is none. Of
        calls that are made side by side one asks, and the others take its answer.
        """
        if time.monotonic() < self._token_until:
            return self._token
        if self._asked is None:
            self._asked = asyncio.ensure_future(self._new_token())
            self._asked.add_done_callback(self._token_came)
        return await self._asked

    def _token_came(self, asked: "asyncio.Task[str]") -> None:
        self._asked = None
        if not asked.cancelled() and asked.exception() is None:
            self._token, self._token_until = asked.result(), time.monotonic() + TOKEN_SECONDS

    async def _new_token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credentials.channel_id,
            "client_secret": self._credentials.channel_secret,
        }
        try:
            answer = await request(
                "POST",
                f"{self.base_url}/oauth2/v3/token",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                body=urlencode(form).encode(),
            )
        except (NotConnectedError, NoAnswerError):
            raise LineUnreachableError("no_token_unreachable") from None
        try:
            token = read(_Token, answer.body).access_token if answer.status == _OK else ""
        except UnreadableAnswerError:
            token = ""
        if not token:
            raise LineUnreachableError(f"no_token_{answer.status}")
        return token


def encoded(body: object) -> bytes:
    """A body as LINE takes it."""
    return json.dumps(body, ensure_ascii=False).encode()
