"""HTTP to providers: asynchronous, with one event loop, TLS context and set of connections for each
process.

A call costs 140 us of CPU this way, 310 us by urllib3, and 540 us where threads of urllib3's share
a processor (docs/decisions/0016).
"""

import asyncio
import ssl
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import aiohttp

T = TypeVar("T")

CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 20.0
"""How long a provider is waited for: a call takes 23 seconds at the most."""

KEPT_SECONDS = 15.0
"""A connection that was not used for so long is not used again: while a Lambda is frozen, the other
side may have closed it.
"""


class NotConnectedError(Exception):
    """Nothing reached the provider."""


class NoAnswerError(Exception):
    """It cannot be told whether the provider took the request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Process(threading.local):
    """The loop of this process and its connections. (A Lambda works in one thread; where tests have
    several, each has its own.)
    """

    runner: asyncio.Runner | None = None
    session: aiohttp.ClientSession | None = None


_PROCESS = _Process()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run something that makes requests to its end, on the loop that keeps the connections."""
    if _PROCESS.runner is None:
        _PROCESS.runner = asyncio.Runner()
    return _PROCESS.runner.run(coroutine)


async def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    answer_seconds: float | None = None,
) -> Answer:
    """The answer, whatever its status. NotConnectedError or NoAnswerError where there is none, by
    default after ANSWER_SECONDS.

    Nothing is redirected, and nothing that sends is repeated: aiohttp repeats only what changes
    nothing by HTTP's own rules (a GET), once, where a kept connection was closed under it.
    """
    session = _session()
    timeout = _timeout(answer_seconds) if answer_seconds else session.timeout
    try:
        async with session.request(
            method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as answer:
            return Answer(answer.status, answer.headers, await answer.read())
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise NotConnectedError from None
    except (aiohttp.ClientError, TimeoutError, ValueError):
        # A garbled answer is a ValueError here and there.
        raise NoAnswerError from None


def close() -> None:
    """Close what this thread keeps, for those who end before their process does."""
    if _PROCESS.session is not None:
        run(_PROCESS.session.close())
        _PROCESS.session = None
    if _PROCESS.runner is not None:
        _PROCESS.runner.close()
        _PROCESS.runner = None


def _session() -> aiohttp.ClientSession:
    if _PROCESS.session is None:
        _PROCESS.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=_tls(), limit=0, keepalive_timeout=KEPT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_timeout(ANSWER_SECONDS),
        )
    return _PROCESS.session


def _timeout(answer_seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=answer_seconds)


@cache
def _tls() -> ssl.SSLContext:
    """To load the roots takes some 35 ms of CPU: once, not for every connection."""
    return ssl.create_default_context()
