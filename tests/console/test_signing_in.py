"""Signing in: by the identity provider, bound to the browser, and into nothing but the console."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3

from functions.console.resources import resources
from functions.console.signing_in import LOGIN_COOKIE
from shared.console.guard import COOKIE
from shared.console.roles import Role
from shared.store.sessions import IDLE_SECONDS, LASTS_SECONDS, Login, Session
from tests.console.conftest import NAMES, Answer, Console

HTTP = urllib3.PoolManager(retries=False)


def begin(console: Console, path: str = "/console/login") -> tuple[str, str]:
    """Where the browser is sent, and the cookie that it gets."""
    answer = console.at(None).get(path)
    assert answer.status == 303
    found = re.search(rf"{LOGIN_COOKIE}=([\w-]+)", str(answer.headers))
    assert found is not None
    return answer.location, found[1]


def authorized(there: str, role: Role | str) -> dict[str, str]:
    """Somebody clicks their name at the provider; what the browser comes back with."""
    answer = HTTP.request(
        "POST",
        there,
        body=urlencode({"sub": f"{role}@kizuna.example.jp"}),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        redirect=False,
    )
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def back(console: Console, query: dict[str, str], cookies: str) -> Answer:
    return console.at(None).get(f"/console/callback?{urlencode(query)}", cookie=cookies)


def signed_in(answer: Answer) -> str:
    found = re.search(rf"{COOKIE}=([\w-]+)", str(answer.headers))
    assert found is not None, answer.text
    return found[1]


@pytest.mark.parametrize("role", list(Role))
def test_each_of_the_staff_signs_in_with_their_role(console: Console, role: Role) -> None:
    there, mark = begin(console, "/console/login?next=/console/audit")

    answer = back(console, authorized(there, role), f"{LOGIN_COOKIE}={mark}")

    session = console.world.store.sessions.get(signed_in(answer))
    assert session is not None
    assert (session.name, session.role) == (NAMES[role], role)
    assert session.account == ("bunkyo" if role is Role.OFFICER else None)
    assert answer.location == "/console/audit"
    cookie = str(answer.headers)
    assert all(each in cookie for each in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"))


def test_the_way_there_asks_for_pkce_and_tells_no_secret(console: Console) -> None:
    there, _ = begin(console)

    asked = parse_qs(urlsplit(there).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert "client_secret" not in asked


def test_a_session_that_was_there_before_is_not_the_one_that_begins(console: Console) -> None:
    there, mark = begin(console)
    query = authorized(there, Role.VIEWER)

    answer = back(console, query, f"{COOKIE}=chosen-by-somebody-else; {LOGIN_COOKIE}={mark}")

    assert signed_in(answer) != "chosen-by-somebody-else"
    assert console.world.store.sessions.get("chosen-by-somebody-else") is None


def test_what_another_browser_began_ends_in_nothing_here(console: Console) -> None:
    there, _ = begin(console)
    query = authorized(there, Role.ADMIN)

    for cookies in ("", f"{LOGIN_COOKIE}=other"):
        assert back(console, query, cookies).status == 403


def test_a_code_works_once(console: Console) -> None:
    there, mark = begin(console)
    query = authorized(there, Role.ADMIN)

    assert back(console, query, f"{LOGIN_COOKIE}={mark}").status == 303
    assert back(console, query, f"{LOGIN_COOKIE}={mark}").status == 403


def test_a_code_that_was_made_up_is_refused(console: Console) -> None:
    there, mark = begin(console)
    query = authorized(there, Role.ADMIN)

    answer = back(console, {**query, "code": "invented"}, f"{LOGIN_COOKIE}={mark}")

    assert answer.status == 403
    assert "サインインできませんでした" in answer.text


def test_who_has_no_role_here_is_not_let_in(console: Console) -> None:
    there, mark = begin(console)

    answer = back(console, authorized(there, "stranger"), f"{LOGIN_COOKIE}={mark}")

    assert answer.status == 403
    assert COOKIE + "=" not in str(answer.headers)


def test_a_token_of_another_sign_in_is_refused(console: Console) -> None:
    _, mark = begin(console)
    other, other_mark = begin(console)
    query = authorized(other, Role.ADMIN)
    state = parse_qs(urlsplit(other).query)["state"][0]
    sessions = console.world.store.sessions
    login = sessions.take_login(state)
    assert login is not None
    sessions.begin_login(state, Login("another nonce", login.verifier, login.path))

    assert mark != other_mark
    assert back(console, query, f"{LOGIN_COOKIE}={other_mark}").status == 403


def test_a_provider_that_does_not_answer_is_said_so(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_ISSUER", "http://127.0.0.1:9/closed")
    resources.cache_clear()

    assert console.at(None).get("/console/login").status == 503


@pytest.mark.parametrize(
    ("began", "active", "lasts"),
    [
        (0, 0, True),
        (LASTS_SECONDS - 60, 60, True),
        (LASTS_SECONDS + 1, 0, False),
        (IDLE_SECONDS + 1, IDLE_SECONDS + 1, False),
    ],
)
def test_a_session_ends_with_the_day_or_when_nobody_does_anything(
    console: Console, began: int, active: int, *, lasts: bool
) -> None:
    sessions, token = console.world.store.sessions, console.token
    found = sessions.get(token)
    assert isinstance(found, Session)
    sessions._put(token, replace(found, began=found.began - began, active=found.active - active))

    assert (sessions.get(token) is not None) is lasts
    assert console.get("/console/today").status == (200 if lasts else 303)
