"""Several Lambdas at once on one provider account: together they never go faster than its rate.

Each has its own store, on the local platform's DynamoDB. The providers are stand-ins that throttle
whoever is faster, and note when they accepted what.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from threading import Barrier

import boto3
import pytest
from botocore.config import Config as BotoConfig

from cli.target import connect_to
from functions.email.sender import EmailSender
from functions.line import line_api
from functions.line import rate as line_rate
from functions.line.sender import LineSender
from functions.sms import rate as sms_rate
from functions.sms import twilio_api
from functions.sms.sender import SmsSender
from local.platform import STACK, Platform
from local.standins.config import Config
from local.standins.outbox import Message
from local.standins.outbox_questions import counts
from local.standins.server import Standins
from shared.delivery.sender import Sender
from shared.delivery.turn import Progress, Turn
from shared.letterhead import Letterhead
from shared.providers import http, ses_rate
from shared.rules.account import Account, Channel, Delivery
from shared.rules.dates import JST
from shared.rules.history import Event, Happened
from shared.rules.reconciliation import Sums
from shared.rules.sms_segments import segments
from shared.rules.subscriber import Enrolment, Subscriber
from shared.store.keys import JobId
from shared.store.run import Run
from shared.store.store import Store
from shared.subscribers.links import Links
from tests.world import ADDRESSES, bunkyo, texts

pytestmark = pytest.mark.platform

DAY = date(2020, 1, 1)
"""No tick of another test on this platform looks back so far."""
TEN, JOINED = datetime(2020, 1, 1, 10, tzinfo=JST), datetime(2019, 10, 1, tzinfo=JST)
WORKERS, SHARDS = 4, 8
"""Each worker takes two jobs, one after the other, as it comes to have time."""
PER_SECOND = {Channel.EMAIL: 15, Channel.LINE: 15, Channel.SMS: 15}
"""Recipients, or segments of an SMS: low enough for four workers to want more."""
READERS = {Channel.EMAIL: 64, Channel.LINE: 64, Channel.SMS: 30}
BATCH = 2
"""Recipients of a call on either: so few that a stand-in lets the several pass that a busy machine
has kept waiting. Two large calls at once it would throttle, as a provider does.
"""
ON_ITS_WAY_SECONDS = 0.5
"""A slot is when a call may be made; one may be frozen and carried over more slowly than the next.
"""
CHANNEL_ID, SID = "2001234567", "AC" + "0" * 32
HEAD = Letterhead("きずな事務局", "office@kizuna.example.jp")
LINKS = Links("https://kizuna.example.jp", [b"an invented key"])
STANDINS = Config.model_validate(
    {
        "ses": {
            "verified_domains": ["kizuna.example.jp"],
            "max_send_rate": PER_SECOND[Channel.EMAIL],
        },
        "line": {
            "channels": {CHANNEL_ID: {"secret": "a secret"}},
            "recipients_per_second": PER_SECOND[Channel.LINE],
        },
        "twilio": {
            "accounts": {SID: {"auth_token": "a token"}},
            "status_callbacks": False,
            "segments_per_second": PER_SECOND[Channel.SMS],
        },
    }
)


@pytest.fixture
def standins(tmp_path: Path) -> Iterator[Standins]:
    with Standins(tmp_path / "outbox.sqlite3", STANDINS) as running:
        yield running


@pytest.fixture(scope="module")
def stores(platform: Platform) -> list[Store]:
    """The stores of several processes, and readers on every channel."""
    made = [connect_to(STACK, platform.address).store for _ in range(WORKERS)]
    (settings,) = bunkyo().settings
    external = replace(settings, code=None, delivery=Delivery.EXTERNAL)
    made[0].accounts.put(Account("rates", (external,), shards=SHARDS))
    people = [reader(channel, n) for channel in Channel for n in range(READERS[channel])]
    assert sum(made[0].subscribers.add(people, {"rates": SHARDS})) == len(people)
    return made


@pytest.fixture(scope="module")
def run(stores: list[Store]) -> Run:
    """The run of the day, with a job for each worker on every channel."""
    (settings,) = bunkyo().settings
    version = stores[0].content.publish("rates", texts())
    jobs = tuple((channel, shard) for channel in Channel for shard in range(SHARDS))
    opened = Run("rates", DAY, settings, {"rates": version}, jobs, TEN)
    assert stores[0].ledger.open_run(opened)
    return opened


def reader(channel: Channel, number: int) -> Subscriber:
    history = (
        Event(JOINED, Happened.JOINED),
        Event(JOINED, Happened.DUE_DATE, date(2020, 2, 26)),
    )
    address = ADDRESSES[channel].format(number)
    enrolment = Enrolment("e1", None, history)
    return Subscriber(f"rates-{channel}-{number}", "rates", channel, address, None, (enrolment,))


def a_sender(url: str, store: Store, run: Run, job: JobId) -> Sender:
    match job.channel:
        case Channel.EMAIL:
            once = BotoConfig(retries={"total_max_attempts": 1})
            client = boto3.session.Session().client("sesv2", endpoint_url=url, config=once)
            return EmailSender(
                client,
                run=run,
                job=job,
                domain="kizuna.example.jp",
                configuration_set="kizuna-messages",
                letterhead=HEAD,
                links=LINKS,
                heard=lambda: None,
                events_waiting=lambda: False,
                rate_limit=ses_rate.rate_limit(store.rates, client, pytest.fail),
            )
        case Channel.LINE:
            api = line_api.LineApi(url, line_api.Credentials(CHANNEL_ID, "a secret"))
            rate_limit = line_rate.rate_limit(store.rates, CHANNEL_ID)
            return LineSender(api, account="文京区", letterhead=HEAD, rate_limit=rate_limit)
        case Channel.SMS:
            found = twilio_api.Credentials(SID, "a token", "+815012345678")
            rate_limit = sms_rate.rate_limit(store.rates, SID)
            twilio = twilio_api.TwilioApi(url, found)
            return SmsSender(twilio, run=run, job=job, links=LINKS, rate_limit=rate_limit)


def all_at_once(url: str, stores: list[Store], run: Run, channel: Channel) -> list[Progress]:
    """All workers begin at the same moment, and take the jobs of all shards."""
    ready = Barrier(WORKERS, timeout=20)

    def work(number: int) -> list[Progress]:
        ready.wait()
        try:
            return [turn(stores[number], shard) for shard in range(number, SHARDS, WORKERS)]
        finally:
            http.close()

    def turn(store: Store, shard: int) -> Progress:
        job = JobId(run.account, run.date, channel, shard)
        lease = store.ledger.lease(job, 300)
        assert lease is not None
        return Turn(
            store=store,
            run=run,
            lease=lease,
            sender=a_sender(url, store, run, job),
            clock=lambda: TEN,
            seconds_left=lambda: 300.0,
            sleep=time.sleep,
        ).take()

    with ThreadPoolExecutor(WORKERS) as pool:
        return [each for done in pool.map(work, range(WORKERS)) for each in done]


def most_above_the_rate(messages: list[Message], per_second: float) -> float:
    """How many more were accepted, within any stretch of time, than the rate allows in it."""
    taken = sorted((datetime.fromisoformat(each.accepted_at), size(each)) for each in messages)
    most = 0.0
    for first, (begun, _) in enumerate(taken):
        passed = 0
        for at, tokens in taken[first:]:
            passed += tokens
            most = max(most, passed - per_second * (at - begun).total_seconds())
    return most


def size(message: Message) -> int:
    return segments(message.text) if message.channel == Channel.SMS else 1


@pytest.mark.parametrize("channel", Channel)
def test_several_lambdas_together_keep_the_rate_and_every_message_is_accepted_once(
    channel: Channel,
    standins: Standins,
    stores: list[Store],
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LINE_RATE", str(PER_SECOND[Channel.LINE]))
    monkeypatch.setenv("SMS_RATE", str(PER_SECOND[Channel.SMS]))
    for sender in (EmailSender, LineSender):
        monkeypatch.setattr(sender, "batch_size", BATCH)

    done = all_at_once(standins.url, stores, run, channel)

    sums = sum((each.sums or Sums() for each in done), Sums())
    assert (sums.planned, sums.accepted) == (READERS[channel], READERS[channel])
    messages = standins.outbox.messages()
    assert len({each.recipient for each in messages}) == len(messages) == READERS[channel]
    answers = counts(standins.outbox)["calls"]
    assert {each["status"] for each in answers} <= {200, 201}  # nobody was throttled
    one_second = PER_SECOND[channel] * (1 + ON_ITS_WAY_SECONDS)
    assert most_above_the_rate(messages, PER_SECOND[channel]) <= one_second
