"""Calls side by side: on one event loop, and none before its time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from shared.providers.http import run

T = TypeVar("T")

LATEST_SECONDS = 5.0
"""A call that is so late is not made, as when a provider lets all others wait: whoever stopped
meanwhile would get a message for much longer than is promised.
"""


class NotMadeError(Exception):
    """The call came too late, and was not made."""


def side_by_side(
    calls: Sequence[Callable[[], Awaitable[T]]], begins: Sequence[float], *, in_flight: int
) -> list[T | Exception]:
    """Make every call, and give what each came to, in order: its answer, or what it raised, which
    says nothing of the others. `begins` says in how many seconds each is to be made; `in_flight` is
    how many may be under way at once.
    """
    answers: list[T | Exception] = []
    for each in run(_all(calls, begins, in_flight)):
        if isinstance(each, BaseException) and not isinstance(each, Exception):
            raise each  # the process ends
        answers.append(each)
    return answers


async def _all(
    calls: Sequence[Callable[[], Awaitable[T]]], begins: Sequence[float], in_flight: int
) -> list[T | BaseException]:
    loop, free = asyncio.get_running_loop(), asyncio.Semaphore(in_flight)
    started, ended = loop.time(), asyncio.Event()

    async def made(call: Callable[[], Awaitable[T]], begin: float) -> T | BaseException:
        if (early := started + begin - loop.time()) > 0:
            await asyncio.sleep(early)
        async with free:
            if ended.is_set() or loop.time() - started > max(0.0, begin) + LATEST_SECONDS:
                return NotMadeError()
            try:
                return await call()
            except Exception as error:  # noqa: BLE001 - the answers of the others must be recorded
                return error
            except BaseException as error:  # noqa: BLE001 - raised outside of the loop
                ended.set()
                return error

    return await asyncio.gather(*map(made, calls, begins))
