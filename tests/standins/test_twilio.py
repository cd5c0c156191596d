"""Twilio through its own package: creating, listing and fetching messages."""

from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from twilio.base.exceptions import TwilioRestException

from tests.standins.conftest import ACCOUNT
from tests.standins.openapi import problems, response_problems

SPEC = "twilio-messages.json"
PATH = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
TO = "+819012345678"


def send(twilio, **more):
    return twilio.messages.create(**{"to": TO, "from_": "KIZUNA", "body": "本文", **more})


def refusal(call, *args, **more):
    with pytest.raises(TwilioRestException) as caught:
        call(*args, **more)
    return caught.value.status, caught.value.code


def raw(standins, http, method, path="Messages.json", auth=f"{ACCOUNT}:token", **fields):
    return http.request(
        method,
        f"{standins.url}/2010-04-01/Accounts/{ACCOUNT}/{path}",
        fields=fields,
        headers=urllib3.make_headers(basic_auth=auth),
        **({"encode_multipart": False} if method == "POST" else {}),
    )


def test_a_message_is_queued_and_then_delivered(twilio, control):
    created = send(twilio)
    assert (created.status, created.to, created.from_) == ("queued", TO, "KIZUNA")
    assert (created.num_segments, created.date_sent) == ("1", None)
    fetched = twilio.messages(created.sid).fetch()
    assert (fetched.status, fetched.body) == ("delivered", "本文")
    assert fetched.date_sent is not None
    (kept,) = control("GET", "sent?channel=sms")
    assert (kept["provider_id"], kept["recipient"], kept["text"]) == (created.sid, TO, "本文")


def test_an_account_can_be_held_to_segments_a_second(twilio, configure, control):
    configure("twilio", segments_per_second=3)
    assert send(twilio, body="あ" * 71).num_segments == "2"
    assert send(twilio, body="あ").num_segments == "1"
    assert refusal(send, twilio, body="あ") == (429, 20429)
    assert len(control("GET", "sent")) == 2


def test_every_answer_is_what_the_document_says(standins, http):
    created = raw(standins, http, "POST", To=TO, From="KIZUNA", Body="a")
    assert created.status == 201
    assert problems(SPEC, "api.v2010.account.message", created.json()) == []
    assert response_problems(SPEC, PATH, "post", 201, created.json()) == []
    fetched = raw(standins, http, "GET", f"Messages/{created.json()['sid']}.json")
    assert problems(SPEC, "api.v2010.account.message", fetched.json()) == []
    listed = raw(standins, http, "GET")
    assert response_problems(SPEC, PATH, "get", 200, listed.json()) == []


def test_an_account_tells_of_itself_to_whom_has_its_token(standins, http, twilio, configure):
    fetched = twilio.api.accounts(ACCOUNT).fetch()
    assert (fetched.sid, fetched.status, fetched.type) == (ACCOUNT, "active", "Full")

    url = f"{standins.url}/2010-04-01/Accounts/{ACCOUNT}.json"
    refused = http.request("GET", url, headers=urllib3.make_headers(basic_auth=f"{ACCOUNT}:x"))
    assert (refused.status, refused.json()["code"]) == (401, 20003)

    configure("twilio", accounts={ACCOUNT: {"auth_token": "token", "status": "suspended"}})
    assert twilio.api.accounts(ACCOUNT).fetch().status == "suspended"


def test_an_error_has_twilios_shape(standins, http):
    answer = raw(standins, http, "POST", To="090-1234-5678", From="KIZUNA", Body="a")
    assert answer.status == 400
    assert answer.json() == {
        "code": 21211,
        "message": "Invalid 'To' Phone Number",
        "more_info": "https://www.twilio.com/docs/errors/21211",
        "status": 400,
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": "09012345678"}, 21211),
        ({"to": "+8109012345678"}, 21211),
        ({"to": "+81"}, 21211),
        ({"to": ""}, 21604),
        ({"from_": "TWELVECHARS!"}, 21212),
        ({"from_": "きずな"}, 21212),
        ({"from_": ""}, 21603),
        ({"from_": "", "messaging_service_sid": "MG1"}, 21606),
        ({"body": ""}, 21602),
        ({"body": "あ" * 1_601}, 21617),
        ({"validity_period": 0}, 20001),
        ({"validity_period": 36_001}, 20001),
        ({"status_callback": "not a url"}, 21609),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_code(twilio, control, change, code):
    assert refusal(send, twilio, **change) == (400, code)
    assert control("GET", "sent") == []


def test_1600_characters_and_ten_hours_pass(twilio):
    created = send(twilio, body="あ" * 1_600, validity_period=36_000)
    assert created.num_segments == "24"


def test_a_messaging_service_chooses_the_sender_later(twilio, standins, control):
    service = "MG" + "0" * 32
    account = {"auth_token": "token", "messaging_services": {service: "+815012345678"}}
    control("PUT", "config", {"twilio": {"accounts": {ACCOUNT: account}}})
    created = twilio.messages.create(to=TO, body="a", messaging_service_sid=service)
    assert (created.status, created.from_, created.num_segments) == ("accepted", None, "0")
    fetched = twilio.messages(created.sid).fetch()
    assert (fetched.from_, fetched.messaging_service_sid) == ("+815012345678", service)


def test_only_own_senders_may_send_where_they_are_named(twilio, control):
    account = {"auth_token": "token", "senders": ["KIZUNA"]}
    control("PUT", "config", {"twilio": {"accounts": {ACCOUNT: account}}})
    assert refusal(send, twilio, from_="OTHER") == (400, 21606)
    assert send(twilio).status == "queued"


@pytest.mark.parametrize(
    ("auth", "status"),
    [
        (f"{ACCOUNT}:token", 200),
        ("SK1:key", 200),
        (f"{ACCOUNT}:wrong", 401),
        ("SK1:wrong", 401),
        ("SK2:key", 401),
        (":", 401),
    ],
)
def test_an_account_or_an_api_key_logs_in(standins, http, auth, status):
    answer = raw(standins, http, "GET", auth=auth)
    assert answer.status == status
    assert answer.json().get("code") == (None if status == 200 else 20003)


def test_an_unknown_message_is_not_found(twilio):
    assert refusal(twilio.messages("SM" + "0" * 32).fetch) == (404, 20404)


def test_the_list_answers_whether_a_message_was_accepted(twilio):
    before = datetime.now(UTC) - timedelta(minutes=1)
    created = send(twilio)
    send(twilio, to="+818011112222")

    def sids(**asked):
        return [message.sid for message in twilio.messages.list(**asked)]

    assert sids(to=TO, date_sent_after=before) == [created.sid]
    assert sids(to=TO, from_="KIZUNA", date_sent_before=before) == []
    assert sids(to=TO, from_="OTHER") == []
    assert sids(to=TO, date_sent=datetime.now(UTC)) == [created.sid]
    assert sids(to=TO, date_sent=datetime.now(UTC) - timedelta(days=2)) == []


def test_the_list_takes_dates_and_refuses_nonsense(standins, http):
    raw(standins, http, "POST", To=TO, From="KIZUNA", Body="a")
    today = datetime.now(UTC).date().isoformat()
    assert len(raw(standins, http, "GET", **{"DateSent>": today}).json()["messages"]) == 1
    assert raw(standins, http, "GET", **{"DateSent>": "soon"}).status == 400


def test_the_list_comes_in_pages_newest_first(twilio):
    created = [send(twilio, body=str(number)).sid for number in range(5)]
    listed = [message.sid for message in twilio.messages.list(page_size=2)]
    assert listed == created[::-1]
    first = twilio.messages.page(page_size=2)
    assert [message.body for message in first] == ["4", "3"]
    assert [message.body for message in first.next_page()] == ["2", "1"]


@pytest.mark.parametrize("code", [21211, 21610, 21614, 21408, 21606, 21611, 21612])
def test_a_refused_number_is_refused_every_time(twilio, configure, control, code):
    configure("twilio", refuse={TO: code})
    assert [refusal(send, twilio), refusal(send, twilio)] == [(400, code)] * 2
    assert send(twilio, to="+818011112222").status == "queued"


def test_a_delivery_error_is_told_by_the_message_and_not_by_the_call(twilio, configure):
    configure("twilio", refuse={TO: 30007})
    created = send(twilio)
    assert (created.status, created.error_code) == ("queued", None)
    fetched = twilio.messages(created.sid).fetch()
    assert (fetched.status, fetched.error_code) == ("undelivered", 30007)
