"""The way of Twilio's package to the wire: urllib3, which costs a fraction of its own client."""

import logging
from collections.abc import Mapping
from urllib.parse import urlencode

import urllib3
from twilio.http import HttpClient
from twilio.http.response import Response

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class PooledHttpClient(HttpClient):  # type: ignore[misc]
    """Makes each call once, on one of the kept connections of `pool`."""

    def __init__(self, pool: urllib3.PoolManager) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._pool = pool

    def request(  # noqa: PLR0917 - the package's own signature
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the pool's
        allow_redirects: bool = False,  # noqa: ARG002 - never
    ) -> Response:
        """The answer, whatever its status; urllib3's exceptions where there is none."""
        sent = dict(headers or {})
        if auth:
            sent |= urllib3.make_headers(basic_auth=":".join(auth))
        if data is not None:
            sent |= _FORM
        answer = self._pool.request(
            method,
            f"{uri}?{urlencode(params)}" if params else uri,
            body=None if data is None else urlencode(data, doseq=True),
            headers=sent,
        )
        return Response(answer.status, answer.data.decode())
