"""Calls side by side: each in a thread of a small pool, and none before its time.

Threads, because the providers' libraries (boto3, twilio) wait in them; a call of urllib3's costs a
third of one of aiohttp's, so an event loop would save nothing (docs/decisions/0015).
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

T = TypeVar("T")


def side_by_side(
    calls: Sequence[Callable[[], T]],
    begins: Sequence[float],
    *,
    in_flight: int,
    wait: Callable[[float], None],
) -> list[T | Exception]:
    """Make every call, and give what each came to, in order: its answer, or what it raised, which
    says nothing of the others. `begins` says in how many seconds each is to be made, in order;
    `in_flight` is how many may be under way at once.
    """
    alone = in_flight == 1 or len(calls) == 1
    started = time.monotonic()
    made: list[Future[T]] = []
    for call, begin in zip(calls, begins, strict=True):
        if (early := started + begin - time.monotonic()) > 0:
            wait(early)
        made.append(_made_here(call) if alone else _pool(in_flight).submit(call))
    answers: list[T | Exception] = []
    for each in made:
        # What one call raises must not keep the answers of the others from being recorded.
        error = each.exception()
        if error is None:
            answers.append(each.result())
        elif isinstance(error, Exception):
            answers.append(error)
        else:
            raise error
    return answers


def _made_here(call: Callable[[], T]) -> Future[T]:
    """A call that needs no thread of its own, made here and now."""
    future: Future[T] = Future()
    try:
        future.set_result(call())
    except Exception as error:  # noqa: BLE001 - as a thread of the pool would
        future.set_exception(error)
    return future


@cache
def _pool(in_flight: int) -> ThreadPoolExecutor:
    """A thread is made when it is first needed."""
    return ThreadPoolExecutor(in_flight, thread_name_prefix="call")
