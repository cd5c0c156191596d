"""LINE's webhook: the signature first, each event kept and queued, and nothing else."""

import base64
import json
from collections import Counter
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.line import webhook
from functions.line.webhook import MOST_BYTES, handler, signature
from tests.line.bridge import event_of
from tests.line.phone import USER
from tests.world import Context, World

# The vector of LINE's own test: https://github.com/line/line-bot-sdk-python (read 2026-11).
VECTOR_SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
VECTOR_BODY = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
VECTOR_SIGNATURE = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="


def an_event(**changes: Any) -> dict[str, Any]:
    event = {
        "type": "message",
        "mode": "active",
        "timestamp": 1_795_000_000_000,
        "source": {"type": "user", "userId": USER},
        "webhookEventId": "01FZ74A0TDDPYRVKNK77XKC3ZR",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA",
        "message": {"type": "text", "id": "1", "text": "ひみつの言葉", "quoteToken": "q"},
    }
    return {name: value for name, value in {**event, **changes}.items() if value is not None}


def body_of(*events: Any) -> bytes:
    text = json.dumps({"destination": "U" + "0" * 32, "events": list(events)}, ensure_ascii=False)
    return text.encode()


def secret(world: World) -> str:
    ((_, channel),) = world.standins.settings.current.line.channels.items()
    return channel.secret


def post(
    body: bytes, mark: str | None, account: str = "bunkyo", *, as_base64: bool = False
) -> dict[str, Any]:
    headers = {} if mark is None else {"X-Line-Signature": mark}
    path = f"/line/webhook/{account}"
    request = event_of("POST", path, body=body, headers=headers, as_base64=as_base64)
    return handler(request, Context())


def kept(world: World) -> list[dict[str, Any]]:
    items = boto3.resource("dynamodb").Table(world.refs["PendingTable"]).scan()["Items"]
    return sorted(items, key=lambda item: item["id"])


def queued(world: World) -> list[str]:
    return [each["body"] for each in world.take("LineEventQueue")]


def test_the_signature_is_that_of_line_s_own_vector() -> None:
    assert signature(VECTOR_SECRET, VECTOR_BODY) == VECTOR_SIGNATURE


@pytest.mark.parametrize("as_base64", [False, True])
def test_an_event_is_kept_and_only_its_id_is_queued(world: World, as_base64: bool) -> None:
    body = body_of(an_event())

    answer = post(body, signature(secret(world), body), as_base64=as_base64)

    assert (answer["statusCode"], answer["body"]) == (200, "")
    (item,) = kept(world)
    assert item["id"] == "EVENT#bunkyo#01FZ74A0TDDPYRVKNK77XKC3ZR"
    assert "ひみつの言葉" in item["event"]
    assert queued(world) == ['{"account": "bunkyo", "id": "01FZ74A0TDDPYRVKNK77XKC3ZR"}']


def test_line_s_own_check_with_no_events_is_answered(world: World) -> None:
    answer = post(body_of(), signature(secret(world), body_of()))

    assert answer["statusCode"] == 200
    assert kept(world) == []


IGNORED = {
    "without its id": an_event(webhookEventId=None),
    "an id of another kind": an_event(webhookEventId=7),
    "an id that is no id": an_event(webhookEventId="a#b"),
    "an unknown type": an_event(type="hologram"),
    "an unsend": an_event(type="unsend"),
    "of a group": an_event(source={"type": "group", "groupId": "C1", "userId": USER}),
    "of nobody": an_event(source=None),
    "a user ID that is none": an_event(source={"type": "user", "userId": "U1"}),
    "no time": an_event(timestamp="yesterday"),
    "a time beyond all calendars": an_event(timestamp=10**30),
    "no object": "hello",
    "nothing": None,
}


@pytest.mark.parametrize("event", IGNORED.values(), ids=IGNORED)
def test_what_the_chat_has_no_use_for_is_ignored_and_the_others_are_kept(
    world: World, event: Any
) -> None:
    body = body_of(event, an_event(webhookEventId="01GOOD"))

    answer = post(body, signature(secret(world), body))

    assert answer["statusCode"] == 200
    assert [item["id"] for item in kept(world)] == ["EVENT#bunkyo#01GOOD"]


GOOD = body_of(an_event())
REFUSED = {
    "no signature": (GOOD, None, "bunkyo", 403),
    "an empty signature": (GOOD, "", "bunkyo", 403),
    "a forged signature": (GOOD, signature("another secret", GOOD), "bunkyo", 403),
    "a signature that is no text": (GOOD, "あ\udc80", "bunkyo", 403),
    "a signature of another body": (GOOD, signature("right", GOOD + b" "), "bunkyo", 403),
    "a cut signature": (GOOD, signature("right", GOOD)[:-2], "bunkyo", 403),
    "an account that is not there": (GOOD, signature("right", GOOD), "atlantis", 404),
    "an account that is none": (GOOD, signature("right", GOOD), "..", 404),
    "an account with a secret's name": (GOOD, signature("right", GOOD), "bunkyo%2Fsms", 404),
    "garbage": (b"{", signature("right", b"{"), "bunkyo", 400),
    "a list": (b"[]", signature("right", b"[]"), "bunkyo", 400),
    "no events": (b"{}", signature("right", b"{}"), "bunkyo", 400),
    "events that are none": (b'{"events":1}', signature("right", b'{"events":1}'), "bunkyo", 400),
    "nothing": (b"", signature("right", b""), "bunkyo", 400),
    "deep": (b"[" * 100_000, signature("right", b"[" * 100_000), "bunkyo", 400),
    "too large": (b" " * (MOST_BYTES + 1), "any", "bunkyo", 413),
}


@pytest.mark.parametrize(("body", "mark", "account", "status"), REFUSED.values(), ids=REFUSED)
def test_a_request_that_is_not_line_s_is_refused_and_changes_nothing(
    world: World, body: bytes, mark: str | None, account: str, status: int
) -> None:
    if mark == signature("right", body):
        mark = signature(secret(world), body)
    elif mark == signature("right", GOOD + b" "):
        mark = signature(secret(world), GOOD + b" ")

    answer = post(body, mark, account)

    assert (answer["statusCode"], answer["body"]) == (status, "")
    assert kept(world) == []
    assert queued(world) == []


def test_a_body_that_is_no_base64_is_refused(world: World) -> None:
    request = event_of("POST", "/line/webhook/bunkyo", headers={"X-Line-Signature": "x"})

    answer = handler({**request, "isBase64Encoded": True, "body": "***"}, Context())

    assert answer["statusCode"] == 400


def test_many_events_are_queued_in_as_many_calls_as_it_takes(world: World) -> None:
    events = [an_event(webhookEventId=f"01E{n:03}") for n in range(53)]
    body = body_of(*events, events[0])
    right = secret(world)
    post(body_of(), signature(right, body_of()))  # the secret is read once
    store, sqs = webhook._resources()
    asked: list[str] = []
    for client in (store._table.meta.client, sqs):
        client.meta.events.register("before-call", lambda model, **_: asked.append(model.name))

    post(body, signature(right, body))

    assert Counter(asked) == {"BatchWriteItem": 3, "SendMessageBatch": 6}
    assert len(kept(world)) == 53
    assert len(queued(world)) == 54


def test_what_was_kept_and_not_queued_is_queued_when_line_sends_it_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = body_of(an_event())
    right = secret(world)
    monkeypatch.setenv("LINE_EVENT_QUEUE", "https://sqs.ap-northeast-1.amazonaws.com/1/none")
    with pytest.raises(ClientError):
        post(body, signature(right, body))
    assert len(kept(world)) == 1
    monkeypatch.setenv("LINE_EVENT_QUEUE", world.refs["LineEventQueue"])

    answer = post(body, signature(right, body))

    assert answer["statusCode"] == 200
    assert len(queued(world)) == len(kept(world)) == 1


def test_logs_say_nothing_of_who_wrote_what(world: World, caplog: pytest.LogCaptureFixture) -> None:
    body = body_of(an_event())
    post(body, signature(secret(world), body))
    post(body, "forged")

    out = " ".join(str(vars(record)) for record in caplog.records)
    assert "a webhook was refused" in out
    for private in (USER, "ひみつの言葉", "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA"):
        assert private not in out


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
almost = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["message", "postback", "follow", "unfollow", "x"]) | json_values,
        "webhookEventId": st.just("01E") | json_values,
        "timestamp": st.integers() | json_values,
        "source": st.just({"type": "user", "userId": USER}) | json_values,
        "message": json_values,
        "postback": st.fixed_dictionaries({"data": json_values, "params": json_values}),
        "replyToken": json_values,
        "mode": json_values,
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    body=st.binary()
    | st.lists(almost | json_values, max_size=3).map(
        lambda events: json.dumps({"events": events}).encode()
    )
)
def test_no_body_whatever_breaks_it(world: World, body: bytes) -> None:
    right = signature(secret(world), body)
    request = event_of(
        "POST", "/line/webhook/bunkyo", body=b"", headers={"X-Line-Signature": right}
    )
    whole = {**request, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}

    assert handler(whole, Context())["statusCode"] in (200, 400)
