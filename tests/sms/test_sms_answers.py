"""What Twilio answers to an SMS, through Twilio's own package, and what it means."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.sms.twilio_api import CODES, Credentials, TwilioApi
from local.standins.config import Config
from local.standins.faults import Fault
from local.standins.server import Standins
from shared.providers import http
from shared.rules.outcomes import UNKNOWN, Outcome, Result
from tests.local.wire import Answer, Wire, nobody_listens

ACCOUNT, TOKEN = "AC" + "0" * 32, "an auth token"
NUMBER, LINK = "+819012345678", "https://kizuna.example.jp/m/x.y"
BODY = f"【文京区】32週です。\n{LINK}"
AN_HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)

RESULTS = {
    21211: Result.GONE,
    21614: Result.GONE,
    21610: Result.GONE,
    30005: Result.GONE,
    30006: Result.GONE,
    30007: Result.REFUSED,
    21617: Result.REFUSED,
    20429: Result.TRY_AGAIN,
    30001: Result.TRY_AGAIN,
    30003: Result.TRY_AGAIN,
    30008: Result.TRY_AGAIN,
    21611: Result.TRY_AGAIN,
    30450: Result.TRY_AGAIN,
    20003: Result.TRY_AGAIN,
    21408: Result.TRY_AGAIN,
    21606: Result.TRY_AGAIN,
    21612: Result.TRY_AGAIN,
}
FOR_ALL = {20429, 20003, 21606}
"""Too many requests, a refused key, a bad sender: not the number's, so it is so for everybody."""

ANSWERED_BY_THE_STANDIN = [code for code in RESULTS if code < 30_000]


@pytest.fixture
def standins(tmp_path: Path) -> Iterator[Standins]:
    twilio = {"accounts": {ACCOUNT: {"auth_token": TOKEN}}}
    config = Config.model_validate({"twilio": twilio})
    with Standins(tmp_path / "outbox.sqlite3", config) as running:
        yield running


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as listening:
        yield listening


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.5)


class Asking:
    """The product's access to Twilio, each call run to its end."""

    def __init__(self, url: str) -> None:
        self._api = TwilioApi(url, Credentials(ACCOUNT, TOKEN, "+815012345678"))

    def create(self, **message: Any) -> Outcome:
        return http.run(self._api.create(**message))

    def send(self) -> Outcome:
        return self.create(to=NUMBER, body=BODY, validity_seconds=3_600)

    def accepted_since(self, **what: Any) -> str | None:
        return http.run(self._api.accepted_since(**what))


def fail(standins: Standins, kind: str, **more: object) -> None:
    fault = {"provider": "twilio", "kind": kind, **more}
    standins.app.faults.add(Fault.model_validate(fault))


def meaning(code: int) -> Outcome:
    return Outcome(RESULTS[code], str(code), for_all=code in FOR_ALL)


def refusal(code: int, status: int = 400) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer(status, {"code": code, "message": "No.", "more_info": more, "status": status})


@pytest.mark.parametrize("code", ANSWERED_BY_THE_STANDIN)
def test_each_code_of_a_refused_call_has_its_meaning(standins: Standins, code: int) -> None:
    fail(standins, "refused", code=code)

    assert Asking(standins.url).send() == meaning(code)
    assert standins.outbox.messages() == []


@pytest.mark.parametrize("code", RESULTS)
def test_each_code_means_the_same_wherever_twilio_tells_it(wire: Wire, code: int) -> None:
    wire.answers = [refusal(code)]

    assert Asking(wire.url).send() == meaning(code)
    assert len(wire.sent) == 1


def test_every_code_of_the_table_is_tested_here() -> None:
    assert set(CODES) == set(RESULTS)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal(39999), Outcome(Result.TRY_AGAIN, "39999")),
        (refusal(20429, 429), Outcome(Result.TRY_AGAIN, "20429", for_all=True)),
        (Answer(429, {}), Outcome(Result.TRY_AGAIN, "429", for_all=True)),
        (Answer(400, {"message": "No."}), Outcome(Result.TRY_AGAIN, "400")),
        (refusal(20003, 401), Outcome(Result.TRY_AGAIN, "20003", for_all=True)),
        (refusal(20404, 404), Outcome(Result.TRY_AGAIN, "20404")),
        (refusal(20500, 500), UNKNOWN),
        (refusal(21211, 503), UNKNOWN),
        (Answer(502, b"<html>Bad Gateway</html>"), UNKNOWN),
        (Answer(400, b"<html>Bad Request</html>"), Outcome(Result.TRY_AGAIN, "400")),
        (Answer(201, b"<html>upstream</html>"), UNKNOWN),
        (Answer(201, {"sid": "SM1"}, cut=True), UNKNOWN),
        (Answer(hang_up=True), UNKNOWN),
        (Answer(never=True), UNKNOWN),
        (Answer(201, {"sid": "SM1"}), Outcome(Result.ACCEPTED, None, "SM1")),
    ],
    ids=[
        "a code that nobody knows",
        "429 with a code",
        "429 without a code",
        "400 without a code",
        "401",
        "404",
        "500",
        "503, whatever its code",
        "502 without JSON",
        "400 without JSON",
        "201 without JSON",
        "201 cut in the middle",
        "hung up",
        "no answer in time",
        "201",
    ],
)
def test_each_answer_has_its_meaning_and_the_call_was_made_once(
    wire: Wire, answer: Answer, expected: Outcome
) -> None:
    wire.answers = [answer]

    assert Asking(wire.url).send() == expected
    assert len(wire.sent) == 1


def test_where_nobody_listens_nothing_was_sent() -> None:
    expected = Outcome(Result.TRY_AGAIN, "not_connected", for_all=True)

    assert Asking(nobody_listens()).send() == expected


def test_an_accepted_message_has_twilio_s_own_id(standins: Standins) -> None:
    outcome = Asking(standins.url).send()

    (message,) = standins.outbox.messages()
    assert outcome == Outcome(Result.ACCEPTED, None, message.provider_id)
    assert (message.recipient, message.text) == (NUMBER, BODY)


def test_the_list_shows_the_message_that_was_accepted(standins: Standins) -> None:
    asking = Asking(standins.url)
    for _ in range(3):
        asking.create(to=NUMBER, body="another text", validity_seconds=60)
    sent = asking.send()
    asking.create(to="+819087654321", body=BODY, validity_seconds=60)

    found = asking.accepted_since(to=NUMBER, containing=LINK, since=AN_HOUR_AGO)

    assert found == sent.provider_id


@pytest.mark.parametrize(
    ("to", "link", "since"),
    [
        ("+819087654321", LINK, AN_HOUR_AGO),
        (NUMBER, LINK.replace("x", "z"), AN_HOUR_AGO),
        (NUMBER, LINK, AN_HOUR_AGO + timedelta(hours=2)),
    ],
    ids=["to another number", "another link", "sent before"],
)
def test_a_message_that_is_not_the_very_one_does_not_count(
    standins: Standins, to: str, link: str, since: datetime
) -> None:
    asking = Asking(standins.url)
    asking.send()

    assert asking.accepted_since(to=to, containing=link, since=since) is None


@pytest.mark.parametrize(
    "answer",
    [
        refusal(20500, 500),
        refusal(20003, 401),
        refusal(20429, 429),
        Answer(200, b"<html>upstream</html>"),
        Answer(hang_up=True),
        Answer(never=True),
    ],
    ids=["500", "401", "429", "no JSON", "hung up", "no answer in time"],
)
def test_a_list_that_cannot_be_read_says_nothing(wire: Wire, answer: Answer) -> None:
    wire.answers = [answer]

    with pytest.raises(OSError, match="could not be read"):
        Asking(wire.url).accepted_since(to=NUMBER, containing=LINK, since=AN_HOUR_AGO)


def test_nothing_of_a_message_is_logged(
    standins: Standins, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    asking = Asking(standins.url)

    asking.send()
    asking.accepted_since(to=NUMBER, containing=LINK, since=AN_HOUR_AGO)
    fail(standins, "refused", code=21211)
    asking.send()

    assert [each for each in caplog.records if each.name.startswith("twilio")] == []
    for secret in (NUMBER, NUMBER[1:], "32週", "kizuna.example.jp/m", TOKEN):
        assert secret not in caplog.text
