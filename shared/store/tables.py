"""DynamoDB as the store uses it: keys in, items out; pages, batches and transactions whole."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from shared.store.keys import Key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table

Item = Mapping[str, Any]

GET_LIMIT = 100
"""BatchGetItem takes 100 keys a call (DynamoDB API reference, read November 2026)."""

TRANSACTION_LIMIT = 100
"""TransactWriteItems takes 100 actions a call."""

CONDITION_FAILED = "ConditionalCheckFailed"

RETRY_PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""How long to wait before each repeat of what DynamoDB was too busy for."""


_RETRYABLE = {
    "None",
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
}


Action = Mapping[str, Any]
"""One write of a transaction."""


class ConflictError(Exception):
    """A condition did not hold: somebody else was first. Nothing was written.

    `failed` are the positions, among the actions of a transaction, whose conditions did not hold.
    """

    def __init__(self, failed: Iterable[int] = ()) -> None:
        super().__init__()
        self.failed = frozenset(failed)


class AddressTakenError(ConflictError):
    """The address is another subscriber's of the same account. Nothing was written."""


class BusyError(Exception):
    """DynamoDB kept answering that it is too busy. Nothing, or a part of a read, was done."""


class GarbledError(Exception):
    """DynamoDB's answer cannot be read: what was asked may have been done, or not."""


def open_dynamodb(config: Config | None = None) -> "DynamoDBServiceResource":
    """The tables' service. The SDK takes an answer that is no JSON for an empty one, and so a
    record that it could not read for one that is not there: here that is an error.
    """
    resource = boto3.resource("dynamodb", config=config)
    resource.meta.client.meta.events.register("after-call.dynamodb", _check_readable)
    return resource


def _check_readable(http_response: AWSResponse, **_: object) -> None:
    if http_response.status_code == 200 and not http_response.content.lstrip().startswith(b"{"):
        raise GarbledError("DynamoDB's answer is no JSON")


def get(table: "Table", key: Mapping[str, str]) -> Item | None:
    """One item, read consistently, or None."""
    return table.get_item(Key=dict(key), ConsistentRead=True).get("Item")


def get_many(
    resource: "DynamoDBServiceResource", table: "Table", keys: Sequence[Mapping[str, str]]
) -> Iterator[Item]:
    """The items at `keys`, read consistently, in no order; absent ones are left out."""
    for start in range(0, len(keys), GET_LIMIT):
        wanted: Sequence[Mapping[str, Any]] = [dict(k) for k in keys[start : start + GET_LIMIT]]
        for pause in (*RETRY_PAUSES_SECONDS, None):
            answer = resource.batch_get_item(
                RequestItems={table.name: {"Keys": wanted, "ConsistentRead": True}}
            )
            yield from answer["Responses"].get(table.name, [])
            left = answer.get("UnprocessedKeys", {}).get(table.name)
            if not left:
                break
            wanted = left["Keys"]
            if pause is None:
                message = f"{len(wanted)} items of {table.name} could not be read"
                raise BusyError(message)
            time.sleep(pause)


def query(table: "Table", **parameters: Any) -> Iterator[Item]:  # noqa: ANN401 - boto3's own
    """Every item of a query, page by page (an empty page with a next key is normal)."""
    while True:
        page = table.query(**parameters)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        parameters["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def scan(table: "Table", **parameters: Any) -> Iterator[Item]:  # noqa: ANN401 - boto3's own
    """Every item of a table, page by page. Never used by dispatch or delivery."""
    while True:
        page = table.scan(**parameters)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        parameters["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def keyed(key: Key, item: Item) -> dict[str, Any]:
    """An item with its key."""
    return {**asdict(key), **item}


def put_action(table: "Table", item: Item, condition: str | None = None) -> dict[str, Any]:
    """A Put of a transaction."""
    put: dict[str, Any] = {"TableName": table.name, "Item": dict(item)}
    if condition:
        put["ConditionExpression"] = condition
    return {"Put": put}


def delete_action(
    table: "Table", key: Mapping[str, str], condition: str | None = None
) -> dict[str, Any]:
    """A Delete of a transaction."""
    delete: dict[str, Any] = {"TableName": table.name, "Key": dict(key)}
    if condition:
        delete["ConditionExpression"] = condition
    return {"Delete": delete}


def count_action(table: "Table", key: Mapping[str, str], attribute: str) -> dict[str, Any]:
    """An Update of a transaction that counts `attribute` one up; absent, it counts as 0."""
    return {
        "Update": {
            "TableName": table.name,
            "Key": dict(key),
            "UpdateExpression": "ADD #counted :one",
            "ExpressionAttributeNames": {"#counted": attribute},
            "ExpressionAttributeValues": {":one": 1},
        }
    }


def transact(resource: "DynamoDBServiceResource", actions: Iterable[Action]) -> None:
    """Write all of `actions` or none; ConflictError where a condition failed."""
    for pause in (*RETRY_PAUSES_SECONDS, None):
        try:
            resource.meta.client.transact_write_items(TransactItems=list(actions))  # type: ignore[arg-type]
        except ClientError as error:
            if not is_cancelled(error):
                raise
            reasons = [r.get("Code") for r in error.response.get("CancellationReasons", [])]
            codes = set(reasons)
            if CONDITION_FAILED in codes:
                failed = (n for n, code in enumerate(reasons) if code == CONDITION_FAILED)
                raise ConflictError(failed) from error
            if not codes <= _RETRYABLE:
                raise
            if pause is None:
                raise BusyError(", ".join(sorted(c for c in codes if c))) from error
            time.sleep(pause)
        else:
            return


def put_new(resource: "DynamoDBServiceResource", table: "Table", key: Key, item: Item) -> None:
    """Store an item that is never to change; ConflictError where its key is taken.

    A transaction of one: boto3 gives it a token, so that a request that it repeats because the
    answer was lost does not meet itself as a conflict.
    """
    transact(resource, [put_action(table, keyed(key, item), "attribute_not_exists(pk)")])


def put_if(
    table: "Table", item: Item, condition: str, values: Mapping[str, Any] | None = None
) -> None:
    """Put an item where a condition holds; else ConflictError."""
    given = {"ExpressionAttributeValues": values} if values else {}
    try:
        table.put_item(Item=item, ConditionExpression=condition, **given)  # type: ignore[arg-type]
    except ClientError as error:
        if is_conflict(error):
            raise ConflictError from error
        raise


def is_cancelled(error: ClientError) -> bool:
    """Whether DynamoDB cancelled a transaction."""
    return error.response["Error"]["Code"] == "TransactionCanceledException"


def is_in_transaction(error: ClientError) -> bool:
    """Whether a single write met a transaction on the same item."""
    return error.response["Error"]["Code"] == "TransactionConflictException"


def is_conflict(error: ClientError) -> bool:
    """Whether a single write's condition did not hold."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
