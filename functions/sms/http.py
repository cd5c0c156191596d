"""The way of Twilio's package to the wire: as all calls to providers go."""

import logging
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import urlencode

from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from shared.providers.http import request

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


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
        none.
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
            body=None if data is None else urlencode(data, doseq=True).encode(),
        )
        return Response(answer.status, answer.body.decode())
