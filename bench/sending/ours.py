"""This platform's way: the real tick and the real Lambdas, until the run is closed."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import boto3

from bench.sending.work import MEASURED, WARM, tick_of

_QUEUES = {"email": "EMAIL_QUEUE", "line": "LINE_QUEUE", "sms": "SMS_QUEUE"}
_LEAST_SECONDS = "BENCH_AWS_SECONDS"


@dataclass
class Context:
    """What Lambda tells a handler of itself."""

    function_name: str = "bench"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:ap-northeast-1:000000000000:function:bench"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """Nobody runs out of time here."""
        return 3_600_000


class AwsCalls:
    """Counts the calls to AWS by function, and lets each take some time at the least."""

    def __init__(self, least_seconds: float) -> None:
        self.function, self.made = "", Counter[str]()
        self.polled = 0.0
        """CPU of what AWS does for a Lambda: it polls the queues."""
        self._least, self._begun = least_seconds, threading.local()
        boto3.setup_default_session()
        session: Any = boto3.DEFAULT_SESSION
        events = session.events
        for service in ("dynamodb", "sqs", "s3", "secretsmanager"):
            # By name, as boto3 names what it emits: secretsmanager is "secrets-manager" there.
            hyphened = service.replace("secretsm", "secrets-m")
            events.register(f"before-call.{hyphened}", self._begin)
            events.register(f"after-call.{hyphened}", self._end)

    def _begin(self, **_: object) -> None:
        self._begun.at = time.monotonic()

    def _end(self, **_: object) -> None:
        if self.function:
            self.made[self.function] += 1
        if (left := self._begun.at + self._least - time.monotonic()) > 0:
            time.sleep(left)


def prepare(channels: Iterable[str]) -> Callable[[], dict[str, Any]]:
    """Import what the channels need and send to the few of the warm account; then the way to do the
    work.
    """
    calls = AwsCalls(float(os.environ.get(_LEAST_SECONDS, "0")))
    # Only now: clients are made as the modules are first used, and must tell what they do.
    from functions.dispatch import tick  # noqa: PLC0415

    handlers = {each: import_module(f"functions.{each}.deliver").handler for each in channels}
    sqs = boto3.client("sqs")

    def ticked(account: str) -> dict[str, Any]:
        calls.function = "tick"
        answer: dict[str, Any] = tick.handler({"now": tick_of(account).isoformat()}, Context())  # type: ignore[arg-type]
        calls.function = ""
        return answer

    def day(account: str) -> dict[str, Any]:
        took: dict[str, float] = {}
        ticked(account)
        for channel, handler in handlers.items():
            polling = time.process_time()
            records = _taken(sqs, os.environ[_QUEUES[channel]])
            calls.polled += time.process_time() - polling
            for record in records:
                calls.function, began = channel, time.perf_counter()
                handler({"Records": [record]}, Context())
                took[channel] = time.perf_counter() - began
                calls.function = ""
        if ticked(account)["open"]:
            raise RuntimeError("the run is not closed")
        return took

    day(WARM)
    calls.made.clear()
    calls.polled = 0.0
    return lambda: {
        "seconds": day(MEASURED),
        "aws_calls": dict(calls.made),
        "not_ours": calls.polled,
    }


def _taken(sqs: Any, url: str) -> list[dict[str, Any]]:  # noqa: ANN401
    found = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    ).get("Messages", [])
    for each in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return [
        {"messageId": e["MessageId"], "body": e["Body"], "attributes": e["Attributes"]}
        for e in found
    ]
