"""A LINE chat from the inbox and from tests: events that go out signed, replies that come back."""

import base64
import hashlib
import hmac
import json

import pytest

from local.standins.outbox import mailbox_id
from tests.local.wire import Answer, Wire
from tests.standins.conftest import CHANNEL, SECRET
from tests.standins.openapi import problems, response_problems

API, WEBHOOK = "line-messaging-api.yml", "line-webhook.yml"
USER = "U" + "a" * 32
HELLO = [{"type": "text", "text": "こんにちは"}]
KINDS = {
    "follow": ({"type": "follow", "follow": {"isUnblocked": False}}, "FollowEvent"),
    "unfollow": ({"type": "unfollow"}, "UnfollowEvent"),
    "postback": ({"type": "postback", "postback": {"data": "v=1"}}, "PostbackEvent"),
    "message": (
        {"type": "message", "message": {"type": "text", "id": "1", "text": "a", "quoteToken": "q"}},
        "MessageEvent",
    ),
}


@pytest.fixture
def product(configure):
    """What listens at the webhook's address."""
    with Wire([Answer(200, b"")]) as wire:
        url = f"{wire.url}/line/webhook/bunkyo"
        configure("line", channels={CHANNEL: {"secret": SECRET, "webhook": url, "name": "文京区"}})
        yield wire


@pytest.fixture
def tell(control, product):
    """Have LINE tell the product of events; what it was told."""

    def ask(*events, user=USER):
        asked = {"channel": CHANNEL, "user": user, "events": list(events)}
        told = control("POST", "line/events", asked)
        assert told["status"] == 200
        return told["events"]

    return ask


@pytest.mark.parametrize(("event", "schema"), KINDS.values(), ids=KINDS)
def test_an_event_goes_out_signed_and_as_line_s_document_describes(product, tell, event, schema):
    told = tell(event)

    (sent,) = product.sent
    digest = hmac.new(SECRET.encode(), sent.body, hashlib.sha256).digest()
    assert sent.headers["x-line-signature"] == base64.b64encode(digest).decode()
    assert json.loads(sent.body)["events"] == told
    assert problems(WEBHOOK, "CallbackRequest", json.loads(sent.body)) == []
    assert problems(WEBHOOK, schema, told[0]) == []
    assert ("replyToken" in told[0]) is (event["type"] != "unfollow")


def reply(line, token, messages=HELLO, **headers):
    return line.post("reply", {"replyToken": token, "messages": messages}, **headers)


def test_a_reply_token_is_good_once_and_the_reply_arrives(tell, line, control):
    token = tell(KINDS["follow"][0])[0]["replyToken"]

    first, second = reply(line, token), reply(line, token)

    assert first.status == 200
    path = "/v2/bot/message/reply"
    assert response_problems(API, path, "post", 200, first.json()) == []
    assert (second.status, second.json()["message"]) == (400, "Invalid reply token")
    assert [m["text"] for m in control("GET", "sent")] == ["こんにちは"]


@pytest.mark.parametrize(
    ("messages", "headers"),
    [(HELLO * 6, {}), ([], {}), (HELLO, {"X-Line-Retry-Key": "1"})],
    ids=["six messages", "no message", "a retry key"],
)
def test_a_reply_that_line_would_not_take_is_refused_and_the_token_stays_good(
    tell, line, messages, headers
):
    token = tell(KINDS["follow"][0])[0]["replyToken"]

    assert reply(line, token, messages, **headers).status == 400
    assert reply(line, token).status == 200


def test_a_token_of_nobody_or_of_another_channel_is_refused(tell, line, control):
    token = tell(KINDS["follow"][0])[0]["replyToken"]
    control("PUT", "config", {"line": {"channels": {"77": {"secret": "other"}}}})
    line.log_in("other", "77")

    assert reply(line, "made-up").status == 400
    assert reply(line, token).status == 400


def test_who_blocks_gets_nothing_until_the_block_is_lifted(tell, line, control):
    tell(KINDS["unfollow"][0])
    assert line.post("push", {"to": USER, "messages": HELLO}).status == 200
    assert control("GET", "sent") == []

    tell({"type": "follow", "follow": {"isUnblocked": True}})
    line.post("push", {"to": USER, "messages": HELLO})
    assert len(control("GET", "sent")) == 1


def test_an_event_can_come_a_second_time_under_its_id(product, tell):
    (first,) = tell(KINDS["postback"][0])
    again = {**first, "deliveryContext": {"isRedelivery": True}}

    (second,) = tell(again)

    assert second["webhookEventId"] == first["webhookEventId"]
    assert len(product.sent) == 2


BUTTON = {"type": "postback", "label": "押す", "data": "d"}
DAY = {**BUTTON, "type": "datetimepicker", "mode": "date", "min": "2026-01-01", "max": "2026-12-31"}
REFUSED = {
    "a label of 21": {**BUTTON, "label": "あ" * 21},
    "no label": {**BUTTON, "label": ""},
    "data of 301": {**BUTTON, "data": "d" * 301},
    "an unknown kind": {**BUTTON, "type": "sing"},
    "days out of order": {**DAY, "initial": "2027-01-01"},
    "a day that is none": {**DAY, "initial": "2026-1-1"},
}


@pytest.mark.parametrize("action", REFUSED.values(), ids=REFUSED)
def test_a_button_that_line_would_not_show_is_refused(line, action):
    quick = [{**HELLO[0], "quickReply": {"items": [{"type": "action", "action": action}]}}]
    template = {"type": "buttons", "text": "?", "actions": [action]}
    buttons = [{"type": "template", "altText": "?", "template": template}]

    assert line.post("push", {"to": USER, "messages": quick}).status == 400
    assert line.post("push", {"to": USER, "messages": buttons}).status == 400


@pytest.fixture
def press(http, standins):
    """Presses a button of a chat's page."""

    def send(mailbox, **fields):
        url = f"{standins.url}/inbox/{mailbox}/line"
        return http.request("POST", url, fields=fields, encode_multipart=False, redirect=False)

    return send


@pytest.fixture
def chat(standins, product, line, http):
    """The page of a chat in which a message with a calendar stands."""
    calendar = {**DAY, "initial": "2026-06-01"}
    quick = {"quickReply": {"items": [{"type": "action", "action": calendar}]}}
    line.post("push", {"to": USER, "messages": [{**HELLO[0], **quick}]})
    standins.app.chats.longest_wait = 0.0
    return mailbox_id("line", CHANNEL, USER)


def test_a_chat_shows_its_buttons_as_forms_with_a_calendar(chat, standins, http):
    page = http.request("GET", f"{standins.url}/inbox/{chat}").data.decode()

    assert 'type="date" name="date" aria-label="押すの日付" value="2026-06-01"' in page
    assert 'min="2026-01-01" max="2026-12-31"' in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        (
            {"act": "postback", "data": "d", "label": "押す", "date": "2026-06-01"},
            {"type": "postback", "postback": {"data": "d", "params": {"date": "2026-06-01"}}},
        ),
        ({"act": "postback", "data": "d"}, {"type": "postback", "postback": {"data": "d"}}),
        ({"act": "unfollow"}, {"type": "unfollow"}),
        ({"act": "follow"}, {"type": "follow", "follow": {"isUnblocked": False}}),
    ],
)
def test_what_is_pressed_in_the_inbox_is_told_to_the_product(chat, product, press, fields, event):
    answer = press(chat, **fields)

    assert (answer.status, answer.headers["Location"]) == (303, f"/inbox/{chat}")
    (told,) = json.loads(product.sent[-1].body)["events"]
    assert event.items() <= told.items()
    assert told["source"] == {"type": "user", "userId": USER}


def test_what_is_written_stands_in_the_chat(chat, standins, product, http, press):
    press(chat, act="message", text="<b>停止</b>")

    page = http.request("GET", f"{standins.url}/inbox/{chat}").data.decode()
    assert "&lt;b&gt;停止&lt;/b&gt;" in page
    (told,) = json.loads(product.sent[-1].body)["events"]
    assert told["message"]["text"] == "<b>停止</b>"


def test_a_new_person_adds_the_account_as_a_friend(standins, product, http):
    standins.app.chats.longest_wait = 0.0
    index = http.request("GET", f"{standins.url}/inbox").data.decode()
    assert f'<option value="{CHANNEL}">文京区</option>' in index

    answer = http.request(
        "POST",
        f"{standins.url}/inbox/line/friend",
        fields={"channel": CHANNEL},
        encode_multipart=False,
        redirect=False,
    )

    page = http.request("GET", f"{standins.url}{answer.headers['Location']}")
    assert page.status == 200
    assert "（友だちに追加しました）" in page.data.decode()
    (told,) = json.loads(product.sent[-1].body)["events"]
    assert told["type"] == "follow"


def test_what_nobody_can_do_in_a_chat_is_refused(chat, press):
    assert press(chat, act="dance").status == 400
    assert press("0" * 16, act="message", text="a").status == 404
