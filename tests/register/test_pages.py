"""The pages behind the links in messages."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from functions.register.pages import handler
from shared.rules.account import Channel
from shared.rules.changes import moved
from shared.rules.history import Happened
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text
from shared.subscribers.actions import change
from tests.world import TEN, Context, World, bunkyo, pregnant


def request(
    method: str,
    path: str,
    to: Callable[[dict[str, Any], Any], dict[str, Any]] = handler,
    *,
    form: dict[str, str] | None = None,
    body: str | None = None,
    content_type: str | None = None,
    encoded: bool = False,
    source: str = "192.0.2.1",
) -> dict[str, Any]:
    """The answer of a pages' Lambda to a request of the HTTP API (payload format 2.0)."""
    path, _, query = path.partition("?")
    if form is not None:
        body, content_type = urlencode(form), "application/x-www-form-urlencoded"
    http = {"method": method, "path": path, "sourceIp": source}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"content-type": content_type} if content_type else {},
        "requestContext": {"http": http, "stage": "$default"},
        "isBase64Encoded": encoded,
    }
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query))
    if body is not None:
        event["body"] = body
    return to(event, Context())


def path_in(world: World, kind: str, channel: Channel) -> str:
    """The path of a link in the message that was sent on a channel."""
    (message,) = world.sent(channel)
    text = f"{message.text} {message.headers.get('List-Unsubscribe', '')}"
    (path, *_) = re.findall(rf"/{kind}/[\w.-]+", text)
    return path


def test_the_link_in_an_sms_shows_the_whole_text(world: World) -> None:
    world.add(pregnant(1, Channel.SMS))
    world.day()

    answer = request("GET", path_in(world, "m", Channel.SMS))

    assert answer["statusCode"] == 200
    assert "本文224です。" in answer["body"]
    assert "文京区" in answer["body"]
    assert "office@kizuna.example.jp" in answer["body"]


def test_the_whole_text_names_the_child_and_escapes_what_the_parent_wrote(world: World) -> None:
    world.store.content.publish("common", _texts_that_name_the_child())
    world.add(pregnant(1, Channel.SMS, nickname="<b>まめ</b>"))
    world.day()

    answer = request("GET", path_in(world, "m", Channel.SMS))

    assert "&lt;b&gt;まめ&lt;/b&gt;の本文" in answer["body"]
    assert "<b>" not in answer["body"]


def test_opening_the_stop_page_changes_nothing(world: World) -> None:
    world.add(pregnant(1))
    world.day()
    before = world.store.subscribers.get("s1")

    answer = request("GET", path_in(world, "stop", Channel.EMAIL))

    assert answer["statusCode"] == 200
    assert "すべての配信を止める" in answer["body"]
    assert world.store.subscribers.get("s1") == before


def test_one_post_stops_everything_at_once_and_a_second_does_no_harm(world: World) -> None:
    world.add(pregnant(1, twins=True))
    world.day()
    path = path_in(world, "stop", Channel.EMAIL)

    first = request("POST", path)
    stopped = world.store.subscribers.get("s1")
    second = request("POST", path)

    assert first["statusCode"] == second["statusCode"] == 200
    assert stopped is not None
    last = [each.history[-1].what for each in stopped.enrolments]
    assert last == [Happened.STOPPED_BY_SUBSCRIBER] * 2
    assert world.store.subscribers.get("s1") == stopped


def test_after_a_stop_no_reason_is_asked_and_nothing_is_said_of_a_return(world: World) -> None:
    world.add(pregnant(1))
    world.day()

    body = request("POST", path_in(world, "stop", Channel.EMAIL))["body"]

    for unwanted in ("アンケート", "残念", "またの", "再開", "<input", "<select", "<textarea"):
        assert unwanted not in body


@pytest.mark.parametrize(("method", "kind"), [("GET", "m"), ("GET", "stop"), ("POST", "stop")])
@pytest.mark.parametrize(
    "token", ["x", "InMxIg", "InMxIg.", "InMxIg.forged", "..", "%00", "a" * 3000, "bm90LWpzb24.x"]
)
def test_a_link_that_is_not_ours_is_refused_and_changes_nothing(
    world: World, method: str, kind: str, token: str
) -> None:
    world.add(pregnant(1))
    before = world.store.subscribers.get("s1")

    answer = request(method, f"/{kind}/{token}")

    assert answer["statusCode"] == 404
    assert world.store.subscribers.get("s1") == before


def test_a_text_link_stops_nobody_and_a_stop_link_shows_no_text(world: World) -> None:
    world.add(pregnant(1, Channel.SMS))
    world.day()
    text = path_in(world, "m", Channel.SMS).removeprefix("/m/")

    assert request("POST", f"/stop/{text}")["statusCode"] == 404
    subscriber = world.store.subscribers.get("s1")
    assert subscriber is not None
    assert len(subscriber.enrolments[0].history) == 2


def test_the_pages_are_not_kept_and_give_nothing_away_to_others(world: World) -> None:
    world.add(pregnant(1))
    world.day()

    answer = request("GET", path_in(world, "stop", Channel.EMAIL))

    headers = {name.lower(): value for name, value in answer["headers"].items()}
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]


def _texts_that_name_the_child() -> Any:
    return {Due(Phase.PREGNANCY, 224): Text("32週", "{child}の本文です。", "お知らせ")}


def test_the_link_in_an_sms_still_shows_its_text_after_a_move_to_another_account(
    world: World,
) -> None:
    world.add(pregnant(1, Channel.SMS))
    world.day()
    world.store.accounts.put(replace(bunkyo(name="那覇市"), id="naha"))
    move = {"account": "naha", "channel": Channel.SMS, "address": pregnant(1, Channel.SMS).address}
    change(world.store, "s1", lambda old: moved(old, TEN + timedelta(minutes=1), **move))

    answer = request("GET", path_in(world, "m", Channel.SMS))

    assert (answer["statusCode"], "本文224です。" in answer["body"]) == (200, True)
    assert "文京区" in answer["body"]


def test_who_joined_just_after_the_day_had_begun_can_read_the_whole_text(world: World) -> None:
    world.add(pregnant(2))
    world.tick()
    history = tuple(
        replace(event, at=TEN + timedelta(minutes=1)) for event in pregnant(1).enrolments[0].history
    )
    late = pregnant(1, Channel.SMS)
    world.add(replace(late, enrolments=(replace(late.enrolments[0], history=history),)))
    world.tick(TEN + timedelta(minutes=15))
    world.work()

    answer = request("GET", path_in(world, "m", Channel.SMS))

    assert (answer["statusCode"], "本文224です。" in answer["body"]) == (200, True)
