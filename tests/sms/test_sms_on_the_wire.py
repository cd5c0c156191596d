"""An SMS as Twilio gets it: the letter goes in, the request comes out."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from functions.sms.sender import SmsSender
from functions.sms.twilio_api import Credentials, TwilioApi
from local.standins.config import Config
from local.standins.faults import Fault
from local.standins.segments import segments
from local.standins.server import Standins
from shared.providers.http import run
from shared.rules.account import Channel
from shared.rules.dates import JST
from shared.rules.outcomes import UNKNOWN, Batch, Outcome, Result
from shared.rules.stage import Phase
from shared.rules.text import Text
from shared.store.keys import JobId
from shared.subscribers.links import Links
from tests.email.letters import a_run, frozen, letter, unhurried
from tests.local.wire import Answer, Wire
from tests.sms.test_sms_answers import ACCOUNT, NUMBER, TOKEN, fail
from tests.world import TEN, TODAY

LINKS = Links("https://kizuna.example.jp", [b"an invented key"])
SAMPLES = Path(__file__).parents[2] / "local" / "sample"
TWO_SEGMENTS = 134
"""UTF-16 units: two segments of 67, since Japanese is UCS-2."""


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire([Answer(201, {"sid": "SM1"})]) as listening:
        yield listening


@pytest.fixture
def api(wire: Wire) -> TwilioApi:
    return access(wire.url)


def access(url: str) -> TwilioApi:
    return TwilioApi(url, Credentials(ACCOUNT, TOKEN, "+815012345678"))


def rows_of(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def a_sender(api: TwilioApi, *, quiet_from: time = time(21), name: str = "文京区") -> SmsSender:
    run = a_run(Channel.SMS, quiet_from=quiet_from, name=name)
    job = JobId("bunkyo", TODAY, Channel.SMS, 0)
    return SmsSender(api, run=run, job=job, links=LINKS, rate_limit=unhurried())


def test_an_sms_is_a_short_notice_with_a_link_to_the_whole_text(wire: Wire, api: TwilioApi) -> None:
    sender = a_sender(api)
    letters = [letter("s1", NUMBER, phase=Phase.CHILDCARE, day=3, child="はな")]

    (call,) = sender.calls(letters)
    outcomes = run(sender.send(frozen(*letters, payload=call.payload), call))

    assert outcomes == [Outcome(Result.ACCEPTED, None, "SM1")]
    (sent,) = wire.sent
    assert (sent.method, sent.path) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    form = sent.form()
    first, link = form.pop("Body").split("\n")
    assert first == "【文京区】はなは3日目です。"
    assert form == {
        "To": NUMBER,
        "From": "+815012345678",
        "ValidityPeriod": "36000",
        "StatusCallback": "https://kizuna.example.jp/sms/status/bunkyo.2026-11-25.0.000001-000000"
        "#rc=3&rp=all",
    }
    token = link.removeprefix("https://kizuna.example.jp/m/")
    holder, day, enrolment, _ = LINKS.read_text(token)
    assert (holder.subscriber, day, enrolment) == ("s1", date(2026, 11, 25), "e1")


@pytest.mark.parametrize(
    ("frozen_at", "quiet_from", "seconds"),
    [
        ("09:00:00", "21:00", 36_000),
        ("11:00:00", "21:00", 36_000),
        ("11:00:01", "21:00", 35_999),
        ("20:00:00", "21:00", 3_600),
        ("20:30:00", "20:45", 900),
        ("20:59:00", "21:00", 60),
        ("20:59:30", "21:00", 60),
        ("20:59:59", "21:00", 60),
        ("23:00:00", "00:30", 5_400),
        ("00:10:00", "00:30", 1_200),
    ],
)
def test_twilio_drops_what_it_cannot_deliver_before_the_quiet_hours(
    wire: Wire, api: TwilioApi, frozen_at: str, quiet_from: str, seconds: int
) -> None:
    sender = a_sender(api, quiet_from=time.fromisoformat(quiet_from))
    letters = [letter("s1", NUMBER)]
    at = datetime.combine(TODAY, time.fromisoformat(frozen_at), JST)
    (call,) = sender.calls(letters)
    batch = frozen(*letters, payload=call.payload)

    run(sender.send(replace(batch, frozen_at=at.astimezone(UTC)), call))

    assert wire.sent[0].form()["ValidityPeriod"] == str(seconds)


def test_every_sms_is_a_call_of_its_own(api: TwilioApi) -> None:
    letters = [letter(f"s{n}", NUMBER) for n in range(3)]

    assert [each.recipients for each in a_sender(api).calls(letters)] == [(n,) for n in letters]


@pytest.mark.parametrize(("notice", "tokens"), [("32週です。", 1), ("あ" * 60, 2), ("あ" * 90, 3)])
def test_an_sms_takes_its_segments_from_the_rate(api: TwilioApi, notice: str, tokens: int) -> None:
    (call,) = a_sender(api).calls([letter("s1", NUMBER, text=Text("t", "t", notice))])

    assert call.cost == tokens


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_every_notice_of_the_sample_catalogue_takes_two_segments_at_most(api: TwilioApi) -> None:
    names = {row["name"] for row in rows_of("accounts.csv") if "sms" in row["channels"]}
    texts = [Text(row["title"], row["text"], row["notice"]) for row in rows_of("content.csv")]
    assert len(names) > 3
    assert len(texts) > 500

    for name in names:
        sender = a_sender(api, name=name)
        for text in texts:
            a_letter = letter("s-000123", NUMBER, text=text, child="はなちゃん", account=name)
            body = sender.calls([a_letter])[0].content
            assert units(body) <= TWO_SEGMENTS, f"{name}: {text.notice}"
            assert segments(body) <= 2


@pytest.mark.parametrize("name", ["文京区", "横浜市鶴見区", "見本市立総合病院"])
def test_the_longest_notice_takes_two_segments_at_most(api: TwilioApi, name: str) -> None:
    text = Text("t", "t", "あ" * 60)

    body = a_sender(api, name=name).calls([letter("s-000123", NUMBER, text=text)])[0].content

    assert "あ" * 60 in body
    assert units(body) <= TWO_SEGMENTS
    assert segments(body) == 2


@pytest.fixture
def standins(tmp_path: Path) -> Iterator[Standins]:
    twilio = {"accounts": {ACCOUNT: {"auth_token": TOKEN}}, "status_callbacks": False}
    config = Config.model_validate({"twilio": twilio})
    with Standins(tmp_path / "outbox.sqlite3", config) as running:
        yield running


@pytest.fixture
def asking(standins: Standins) -> TwilioApi:
    return access(standins.url)


def sent_without_an_answer(standins: Standins, sender: SmsSender, *, after: bool) -> Batch:
    """A frozen SMS whose call Twilio did not answer, after or before it took the message."""
    letters = [letter("s1", NUMBER)]
    (call,) = sender.calls(letters)
    batch = frozen(*letters, payload=call.payload)
    fail(standins, "disconnect", after=after)
    assert run(sender.send(batch, call)) == [UNKNOWN]
    assert len(standins.outbox.messages()) == after
    return batch


SOON, LATER = TEN + timedelta(seconds=119), TEN + timedelta(minutes=2)


@pytest.mark.parametrize("now", [TEN, LATER])
def test_an_sms_that_stands_in_twilio_s_list_was_accepted(
    standins: Standins, asking: TwilioApi, now: datetime
) -> None:
    sender = a_sender(asking)
    batch = sent_without_an_answer(standins, sender, after=True)

    (outcome,) = sender.settle(batch, now=now, sending=True)

    (message,) = standins.outbox.messages()
    assert outcome == Outcome(Result.ACCEPTED, None, message.provider_id)


def test_an_sms_that_is_not_listed_yet_stays_unknown_until_it_is(
    standins: Standins, asking: TwilioApi
) -> None:
    sender = a_sender(asking)
    batch = sent_without_an_answer(standins, sender, after=True)
    fail(standins, "not_listed")

    assert sender.settle(batch, now=SOON, sending=True) == [UNKNOWN]

    (found,) = sender.settle(batch, now=SOON, sending=True)
    assert found.result is Result.ACCEPTED


def test_an_sms_that_is_not_listed_after_two_minutes_may_be_sent_again(
    standins: Standins, asking: TwilioApi
) -> None:
    sender = a_sender(asking)
    batch = sent_without_an_answer(standins, sender, after=False)

    assert sender.settle(batch, now=SOON, sending=True) == [UNKNOWN]
    assert sender.settle(batch, now=LATER, sending=True) == [
        Outcome(Result.TRY_AGAIN, "not_in_twilio_list")
    ]


@pytest.mark.parametrize("kind", ["server_error", "unauthorized", "garbled", "disconnect"])
def test_while_the_list_cannot_be_read_an_sms_stays_unknown_however_long(
    standins: Standins, asking: TwilioApi, kind: str
) -> None:
    sender = a_sender(asking)
    batch = sent_without_an_answer(standins, sender, after=False)
    # A GET that meets a closed connection is made once more (shared/providers/http.py).
    times = 2 if kind == "disconnect" else 1
    standins.app.faults.add(Fault(provider="twilio", kind=kind, operation="list", times=times))

    assert sender.settle(batch, now=TEN + timedelta(hours=9), sending=True) == [UNKNOWN]
    assert standins.app.faults.waiting() == []


def test_settling_sends_nothing(standins: Standins, asking: TwilioApi) -> None:
    sender = a_sender(asking)
    batch = sent_without_an_answer(standins, sender, after=False)

    for now in (TEN, LATER, TEN.replace(hour=22)):
        sender.settle(batch, now=now, sending=now.hour < 21)

    assert standins.outbox.messages() == []
