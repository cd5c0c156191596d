"""Every route behind the guard: who may, who may not, and forms that are none of ours."""

import re
from typing import Any

import pytest

from functions.console.handler import ROUTES
from functions.console.signing_in import safe_path
from functions.console.wording import REFUSALS
from shared.console.guard import COOKIE
from shared.console.roles import Role, may
from shared.office.errors import Because
from tests.console.conftest import Console
from tests.world import pregnant

PARTS = {
    "account": "bunkyo",
    "what": "pause",
    "series": "common",
    "phase": "pregnancy",
    "day": "224",
}


def filled(path: str) -> str:
    """A route's path with something for each of its parts."""
    return re.sub(r"<(\w+)>", lambda part: PARTS.get(part[1], "x"), path)


@pytest.mark.parametrize("route", ROUTES, ids=lambda each: f"{each.method} {each.path}")
def test_every_route_lets_in_whom_it_names_and_nobody_else(console: Console, route) -> None:
    path = filled(route.path)
    for role in (None, *Role):
        somebody = console.at(role)
        answer = somebody.get(path) if route.method == "GET" else somebody.post(path)
        if role is None:
            assert answer.status == 303
            assert answer.location.startswith("/console/login?next=")
        elif route.needs is not None and not may(role, route.needs):
            assert answer.status == 403, role
        else:
            assert answer.status not in {403, 500}, (role, answer.text)


@pytest.mark.parametrize("route", [e for e in ROUTES if e.method == "POST"], ids=lambda e: e.path)
@pytest.mark.parametrize("mark", ["", "x", "0" * 64])
def test_a_form_without_the_sessions_mark_changes_nothing(console: Console, route, mark) -> None:
    answer = console.post(filled(route.path), {"csrf": mark})

    assert answer.status == 403
    assert "何も変わっていません" in answer.text


def test_a_mark_of_another_session_is_none(console: Console) -> None:
    theirs = console.at("viewer").get("/console/today").body
    (mark,) = set(re.findall(r'name="csrf" value="(\w+)"', theirs))

    assert console.post("/console/logout", {"csrf": mark}).status == 403


def test_a_session_ends_by_signing_out(console: Console) -> None:
    token = console.token
    answer = console.post("/console/logout")

    assert answer.status == 303
    assert f"{COOKIE}=; Max-Age=0" in str(answer.headers)
    assert console.world.store.sessions.get(token) is None
    assert console.get("/console/today").location.startswith("/console/login")


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("/console/today?on=2026-11-25", "/console/today?on=2026-11-25"),
        ("https://evil.example/console", "/console"),
        ("//evil.example", "/console"),
        ("/console//evil.example", "/console"),
        ("/console/../me/x", "/console"),
        ("/me/x", "/console"),
        ("/console\r\nX: y", "/console"),
        ("javascript:alert(1)", "/console"),
    ],
)
def test_a_sign_in_leads_to_pages_of_the_console_alone(path: str, leads: str) -> None:
    assert safe_path(path) == leads


def test_a_page_is_kept_nowhere_and_runs_nothing_from_elsewhere(console: Console) -> None:
    answer = console.get("/console/today")

    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert "style=" not in answer.body
    assert "onclick" not in answer.body


def test_what_was_typed_in_is_shown_as_it_is_and_never_run(console: Console) -> None:
    answer = console.get("/console/audit?q=%3Cscript%3Ealert(1)%3C/script%3E")

    assert "<script>alert" not in answer.body
    assert "&lt;script&gt;" in answer.body


@pytest.mark.parametrize("name", ["../handler.py", "..%2fhandler.py", "console.css", "x"])
def test_a_file_that_is_none_of_ours_is_not_there(console: Console, name: str) -> None:
    assert console.get(f"/console/static/{name}").status == 404


def test_the_stylesheet_is_kept_for_good_under_its_name(console: Console) -> None:
    (path,) = re.findall(r'href="(/console/static/[^"]+)"', console.get("/console/today").body)

    answer = console.at(None).get(path)

    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("route", [e for e in ROUTES if e.method == "GET"], ids=lambda e: e.path)
def test_no_page_reads_everybodys_records(console: Console, route) -> None:
    console.world.add(pregnant(1))
    operations: list[str] = []
    events = console.world.store.subscribers._people.meta.client.meta.events

    def note(model: Any, **_: Any) -> None:
        operations.append(model.name)

    events.register("before-call.dynamodb", note)
    try:
        console.get(filled(route.path))
    finally:
        events.unregister("before-call.dynamodb", note)

    assert operations, "the session is read"
    assert "Scan" not in operations


@pytest.mark.parametrize("because", Because)
def test_each_kind_of_refusal_has_words_of_its_own(because: Because) -> None:
    said = REFUSALS[because]

    assert said.endswith("。")
    assert [each for each in REFUSALS.values() if each == said] == [said]
