"""A tick, told or not told the time, and the wait for the queues behind it."""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import boto3
import typer
import urllib3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.dead.letters import Job
from cli.dead.queues import QUEUES
from cli.errors import FailedError
from cli.target import Target
from shared.rules.dates import JST

LONGEST_WAIT_SECONDS = 600.0
TICK_SECONDS = 300
"""The Lambda's timeout in infra/template.yaml; a tick is never asked for twice meanwhile."""
SAY_AFTER_SECONDS = 15.0
"""So long nothing is said, and then again as often."""
CHECK_SECONDS = 1.0
_POLL_SECONDS = 0.1


def tick(target: Target, now: datetime | None) -> dict[str, Any]:
    """Have dispatch do one tick, at `now` where it is given; its answer."""
    event = {} if now is None else {"now": now.isoformat()}
    once = Config(read_timeout=TICK_SECONDS + 10, retries={"total_max_attempts": 1})
    answer = boto3.client("lambda", config=once).invoke(
        FunctionName=target.outputs["TickFunction"], Payload=json.dumps(event).encode()
    )
    payload: dict[str, Any] = json.loads(answer["Payload"].read() or b"{}")
    if answer.get("FunctionError"):
        raise FailedError(f"the tick failed: {payload.get('errorMessage', 'no reason given')}")
    return payload


def hurry(target: Target) -> bool:
    """Have a tick come at once, so that what goes on again does not wait for the next of every 15
    minutes; whether it came. Where it did not, the next one does the same. Locally a tick is told
    the time of day, which only a person knows.
    """
    if target.local is not None:
        return False
    try:
        tick(target, None)
    except (FailedError, ClientError, BotoCoreError):
        return False
    return True


def wait_for_queues(target: Target, day: date | None = None) -> None:
    """Wait until no queue of the local platform holds a message; FailedError after ten minutes.
    What is waited for is said on stderr, where it takes long.

    Once all jobs of the `day` are done, their messages are no longer waited for: that of a Lambda
    that was killed stays out of sight for as long as the Lambda might have lived.
    """
    started, until = time.monotonic(), datetime.now(JST) + timedelta(seconds=LONGEST_WAIT_SECONDS)
    said = checked = started
    queues = list(QUEUES)
    while name := next(_waiting(target, queues), None):
        now = time.monotonic()
        if now > started + LONGEST_WAIT_SECONDS:
            problem = f"{name} did not become empty in {LONGEST_WAIT_SECONDS / 60:.0f} minutes"
            raise FailedError(f"{problem}; `kizuna runs` shows what is open")
        if now > said + SAY_AFTER_SECONDS:
            typer.echo(f"waiting for {name}, until {until:%H:%M:%S} at the latest", err=True)
            said = now
        if day and now > checked + CHECK_SECONDS:
            checked = now
            if _all_done(target, day):
                queues = [each for each in queues if QUEUES[each].shows is not Job]
        time.sleep(_POLL_SECONDS)


def _waiting(target: Target, queues: Sequence[str]) -> Iterator[str]:
    """What still holds something: the stand-ins, whose events are on their way, then the queues."""
    if target.local:
        url = f"{target.local.pages_url}/_standins/drain"
        if not urllib3.request("POST", url, timeout=15, retries=False).json()["drained"]:
            yield "the stand-ins' events"
    sqs = boto3.client("sqs")
    for name in queues:
        url = target.outputs[QUEUES[name].output]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        if found["ApproximateNumberOfMessages"] != "0":
            yield f"the queue {name}"
        if found["ApproximateNumberOfMessagesNotVisible"] != "0":
            yield f"a Lambda that works on a message of the queue {name}"
        if found["ApproximateNumberOfMessagesDelayed"] != "0":
            yield f"a message of the queue {name} that comes back later"


def _all_done(target: Target, day: date) -> bool:
    ledger = target.store.ledger
    runs = [run for run in ledger.runs(day) if run.closed_at is None]
    return all(job.sums is not None for run in runs for job in ledger.jobs(run).values())
