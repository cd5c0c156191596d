"""Days of a small town on the local platform: the real template, Lambdas, queues and events."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3

from cli.dead.queues import QUEUES, DeadLetters
from cli.dispatch import accepted
from cli.samples import load_samples
from cli.target import Target
from cli.tick import tick, wait_for_queues
from local.platform import Platform, counts
from shared.delivery.jobs import JobMessage
from shared.office.runs import day_report
from shared.rules.account import Channel
from shared.rules.dates import JST
from shared.rules.outcomes import Batch, Result
from shared.rules.subscriber import Subscriber
from shared.store import keys
from shared.store.keys import JobId
from tests.store.people import at_day, subscriber

pytestmark = pytest.mark.platform

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, day) for day in (23, 24, 25))
LONGEST_WAIT_SECONDS = 30.0
EARLY = {"bunkyo", "kyoto-sakyo", "matsuyama"}
"""The sample accounts that send until ten in the morning."""


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=JST)


def wait_until(found: Callable[[], Any]) -> Any:
    """Wait until there is something to be found, and return it."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while not (result := found()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
    return result


@pytest.fixture(scope="module")
def town(target: Target, tmp_path_factory: pytest.TempPathFactory) -> list[Subscriber]:
    """The sample accounts and texts, and 200 invented subscribers, as the program loads them; and
    three in one account who get an email every day.
    """
    loaded = load_samples(target, 200, MONDAY, tmp_path_factory.mktemp("town"), lambda _: None)
    assert loaded["subscribers"] == 200
    three = [subscriber(f"t{n}", at_day(224 + n), nickname="みらいちゃん") for n in range(3)]
    assert list(target.store.subscribers.add(three, {"bunkyo": 1})) == [3]
    return [
        each for each in target.store.subscribers if not each.account.startswith(("race", "au-"))
    ]


def sent(target: Target) -> int:
    """How many messages the providers accepted by now."""
    assert target.local is not None
    return sum(counts(target.local)["sent"].values())


def fail(platform: Platform, **fault: Any) -> None:
    url = f"{platform.address.pages_url}/_standins/faults"
    assert urllib3.request("POST", url, json=fault).status == 200


def test_a_day_reconciles_with_what_the_providers_accepted_and_is_sent_once(
    target: Target, platform: Platform, town: list[Subscriber]
) -> None:
    before, twice_before = sent(target), counts(platform.address)["repeated"]

    opening = tick(target, at(MONDAY, 10))
    wait_for_queues(target)
    closing = tick(target, at(MONDAY, 10, 15))

    assert (opening["opened"], opening["open"], closing["closed"]) == (3, 3, 3)
    report = day_report(target.store, MONDAY)
    assert {run["account"] for run in report["runs"]} == EARLY
    assert all(run["state"] == "closed" for run in report["runs"])
    assert all(run["total"]["reconciles"] for run in report["runs"])
    total = report["total"]
    assert total["planned"] == total["accepted"] + sum(total["silent"].values())
    assert total["accepted"] == sent(target) - before == accepted(target, MONDAY)
    assert total["accepted"] > 5
    assert total["repeated"] == 0
    # It is ten, the first of them sends at seven, and no job takes long.
    assert 0 <= total["minutes"]["50"] <= total["minutes"]["100"] <= 182

    again = tick(target, at(MONDAY, 10, 20))
    wait_for_queues(target)

    assert again["queued"] == 0
    assert sent(target) - before == total["accepted"]
    assert counts(platform.address)["repeated"] == twice_before


def test_a_dead_letter_is_seen_and_goes_back_to_the_lambda_that_reads_its_queue(
    target: Target, town: list[Subscriber]
) -> None:
    sqs = boto3.client("sqs")
    job = JobMessage.of(JobId("bunkyo", MONDAY, Channel.SMS, 0), at(MONDAY, 10))
    sqs.send_message(QueueUrl=target.outputs["SmsDeadQueue"], MessageBody=job.model_dump_json())
    letters = DeadLetters(sqs, target.outputs, QUEUES["sms"])
    (letter,) = letters.look()
    assert letter.what is not None
    assert letter.what.model_dump(mode="json") == json.loads(job.model_dump_json(exclude={"at"}))

    assert list(letters.put_back()) == [1]
    wait_for_queues(target)

    assert (letters.waiting(), letters.look()) == (0, [])


def resting(target: Target, day: date) -> list[tuple[JobId, Batch]]:
    """The batches of the day's mails that wait for a record, once SES has reported all of them
    and their jobs rest; nothing before.
    """
    ledger, found = target.store.ledger, []
    for run in ledger.runs(day):
        for job_id, job in ledger.jobs(run).items():
            if job_id.channel is not Channel.EMAIL or job.done:
                continue
            batches = target.store.waves.batches(job_id)
            known = [each for each in batches if len(each.known) == len(each.entries)]
            if not job.waits or known != batches:
                return []
            found += [(job_id, each) for each in batches]
    return found


def a_minute_passes(target: Target, jobs: Iterable[JobId]) -> None:
    """The jobs have rested: their leases end, as they would after a minute."""
    table = boto3.resource("dynamodb").Table(target.outputs["LedgerTable"])
    for job in jobs:
        key = keys.job(job)
        table.update_item(
            Key={"pk": key.pk, "sk": key.sk},
            UpdateExpression="SET leased_until = :past",
            ExpressionAttributeValues={":past": 0},
        )


def test_mails_whose_answer_was_lost_are_settled_by_ses_s_own_events_and_sent_once(
    target: Target, platform: Platform, town: list[Subscriber]
) -> None:
    fail(platform, provider="ses", kind="disconnect", times=len(EARLY), after=True)
    before, twice_before = sent(target), counts(platform.address)["repeated"]

    tick(target, at(TUESDAY, 10))
    batches = wait_until(lambda: resting(target, TUESDAY))
    assert max(len(batch.entries) for _, batch in batches) >= 3
    for job, batch in batches:
        assert {entry.outcome.result for entry in batch.entries} == {Result.UNKNOWN}
        assert batch.known == ids_at_ses(platform, job, batch)

    a_minute_passes(target, (job for job, _ in batches))
    wait_until(lambda: tick(target, at(TUESDAY, 10, 15))["open"] == 0)

    for job, batch in batches:
        settled = [each for each in target.store.waves.batches(job) if each.id == batch.id]
        results = [entry.outcome.result for each in settled for entry in each.entries]
        assert results == [Result.ACCEPTED] * len(batch.entries)
    total = day_report(target.store, TUESDAY)["total"]
    assert (total["reconciles"], total["unknown"]) == (True, 0)
    assert total["accepted"] == sent(target) - before
    assert counts(platform.address)["repeated"] == twice_before
    urllib3.request("DELETE", f"{platform.address.pages_url}/_standins/faults")


def ids_at_ses(platform: Platform, job: JobId, batch: Batch) -> dict[str, str]:
    """The message ids that SES gave the mails of a batch, by position."""
    url = f"{platform.address.pages_url}/_standins/sent?channel=email"
    wanted = {"account": job.account, "date": job.date.isoformat(), "batch": batch.id}
    return {
        mail["tags"]["position"]: mail["provider_id"]
        for mail in urllib3.request("GET", url).json()
        if wanted.items() <= mail["tags"].items()
    }


@contextmanager
def nobody_reads_the_queues() -> Iterator[None]:
    lambdas = boto3.client("lambda")
    readers = [each["UUID"] for each in lambdas.list_event_source_mappings()["EventSourceMappings"]]
    for reader in readers:
        lambdas.update_event_source_mapping(UUID=reader, Enabled=False)
    try:
        yield
    finally:
        for reader in readers:
            lambdas.update_event_source_mapping(UUID=reader, Enabled=True)


def test_a_job_on_a_queue_says_nothing_of_a_person(target: Target, town: list[Subscriber]) -> None:
    with nobody_reads_the_queues():
        tick(target, at(WEDNESDAY, 10))
        queues = [target.outputs[f"{channel.title()}Queue"] for channel in Channel]
        jobs = [json.loads(body) for queue in queues for body in peek(queue)]

    for job in jobs:
        assert job.keys() == {"account", "date", "channel", "shard", "at"}
    today = [job for job in jobs if job["date"] == WEDNESDAY.isoformat()]
    assert sorted((job["account"], job["channel"], job["shard"]) for job in today) == [
        ("bunkyo", "email", 0),
        ("bunkyo", "line", 0),
        ("bunkyo", "sms", 0),
        ("kyoto-sakyo", "email", 0),
        ("kyoto-sakyo", "sms", 0),
        ("matsuyama", "email", 0),
        ("matsuyama", "line", 0),
    ]
    wait_until(lambda: tick(target, at(WEDNESDAY, 10, 15))["open"] == 0)
    assert day_report(target.store, WEDNESDAY)["total"]["reconciles"]


def peek(queue: str) -> list[str]:
    """The messages on a queue, which stay there."""
    found: dict[str, str] = {}
    sqs = boto3.client("sqs")
    while more := {
        each["MessageId"]: each["Body"]
        for each in sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0
        ).get("Messages", [])
        if each["MessageId"] not in found
    }:
        found |= more
    return list(found.values())


def test_no_log_and_no_queue_holds_anything_of_a_person_after_these_days(
    target: Target, platform: Platform, town: list[Subscriber]
) -> None:
    """SES's own events name the recipient: they are taken in, and nothing of them is left."""
    wait_until(lambda: no_events_are_left(target, platform))
    logs = "".join(Path(each).read_text() for each in platform.folder.glob("*.log"))
    logs += "".join(lambda_logs())
    queues = boto3.client("sqs").list_queues()["QueueUrls"]
    left = "".join(body for queue in queues for body in peek(queue))

    assert '"message":"done"' in logs.replace(" ", "")
    assert "POST /v2/email/outbound-bulk-emails 200" in logs
    for reader in town:
        for secret in secrets_of(reader):
            assert secret not in logs
            assert secret not in left
    assert sum(len(secrets_of(each)) for each in town) > 150


def no_events_are_left(target: Target, platform: Platform) -> bool:
    urllib3.request("POST", f"{platform.address.pages_url}/_standins/drain")
    found = boto3.client("sqs").get_queue_attributes(
        QueueUrl=target.outputs["EmailEventQueue"], AttributeNames=["All"]
    )["Attributes"]
    numbers = {value for name, value in found.items() if name.startswith("ApproximateNumber")}
    return numbers == {"0"}


def secrets_of(reader: Subscriber) -> set[str]:
    """What nobody may read of a subscriber: the address, the children's names."""
    address = reader.address.lstrip("+")
    names = {each.nickname for each in reader.enrolments if each.nickname}
    return {address, address.replace("@", "%40"), *names}


def lambda_logs() -> list[str]:
    """What the Lambdas logged, as CloudWatch has it."""
    logs = boto3.client("logs")
    return [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
    ]
