"""A provider that answers as a test tells it, and keeps every request it was sent."""

import json
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from local.processes import LOOPBACK


@dataclass(frozen=True)
class Sent:
    """A request as it came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True))


@dataclass(frozen=True)
class Answer:
    """What is answered: `cut` closes the connection in the middle of the body, `never` keeps the
    caller waiting until the test is over, `hang_up` closes the connection without a word.
    """

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    never: bool = False
    hang_up: bool = False

    def data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Wire:
    """An HTTP server on loopback. The answers are given in turn, the last one for ever after;
    `by_path` answers a path of its own apart from the turns.
    """

    def __init__(
        self, answers: Sequence[Answer] = (), *, by_path: Mapping[str, Answer] | None = None
    ) -> None:
        self.answers, self.by_path = list(answers), dict(by_path or {})
        self.sent: list[Sent] = []
        self._over = threading.Event()
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Let go of those who wait, and listen no more."""
        if self._over.is_set():
            return
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def sent_to(self, path: str) -> list[Sent]:
        return [each for each in self.sent if each.path == path]

    def _next(self, path: str) -> Answer:
        if path in self.by_path:
            return self.by_path[path]
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                path = self.path.partition("?")[0]
                body = self.rfile.read(length)
                wire.sent.append(Sent(self.command, path, dict(self.headers.items()), body))
                answer = wire._next(path)
                if answer.never:
                    wire._over.wait()
                if answer.never or answer.hang_up:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                data = answer.data()
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: len(data) // 2] if answer.cut else data)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def nobody_listens() -> str:
    """A URL at which every connection is refused."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return f"http://{LOOPBACK}:{probe.getsockname()[1]}"
