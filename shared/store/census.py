"""Census: every subscriber once, page by page, without what names anybody.

Counting a million enrolments costs most where botocore turns pages into Python, so pages are read
from their JSON (shared/store/reads.py), which takes about a third of the time.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from botocore.config import Config
from pydantic import TypeAdapter
from pydantic_core import from_json

from shared.rules.subscriber import Subscriber
from shared.store.documents import UnreadableError, read
from shared.store.reads import plain, raw_client

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
        table = self._client.describe_table(TableName=self._name)["Table"]
        return int(table.get("ItemCount", 0))

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
            body = self._client.scan(**parameters)["Raw"]
            page = from_json(body, cache_strings="keys")  # values seldom come twice
            # A tombstone of somebody erased has an id only; the history is elsewhere in the table.
            yield [_subscriber(item) for item in page["Items"] if "account" in item]
            if "LastEvaluatedKey" not in page:
                return
            parameters["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - its answers are not those of a DynamoDBClient
        return raw_client(self._config)


def _subscriber(item: dict[str, Any]) -> Subscriber | UnreadableError:
    document = {name: plain(value) for name, value in item.items()}
    try:
        return read(
            _SUBSCRIBER,
            {**document, "address": "", "touchpoint": None},
            f"the subscriber {document['id']}",
        )
    except UnreadableError as error:
        return error
