"""docs/openapi.yaml and the Lambdas say the same, whatever is sent: by schemathesis, in process."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from werkzeug.wrappers import Request, Response

from functions.line import webhook
from functions.register import pages
from functions.sms import status
from tests.register.parents import own_path
from tests.template import resources_of
from tests.world import Context, World, pregnant

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.yaml"
HANDLERS: dict[str, Callable[[dict[str, Any], Any], dict[str, Any]]] = {
    "/line/": webhook.handler,
    "/sms/": status.handler,
    "/me/": pages.handler,
}


@Request.application
def gateway(request: Request) -> Response:
    """The HTTP API before the Lambdas (payload format 2.0)."""
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query_string.decode("latin-1"),
        "headers": {name.lower(): value for name, value in request.headers},
        "requestContext": {
            "http": {"method": request.method, "path": request.path, "sourceIp": "192.0.2.1"},
            "stage": "$default",
        },
        "body": base64.b64encode(request.get_data()).decode(),
        "isBase64Encoded": True,
    }
    handler = next(each for start, each in HANDLERS.items() if request.path.startswith(start))
    answer = handler(event, Context())
    headers = answer.get("headers") or {"Content-Type": "text/plain"}
    return Response(answer.get("body", ""), answer["statusCode"], headers)


SCHEMA = schemathesis.openapi.from_path(DOCUMENT)
SCHEMA.app = gateway


@pytest.fixture(autouse=True)
def _town(world: World) -> Iterator[None]:
    world.add(pregnant(1))
    return iter([None])


@SCHEMA.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_whatever_is_sent_is_answered_as_it_is_written(case: Any) -> None:
    case.call_and_validate(
        checks=[not_a_server_error, status_code_conformance, response_schema_conformance]
    )


def test_a_parents_file_is_of_the_shape_that_is_written(world: World) -> None:
    operation = SCHEMA["/me/{token}/export"]["GET"]
    token = unquote(own_path("s1").removeprefix("/me/"))

    answer = operation.Case(path_parameters={"token": token}).call()

    assert answer.status_code == 200
    operation.validate_response(answer)


def test_every_route_of_the_document_is_in_the_template() -> None:
    routes = {
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for function in resources_of("AWS::Serverless::Function").values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }
    written = {
        (found.ok().method.upper(), found.ok().path)
        for found in SCHEMA.get_all_operations()  # type: ignore[union-attr]
    }

    # What lies below the own page shares a route.
    assert {each for each in written if each[1] != "/me/{token}/export"} <= routes
    assert ("GET", "/me/{token}/{subject}") in routes
