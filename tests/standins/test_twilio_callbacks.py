"""The status callbacks that Twilio posts, checked with the package's own validator."""

import threading

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.standins.conftest import ACCOUNT
from tests.standins.test_twilio import TO, send


class Listener:
    """A web server that keeps what is posted to it and answers with `statuses` in turn."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bool]] = []
        self.statuses: list[int] = []
        self._server = make_server("127.0.0.1", 0, self._answer)
        self.url = f"http://127.0.0.1:{self._server.port}/sms/status"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @Request.application
    def _answer(self, request):
        fields = request.form.to_dict()
        signature = request.headers["X-Twilio-Signature"]
        genuine = RequestValidator("token").validate(request.url, fields, signature)
        self.heard.append((fields, genuine))
        return Response(status=self.statuses.pop(0) if self.statuses else 204)


@pytest.fixture
def listener():
    with Listener() as listening:
        yield listening


def test_sent_and_delivered_are_told_with_a_genuine_signature(twilio, standins, listener):
    created = send(twilio, status_callback=f"{listener.url}?batch=b-1")
    assert standins.app.drain()
    assert [fields["MessageStatus"] for fields, _ in listener.heard] == ["sent", "delivered"]
    assert {(f["MessageSid"], f["To"], genuine) for f, genuine in listener.heard} == {
        (created.sid, TO, True)
    }


def test_a_failure_carries_its_code(twilio, standins, listener, fail):
    fail("twilio", "refused", code=30005)
    send(twilio, status_callback=listener.url)
    assert standins.app.drain()
    last, _ = listener.heard[-1]
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30005")


def test_a_failed_callback_is_repeated_as_often_as_the_url_asks(
    twilio, standins, listener, control
):
    listener.statuses = [500, 500, 204]
    send(twilio, status_callback=f"{listener.url}#rc=3&rp=all")
    assert standins.app.drain()
    told = [fields["MessageStatus"] for fields, _ in listener.heard]
    assert told == ["sent", "sent", "sent", "delivered"]
    assert control("GET", "counts")["incidents"] == {"callback_told": 2}


def test_a_callback_that_nobody_hears_is_lost(twilio, standins, listener, control):
    listener.statuses = [500]
    send(twilio, status_callback=listener.url)
    assert standins.app.drain()
    assert control("GET", "counts")["incidents"] == {"callback_lost": 1, "callback_told": 1}


def test_callbacks_can_be_turned_off(twilio, standins, listener, configure):
    configure("twilio", status_callbacks=False)
    send(twilio, status_callback=listener.url)
    assert standins.app.drain()
    assert listener.heard == []


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ({"status": "failed", "code": 30008}, ("failed", "30008")),
        ({"status": "undelivered", "code": 21610}, ("undelivered", "21610")),
        ({"status": "undelivered"}, ("undelivered", None)),
    ],
)
def test_a_number_s_messages_end_as_they_are_told_to(  # noqa: PLR0917
    twilio, standins, listener, configure, ending, told
):
    configure("twilio", endings={TO: ending})

    created = send(twilio, status_callback=listener.url)

    assert standins.app.drain()
    last, genuine = listener.heard[-1]
    assert ((last["MessageStatus"], last.get("ErrorCode")), genuine) == (told, True)
    assert twilio.messages(created.sid).fetch().status == ending["status"]


def inbound_at(listener, configure):
    account = {"auth_token": "token", "inbound_url": listener.url}
    configure("twilio", accounts={ACCOUNT: account})


def test_what_a_reader_answers_is_posted_with_a_genuine_signature(control, configure, listener):
    inbound_at(listener, configure)

    answer = control(
        "POST",
        "twilio/inbound",
        {"account_sid": ACCOUNT, "from": TO, "body": "停止", "opt_out_type": "STOP"},
    )

    assert answer == {"status": 204}
    ((fields, genuine),) = listener.heard
    assert genuine
    assert {name: fields[name] for name in ("AccountSid", "From", "Body", "OptOutType")} == {
        "AccountSid": ACCOUNT,
        "From": TO,
        "Body": "停止",
        "OptOutType": "STOP",
    }


def test_the_answer_to_it_is_told(control, configure, listener):
    inbound_at(listener, configure)
    listener.statuses = [403]

    told = control("POST", "twilio/inbound", {"account_sid": ACCOUNT, "from": TO, "body": "x"})

    assert told == {"status": 403}


def test_nothing_is_posted_for_an_account_without_an_address_for_answers(standins, http):
    answer = http.request(
        "POST",
        f"{standins.url}/_standins/twilio/inbound",
        json={"account_sid": ACCOUNT, "from": TO, "body": "STOP"},
    )

    assert (answer.status, "inbound_url" in answer.json()["problems"][0]) == (400, True)


def test_the_public_address_passes_the_providers_signatures_on(standins, http, control, listener):
    api = listener.url.removesuffix("/sms/status")
    control("PUT", "config", {"pages": {"api": api}})
    fields = {"MessageStatus": "sent"}
    signature = RequestValidator("token").compute_signature(f"{api}/sms/status/x", fields)

    answer = http.request_encode_body(
        "POST",
        f"{standins.url}/sms/status/x",
        fields=fields,
        encode_multipart=False,
        headers={"X-Twilio-Signature": signature},
    )

    assert answer.status == 204
    assert listener.heard == [(fields, True)]
