"""The HTTP API in process: requests over a wire reach the handlers as on AWS."""

import base64
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_plus

from functions.line import webhook
from functions.line.login import handler as login
from local.processes import LOOPBACK
from tests.world import Context

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

ROUTES: dict[str, Handler] = {
    r"POST /line/webhook/[^/]+": webhook.handler,
    r"GET /line/(login/[^/]+|me/[^/]+|callback)": login.handler,
}


def event_of(
    method: str,
    path: str,
    *,
    query: str = "",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    as_base64: bool = False,
) -> dict[str, Any]:
    """A request in payload format 2.0."""
    named = {name.lower(): value for name, value in (headers or {}).items()}
    cookies = [each for each in [named.pop("cookie", "")] if each]
    text = base64.b64encode(body).decode() if as_base64 else body.decode()
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "queryStringParameters": {unquote_plus(k): unquote_plus(v) for k, _, v in pairs},
        "headers": named,
        "cookies": cookies,
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
        "body": text,
        "isBase64Encoded": as_base64,
    }


@contextmanager
def http_api() -> Iterator[str]:
    """The base URL of the API, for as long as the `with` block lasts."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Bridge)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Bridge(BaseHTTPRequestHandler):
    def _pass_on(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = [h for r, h in ROUTES.items() if re.fullmatch(r, f"{self.command} {path}")]
        headers = dict(self.headers.items())
        event = event_of(self.command, path, query=query, body=body, headers=headers)
        answer = found[0](event, Context()) if found else {"statusCode": 404, "body": ""}
        data = str(answer.get("body", "")).encode()
        self.send_response(answer["statusCode"])
        for name, value in answer.get("headers", {}).items():
            self.send_header(name, value)
        for name, values in answer.get("multiValueHeaders", {}).items():
            for value in values:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
