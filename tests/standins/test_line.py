"""The LINE Messaging API over urllib3, checked against LINE's own OpenAPI documents."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.standins.conftest import CHANNEL, CONFIG
from tests.standins.openapi import problems

API, TOKENS = "line-messaging-api.yml", "line-channel-access-token.yml"
HELLO = [{"type": "text", "text": "生後100日"}]
KEY = "123e4567-e89b-12d3-a456-426614174000"


def user(number: int) -> str:
    return f"U{number:032x}"


def multicast(*numbers: int, messages=HELLO):
    return {"to": [user(number) for number in numbers], "messages": messages}


def test_a_stateless_token_is_issued_as_the_document_says(line):
    answer = line.log_in()
    assert (answer.status, answer.json()["expires_in"]) == (200, 900)
    assert problems(TOKENS, "IssueStatelessChannelAccessTokenResponse", answer.json()) == []


@pytest.mark.parametrize(("secret", "channel"), [("wrong", CHANNEL), ("line-secret", "1")])
def test_a_wrong_secret_or_channel_gets_no_token(line, secret, channel):
    answer = line.log_in(secret, channel)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_client")
    assert problems(TOKENS, "ErrorResponse", answer.json()) == []


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer made-up"}])
def test_without_a_valid_token_nothing_is_sent(line, control, header):
    line.headers = header
    answer = line.post("multicast", multicast(1))
    assert answer.status == 401
    assert answer.json()["message"].startswith("Authentication failed")
    assert problems(API, "ErrorResponse", answer.json()) == []
    assert control("GET", "sent") == []


def test_a_token_expires(line, configure):
    configure("line", token_seconds=0)
    line.log_in()
    answer = line.post("push", {"to": user(1), "messages": HELLO})
    assert (answer.status, "expired" in answer.json()["message"]) == (401, True)


def test_a_multicast_reaches_everyone_once_and_answers_nothing(line, control):
    body = multicast(1, 2, 3)
    assert problems(API, "MulticastRequest", body) == []
    answer = line.post("multicast", body, KEY)
    assert (answer.status, answer.json()) == (200, {})
    assert uuid.UUID(answer.headers["x-line-request-id"])
    sent = control("GET", "sent?channel=line")
    assert [m["recipient"] for m in sent] == [user(1), user(2), user(3)]
    assert {(m["sender"], m["text"], m["request_key"]) for m in sent} == {
        (CHANNEL, "生後100日", KEY)
    }


def test_a_push_answers_with_an_id_for_each_message(line, control):
    body = {"to": user(1), "messages": [*HELLO, {"type": "text", "text": "二つめ"}]}
    assert problems(API, "PushMessageRequest", body) == []
    answer = line.post("push", body, KEY)
    assert problems(API, "PushMessageResponse", answer.json()) == []
    assert len(answer.json()["sentMessages"]) == 2
    (kept,) = control("GET", "sent")
    assert kept["text"] == "生後100日\n\n二つめ"
    assert kept["content"] == body["messages"]


@pytest.mark.parametrize("kind", ["push", "multicast"])
def test_an_accepted_retry_key_answers_409_and_sends_nothing_more(line, control, kind):
    body = {"to": user(1) if kind == "push" else [user(1)], "messages": HELLO}
    first = line.post(kind, body, KEY)
    again = line.post(kind, body, KEY.upper())
    assert again.status == 409
    accepted, here = (again.headers[f"x-line-{n}request-id"] for n in ("accepted-", ""))
    assert accepted == first.headers["x-line-request-id"] != here
    assert problems(API, "ErrorResponse", again.json()) == []
    assert again.json().get("sentMessages") == first.json().get("sentMessages")
    assert len(control("GET", "sent")) == 1
    assert control("GET", "counts")["incidents"] == {}


def test_the_same_key_with_another_body_is_noted_as_a_conflict(line, control):
    line.post("multicast", multicast(1), KEY)
    assert line.post("multicast", multicast(2), KEY).status == 409
    assert control("GET", "counts")["incidents"] == {"retry_key_conflict": 1}
    assert [m["recipient"] for m in control("GET", "sent")] == [user(1)]


def test_a_retry_key_belongs_to_its_channel(line, control):
    channels = {CHANNEL: {"secret": "line-secret"}, "77": {"secret": "other"}}
    control("PUT", "config", {"line": {"channels": channels}})
    assert line.post("multicast", multicast(1), KEY).status == 200
    line.log_in("other", "77")
    assert line.post("multicast", multicast(1), KEY).status == 200


def test_of_many_simultaneous_repeats_one_is_accepted(line, control):
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: line.post("multicast", multicast(1, 2), KEY).status, range(8))
        )
    assert sorted(answers) == [200] + [409] * 7
    assert len(control("GET", "sent")) == 2


@pytest.mark.parametrize("key", ["1", "not-a-uuid", KEY.replace("-", "")])
def test_a_retry_key_is_a_uuid(line, key):
    assert line.post("multicast", multicast(1), key).status == 400


TEXT = {"type": "text", "text": "あ" * 5_000}
REFUSED_MESSAGES = {
    "no message": ([], "messages"),
    "six messages": (HELLO * 6, "messages"),
    "an empty text": ([{"type": "text", "text": ""}], "messages[0].text"),
    "5,001 units": ([*HELLO, {"type": "text", "text": "あ" * 5_001}], "messages[1].text"),
    "2,501 emoji": ([{"type": "text", "text": "👶" * 2_501}], "messages[0].text"),
    "an unknown type": ([{"type": "letter", "text": "a"}], "messages[0].type"),
    "a flex without words": ([{"type": "flex", "contents": {}}], "messages[0].altText"),
    "fourteen quick replies": (
        [{**HELLO[0], "quickReply": {"items": [{}] * 14}}],
        "messages[0].quickReply.items",
    ),
}


@pytest.mark.parametrize(("messages", "place"), REFUSED_MESSAGES.values(), ids=REFUSED_MESSAGES)
@pytest.mark.parametrize("path", ["multicast", "validate/multicast"])
def test_a_message_line_would_not_show_is_refused_with_its_place(line, path, messages, place):
    answer = line.post(path, multicast(1, messages=messages))
    assert answer.status == 400
    assert answer.json()["details"][0]["property"] == place
    assert problems(API, "ErrorResponse", answer.json()) == []


def test_five_messages_of_5000_units_pass(line):
    assert line.post("multicast", multicast(1, messages=[TEXT] * 5)).status == 200
    assert line.post("validate/push", {"messages": [{**TEXT, "text": "👶" * 2_500}]}).json() == {}


def test_five_hundred_recipients_pass_and_501_do_not(line, control):
    assert line.post("multicast", multicast(*range(501))).status == 400
    assert line.post("multicast", multicast(*range(500))).status == 200
    assert control("GET", "counts")["sent"] == {"line": 500}


def test_recipients_are_well_formed_and_named_once(line, control):
    malformed = {"to": [user(1), "U123"], "messages": HELLO}
    answer = line.post("multicast", malformed)
    assert (answer.status, answer.json()["details"][0]["property"]) == (400, "to[1]")
    assert line.post("multicast", multicast(1, 1)).status == 400
    assert line.post("multicast", multicast()).status == 400
    assert line.post("push", {"to": [user(1)], "messages": HELLO}).status == 400
    assert control("GET", "sent") == []


def test_the_body_is_json_of_at_most_two_megabytes(line):
    assert line.post("multicast", b"{", KEY).status == 400
    assert line.post("multicast", b"[]", KEY).status == 400
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert line.post("multicast", multicast(1), KEY, **form).status == 415
    body = json.dumps(multicast(1)).encode()
    assert line.post("multicast", body + b" " * (2 * 1024 * 1024)).status == 413


def test_who_blocked_the_account_gets_nothing_and_nobody_is_told(line, configure, control):
    configure("line", blocked=[user(2)])
    assert line.post("multicast", multicast(1, 2, 3), KEY).status == 200
    assert [m["recipient"] for m in control("GET", "sent")] == [user(1), user(3)]
    assert control("GET", "counts")["incidents"] == {"line_blocked": 1}


def test_the_quota_counts_recipients_and_ends_at_the_monthly_limit(line, control):
    def quotas():
        return line.get("quota").json(), line.get("quota/consumption").json()

    assert quotas() == ({"type": "none"}, {"totalUsage": 0})
    limited = {CHANNEL: {"secret": "line-secret", "monthly_limit": 3}}
    control("PUT", "config", {"line": {"channels": limited}})
    line.post("multicast", multicast(1, 2, messages=HELLO * 3))
    assert quotas() == ({"type": "limited", "value": 3}, {"totalUsage": 2})
    for answer, schema in zip(
        quotas(), ("MessageQuotaResponse", "QuotaConsumptionResponse"), strict=True
    ):
        assert problems(API, schema, answer) == []
    over = line.post("multicast", multicast(3, 4))
    assert (over.status, over.json()["message"]) == (429, "You have reached your monthly limit.")
    assert line.post("push", {"to": user(5), "messages": HELLO}).status == 200


def test_too_many_requests_a_second_are_refused(line, configure):
    configure("line", multicast_per_second=1)
    assert line.post("multicast", multicast(1)).status == 200
    answer = line.post("multicast", multicast(2))
    assert (answer.status, answer.json()["message"]) == (
        429,
        "The API rate limit has been exceeded. Try again later.",
    )


def test_a_channel_can_be_held_to_recipients_a_second(line, configure, control):
    configure("line", recipients_per_second=3)
    assert line.post("multicast", multicast(1, 2)).status == 200
    assert line.post("push", {"to": user(3), "messages": HELLO}).status == 200
    answer = line.post("multicast", multicast(4, 5))
    assert (answer.status, answer.json()["message"]) == (
        429,
        "The API rate limit has been exceeded. Try again later.",
    )
    assert len(control("GET", "sent")) == 3


def test_the_limits_of_the_reference_hold_unless_told_otherwise():
    assert (CONFIG.line.push_per_second, CONFIG.line.multicast_per_second) == (2_000, 200)
