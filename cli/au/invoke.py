"""Asking the AU Lambdas: the answer, or what they refuse, in one line."""

from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from cli.progress import bar
from cli.target import Target
from shared.office import lambdas

_POLL_SECONDS = 0.3


def ask(target: Target, function: str, event: dict[str, Any]) -> dict[str, Any]:
    """The answer of a Lambda, by the name of the stack's output that names it; NotDoneError with
    what it says where it refuses or fails.
    """
    return lambdas.ask(target.outputs[function], event)


def count(target: Target, event: dict[str, Any]) -> dict[str, Any]:
    """The answer of the counting Lambda, with a bar of how far it is while it counts."""
    with ThreadPoolExecutor(1) as pool, bar() as progress:
        asked = pool.submit(ask, target, "AuSnapshotFunction", event)
        size = target.store.census.size()
        while not wait([asked], _POLL_SECONDS).done:
            done = target.store.snapshots.counted() or 0
            progress("counting", done, max(size, done))
        return asked.result()
