"""The way to AWS that may fail: what passes through it, and what it makes of a fault."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from local.standins.config import Config as Told
from local.standins.config import SesConfig
from local.standins.faults import Fault
from local.standins.server import Standins


@pytest.fixture
def dynamodb() -> Iterator[tuple[str, list[str]]]:
    """A server that answers as DynamoDB does, and what it was asked."""
    asked: list[str] = []

    @Request.application
    def answer(request: Request) -> Response:
        asked.append(request.headers["X-Amz-Target"].rpartition(".")[2])
        return Response(json.dumps({"TableNames": ["T"]}), mimetype="application/x-amz-json-1.0")

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def way(dynamodb: tuple[str, list[str]]) -> Iterator[tuple[Standins, Any]]:
    told = Told(ses=SesConfig(aws_endpoint=dynamodb[0]))
    with Standins(":memory:", told) as standins:
        client = boto3.session.Session().client(
            "dynamodb",
            endpoint_url=f"{standins.url}/_aws",
            region_name="ap-northeast-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        yield standins, client


def test_a_call_passes_through(way: tuple[Standins, Any], dynamodb: tuple[str, list[str]]) -> None:
    _, client = way

    assert client.list_tables()["TableNames"] == ["T"]
    assert dynamodb[1] == ["ListTables"]


@pytest.mark.parametrize(
    ("fault", "code", "done"),
    [
        ({"kind": "server_error"}, "InternalServerError", False),
        ({"kind": "server_error", "after": True}, "InternalServerError", True),
        ({"kind": "throttle"}, "ThrottlingException", False),
    ],
)
def test_a_call_fails_before_or_after_it_took_effect(
    way: tuple[Standins, Any],
    dynamodb: tuple[str, list[str]],
    fault: dict[str, Any],
    code: str,
    done: bool,
) -> None:
    standins, client = way
    standins.app.faults.add(_fault(**fault))

    with pytest.raises(ClientError) as failed:
        client.update_item(TableName="Table", Key={"pk": {"S": "a"}})

    assert failed.value.response["Error"]["Code"] == code
    assert dynamodb[1] == (["UpdateItem"] if done else [])


def test_a_fault_for_one_operation_lets_the_others_pass(
    way: tuple[Standins, Any], dynamodb: tuple[str, list[str]]
) -> None:
    standins, client = way
    standins.app.faults.add(_fault(kind="server_error", operation="Query"))

    client.get_item(TableName="Table", Key={"pk": {"S": "a"}})

    assert dynamodb[1] == ["GetItem"]
    assert [each.operation for each in standins.app.faults.waiting()] == ["Query"]


def _fault(**told: Any) -> Fault:
    return Fault(provider="aws", **told)
