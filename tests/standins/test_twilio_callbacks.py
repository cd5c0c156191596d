"""The status callbacks that Twilio posts, checked with the package's own validator."""

import threading

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

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
