"""Each way in which Twilio can be told to fail."""

import json

import pytest
import requests

from tests.standins.test_twilio import TO, refusal, send


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("throttle", (429, 20429)),
        ("server_error", (500, 20500)),
        ("unauthorized", (401, 20003)),
    ],
)
def test_a_call_fails_once_and_then_passes(twilio, control, fail, kind, expected):
    fail("twilio", kind)
    assert refusal(send, twilio) == expected
    assert control("GET", "sent") == []
    assert send(twilio).status == "queued"


@pytest.mark.parametrize("code", [21211, 21610, 21614])
def test_a_number_is_refused_once_with_the_code_it_was_told(twilio, fail, code):
    fail("twilio", "refused", code=code, recipient=TO)
    assert send(twilio, to="+818011112222").status == "queued"
    assert refusal(send, twilio) == (400, code)
    assert send(twilio).status == "queued"


@pytest.mark.parametrize("code", [30003, 30005, 30007])
def test_a_delivery_error_comes_after_the_message_was_taken(twilio, fail, code):
    fail("twilio", "refused", code=code)
    created = send(twilio)
    assert twilio.messages(created.sid).fetch().error_code == code


@pytest.mark.parametrize("kind", ["timeout", "disconnect"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_after_a_lost_answer_the_list_tells_what_happened(twilio, fail, kind, after):
    twilio.http_client.timeout = 0.3
    fail("twilio", kind, after=after)
    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.Timeout)):
        send(twilio)
    assert len(twilio.messages.list(to=TO)) == (1 if after else 0)


def test_a_garbled_answer_is_no_json(twilio, fail):
    fail("twilio", "garbled", after=True)
    with pytest.raises(json.JSONDecodeError):
        send(twilio)
    assert len(twilio.messages.list(to=TO)) == 1


def test_an_accepted_message_may_not_be_listed_yet(twilio, fail):
    send(twilio)
    fail("twilio", "not_listed")
    assert [len(twilio.messages.list(to=TO)) for _ in range(2)] == [0, 1]
