"""Touchpoints in the directory table, and how many people came through each, month by month."""

from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key as Where
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from shared.rules.months import Month
from shared.rules.touchpoint import BUILT_IN, Funnel, Step, Touchpoint, built_in
from shared.store import keys
from shared.store.documents import read
from shared.store.tables import ConflictError, get, is_conflict, put_new, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table

_TOUCHPOINT = TypeAdapter(Touchpoint)


class Touchpoints:
    """The touchpoints of each account: a few dozen at most, in one partition. Those that are
    built in are always there, open, and stored nowhere.
    """

    def __init__(self, resource: "DynamoDBServiceResource", directory: "Table") -> None:
        self._resource, self._table = resource, directory

    def put(self, touchpoint: Touchpoint) -> None:
        """Add a touchpoint; ConflictError where the account has one of that id, open or closed."""
        if touchpoint.id in BUILT_IN:
            raise ConflictError
        key = keys.touchpoint(touchpoint.account, touchpoint.id)
        document = _TOUCHPOINT.dump_python(touchpoint, mode="json", exclude_none=True)
        put_new(self._resource, self._table, key, document)

    def get(self, account: str, touchpoint: str) -> Touchpoint | None:
        """One touchpoint, open or closed, or None."""
        if touchpoint in BUILT_IN:
            return Touchpoint(account, touchpoint, BUILT_IN[touchpoint])
        item = get(self._table, asdict(keys.touchpoint(account, touchpoint)))
        return None if item is None else read(_TOUCHPOINT, item, f"the touchpoint {touchpoint}")

    def of(self, account: str) -> list[Touchpoint]:
        """Every touchpoint of an account, open and closed: those built in, then by id."""
        where = Where("pk").eq(keys.touchpoint(account, "").pk)
        items = query(self._table, KeyConditionExpression=where, ConsistentRead=True)
        added = (read(_TOUCHPOINT, item, f"the touchpoint {item['sk']}") for item in items)
        return [*built_in(account), *added]

    def rename(self, account: str, touchpoint: str, name: str) -> bool:
        """Give it another name; False where there is none of that id. Link and counts stay."""
        return self._update(
            account,
            touchpoint,
            UpdateExpression="SET #name = :name",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#name": "name"},
            ExpressionAttributeValues={":name": name},
        )

    def close(self, account: str, touchpoint: str, at: datetime) -> bool:
        """End its link; False where none of that id is open. Its counts stay."""
        return self._update(
            account,
            touchpoint,
            UpdateExpression="SET closed_at = :at",
            ConditionExpression="attribute_exists(pk) AND attribute_not_exists(closed_at)",
            ExpressionAttributeValues={":at": at.astimezone(UTC).isoformat()},
        )

    def reopen(self, account: str, touchpoint: str) -> bool:
        """Have its link work again; False where none of that id is closed."""
        return self._update(
            account,
            touchpoint,
            UpdateExpression="REMOVE closed_at",
            ConditionExpression="attribute_exists(closed_at)",
        )

    def count(self, account: str, touchpoint: str, step: Step, day: date) -> None:
        """Count one more who reached a step on a day (JST), however many do so at once.

        Whoever counts has looked whether there is such a touchpoint. A request that boto3 repeats
        may count twice: this is a figure for people, no record.
        """
        self._table.update_item(
            Key=asdict(keys.touchpoint_counts(account, Month.of(day), touchpoint)),
            UpdateExpression="ADD #step :one",
            ExpressionAttributeNames={"#step": step.value},
            ExpressionAttributeValues={":one": 1},
        )

    def counts(self, account: str, first: Month, last: Month) -> dict[str, Funnel]:
        """How many reached each step in the months `first` to `last`, by touchpoint. One nobody
        followed is left out. One query.
        """
        pk, since, until = keys.touchpoint_counts_of(account, first, last)
        where = Where("pk").eq(pk) & Where("sk").between(since, until)
        found: dict[str, Funnel] = defaultdict(Funnel)
        for item in query(self._table, KeyConditionExpression=where, ConsistentRead=True):
            touchpoint = item["sk"].partition("#")[2]
            found[touchpoint] += Funnel(**{step.value: int(item.get(step, 0)) for step in Step})
        return dict(found)

    def _update(self, account: str, touchpoint: str, **parameters: Any) -> bool:  # noqa: ANN401 - boto3's own
        try:
            self._table.update_item(Key=asdict(keys.touchpoint(account, touchpoint)), **parameters)
        except ClientError as error:
            if not is_conflict(error):
                raise
            return False
        return True
