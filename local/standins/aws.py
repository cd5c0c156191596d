"""DynamoDB and SQS between the Lambdas and the local platform: passed on, unless told to fail."""

import json
from collections.abc import Mapping

import urllib3
from werkzeug.wrappers import Request, Response

from local.standins.answers import json_answer
from local.standins.config import Settings
from local.standins.faults import Fault

_HTTP = urllib3.PoolManager(timeout=urllib3.Timeout(connect=3, read=60), maxsize=32, retries=False)
_NOT_PASSED_ON = {"host", "content-length", "connection"}
_NOT_PASSED_BACK = {"content-length", "connection", "transfer-encoding", "date", "server"}


class Aws:
    """The way to AWS that may fail, for a platform that was started with it."""

    name = "aws"
    routes = (("POST", "/_aws", "call"),)

    def __init__(self, settings: Settings) -> None:
        """Pass on to the endpoint that the configuration of SES's events names too."""
        self._settings = settings

    def reset(self) -> None:
        """Nothing is kept."""

    def answer(
        self, _operation: str, request: Request, _fault: Fault | None, _path: Mapping[str, str]
    ) -> Response:
        """Answer as AWS does."""
        endpoint = self._settings.current.ses.aws_endpoint
        if endpoint is None:
            return json_answer({"message": "no aws_endpoint is configured"}, 502)
        sent = {k: v for k, v in request.headers.items() if k.lower() not in _NOT_PASSED_ON}
        found = _HTTP.request("POST", f"{endpoint}/", body=request.get_data(), headers=sent)
        back = {k: v for k, v in found.headers.items() if k.lower() not in _NOT_PASSED_BACK}
        return Response(found.data, found.status, back)

    def failure(self, fault: Fault) -> Response:
        """Return the answer to a call that fails whole."""
        throttled = fault.kind == "throttle"
        code = "ThrottlingException" if throttled else "InternalServerError"
        body = json.dumps({"__type": code, "message": "told to fail"})
        return Response(body, 400 if throttled else 500, mimetype="application/x-amz-json-1.0")

    def stamp(self, _response: Response) -> None:
        """AWS's own answers have all they need."""


def operation_of(request: Request) -> str:
    """The operation, as the JSON protocols of DynamoDB and SQS name it."""
    return request.headers.get("X-Amz-Target", "").rpartition(".")[2]
