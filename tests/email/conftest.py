"""SES as a wire that answers as told, and the client that the Lambda uses."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from functions.email import ses
from shared.providers import http
from tests.local.wire import Wire

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

PATIENCE_SECONDS = 0.3
"""Instead of the 20 seconds for which the client waits for an answer."""


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as listening:
        yield listening


@pytest.fixture
def client(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator["SESV2Client"]:
    """The Lambda's own client, pointed at the wire."""
    made = a_client(wire.url, monkeypatch)
    yield made
    made.close()


def a_client(url: str, monkeypatch: pytest.MonkeyPatch) -> "SESV2Client":
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-1")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setattr(http, "ANSWER_SECONDS", PATIENCE_SECONDS)
    made = ses.client()
    manager = made._endpoint.http_session._manager  # type: ignore[attr-defined]
    manager.connection_pool_kw["timeout"] = PATIENCE_SECONDS
    return made
