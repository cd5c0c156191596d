"""Asking the AU Lambdas: the answer, or what they refuse, in one line."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import boto3
from botocore.config import Config

from cli.errors import FailedError
from cli.progress import bar
from cli.target import Target

COUNT_SECONDS = 900
"""The Lambda's timeout in infra/template.yaml; a count is never asked for twice meanwhile."""

_POLL_SECONDS = 0.3


def ask(target: Target, function: str, event: dict[str, Any]) -> dict[str, Any]:
    """The answer of a Lambda, by the name of the stack's output that names it; FailedError with
    what it says where it refuses or fails.
    """
    once = Config(read_timeout=COUNT_SECONDS + 10, retries={"total_max_attempts": 1})
    answer = boto3.client("lambda", config=once).invoke(
        FunctionName=target.outputs[function], Payload=json.dumps(event).encode()
    )
    payload: dict[str, Any] = json.loads(answer["Payload"].read() or b"{}")
    if answer.get("FunctionError"):
        raise FailedError(payload.get("errorMessage", "the Lambda gave no reason"))
    return payload


def count(target: Target, event: dict[str, Any]) -> dict[str, Any]:
    """The answer of the counting Lambda, with a bar of how far it is while it counts."""
    with ThreadPoolExecutor(1) as pool, bar() as progress:
        asked = pool.submit(ask, target, "AuSnapshotFunction", event)
        size = target.store.census.size()
        while not wait([asked], _POLL_SECONDS).done:
            done = target.store.snapshots.counted() or 0
            progress("counting", done, max(size, done))
        return asked.result()
