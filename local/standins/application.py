"""The stand-ins joined: routes a request to its provider, which answers or is made to fail."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from local.standins import control, inbox, line_chat, public
from local.standins.answers import JSON, Refused, json_answer
from local.standins.aws import Aws, operation_of
from local.standins.config import Settings
from local.standins.faults import Fault, Faults
from local.standins.line import Line
from local.standins.outbox import Outbox
from local.standins.ses import Ses
from local.standins.twilio import Twilio

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
NO_ANSWER = 0

Provider = Ses | Line | Twilio | Aws


class Application:
    """The WSGI application: routes a request to a provider, the control or the inbox."""

    def __init__(self, outbox: Outbox, settings: Settings | None = None) -> None:
        """Join the stand-ins over one outbox."""
        self.outbox = outbox
        self.settings = settings or Settings()
        self.faults = Faults()
        self.ses = Ses(self.settings, outbox, self.faults)
        self.line = Line(self.settings, outbox)
        self.twilio = Twilio(self.settings, outbox)
        self._providers: dict[str, Provider] = {
            provider.name: provider
            for provider in (self.ses, self.line, self.twilio, Aws(self.settings))
        }
        self.chats = line_chat.LineChats(self.settings, self.line, outbox)
        self._control = control.Control(
            self.settings,
            self.faults,
            outbox,
            self.twilio.callbacks,
            drain=self.drain,
            reset=self.reset,
        )
        self._urls = _urls()

    def drain(self, timeout: float = 10.0) -> bool:
        """Wait until all events and callbacks are out, and return whether they are."""
        return self.ses.events.drain(timeout) and self.twilio.callbacks.drain(timeout)

    def reset(self) -> None:
        """Empty the outbox, the counters and the faults; the configuration stays."""
        self.faults.clear()
        self.drain()
        for provider in self._providers.values():
            provider.reset()
        self.chats.reset()
        self.outbox.clear()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        request.get_data()
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            (owner, operation), path = self._urls.bind(HOST).match(request.path, request.method)
            if owner == "control":
                response = self._control.answer(operation, request)
            elif owner == "inbox":
                response = inbox.answer(operation, request, self.outbox, path, self.chats)
            elif owner == "chat":
                response = self.chats.answer(operation, request, path)
            elif owner == Aws.name:
                response = self._imitate(
                    self._providers[owner], operation_of(request), request, path
                )
            else:
                response = self._imitate(self._providers[owner], operation, request, path)
        except Refused as refused:
            return refused.response
        except NotFound:
            return public.answer(self.settings.current.pages.api, request)
        except HTTPException as error:
            return json_answer({"message": error.name}, error.code or 500)
        return response

    def _imitate(
        self, provider: Provider, operation: str, request: Request, path: Mapping[str, str]
    ) -> Response:
        fault = self.faults.take(provider.name, operation, request.get_data(as_text=True))
        status = NO_ANSWER
        try:
            if fault is None or fault.is_part_of_the_answer:
                response = _answer_of(provider, operation, request, fault, path)
            else:
                before = (
                    _answer_of(provider, operation, request, None, path) if fault.after else None
                )
                response = self._fail(provider, fault, before)
            provider.stamp(response)
            status = response.status_code
        finally:
            self.outbox.count_call(provider.name, operation, status)
        return response

    def _fail(self, provider: Provider, fault: Fault, response: Response | None) -> Response:
        if fault.kind == "timeout":
            self.faults.hold(fault.seconds)
            if response is not None:
                return response
        if fault.kind in ("timeout", "disconnect"):
            # Werkzeug closes the connection without an answer when this is raised.
            raise ConnectionAbortedError
        if fault.kind == "garbled":
            return Response("<html><body>upstream", 200, mimetype=JSON)
        return provider.failure(fault)


def _answer_of(
    provider: Provider,
    operation: str,
    request: Request,
    fault: Fault | None,
    path: Mapping[str, str],
) -> Response:
    try:
        return provider.answer(operation, request, fault, path)
    except Refused as refused:
        return refused.response


@cache
def _urls() -> Map:
    """Every route, with who answers it; compiled once in a process."""
    rules = {
        "control": control.ROUTES,
        "inbox": inbox.ROUTES,
        "chat": line_chat.ROUTES,
        **{provider.name: provider.routes for provider in (Ses, Line, Twilio, Aws)},
    }
    return Map([rule for owner, routes in rules.items() for rule in _rules(owner, routes)])


def _rules(owner: str, routes: Iterable[tuple[str, str, str]]) -> list[Rule]:
    return [Rule(path, methods=[method], endpoint=(owner, name)) for method, path, name in routes]
