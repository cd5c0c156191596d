"""AWS in process: DynamoDB and SQS by the local platform's own engine, everything else by moto.

The engine keeps transactions and their tokens as AWS does, and answers in a fraction of moto's time
(docs/decisions/0011). Nothing listens anywhere: requests are answered where botocore would send
them.
"""

import logging
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import botocore.handlers
import moto.core.models  # noqa: F401 - puts its own handler in the list, behind ours
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from ministack.core.responses import set_request_region
from ministack.services import dynamodb, sqs
from moto import mock_aws
from moto.core.botocore_stubber import MockRawResponse

REGION = "ap-northeast-1"

Handle = Callable[..., Coroutine[Any, Any, tuple[int, Mapping[str, str], bytes | str]]]


class Engine:
    """Answers requests to DynamoDB and SQS while it is `on`."""

    services: Mapping[str, Handle] = {
        "dynamodb": dynamodb.handle_request,
        "sqs": sqs.handle_request,
    }

    def __init__(self) -> None:
        self.on = False

    def __call__(
        self, request: AWSPreparedRequest, event_name: str, **_: Any
    ) -> AWSResponse | None:
        """The answer, as botocore's `before-send` takes it; None where another is to answer."""
        _, service, _ = event_name.split(".", 2)
        if not self.on or service not in self.services:
            return None
        set_request_region(REGION)
        where = urlsplit(request.url)
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        body = _text(request.body or "").encode()
        status, headers, answer = _result(
            self.services[service](
                request.method, where.path, {**headers, "host": where.netloc}, body, {}
            )
        )
        return AWSResponse(request.url, status, headers, MockRawResponse(answer))


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


_ENGINE = Engine()
botocore.handlers.BUILTIN_HANDLERS.insert(0, ("before-send", _ENGINE))
for _name in ("dynamodb", "sqs"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@contextmanager
def aws() -> Iterator[None]:
    """An empty AWS, for as long as the `with` block lasts."""
    with mock_aws(config={"core": {"passthrough": {"services": sorted(Engine.services)}}}):
        dynamodb.reset()
        sqs.reset()
        _ENGINE.on = True
        try:
            yield
        finally:
            _ENGINE.on = False
