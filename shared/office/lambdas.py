"""Asking another Lambda of the platform: its answer, or what it refuses, in one line."""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from shared.office.errors import NotDoneError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

LONGEST_SECONDS = 900
"""The longest that a Lambda lives: nothing is ever asked for twice meanwhile."""


def ask(function: str, event: dict[str, Any]) -> dict[str, Any]:
    """The answer of a Lambda; NotDoneError with what it says where it refuses or fails."""
    answer = _client().invoke(FunctionName=function, Payload=json.dumps(event).encode())
    payload: dict[str, Any] = json.loads(answer["Payload"].read() or b"{}")
    if answer.get("FunctionError"):
        raise NotDoneError(payload.get("errorMessage", "the Lambda gave no reason"))
    return payload


def tell(function: str, event: dict[str, Any]) -> None:
    """Have a Lambda do something, and not wait for it."""
    _client().invoke(
        FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode()
    )


@cache
def _client() -> "LambdaClient":
    once = Config(read_timeout=LONGEST_SECONDS + 10, retries={"total_max_attempts": 1})
    return boto3.client("lambda", config=once)
