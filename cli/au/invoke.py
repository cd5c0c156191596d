"""Asking the AU Lambdas: the answer, or what they refuse, in one line."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.errors import FailedError
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
    with ThreadPoolExecutor(1) as pool, _bar(target) as watch:
        asked = pool.submit(ask, target, "AuSnapshotFunction", event)
        watch(asked)
        return asked.result()


@contextmanager
def _bar(target: Target) -> Iterator[Callable[[Future[dict[str, Any]]], None]]:
    """A bar on standard error, where that is a terminal."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("counting"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("counting", total=None)

        def watch(asked: Future[dict[str, Any]]) -> None:
            over = threading.Event()
            asked.add_done_callback(lambda _: over.set())
            size = target.store.census.size() if console.is_terminal else None
            while not over.wait(_POLL_SECONDS):
                if not console.is_terminal:
                    continue
                done = target.store.snapshots.counted()
                bar.update(task, completed=done or 0, total=max(size or 0, done or 0) or None)

        yield watch
