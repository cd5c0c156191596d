"""All stand-ins on one port: `python -m local.standins.server --port 4570 --outbox FILE`."""

import argparse
import logging
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from werkzeug.serving import WSGIRequestHandler, make_server

from local.standins.application import HOST, Application
from local.standins.config import Config, Settings, read_config
from local.standins.outbox import Outbox

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

POLL_SECONDS = 0.02
log = logging.getLogger("standins")


class QuietHandler(WSGIRequestHandler):
    """Logs method, path without query, and status: addresses can stand in a query."""

    disable_nagle_algorithm = True

    def connection_dropped(
        self, error: BaseException, environ: "WSGIEnvironment | None" = None
    ) -> None:
        """Close the connection: without an answer, keep-alive would leave the client waiting."""
        del error, environ
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log one answered request."""
        del size
        log.info("%s %s %s", self.command, self.path.partition("?")[0], int(code))


class Standins:
    """The stand-ins in a thread of this process: `with Standins(path) as s: … s.url …`."""

    def __init__(self, outbox: Path | str, config: Config | None = None, port: int = 0) -> None:
        """Listen on `port` of 127.0.0.1, 0 is any free one; answers begin with `with`."""
        self.outbox = Outbox(outbox)
        self.settings = Settings(config)
        self.app = Application(self.outbox, self.settings)
        self._server = make_server(
            HOST, port, self.app, threaded=True, request_handler=QuietHandler
        )
        self.url = f"http://{HOST}:{self._server.port}"
        self._thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of held calls, stop answering and close the outbox."""
        self.app.faults.clear()
        self.app.drain()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.outbox.close()

    def serve(self) -> None:
        """Answer in this thread until interrupted."""
        self._server.serve_forever(POLL_SECONDS)


def main(arguments: list[str] | None = None) -> int:
    """Run the stand-ins until interrupted."""
    parser = argparse.ArgumentParser(description="SES, LINE and Twilio, imitated on 127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 is any free port")
    parser.add_argument("--outbox", type=Path, required=True, help="SQLite file of what was sent")
    parser.add_argument("--config", type=Path, help="JSON file, as PUT to /_standins/config")
    parser.add_argument("--quiet", action="store_true", help="log no requests")
    chosen = parser.parse_args(arguments)
    level = logging.WARNING if chosen.quiet else logging.INFO
    logging.basicConfig(stream=sys.stderr, level=level, format="%(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    standins = Standins(
        chosen.outbox, read_config(chosen.config) if chosen.config else None, chosen.port
    )
    sys.stdout.write(f"{standins.url}\n")
    sys.stdout.flush()
    standins.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
