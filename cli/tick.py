"""A tick, told or not told the time, and the wait for the queues behind it."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import boto3
import urllib3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import FailedError
from cli.target import Target

LONGEST_WAIT_SECONDS = 600.0
TICK_SECONDS = 300
"""The Lambda's timeout in infra/template.yaml; a tick is never asked for twice meanwhile."""
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


def wait_for_queues(target: Target) -> None:
    """Wait until no queue of the local platform holds a message; FailedError after ten minutes."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while any(_waiting(target)):
        if time.monotonic() > deadline:
            raise FailedError("the queues do not become empty; `kizuna runs` shows what is open")
        time.sleep(_POLL_SECONDS)


def _waiting(target: Target) -> Iterator[bool]:
    """Whether events are on their way from the stand-ins, then whether each queue holds any."""
    if target.local:
        url = f"{target.local.pages_url}/_standins/drain"
        drained = urllib3.request("POST", url, timeout=15, retries=False).json()["drained"]
        yield not drained
    sqs = boto3.client("sqs")
    for queue in target.queues:
        found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        yield (
            found["ApproximateNumberOfMessages"] != "0"
            or found["ApproximateNumberOfMessagesNotVisible"] != "0"
            or found["ApproximateNumberOfMessagesDelayed"] != "0"
        )
