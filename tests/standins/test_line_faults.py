"""Each way in which LINE can be told to fail."""

import pytest
import urllib3

from tests.standins.openapi import problems
from tests.standins.test_line import API, HELLO, KEY, multicast, user

RATE = "The API rate limit has been exceeded. Try again later."
MONTHLY = "You have reached your monthly limit."


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("throttle", (429, RATE)),
        ("monthly_limit", (429, MONTHLY)),
        ("slow_down", (429, None)),
        ("unauthorized", (401, None)),
        ("server_error", (500, None)),
    ],
)
def test_a_call_fails_once_and_its_retry_passes_under_the_same_key(
    line, control, fail, kind, expected
):
    status, words = expected
    fail("line", kind)
    answer = line.post("multicast", multicast(1), KEY)
    assert answer.status == status
    assert answer.headers["x-line-request-id"]
    assert problems(API, "ErrorResponse", answer.json()) == []
    assert words in (None, answer.json()["message"])
    assert control("GET", "sent") == []
    assert line.post("multicast", multicast(1), KEY).status == 200


def test_the_third_429_is_neither_of_the_others(line, fail):
    fail("line", "slow_down")
    assert line.post("multicast", multicast(1)).json()["message"] not in (RATE, MONTHLY)


@pytest.mark.parametrize("kind", ["timeout", "disconnect", "garbled", "server_error"])
def test_an_answer_lost_after_acceptance_is_a_409_under_the_same_key(line, control, fail, kind):
    fail("line", kind, after=True)
    line.http.connection_pool_kw["timeout"] = urllib3.Timeout(0.3)
    try:
        answer = line.post("multicast", multicast(1), KEY)
        assert (kind, answer.status) in {("garbled", 200), ("server_error", 500)}
        assert kind == "server_error" or not answer.data.startswith(b"{")
    except (urllib3.exceptions.ReadTimeoutError, urllib3.exceptions.ProtocolError):
        assert kind in {"timeout", "disconnect"}
    assert line.post("multicast", multicast(1), KEY).status == 409
    assert len(control("GET", "sent")) == 1


def test_an_answer_lost_before_acceptance_leaves_the_key_unused(line, control, fail):
    fail("line", "disconnect")
    with pytest.raises(urllib3.exceptions.ProtocolError):
        line.post("multicast", multicast(1), KEY)
    assert control("GET", "sent") == []
    assert line.post("multicast", multicast(1), KEY).status == 200


def test_a_bad_recipient_refuses_all_and_names_the_index(line, control, fail):
    fail("line", "bad_recipient", entries=[1])
    answer = line.post("multicast", multicast(1, 2, 3), KEY)
    assert answer.status == 400
    assert [detail["property"] for detail in answer.json()["details"]] == ["to[1]"]
    assert problems(API, "ErrorResponse", answer.json()) == []
    assert control("GET", "sent") == []


def test_a_foreign_user_is_refused_wherever_it_stands_until_it_is_left_out(line, control, fail):
    fail("line", "bad_recipient", recipient=user(3), times=5)
    answer = line.post("multicast", multicast(1, 2, 3), KEY)
    assert [detail["property"] for detail in answer.json()["details"]] == ["to[2]"]
    assert line.post("multicast", multicast(1, 2)).status == 200
    assert len(control("GET", "sent")) == 2


def test_a_fault_for_one_operation_leaves_the_others_alone(line, fail):
    fail("line", "server_error", operation="push")
    assert line.post("multicast", multicast(1)).status == 200
    assert line.post("push", {"to": user(1), "messages": HELLO}).status == 500


def test_a_token_can_be_refused_too(line, fail):
    fail("line", "server_error", operation="token")
    assert line.log_in().status == 500
    assert line.log_in().status == 200


def test_faults_strike_in_the_order_they_were_asked_for(line, fail, control):
    fail("line", "throttle", times=2)
    fail("line", "monthly_limit")
    said = [line.post("multicast", multicast(1)) for _ in range(4)]
    assert [(a.status, a.json().get("message")) for a in said] == [
        (429, RATE),
        (429, RATE),
        (429, MONTHLY),
        (200, None),
    ]
    assert control("GET", "faults") == []
