"""Census: every subscriber once, page by page, without what names anybody.

Counting a million enrolments costs most where botocore turns pages into Python; here a page is
read from its JSON in one go, which takes about a third of the time (bench/census.py).
"""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from pydantic import TypeAdapter
from pydantic_core import from_json

from shared.rules.subscriber import Subscriber
from shared.store.documents import UnreadableError, read

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEGMENTS = 4
"""Parts of the table that are read side by side: while one is on its way, others are counted."""

_SUBSCRIBER = TypeAdapter(Subscriber)
_READ = ("id", "account", "channel", "enrolments", "earlier")
"""Neither address nor touchpoint: the template's policy lets a count read no other attribute."""


class Census:
    """All subscribers, erased people's anonymous histories among them."""

    def __init__(self, table_name: str, config: Config) -> None:
        self._name, self._config = table_name, config

    def size(self) -> int:
        """About how many there are; AWS counts anew every six hours."""
        return self._client.describe_table(TableName=self._name)["Table"].get("ItemCount", 0)

    def pages(self, segment: int, segments: int) -> Iterator[list[Subscriber | UnreadableError]]:
        """The subscribers of a part of the table, read consistently, as DynamoDB pages them (up
        to 1 MB); in the place of a record that cannot be read stands what is wrong with it.
        """
        parameters: dict[str, Any] = {
            "TableName": self._name,
            "ConsistentRead": True,
            "Segment": segment,
            "TotalSegments": segments,
            "ProjectionExpression": ",".join(f"#{name}" for name in _READ),
            "ExpressionAttributeNames": {f"#{name}": name for name in _READ},
        }
        while True:
            body = self._client.scan(**parameters)["Raw"]  # type: ignore[typeddict-item]
            page = from_json(body, cache_strings="keys")  # values seldom come twice
            # A tombstone of somebody erased has an id only; the history is elsewhere in the table.
            yield [_subscriber(item) for item in page["Items"] if "account" in item]
            if "LastEvaluatedKey" not in page:
                return
            parameters["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    @cached_property
    def _client(self) -> "DynamoDBClient":
        client = boto3.client("dynamodb", config=self._config)
        client.meta.events.register("before-parse.dynamodb.Scan", _keep_raw)
        return client


def _keep_raw(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    """Hand the body of a good answer over as it came, and leave nothing for botocore to parse."""
    if response_dict["status_code"] == 200:
        customized_response_dict["Raw"] = response_dict["body"]
        response_dict["body"] = b"{}"


def _subscriber(item: dict[str, Any]) -> Subscriber | UnreadableError:
    document = {name: _plain(value) for name, value in item.items()}
    try:
        return read(
            _SUBSCRIBER,
            {**document, "address": "", "touchpoint": None},
            f"the subscriber {document['id']}",
        )
    except UnreadableError as error:
        return error


def _plain(value: dict[str, Any]) -> Any:  # noqa: ANN401 - as stored
    """A value without DynamoDB's types, of which our documents use these."""
    ((kind, content),) = value.items()
    match kind:
        case "M":
            return {name: _plain(each) for name, each in content.items()}
        case "L":
            return [_plain(each) for each in content]
        case "NULL":
            return None
        case _:
            return content
