"""The wire: every call that leaves a handler passes here, and may be made to fail.

Calls to AWS are met where botocore would send them, calls to providers where urllib3 would. So the
switch is in the libraries of the wire, in tests only, and nothing that ships knows of it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, Protocol

import botocore.endpoint
import pytest
import urllib3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from urllib3.connectionpool import HTTPConnectionPool

from functions.email import bulk
from functions.line import line_api
from functions.sms import http as sms_http
from local.standins.faults import Fault, Provider
from local.standins.server import Standins
from shared.providers.http import Answer, NoAnswerError
from tests.aws import ENGINE, GoOn, Request, answer_of


@dataclass(frozen=True, slots=True)
class Call:
    """One call that leaves a handler."""

    service: str
    operation: str

    @property
    def takes_effect(self) -> bool:
        """Whether it changes anything, so that failing after it differs from failing before."""
        return self.operation in {
            *("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "SendMessage"),
            *("send_bulk_email", "send_email", "push", "multicast", "create"),
        }


class Wire(Protocol):
    """What can be done with a call."""

    def go_on(self) -> Any:
        """Make it, and give the answer."""

    def times_out(self) -> Any:
        """No answer in time."""

    def throttled(self) -> Any:
        """Too many requests; nothing was done."""

    def fails(self) -> Any:
        """A failure of the server's."""

    def garbled(self) -> Any:
        """An answer that cannot be read."""

    def partial(self) -> Any:
        """A part of it done, the rest left to be asked for again."""


Meeting = Callable[[Call, Wire], Any]


@contextmanager
def met(standins: Standins, meeting: Meeting, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have every call that leaves this process meet `meeting`, but those to the test's controls.

    The SDK's pauses between its own repeats take no time.
    """
    make_request, made_here = HTTPConnectionPool._make_request, urllib3.request

    async def on_request(
        method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """A call to a provider: made here by urllib3, while nothing else happens."""
        try:
            answer = made_here(method, url, headers=dict(headers), body=body, retries=False)
        except urllib3.exceptions.HTTPError:
            raise NoAnswerError from None
        return Answer(answer.status, answer.headers, answer.data)

    def on_http(pool: Any, connection: Any, method: str, url: str, *rest: Any, **more: Any) -> Any:
        go_on = partial(make_request, pool, connection, method, url, *rest, **more)
        called = _provider_call(method, url)
        if called is None:
            return go_on()
        wire = ProviderWire(standins, called, pool, more.get("body"), go_on)
        return meeting(Call(*called), wire)

    def on_aws(service: str, operation: str, request: Request, go_on: GoOn) -> AWSResponse | None:
        if service == "sesv2":
            return None  # met as HTTP
        wire = AwsWire(service, request, go_on)
        answer: AWSResponse | None = meeting(Call(service, operation), wire)
        return answer

    with patch.context() as within:
        within.setattr(HTTPConnectionPool, "_make_request", on_http)
        for module in (bulk, line_api, sms_http):
            within.setattr(module, "request", on_request)
        within.setattr(ENGINE, "between", on_aws)
        within.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _seconds: None))
        yield


class AwsWire:
    """A call to AWS."""

    def __init__(self, service: str, request: Request, go_on: GoOn) -> None:
        self._service, self._request, self._go_on = service, request, go_on

    def go_on(self) -> AWSResponse | None:
        return self._go_on(_in_small_pages(self._service, self._request))

    def times_out(self) -> Any:
        raise ReadTimeoutError(endpoint_url=self._request.url)

    def throttled(self) -> AWSResponse:
        codes = {
            "dynamodb": "ProvisionedThroughputExceededException",
            "sqs": "RequestThrottled",
            "s3": "SlowDown",
        }
        return self._error(503 if self._service == "s3" else 400, codes.get(self._service))

    def fails(self) -> AWSResponse:
        codes = {"s3": "InternalError", "secrets-manager": "InternalServiceError"}
        return self._error(500, codes.get(self._service, "InternalServerError"))

    def garbled(self) -> AWSResponse:
        return answer_of(self._request, 200, b"<html><body>upstream")

    def partial(self) -> AWSResponse | None:
        """Half of a BatchGetItem; the other half comes back as unprocessed."""
        asked = json.loads(self._request.body)
        halves: tuple[dict[str, Any], dict[str, Any]] = {}, {}
        for table, wanted in asked["RequestItems"].items():
            half = len(wanted["Keys"]) // 2
            for part, keys in zip(
                halves, (wanted["Keys"][:half], wanted["Keys"][half:]), strict=True
            ):
                if keys:
                    part[table] = {**wanted, "Keys": keys}
        done, left = halves
        if not done:
            answered = {"Responses": {}, "UnprocessedKeys": left}
            return answer_of(self._request, 200, json.dumps(answered).encode())
        self._request.body = json.dumps({**asked, "RequestItems": done})
        answer = self._go_on(self._request)
        assert answer is not None
        body = {**json.loads(answer.content), "UnprocessedKeys": left}
        return answer_of(self._request, 200, json.dumps(body).encode())

    def _error(self, status: int, code: str | None) -> AWSResponse:
        code = code or "ThrottlingException"
        if self._service == "s3":
            body = f"<Error><Code>{code}</Code><Message>told to fail</Message></Error>"
        else:
            body = json.dumps({"__type": code, "message": "told to fail"})
        return answer_of(self._request, status, body.encode())


class ProviderWire:
    """A call to SES, LINE or Twilio: their stand-in fails as the real one does."""

    def __init__(
        self,
        standins: Standins,
        called: tuple[Provider, str],
        pool: HTTPConnectionPool,
        body: Any,
        go_on: Callable[[], Any],
    ) -> None:
        self._faults, (self._provider, self._operation) = standins.app.faults, called
        self._pool, self.body, self.go_on = pool, body, go_on

    def times_out(self) -> Any:
        raise urllib3.exceptions.ReadTimeoutError(self._pool, "/", "told to take too long")

    def throttled(self) -> Any:
        return self._told("throttle")

    def fails(self) -> Any:
        return self._told("server_error")

    def garbled(self) -> Any:
        return self._told("garbled")

    def partial(self) -> Any:
        """One mail of the call fails, the others do not."""
        return self._told("partial", entries=(0,))

    def _told(self, kind: str, **more: Any) -> Any:
        fault = Fault(provider=self._provider, operation=self._operation, kind=kind, **more)
        self._faults.add(fault)
        return self.go_on()


PROVIDER_CALLS: Mapping[tuple[str, str], tuple[Provider, str]] = {
    ("POST", "outbound-bulk-emails"): ("ses", "send_bulk_email"),
    ("POST", "outbound-emails"): ("ses", "send_email"),
    ("GET", "account"): ("ses", "get_account"),
    ("POST", "token"): ("line", "token"),
    ("POST", "push"): ("line", "push"),
    ("POST", "multicast"): ("line", "multicast"),
    ("POST", "Messages.json"): ("twilio", "create"),
    ("GET", "Messages.json"): ("twilio", "list"),
}
"""Method and the end of the path -> provider and operation, as the stand-ins name them."""


def _provider_call(method: str, url: str) -> tuple[Provider, str] | None:
    """Which call it is; None for the test's own controls."""
    path = url.partition("?")[0]
    if path.startswith("/_standins/"):
        return None
    return PROVIDER_CALLS[method, path.rsplit("/", 1)[-1]]


def _in_small_pages(service: str, request: Request) -> Request:
    """A query of who is due in pages of two, as one of a large town has pages of thousands."""
    if service == "dynamodb" and b"Query" in _target(request):
        asked = json.loads(request.body)
        values = json.dumps(asked.get("ExpressionAttributeValues", {}))
        if '"DUE#' in values:
            request.body = json.dumps({**asked, "Limit": 2})
    return request


def _target(request: Request) -> bytes:
    target = request.headers["X-Amz-Target"]
    return target if isinstance(target, bytes) else target.encode()
