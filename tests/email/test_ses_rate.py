"""How fast mails go: SES's own figure, asked for on the wire, and what a call takes of it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from functions.email.sender import EmailSender
from shared.letterhead import Letterhead
from shared.providers.rate_limit import RateLimit
from shared.providers.ses_rate import SendRate
from shared.rules.account import Channel
from shared.rules.outcomes import UNKNOWN
from shared.store.keys import JobId
from shared.subscribers.links import Links
from tests.email.letters import a_run, frozen, letter
from tests.local.wire import Answer, Wire
from tests.world import TEN, TODAY

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


def quota(rate: float) -> Answer:
    sent = {"Max24HourSend": 50_000.0, "MaxSendRate": rate, "SentLast24Hours": 0.0}
    return Answer(body={"SendingEnabled": True, "SendQuota": sent})


def test_the_rate_is_what_ses_tells(wire: Wire, client: "SESV2Client") -> None:
    wire.answers = [quota(14.0)]

    assert SendRate(client, pytest.fail)() == 14.0
    (asked,) = wire.sent
    assert (asked.method, asked.path) == ("GET", "/v2/email/account")


def test_it_is_asked_for_again_after_five_minutes(wire: Wire, client: "SESV2Client") -> None:
    wire.answers = [quota(14.0), quota(28.0)]
    now = [1_000.0]
    rate = SendRate(client, pytest.fail, lambda: now[0])

    told = []
    for seconds in (0, 299, 1):
        now[0] += seconds
        told.append(rate())

    assert told == [14.0, 14.0, 28.0]
    assert len(wire.sent) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, {"message": "no"}, {"x-amzn-ErrorType": "AccessDeniedException"}),
        Answer(500, {"message": "no"}),
        Answer(hang_up=True),
        Answer(body={}),
        quota(0.0),
    ],
    ids=["refused", "failed", "hung up", "no figure", "nought"],
)
def test_where_it_cannot_be_read_the_last_one_holds_and_before_any_one_a_second(
    wire: Wire, client: "SESV2Client", answer: Answer
) -> None:
    wire.answers = [answer, quota(14.0), answer]
    now, warned = [1_000.0], list[str]()
    rate = SendRate(client, warned.append, lambda: now[0])

    told = []
    for _ in range(3):
        told.append(rate())
        now[0] += 300

    assert told == [1.0, 14.0, 14.0]
    assert len(warned) == 2
    assert all(line.startswith("SES did not tell its rate") for line in warned)


def a_sender(client: "SESV2Client", rate_limit: RateLimit) -> EmailSender:
    return EmailSender(
        client,
        run=a_run(Channel.EMAIL),
        job=JobId("bunkyo", TODAY, Channel.EMAIL, 0),
        domain="kizuna.example.jp",
        configuration_set="kizuna-messages",
        letterhead=Letterhead("きずな事務局", "office@kizuna.example.jp"),
        links=Links("https://kizuna.example.jp", [b"an invented key"]),
        heard=lambda: None,
        events_waiting=lambda: False,
        rate_limit=rate_limit,
    )


class Noted:
    """A bucket that answers as told, and notes what was asked of it."""

    def __init__(self, wait: float | None = 0.0) -> None:
        self.wait, self.asked = wait, list[Any]()

    def __call__(self, tokens: float, per_second: float, longest: float) -> float | None:
        self.asked.append((tokens, per_second, longest))
        return self.wait


@pytest.mark.parametrize(
    ("rate", "size"), [(1.0, 1), (14.0, 14), (14.9, 14), (50.0, 50), (200.0, 50)]
)
def test_a_mail_has_no_more_recipients_than_ses_takes_in_a_second(
    client: "SESV2Client", rate: float, size: int
) -> None:
    assert a_sender(client, RateLimit(Noted(), lambda: rate)).batch_size == size


def test_mails_take_their_recipients_from_the_rate(client: "SESV2Client") -> None:
    letters = [letter(f"s{n}", f"hanako{n}@example.jp") for n in range(15)]

    calls = a_sender(client, RateLimit(Noted(), lambda: 14.0)).calls(letters)

    assert [(len(each.recipients), each.cost) for each in calls] == [(14, 14), (1, 1)]


@pytest.mark.parametrize(("wait", "probes"), [(0.0, 1), (None, 0)])
def test_a_probe_goes_out_only_where_the_rate_has_room_at_once(
    wire: Wire, client: "SESV2Client", wait: float | None, probes: int
) -> None:
    wire.answers = [Answer(body={"BulkEmailEntryResults": [{"Status": "SUCCESS"}]})]
    bucket = Noted(wait)
    batch, later = frozen(letter("s1", "hanako@example.jp")), TEN + timedelta(minutes=20)

    outcomes = a_sender(client, RateLimit(bucket, lambda: 14.0)).settle(
        batch, now=later, sending=True
    )

    assert outcomes == [UNKNOWN]
    assert len(wire.sent) == probes
    assert bucket.asked == [(1, 14.0, 0)]
