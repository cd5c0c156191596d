"""The console in process: pages as somebody of a role sees them, and forms as they send them."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from oidc_provider_mock import User, run_server_in_thread

from functions.console.handler import handler
from functions.console.oidc import GROUPS
from functions.console.resources import resources
from local.platform import STAFF
from shared.console.guard import COOKIE, csrf_of
from shared.console.roles import Role
from tests.world import Context, World

NAMES = {role: str(each["name"]) for each in STAFF for role in Role if role in each[GROUPS]}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: str
    headers: dict[str, str]

    @property
    def text(self) -> str:
        """What is read on the page."""
        without = re.sub(r"<(script|style)\b.*?</\1>", "", self.body, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", without)).split())

    @property
    def location(self) -> str:
        """Where it leads."""
        return self.headers.get("Location", "")


@dataclass
class Console:
    """A browser for each role."""

    world: World
    tokens: dict[Role, str]
    role: Role | None = Role.ADMIN

    def at(self, role: Role | str | None) -> "Console":
        """The same console for somebody of another role, or for nobody."""
        return Console(self.world, self.tokens, Role(role) if role else None)

    def get(self, path: str, **headers: str) -> Answer:
        """A page."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
        """A form of ours: with its mark."""
        mark = {"csrf": csrf_of(self.token)} if self.role else {}
        return self._ask("POST", path, {**mark, **(form or {})}, headers)

    @property
    def token(self) -> str:
        """The cookie of the session."""
        if self.role is None:
            return ""
        if self.role not in self.tokens:
            account = "bunkyo" if self.role is Role.OFFICER else None
            self.tokens[self.role] = self.world.store.sessions.begin(
                NAMES[self.role], f"{self.role}@example.jp", self.role, account
            )
        return self.tokens[self.role]

    def _ask(
        self, method: str, path: str, form: dict[str, str] | None, headers: dict[str, str]
    ) -> Answer:
        path, _, query = path.partition("?")
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if form is not None:
            given.setdefault("content-type", "application/x-www-form-urlencoded")
        cookies = [f"{COOKIE}={self.token}"] if self.role else []
        event = event_of(method, f"{path}?{query}", *cookies)
        event["headers"] = given
        event["body"] = None if form is None else urlencode(form)
        answer = handler(event, Context())
        found = {**answer.get("headers", {})}
        return Answer(answer["statusCode"], answer.get("body", ""), found)


def event_of(method: str, path: str, *cookies: str) -> dict[str, Any]:
    """A request of the HTTP API (payload format 2.0)."""
    path, _, query = path.partition("?")
    return {
        "version": "2.0",
        "routeKey": f"{method} /console/{{proxy+}}",
        "rawPath": path,
        "rawQueryString": query,
        "queryStringParameters": dict(parse_qsl(query, keep_blank_values=True)),
        "headers": {},
        "cookies": list(cookies),
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
            "stage": "$default",
        },
        "body": None,
        "isBase64Encoded": False,
    }


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    """An identity provider that knows the people of the local platform."""
    people = [User(sub=str(each["sub"]), claims=dict(each)) for each in STAFF]
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def console(world: World, issuer: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    """The console of a world, as an administrator sees it; `at(role)` as another."""
    monkeypatch.setenv("OIDC_ISSUER", issuer)
    resources.cache_clear()
    yield Console(world, {})
    resources.cache_clear()
