"""Days on a local platform whose DynamoDB, SQS and providers fail: each message comes once."""

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import boto3
import pytest
import urllib3

from cli.target import Target, connect_to
from local.platform import STACK, Platform, counts, provide_credentials
from shared.office.runs import day_report
from shared.rules.account import Channel
from shared.rules.dates import JST
from tests.journeys.test_day_on_the_platform import a_minute_passes, wait_until
from tests.local import running
from tests.world import bunkyo, pregnant, texts

pytestmark = pytest.mark.platform

MONDAY = date(2026, 11, 23)
DAYS: dict[str, list[dict[str, Any]]] = {
    "the answers of freezes are lost": [
        {"operation": "TransactWriteItems", "kind": "disconnect", "after": True, "times": 3}
    ],
    "records and leases fail after they were written": [
        {"operation": "UpdateItem", "kind": "server_error", "after": True, "times": 6}
    ],
    "providers accept and do not answer while records fail": [
        {"provider": "ses", "kind": "disconnect", "after": True},
        {"provider": "line", "kind": "disconnect", "after": True},
        {"provider": "twilio", "kind": "disconnect", "after": True},
        {"operation": "UpdateItem", "kind": "throttle", "times": 2},
        {"operation": "SendMessage", "kind": "server_error"},
        {"operation": "Query", "kind": "garbled"},
    ],
}


@pytest.fixture(scope="module")
def fallible(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running.fallible(tmp_path_factory.mktemp("fallible")) as started:
        yield started


@pytest.fixture(scope="module")
def town(fallible: Platform) -> Target:
    """Nine readers of one account, three on each channel."""
    target = connect_to(STACK, fallible.address)
    target.store.accounts.put(bunkyo())
    provide_credentials(fallible.address, [bunkyo()])
    target.store.content.publish("common", texts())
    readers = [pregnant(n, list(Channel)[n % 3]) for n in range(9)]
    assert list(target.store.subscribers.add(readers, {"bunkyo": 1})) == [9]
    return target


@pytest.mark.parametrize("number", range(len(DAYS)), ids=DAYS)
def test_on_a_day_on_which_things_fail_each_message_comes_once(
    fallible: Platform, town: Target, number: int
) -> None:
    day = MONDAY + timedelta(days=number)
    before = sum(counts(fallible.address)["sent"].values())
    faults = f"{fallible.address.pages_url}/_standins/faults"
    told = [{"provider": "aws", **fault} for fault in list(DAYS.values())[number]]
    assert urllib3.request("POST", faults, json=told).status == 200
    for minutes in range(0, 300, 15):
        now = datetime(day.year, day.month, day.day, 10, tzinfo=JST) + timedelta(minutes=minutes)
        try_to_tick(town, now)
        wait_until(lambda: nothing_goes_on(fallible, town))
        run = town.store.ledger.run(day, "bunkyo")
        if run and run.closed_at:
            break
        a_minute_passes(town, run.job_ids() if run else ())

    total = day_report(town.store, day)["total"]
    assert (total["accepted"], total["unknown"], total["reconciles"]) == (9, 0, True)
    assert sum(counts(fallible.address)["sent"].values()) - before == 9
    assert counts(fallible.address)["repeated"] == 0
    assert urllib3.request("GET", faults).json() == []


def try_to_tick(town: Target, now: datetime) -> None:
    """A tick, which may fail as everything else; EventBridge sends the next."""
    boto3.client("lambda").invoke(
        FunctionName=town.outputs["TickFunction"],
        Payload=f'{{"now": "{now.isoformat()}"}}'.encode(),
    )


def nothing_goes_on(fallible: Platform, town: Target) -> bool:
    """Whether no job is to be had, and no Lambda has asked for anything for half a second."""
    queues = [town.outputs[f"{channel.title()}Queue"] for channel in Channel]
    number = "ApproximateNumberOfMessages"
    if any(
        boto3.client("sqs").get_queue_attributes(QueueUrl=each, AttributeNames=[number])[
            "Attributes"
        ][number]
        != "0"
        for each in queues
    ):
        return False
    before = counts(fallible.address)["calls"]
    time.sleep(0.5)
    return counts(fallible.address)["calls"] == before
