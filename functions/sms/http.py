"""The way of Twilio's package to the wire: as all calls to providers go.

The package takes whatever it gets for what it expects. So it gets only what an answer must hold,
read strictly.
"""

import logging
from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from pydantic import Field, StringConstraints
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from shared.providers.answers import Shape, UnreadableAnswerError, read
from shared.providers.http import Answer, NoAnswerError, request

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_REFUSED, _SERVER_FAILED = 400, 500

_Sid = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,64}$")]
_RFC_2822 = r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} \+0000"
"""In UTC, as Twilio writes it; the package would read dates that are none."""

_Date = Annotated[str, StringConstraints(pattern=f"^{_RFC_2822}$")]


class _Created(Shape):
    sid: _Sid


class _Message(Shape):
    sid: _Sid
    body: str | None = None
    date_created: _Date | None = None


class _Messages(Shape):
    """Of a list, one page is read."""

    messages: tuple[_Message, ...]


class _Refusal(Shape):
    code: Annotated[int, Field(ge=0, lt=1_000_000)] | None = None
    message: str = ""


class ProviderHttpClient(AsyncHttpClient):  # type: ignore[misc]
    """Makes each call once; its own client would make a session for each (and log it)."""

    def __init__(self) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)

    async def request(  # noqa: PLR0917 - the package's own signature
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - that of all calls
        allow_redirects: bool = False,  # noqa: ARG002 - never
    ) -> Response:
        """The answer, whatever its status; NotConnectedError or NoAnswerError where there is
        none that can be read.
        """
        sent = dict(headers or {})
        if auth:
            sent["Authorization"] = f"Basic {b64encode(':'.join(auth).encode()).decode()}"
        if data is not None:
            sent |= _FORM
        answer = await request(
            method,
            f"{uri}?{urlencode(params)}" if params else uri,
            headers=sent,
            body=None if data is None else _form(data),
        )
        return Response(answer.status, _clean(method, answer))


def _form(data: Mapping[str, object]) -> bytes:
    """A form in which every byte of a value is written as %XX, as any may be: that takes a
    hundredth of the time in which `urlencode` looks at each byte of a Japanese text.
    """
    return "&".join(
        f"{name}=" + (f"%{str(value).encode().hex('%')}" if value != "" else "")
        for name, value in data.items()
    ).encode()


def _clean(method: str, answer: Answer) -> str:
    """What the package reads of an answer, as JSON. That a call was refused its status says, also
    where no reason can be read.
    """
    try:
        if answer.status < _REFUSED:
            shape = _Created if method == "POST" else _Messages
            return read(shape, answer.body).model_dump_json()
        # The package takes a refusal with a title or type for another kind of error.
        return read(_Refusal, answer.body).model_dump_json(exclude_none=True)
    except UnreadableAnswerError:
        if _REFUSED <= answer.status < _SERVER_FAILED:
            return "{}"
        raise NoAnswerError from None
