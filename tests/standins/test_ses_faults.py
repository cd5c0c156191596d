"""Each way in which SES can be told to fail."""

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from tests.standins.ses_calls import entry, refusal, send, statuses

TWO = (entry("a@example.com"), entry("b@example.com"))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("throttle", ("ThrottlingException", "Maximum sending rate exceeded.")),
        ("daily_quota", ("ThrottlingException", "Daily message quota exceeded.")),
        (
            "unauthorized",
            (
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
        ),
        ("server_error", ("InternalServerError", "Internal server error")),
    ],
)
def test_a_call_fails_whole_once_and_then_passes(ses, control, fail, kind, expected):
    fail("ses", kind)
    assert refusal(send, ses, *TWO) == expected
    assert control("GET", "sent") == []
    assert statuses(send(ses, *TWO)) == ["SUCCESS", "SUCCESS"]


def test_chosen_entries_are_throttled_and_the_others_pass(ses, control, fail):
    fail("ses", "throttle", entries=[1])
    assert statuses(send(ses, *TWO)) == ["SUCCESS", "ACCOUNT_THROTTLED"]
    assert [m["recipient"] for m in control("GET", "sent")] == ["a@example.com"]


def test_chosen_entries_hit_the_daily_quota(ses, fail):
    fail("ses", "daily_quota", entries=[0])
    assert statuses(send(ses, *TWO)) == ["ACCOUNT_DAILY_QUOTA_EXCEEDED", "SUCCESS"]


@pytest.mark.parametrize(
    "status",
    ["TRANSIENT_FAILURE", "MESSAGE_REJECTED", "FAILED", "ACCOUNT_SENDING_PAUSED"],
)
def test_an_entry_fails_with_the_status_it_was_told(ses, fail, status):
    fail("ses", "partial", entries=[0, 7], status=status)
    assert statuses(send(ses, *TWO)) == [status, "SUCCESS"]


def test_the_entry_of_a_named_recipient_fails_wherever_it_stands(ses, fail):
    fail("ses", "partial", recipient="b@example.com")
    assert statuses(send(ses, entry("c@example.com"))) == ["SUCCESS"]
    assert statuses(send(ses, *TWO)) == ["SUCCESS", "TRANSIENT_FAILURE"]


@pytest.mark.parametrize(
    "lost",
    [
        ("timeout", ReadTimeoutError),
        ("disconnect", ConnectionClosedError),
        ("garbled", KeyError),  # botocore takes a 200 that is no JSON for an answer with no members
    ],
)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_answer_is_lost_before_or_after_it_took_effect(ses, control, fail, lost, after):
    kind, error = lost
    fail("ses", kind, after=after)
    with pytest.raises(error):
        send(ses, *TWO)
    assert len(control("GET", "sent")) == (2 if after else 0)


def test_a_server_error_can_hide_that_the_emails_went_out(ses, control, fail):
    fail("ses", "server_error", after=True)
    assert refusal(send, ses, *TWO)[0] == "InternalServerError"
    assert len(control("GET", "sent")) == 2
