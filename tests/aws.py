"""AWS in process: DynamoDB and SQS by the local platform's own engine, everything else by moto.

The engine keeps transactions and their tokens as AWS does, and answers in a fraction of moto's time
(docs/decisions/0011). Nothing listens anywhere: requests are answered where botocore would send
them.
"""

import copy
import logging
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.handlers
import moto.core.models  # noqa: F401 - puts its own handler in the list, behind ours
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from ministack.core.responses import set_request_region
from ministack.services import dynamodb, sqs
from moto import mock_aws
from moto.core.botocore_stubber import MockRawResponse

REGION = "ap-northeast-1"

Handle = Callable[..., Coroutine[Any, Any, tuple[int, Mapping[str, str], bytes | str]]]
Request = AWSPreparedRequest
GoOn = Callable[[Request], AWSResponse | None]
Between = Callable[[str, str, Request, GoOn], AWSResponse | None]


class Engine:
    """Answers requests to DynamoDB and SQS while it is `on`.

    `between`, where it is set, is called in its place for every service with service, operation,
    request and the way on: it may answer, alter or raise what it likes.
    """

    between: Between | None = None

    services: Mapping[str, Handle] = {
        "dynamodb": dynamodb.handle_request,
        "sqs": sqs.handle_request,
    }

    def __init__(self) -> None:
        self.on = False

    def __call__(self, request: Request, event_name: str, **_: Any) -> AWSResponse | None:
        """The answer, as botocore's `before-send` takes it; None where another is to answer."""
        if not self.on:
            return None
        _, service, operation = event_name.split(".", 2)

        def go_on(request: Request) -> AWSResponse | None:
            return self._answer(service, request)

        if self.between is not None:
            return self.between(service, operation, request, go_on)
        return go_on(request)

    def _answer(self, service: str, request: Request) -> AWSResponse | None:
        if service not in self.services:
            return None
        set_request_region(REGION)
        where = urlsplit(request.url)
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        headers["host"] = where.netloc
        body = _text(request.body or "").encode()
        status, answered, answer = _result(
            self.services[service](request.method, where.path, headers, body, {})
        )
        return answer_of(request, status, answer, answered)


def answer_of(
    request: Request, status: int, body: bytes | str, headers: Mapping[str, str] | None = None
) -> AWSResponse:
    """An answer to a request, as botocore reads it."""
    return AWSResponse(request.url, status, dict(headers or {}), MockRawResponse(body))


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _result(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine comes to that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    message = "the engine waited: a long poll has no place in process"
    raise RuntimeError(message)


ENGINE = Engine()
botocore.handlers.BUILTIN_HANDLERS.insert(0, ("before-send", ENGINE))
for _name in ("dynamodb", "sqs"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def remember() -> Callable[[], None]:
    """What DynamoDB holds at this moment: the function puts it back, and empties every queue."""
    kept = copy.deepcopy(dynamodb._tables._data)

    def restore() -> None:
        dynamodb._tables._data = copy.deepcopy(kept)
        dynamodb._txn_idempotency.clear()
        for queue in sqs._queues.values():
            queue["messages"] = []

    return restore


@cache
def _session() -> boto3.session.Session:
    """The one session of the process; its credentials are invented, as in every test."""
    return boto3.session.Session(
        aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION
    )


@contextmanager
def aws() -> Iterator[None]:
    """An empty AWS, for as long as the `with` block lasts."""
    with mock_aws(config={"core": {"passthrough": {"services": sorted(Engine.services)}}}):
        # moto takes the session away, and with it every description of a service that was read.
        boto3.DEFAULT_SESSION = _session()
        dynamodb.reset()
        sqs.reset()
        ENGINE.on = True
        try:
            yield
        finally:
            ENGINE.on = False
