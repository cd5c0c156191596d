"""HTTP to providers: one TLS context for each process, and connections that are kept."""

import ssl
from functools import cache

import urllib3

CONNECT_SECONDS, READ_SECONDS = 3, 20
"""How long a provider is waited for: a call takes 23 seconds at the most."""


@cache
def pool(*, connections: int = 1, read_seconds: float = READ_SECONDS) -> urllib3.PoolManager:
    """Connections that are shared by all threads. Nothing is ever repeated or redirected."""
    return urllib3.PoolManager(
        maxsize=connections,
        ssl_context=_tls(),
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds),
        retries=False,
    )


@cache
def _tls() -> ssl.SSLContext:
    """To load the roots takes some 35 ms of CPU: once, not for every connection."""
    return ssl.create_default_context()


NOT_CONNECTED = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
"""What is raised where nothing reached the provider."""
