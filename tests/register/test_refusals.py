"""Every route refuses what is forged, cut off, garbage or too long, and nothing changes."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.register.pages import app
from shared.rules.account import Channel
from shared.rules.history import Event, Happened
from shared.rules.subscriber import Enrolment, Language
from shared.store.confirmations import Confirmation
from tests.register.parents import (
    days,
    everything,
    links,
    own_path,
    path_of,
    queued,
    stop_path,
    today,
)
from tests.register.test_pages import request
from tests.template import resources_of
from tests.world import JOINED, World, pregnant

FORM = "application/x-www-form-urlencoded"
EVENTS = resources_of("AWS::Serverless::Function")["PagesFunction"]["Events"].values()
ROUTES = sorted((each["Properties"]["Method"], each["Properties"]["Path"]) for each in EVENTS)
HANDLED = sorted(
    (route.method, re.sub(r"<(\w+)>", r"{\1}", route.path))
    for route in (*app._static_routes, *app._dynamic_routes)
)
POSTS = [path for method, path in HANDLED if method == "POST"]
BAD = ["x", "InMxIg", "InMxIg.", "InMxIg.forged", "s1.739999.forged", "..", "%00", "a" * 3000]
BAD += ["bm90LWpzb24.x", "はな", "' OR 1=1"]

every_route = pytest.mark.parametrize(("method", "path"), HANDLED)
every_post = pytest.mark.parametrize("path", POSTS)


def pattern(path: str) -> str:
    """A path of the template as a pattern: what stands in braces is any part."""
    return re.sub(r"\{\w+\}", "[^/]+", path)


@pytest.fixture
def people(world: World) -> World:
    """A world in which every route has somebody behind it."""
    day = today() + timedelta(days=56)
    twins = pregnant(1, due=day, twins=True)
    early = (
        Event(JOINED, Happened.JOINED),
        Event(JOINED, Happened.DUE_DATE, day),
        Event(JOINED, Happened.BIRTH, today() - timedelta(days=3)),
    )
    world.add(replace(twins, enrolments=(*twins.enrolments, Enrolment("e3", None, early))))
    request("POST", f"{own_path('s1')}/family/e1")
    for name, channel in (("mailed", Channel.EMAIL), ("sent", Channel.SMS)):
        until = datetime.now(UTC) + timedelta(hours=1)
        waiting = Confirmation(name, "bunkyo", channel, "x", Language.JAPANESE, until, mover="s1")
        world.store.confirmations.put(waiting)
    return world


def real(world: World, path: str) -> str:
    """The path with links and names that are good."""
    family = world.store.subscribers.get("s1")
    assert family is not None
    made = {
        "/join": "/join/bunkyo/web",
        "/lost": "/lost/bunkyo",
        "/with": path_of(
            links().invitation(str(family.enrolments[0].family), "s1", 0, datetime.now(UTC))
        ),
        "/confirm": path_of(links().confirm("mailed")),
        "/code": path_of(links().code_page("sent")),
        "/me": own_path("s1"),
        "/stop": stop_path("s1"),
        "/m": path_of(links().text("s1", 0, today(), "e1")),
    }
    first = f"/{path.split('/')[1]}"
    rest = "/".join(path.split("/")[3:]) if first != "/join" else ""
    return f"{made[first]}/{rest}".rstrip("/").replace("{child}", "e3" if "/age/" in path else "e1")


def forged(world: World, path: str) -> Iterator[str]:
    """The path with each link or name replaced by what is none, and cut off."""
    for bad in BAD:
        for part in re.findall(r"\{\w+\}", path):
            if part in ("{token}", "{account}", "{touchpoint}"):
                good = real(world, path).split("/")
                good[path.split("/").index(part)] = bad
                yield "/".join(good)
    if "{token}" in path:
        parts = real(world, path).split("/")
        for changed in (parts[2][:-1], parts[2][1:], parts[2].swapcase(), f"{parts[2]}x"):
            yield "/".join([*parts[:2], changed, *parts[3:]])


def test_the_template_has_every_route_of_the_pages_and_no_other() -> None:
    for method, path in HANDLED:
        matching = [p for m, p in ROUTES if m == method and re.fullmatch(pattern(p), path)]
        assert matching, f"{method} {path}"
    for method, path in ROUTES:
        assert any(m == method and re.fullmatch(pattern(path), p) for m, p in HANDLED), (
            f"{method} {path}"
        )


@every_route
def test_a_forged_or_cut_off_link_is_refused_and_changes_nothing(
    people: World, method: str, path: str
) -> None:
    before = everything(people)
    form = {"step": "send", "code": "000000", "language": "en", "account": "bunkyo"}

    for each in forged(people, path):
        answer = request(method, each, form=form if method == "POST" else None)
        assert answer["statusCode"] == 404, each
        assert "no-store" in answer["headers"]["Cache-Control"]

    assert everything(people) == before
    assert queued(people) == []


@every_route
def test_a_link_of_another_kind_opens_nothing(people: World, method: str, path: str) -> None:
    if "{token}" not in path:
        return
    before = everything(people)
    kind = path.split("/")[1]
    for other in ("/with", "/confirm", "/code", "/me", "/stop", "/m"):
        if other == f"/{kind}":
            continue
        token = real(people, other).split("/")[2]
        parts = real(people, path).split("/")
        answer = request(method, "/".join([*parts[:2], token, *parts[3:]]))
        assert answer["statusCode"] == 404
    assert everything(people) == before


@every_route
def test_opening_a_page_changes_nothing(people: World, method: str, path: str) -> None:
    before = everything(people)["SubscriberTable"], everything(people)["PendingTable"]
    for opening in ("GET", "HEAD"):
        request(opening, real(people, path))
    after = everything(people)["SubscriberTable"], everything(people)["PendingTable"]
    assert after == before
    assert queued(people) == []


@every_route
def test_every_answer_keeps_out_of_caches_search_and_other_sites(
    people: World, method: str, path: str
) -> None:
    headers = request(method, real(people, path), form={} if method == "POST" else None)["headers"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")


NO_FORMS: list[tuple[int, dict[str, Any]]] = [
    (413, {"body": "a=" + "x" * 70_000, "content_type": FORM}),
    (413, {"body": "eA==" * 30_000, "content_type": FORM, "encoded": True}),
    (415, {"body": '{"step": "send"}', "content_type": "application/json"}),
    (415, {"body": "step=send", "content_type": "text/plain"}),
    (400, {"body": "step=%FF%FE", "content_type": FORM}),
    (400, {"body": "step=é", "content_type": FORM}),
    (400, {"body": "step=send&step=check", "content_type": FORM}),
    (400, {"body": "step=se%00nd", "content_type": FORM}),
    (400, {"body": "&".join(f"f{n}=1" for n in range(101)), "content_type": FORM}),
    (400, {"body": "no form at all", "content_type": FORM}),
    (400, {"body": "not base64!", "content_type": FORM, "encoded": True}),
]


@every_post
def test_a_body_that_is_no_form_of_ours_is_refused_and_changes_nothing(
    people: World, path: str
) -> None:
    before = everything(people)

    for status, sent in NO_FORMS:
        answer = request("POST", real(people, path), **sent)
        assert answer["statusCode"] == status, sent["body"][:30]

    assert everything(people) == before
    assert queued(people) == []


@pytest.mark.parametrize("path", ["/stop/{token}", "/me/{token}/stop/{child}"])
def test_a_stop_of_only_a_child_that_is_not_theirs_is_refused(people: World, path: str) -> None:
    before = everything(people)
    for only in ("e9", "e1 e9", ""):
        answer = request("POST", real(people, path), form={"only": only})
        assert answer["statusCode"] == 400
    assert everything(people) == before


def test_a_form_that_comes_in_base64_is_read(people: World) -> None:
    body = base64.b64encode(b"language=en").decode()
    answer = request(
        "POST", f"{own_path('s1')}/language", body=body, content_type=FORM, encoded=True
    )
    assert answer["statusCode"] == 303


@pytest.mark.parametrize("child", ["e9", "E1", "e1%20e2", "..", "x" * 2000])
def test_a_child_that_is_not_theirs_is_not_found(people: World, child: str) -> None:
    before = everything(people)
    for page in ("due", "birth", "names", "age", "family", "stop", "resume", "nothing"):
        for method in ("GET", "POST"):
            answer = request(method, f"{own_path('s1')}/{page}/{child}")
            assert answer["statusCode"] == 404, page
    assert everything(people) == before


FIELDS = ["step", "rows", "kind-1", "day-1", "nickname-1", "twins-1", "second-1", "channel"]
FIELDS += ["email", "phone", "consent", "code", "language", "account", "count", "only", "day"]
VALUES = ["check", "save", "send", "add", "remove-1", "edit", "erase", "due", "born", "yes", "5"]
VALUES += ["email", "sms", "line", "hana@example.jp", "090-1234-5678", "bunkyo", "e1", "e2", "en"]
VALUES += [days(56), days(-10), "0001-01-01", "9999-12-31"]
FORMS = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(VALUES) | st.text(max_size=30))
BODIES = FORMS.map(lambda form: (urlencode(form, errors="replace"), False))
BODIES |= st.text(max_size=200).map(lambda text: (text, False))
BODIES |= st.binary(max_size=200).map(lambda raw: (base64.b64encode(raw).decode(), True))


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.sampled_from(POSTS), body=BODIES)
def test_no_body_breaks_a_page(people: World, path: str, body: tuple[str, bool]) -> None:
    if people.store.subscribers.get("s1") is None:  # an example has erased them
        return
    text, encoded = body
    answer = request("POST", real(people, path), body=text, content_type=FORM, encoded=encoded)
    assert answer["statusCode"] < 500


def test_a_stop_counts_whatever_comes_after_it(people: World) -> None:
    request("POST", real(people, "/stop"))
    for path in POSTS:
        if path.split("/")[-2:] != ["resume", "{child}"] and "add" not in path:
            request("POST", real(people, path), form={"step": "save", "day": days(-1)})
    subscriber = people.store.subscribers.get("s1")
    assert subscriber is not None
    assert {each.history[-1].what for each in subscriber.enrolments} == {
        Happened.STOPPED_BY_SUBSCRIBER
    }
