"""How tests and the demo steer the stand-ins over HTTP, under /_standins/."""

from collections.abc import Callable
from itertools import starmap

from pydantic import TypeAdapter, ValidationError
from werkzeug.wrappers import Request, Response

from local.standins import outbox_questions
from local.standins.answers import Refused, json_answer
from local.standins.config import Config, Settings
from local.standins.faults import Fault, Faults
from local.standins.outbox import Outbox
from local.standins.twilio_callbacks import Callback, Inbound, TwilioCallbacks

ROUTES = (
    ("GET", "/_standins/health", "health"),
    ("GET", "/_standins/config", "config"),
    ("PUT", "/_standins/config", "configure"),
    ("GET", "/_standins/faults", "faults"),
    ("POST", "/_standins/faults", "add_faults"),
    ("DELETE", "/_standins/faults", "clear_faults"),
    ("GET", "/_standins/sent", "sent"),
    ("GET", "/_standins/repeated", "repeated"),
    ("GET", "/_standins/counts", "counts"),
    ("POST", "/_standins/twilio/inbound", "inbound"),
    ("POST", "/_standins/drain", "drain"),
    ("POST", "/_standins/reset", "reset"),
)

_FAULTS: TypeAdapter[Fault | list[Fault]] = TypeAdapter(Fault | list[Fault])


class Control:
    """Answers the control routes."""

    def __init__(
        self,
        settings: Settings,
        faults: Faults,
        outbox: Outbox,
        callbacks: TwilioCallbacks,
        *,
        drain: Callable[[], bool],
        reset: Callable[[], None],
    ) -> None:
        """Steer with `drain`, which waits for events and callbacks, and `reset`."""
        self._settings = settings
        self._faults = faults
        self._outbox = outbox
        self._callbacks = callbacks
        self._drain = drain
        self._reset = reset

    def answer(self, name: str, request: Request) -> Response:
        """Answer the control route `name`; raises Refused when the body makes no sense."""
        try:
            answer: Response = getattr(self, f"_on_{name}")(request)
        except ValidationError as error:
            problems = list(starmap(_problem, ((e["loc"], e["msg"]) for e in error.errors())))
            raise Refused(json_answer({"problems": problems}, 400)) from error
        return answer

    def _on_health(self, _request: Request) -> Response:
        return json_answer({"status": "ok"})

    def _on_config(self, _request: Request) -> Response:
        return json_answer(self._settings.current.model_dump(mode="json"))

    def _on_configure(self, request: Request) -> Response:
        self._settings.replace(Config.model_validate_json(request.get_data()))
        return self._on_config(request)

    def _on_faults(self, _request: Request) -> Response:
        return json_answer([fault.model_dump(mode="json") for fault in self._faults.waiting()])

    def _on_add_faults(self, request: Request) -> Response:
        asked = _FAULTS.validate_json(request.get_data())
        for fault in asked if isinstance(asked, list) else [asked]:
            self._faults.add(fault)
        return self._on_faults(request)

    def _on_clear_faults(self, request: Request) -> Response:
        self._faults.clear()
        return self._on_faults(request)

    def _on_sent(self, request: Request) -> Response:
        asked = request.args
        messages = outbox_questions.sent(
            self._outbox,
            channel=asked.get("channel"),
            sender=asked.get("sender"),
            recipient=asked.get("recipient"),
            after=asked.get("after", 0, type=int),
        )
        return json_answer([message.as_json() for message in messages])

    def _on_repeated(self, _request: Request) -> Response:
        return json_answer(outbox_questions.repeated(self._outbox))

    def _on_counts(self, _request: Request) -> Response:
        waiting = sum(fault.times for fault in self._faults.waiting())
        return json_answer({**outbox_questions.counts(self._outbox), "faults_left": waiting})

    def _on_inbound(self, request: Request) -> Response:
        told = Inbound.model_validate_json(request.get_data())
        account = self._settings.current.twilio.accounts.get(told.account_sid)
        if account is None or account.inbound_url is None:
            problem = "account_sid: there is no such account, or it has no inbound_url"
            raise Refused(json_answer({"problems": [problem]}, 400))
        callback = Callback(account.inbound_url, told.fields(), account.auth_token)
        return json_answer({"status": self._callbacks.tell(callback)})

    def _on_drain(self, _request: Request) -> Response:
        return json_answer({"drained": self._drain()})

    def _on_reset(self, request: Request) -> Response:
        self._reset()
        return self._on_counts(request)


def _problem(place: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(map(str, place)) or 'body'}: {message}"
