"""The guard: who asks, whether they may, and whether they mean it. Every route of the console is
registered here, with the least role that it needs.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any, Protocol

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from shared.console.roles import Role, may
from shared.store.sessions import Session, Sessions
from shared.web.form import Form, read_form

COOKIE = "__Host-kizuna"
CSRF = "csrf"
"""The field of every form that shows that it is ours."""

MOST_FIELDS = 2_000
"""A grid of a year's figures of a hundred accounts has 1,200."""

LONGEST_BODY = 4 * 1024 * 1024
"""Bytes. A whole series of texts is pasted at once: of a Japanese character a form makes nine. An
event of Lambda has 6 MB at the most, and in it a body may be written with a third more.
"""

INDENTED = frozenset({"text"})
"""Fields of prose."""

Page = Response[Any]
Answer = Callable[..., Page]
"""Takes an Ask, and the parts of the path by name."""


class NotSignedInError(Exception):
    """Nobody is signed in, or not any more; `path` is where they wanted to go."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path


class NotAllowedError(Exception):
    """Their role may not do this."""


class ForgedError(Exception):
    """The form is none of this session's: another site's, or one of before."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for: by whom, with which fields and choices, and when. `csrf` stands in every
    form of the answer.
    """

    session: Session
    csrf: str
    path: str
    form: Form
    query: Mapping[str, str]
    now: datetime
    fragment: bool
    """Whether a script asks for a part of a page."""

    @property
    def by(self) -> str:
        """The name under which it is done."""
        return self.session.name

    def may(self, needs: Role | str) -> bool:
        """Whether they may do what needs a role."""
        return may(self.session.role, Role(needs))


class App(Protocol):
    """What of a resolver or router is needed."""

    current_event: Any

    def route(self, rule: str, method: str) -> Callable[[Callable[..., Page]], Any]:
        """Register a route."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the console, and the least role that it needs."""

    method: str
    path: str
    needs: Role | None
    """None: whoever is signed in."""


class Guard:
    """Registers routes, each behind the sign-in, the role and, where it changes something, the
    form's own mark.
    """

    def __init__(self, app: App, sessions: Callable[[], Sessions]) -> None:
        self._app, self._sessions = app, sessions
        self.routes: list[Route] = []

    def get(self, path: str, *, needs: Role | None) -> Callable[[Answer], Answer]:
        """A page. It changes nothing."""
        return self._route("GET", path, needs)

    def post(self, path: str, *, needs: Role | None) -> Callable[[Answer], Answer]:
        """A form."""
        return self._route("POST", path, needs)

    def _route(self, method: str, path: str, needs: Role | None) -> Callable[[Answer], Answer]:
        def register(answer: Answer) -> Answer:
            def guarded(**parts: str) -> Page:
                return answer(self._ask(method, needs), **parts)

            self._app.route(path, method)(guarded)
            self.routes.append(Route(method, path, needs))
            return answer

        return register

    def _ask(self, method: str, needs: Role | None) -> Ask:
        event: BaseProxyEvent = self._app.current_event
        token = cookie(event, COOKIE)
        session = self._sessions().get(token) if token else None
        if session is None:
            raise NotSignedInError(_path(event) if method == "GET" else "/console")
        csrf = csrf_of(token)
        form: Form = {}
        if method == "POST":
            form = read_form(
                event,
                lines=True,
                most_fields=MOST_FIELDS,
                longest_body=LONGEST_BODY,
                indented=INDENTED,
            )
            if not hmac.compare_digest(form.get(CSRF, "").encode(), csrf.encode()):
                raise ForgedError
        if needs is not None and not may(session.role, needs):
            raise NotAllowedError
        return Ask(
            session,
            csrf,
            event.path,
            form,
            event.raw_event.get("queryStringParameters") or {},
            datetime.now(UTC),
            fragment=_header(event, "x-fragment") == "1",
        )


def csrf_of(token: str) -> str:
    """The mark of a session's forms, which tells nothing of its cookie."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def cookie(event: BaseProxyEvent, name: str) -> str:
    """The value of a cookie; empty where there is none. HTTP APIs give cookies apart."""
    given = event.raw_event.get("cookies") or [_header(event, "cookie")]
    try:
        found = SimpleCookie("; ".join(map(str, given))).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def cookie_header(name: str, value: str, *, seconds: int) -> str:
    """A cookie of this host alone, which no script reads and no other site's form sends."""
    return f"{name}={value}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=Lax"


def _header(event: BaseProxyEvent, name: str) -> str:
    headers = event.raw_event.get("headers") or {}
    return str({key.lower(): value for key, value in headers.items()}.get(name, ""))


def _path(event: BaseProxyEvent) -> str:
    query = event.raw_event.get("rawQueryString") or ""
    return f"{event.path}?{query}" if query else str(event.path)
