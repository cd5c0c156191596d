"""Reads of the hot path: pages whose JSON is read in one go, not by botocore.

Where thousands of items are read, botocore's parser and boto3's deserializer cost most of the CPU:
176 us for a subscriber, 30 us this way (`make bench` has the figures of whole days).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from pydantic_core import from_json

from shared.store.tables import GET_LIMIT, RETRY_PAUSES_SECONDS, BusyError, Item

SIDE_BY_SIDE = 4
"""Requests of one read under way at once: each takes some 10 ms, and people wait between the freeze
of their wave and its calls."""

_RAW = "Raw"


class Wanted(NamedTuple):
    """One item that is wanted: its table, its key (all keys are texts), and the only attributes to
    read of it, or all. Items of one table that are read together have the same `only`.
    """

    table: str
    key: Mapping[str, str]
    only: tuple[str, ...] = ()


class Reads:
    """Consistent reads. Numbers in the items are texts, as DynamoDB writes them."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def get_many(self, wanted: Sequence[Wanted]) -> Iterator[tuple[str, Item]]:
        """The items that there are, each with its table, in no order; 100 of whichever tables in a
        request. Many requests are made side by side, from the call on; few one after another, as
        their items are asked for. BusyError where DynamoDB keeps leaving some out.
        """
        starts = range(0, len(wanted), GET_LIMIT)
        requests = [_requests(wanted[start : start + GET_LIMIT]) for start in starts]
        # A few are not worth the CPU of threads.
        mapped = self._threads.map if len(requests) > SIDE_BY_SIDE else map
        return chain.from_iterable(mapped(self._got, requests))

    def _got(self, request: Mapping[str, Any]) -> list[tuple[str, Item]]:
        found: list[tuple[str, Item]] = []
        left: Any = request
        for pause in (*RETRY_PAUSES_SECONDS, None):
            answer = from_json(
                self.client.batch_get_item(RequestItems=left)[_RAW], cache_strings="keys"
            )
            for table, items in answer["Responses"].items():
                found += [(table, _plain_item(item)) for item in items]
            left = answer.get("UnprocessedKeys")
            if not left:
                return found
            if pause is not None:
                time.sleep(pause)
        raise BusyError(f"items of {', '.join(sorted(left))} could not be read")

    def query(self, table: str, **parameters: Any) -> Iterator[Item]:  # noqa: ANN401 - boto3's own
        """Every item of a query; values are given as texts. While a page is worked on, the next one
        is read.
        """
        values = parameters.pop("values")
        request = {
            "TableName": table,
            "ConsistentRead": True,
            "ExpressionAttributeValues": {name: {"S": text} for name, text in values.items()},
            **parameters,
        }
        page = self._page(request)
        while True:
            ahead = None
            if last := page.get("LastEvaluatedKey"):
                ahead = self._threads.submit(self._page, {**request, "ExclusiveStartKey": last})
            yield from map(_plain_item, page["Items"])
            if ahead is None:
                return
            page = ahead.result()

    def _page(self, request: Mapping[str, Any]) -> dict[str, Any]:
        page: dict[str, Any] = from_json(self.client.query(**request)[_RAW], cache_strings="keys")
        return page

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(SIDE_BY_SIDE, "reads")

    @cached_property
    def client(self) -> Any:  # noqa: ANN401 - its answers are not those of a DynamoDBClient
        """The client of these reads alone."""
        return raw_client(self._config)


def raw_client(config: Config) -> Any:  # noqa: ANN401 - as above
    """A client whose answers to reads hold the body as it came, under `Raw`, and nothing else."""
    client = boto3.client("dynamodb", config=config.merge(Config(parameter_validation=False)))
    for operation in ("BatchGetItem", "Query", "Scan"):
        client.meta.events.register(f"before-parse.dynamodb.{operation}", _keep_raw)
    return client


def plain(value: dict[str, Any]) -> Any:  # noqa: ANN401 - as stored
    """A value without DynamoDB's types, of which our documents use these."""
    ((kind, content),) = value.items()
    match kind:
        case "M":
            return _plain_item(content)
        case "L":
            return [plain(each) for each in content]
        case "NULL":
            return None
        case _:
            return content


def _plain_item(item: dict[str, Any]) -> Item:
    # Most values are texts: not worth a call.
    return {name: value["S"] if "S" in value else plain(value) for name, value in item.items()}


def _requests(wanted: Sequence[Wanted]) -> dict[str, Any]:
    """The items of each table, as BatchGetItem asks for them."""
    asked: dict[str, Any] = {}
    for each in wanted:
        request = asked.setdefault(each.table, {"Keys": [], "ConsistentRead": True})
        request["Keys"].append({name: {"S": value} for name, value in each.key.items()})
        if each.only:
            request["ProjectionExpression"] = ",".join(f"#{name}" for name in each.only)
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in each.only}
    return asked


def _keep_raw(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    """Hand the body of a good answer over as it came, and leave nothing for botocore to parse."""
    if response_dict["status_code"] == 200:
        customized_response_dict[_RAW] = response_dict["body"]
        response_dict["body"] = b"{}"
