"""A world in process: AWS by moto from the template, the stand-ins, and the real handlers."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import urllib3
from aws_lambda_powertools.utilities import parameters

from functions.au_report import pages as au_pages
from functions.au_snapshot import share as au_share
from functions.au_snapshot import snapshot as au_snapshot
from functions.console import resources as console_resources
from functions.console import watch as console_watch
from functions.dispatch import tick as dispatch_tick
from functions.email import deliver as email_deliver
from functions.email import feedback as email_feedback
from functions.email import notify as email_notify
from functions.email.ses import SIMULATOR
from functions.line import deliver as line_deliver
from functions.line import notify as line_notify
from functions.line import webhook as line_webhook
from functions.line.chat import handler as line_chat
from functions.line.login import handler as line_login
from functions.register import resources as register_resources
from functions.sms import deliver as sms_deliver
from functions.sms import notify as sms_notify
from functions.sms import status as sms_status
from local.platform import Address, provide_credentials
from local.standins.outbox import Message
from local.standins.server import Standins
from shared.office import lambdas
from shared.rules.account import Account, AccountKind, Channel, Delivery, Settings
from shared.rules.changes import stopped
from shared.rules.dates import JST
from shared.rules.ending import DEFAULT_END
from shared.rules.history import Event, Happened
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.subscriber import Enrolment, Subscriber
from shared.rules.text import Text
from shared.secrets import address_key
from shared.store.store import Names, Store, names_from_environment, open_store
from tests.aws import aws
from tests.template import client, create_in_process, environment

TODAY = date(2026, 11, 25)
TEN = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
JOINED = datetime(2026, 10, 1, 12, 0, tzinfo=JST)

HANDLERS: dict[str, Callable[[dict[str, Any], Any], Any]] = {
    "EmailQueue": email_deliver.handler,
    "LineQueue": line_deliver.handler,
    "SmsQueue": sms_deliver.handler,
    "EmailEventQueue": email_feedback.handler,
    "EmailNoticeQueue": email_notify.handler,
    "LineNoticeQueue": line_notify.handler,
    "LineEventQueue": line_chat.handler,
    "SmsNoticeQueue": sms_notify.handler,
}
SAME_IN_EVERY_WORLD = (
    *(
        dispatch_tick._resources,
        email_deliver._resources,
        email_feedback._store,
        line_deliver._resources,
    ),
    *(line_notify._resources, line_webhook._resources, line_chat._resources, line_login._resources),
    *(
        sms_deliver._resources,
        sms_notify._resources,
        sms_status._store,
        register_resources.resources,
    ),
    *(au_snapshot._store, au_share._store, au_pages._resources, console_resources.resources),
    *(console_watch._client, lambdas._client),
)
"""What Lambdas keep that knows names only, which are those of the template: kept from world to
world, since to make their clients takes longer than most tests.
"""

CACHED = (email_deliver._client, email_notify._resources, line_deliver._api, line_notify._api)
CACHED += (line_chat._api, sms_deliver._api, sms_notify._api, au_share._ses)
CACHED += (email_deliver._rate_limit, email_notify._rate_limit, au_share._rate_limit)
"""What knows where the stand-ins listen: on other ports in every world."""


@dataclass
class Context:
    """What Lambda tells a handler of itself."""

    seconds: float = 300.0
    function_name: str = "test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:ap-northeast-1:000000000000:function:test"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@dataclass
class World:
    """One platform, with what was seen on its queues."""

    store: Store
    standins: Standins
    refs: dict[str, str]
    queued: list[str] = field(default_factory=list)
    ticked_at: datetime | None = None

    def tick(self, now: datetime = TEN) -> dict[str, Any]:
        """One tick of dispatch, as long after what was done before as it says: no job rests any
        more, and no dead process can be alive.
        """
        self.leases_run_out()
        if self.ticked_at and now > self.ticked_at:
            # A message tells its own time from when it was queued: one that waited while the
            # test's clock jumped would be late. The tick queues the job again.
            for name in HANDLERS:
                self.take(name)
        self.ticked_at = now
        return self.tick_event({"now": now.isoformat()})

    def leases_run_out(self) -> None:
        """As long passes as a dead process could have lived, or a job rests."""
        dynamodb, name = client("dynamodb"), self.refs["LedgerTable"]
        for item in dynamodb.scan(TableName=name)["Items"]:
            if item["sk"]["S"].startswith("JOB#"):
                dynamodb.update_item(
                    TableName=name,
                    Key={"pk": item["pk"], "sk": item["sk"]},
                    UpdateExpression="SET leased_until = :past",
                    ExpressionAttributeValues={":past": {"N": "0"}},
                )

    def rates_are_free(self) -> None:
        """As long passes as any provider's rate is used up."""
        dynamodb, name = client("dynamodb"), self.refs["PendingTable"]
        for item in dynamodb.scan(TableName=name)["Items"]:
            if item["id"]["S"].startswith("RATE#"):
                dynamodb.delete_item(TableName=name, Key={"id": item["id"]})

    def tick_event(self, event: dict[str, Any]) -> dict[str, Any]:
        """One tick of dispatch, with any event."""
        return dispatch_tick.handler(event, Context())

    def work(self, context: Context | None = None, *, rounds: int = 10) -> None:
        """Have the Lambdas work off what is visible on the queues, and what that queues."""
        for _ in range(rounds):
            records = [
                (handler, each) for name, handler in HANDLERS.items() for each in self.take(name)
            ]
            for handler, each in records:
                handler({"Records": [each]}, context or Context())
            if not records:
                return

    def take(self, name: str) -> list[dict[str, Any]]:
        """Take what is visible on a queue, as Lambda's event source mapping gives it."""
        sqs, url = client("sqs"), self.refs[name]
        taken = []
        while found := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            for each in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
                self.queued.append(each["Body"])
                attributes = {str(k): v for k, v in each["Attributes"].items()}
                taken.append(
                    {"messageId": each["MessageId"], "body": each["Body"], "attributes": attributes}
                )
        return taken

    def day(self, now: datetime = TEN) -> None:
        """A tick, the work it queued, and the tick that closes."""
        self.tick(now)
        self.work()
        self.tick(now)

    def add(self, *subscribers: Subscriber) -> None:
        """Store subscribers."""
        assert sum(self.store.subscribers.add(subscribers, {"bunkyo": 1})) == len(subscribers)

    def stop(self, subscriber_id: str, at: datetime) -> None:
        """Stop everything of a subscriber, as one action of theirs."""
        old = self.store.subscribers.get(subscriber_id)
        assert old is not None
        self.store.subscribers.update(old, stopped(old, at), {"bunkyo": 1})

    def sent(self, channel: Channel | None = None) -> list[Message]:
        """What the providers accepted."""
        found = self.standins.outbox.messages()
        return [
            each
            for each in found
            if (channel is None or each.channel == channel) and each.recipient != SIMULATOR
        ]

    def ses_reports(self) -> None:
        """SES's Send events of all that it accepted arrive."""
        for message in self.standins.outbox.messages():
            if message.channel != Channel.EMAIL:
                continue
            tags = {name: [value] for name, value in message.tags.items()}
            mail = {"messageId": message.provider_id, "tags": tags, "destination": ["x@example.jp"]}
            body = json.dumps({"eventType": "Send", "mail": mail, "send": {}})
            event = {"Records": [{"messageId": "m", "body": body, "attributes": {}}]}
            assert email_feedback.handler(event, Context()) == {"batchItemFailures": []}

    def fail(self, **fault: Any) -> None:
        """Have a provider fail, as the stand-ins' own route would be told."""
        answer = urllib3.request("POST", f"{self.standins.url}/_standins/faults", json=fault)
        assert answer.status < 300, answer.data

    def sums(self, day: date = TODAY, account: str = "bunkyo") -> Any:
        """The sums of a closed run."""
        run = self.store.ledger.run(day, account)
        assert run is not None, "no run was opened"
        assert run.closed_at is not None, "the run is not closed"
        return run.total()


@contextmanager
def a_world(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world with the account 文京区 and a text for every day; no subscribers yet."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-1")
    with aws(), Standins(":memory:") as standins:
        refs = create_in_process()
        own = {"Clock": "given", "LineApi": standins.url, "TwilioApi": standins.url}
        own |= {"LineLogin": standins.url, "SmsRate": "1000000", "OidcIssuer": "http://127.0.0.1:9"}
        for name, value in environment(refs, own).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", standins.url)
        for cached in CACHED:
            cached.cache_clear()
        parameters.clear_caches()
        store = _store(names_from_environment())
        world = World(store, standins, refs)
        store.accounts.put(bunkyo())
        _configure(standins, bunkyo())
        store.content.publish("common", texts())
        yield world


@cache
def _store(names: Names) -> Store:
    """The store, made once in a process as the Lambdas' are: it knows names only."""
    return open_store(names, address_key)


def _configure(standins: Standins, *accounts: Account) -> None:
    provide_credentials(Address(0, "", standins.url), accounts)
    config = f"{standins.url}/_standins/config"
    twilio = urllib3.request("GET", config).json()["twilio"]
    # Nobody answers at the public address: what Twilio would tell, a test tells the Lambda itself.
    told = {
        "ses": {"verified_domains": ["kizuna.example.jp"]},
        "twilio": {**twilio, "status_callbacks": False},
    }
    answer = urllib3.request("PUT", config, json=told)
    assert answer.status < 300, answer.data


def bunkyo(**changes: Any) -> Account:
    """文京区: all channels, sending at 09:00, quiet from 21:00."""
    facts: dict[str, Any] = {
        "valid_from": date(2019, 4, 1),
        "name": "文京区",
        "code": "131059",
        "kind": AccountKind.MUNICIPALITY,
        "delivery": Delivery.OWN,
        "channels": frozenset(Channel),
        "send_at": time(9),
        "quiet_from": time(21),
        "quiet_to": time(6),
        "end_of_delivery": DEFAULT_END,
    }
    return Account("bunkyo", (Settings(**{**facts, **changes}),))


def texts() -> dict[Due, Text]:
    """A text of its own for every day of pregnancy, and for the first hundred days."""
    found = {
        Due(Phase.PREGNANCY, day): Text(f"妊娠{day}日", f"本文{day}です。", f"お知らせ{day}")
        for day in range(28, 294)
    }
    return found | {
        Due(Phase.CHILDCARE, day): Text(f"生後{day}日", f"{{child}}の{day}日目です。", f"育児{day}")
        for day in range(101)
    }


ADDRESSES = {
    Channel.EMAIL: "reader{:04d}@example.jp",
    Channel.LINE: "U{:032x}",
    Channel.SMS: "+8190{:08d}",
}


def pregnant(
    number: int,
    channel: Channel = Channel.EMAIL,
    *,
    due: date = date(2027, 1, 20),
    nickname: str | None = None,
    twins: bool = False,
) -> Subscriber:
    """A subscriber who expects a child; 32w0d on 2026-11-25 unless another due date is given."""
    history = (Event(JOINED, Happened.JOINED), Event(JOINED, Happened.DUE_DATE, due))
    enrolments = [Enrolment("e1", nickname, history)]
    if twins:
        enrolments.append(Enrolment("e2", None, history))
    address = ADDRESSES[channel].format(number + 10_000_000)
    return Subscriber(f"s{number}", "bunkyo", channel, address, None, tuple(enrolments))


def record(body: Any) -> dict[str, Any]:
    """An SQS record as a handler sees it."""
    return {"messageId": "m1", "body": json.dumps(body), "attributes": {"SentTimestamp": "0"}}
