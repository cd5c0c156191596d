"""Rates: when each provider account may be called next, whichever Lambda wants to."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from shared.rules.rate_limit import FURTHEST, SECOND, Slot, duration, next_slot
from shared.store.tables import is_conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

KEPT_SECONDS = 86_400
"""An account that nobody called for a day has no item: it is free."""


def _wall_clock() -> int:
    return time.time_ns() // 1_000


class Rates:
    """One item in the pending table for each provider account: until when it is taken.

    A slot is reserved by one conditional write and never given back. Whoever dies before the call
    leaves a short silence, never a burst; so does a write that boto3 repeats.
    """

    def __init__(self, table: "Table", clock: Callable[[], int] = _wall_clock) -> None:
        self._table, self._clock = table, clock
        self._free_at: dict[str, int] = {}
        """Until when each account was taken when it was last heard of."""

    def take(self, bucket: str, tokens: float, per_second: float, longest: float) -> float | None:
        """Reserve the next slot for so many tokens, and return the seconds until it begins; None,
        and nothing is reserved, where it would begin later than in `longest` seconds.

        One write, where the account is as it was when it was last heard of: in use, or idle.
        """
        lasts = duration(tokens, per_second)
        while True:
            now, free_at = self._clock(), self._free_at.get(bucket)
            slot = next_slot(free_at, now, lasts)
            if slot.begins == free_at:
                latest = now + min(int(longest * SECOND), FURTHEST)
                written, ends = self._write(
                    bucket,
                    "ADD free_at :lasts SET expires = :expires",
                    "free_at BETWEEN :now AND :latest",
                    {":lasts": lasts, ":now": now, ":latest": latest},
                )
            else:
                written, ends = self._write(
                    bucket,
                    "SET free_at = :ends, expires = :expires",
                    "attribute_not_exists(id) OR NOT free_at BETWEEN :now AND :furthest",
                    {":ends": slot.ends, ":now": now, ":furthest": now + FURTHEST},
                )
            if ends is None:
                self._free_at.pop(bucket, None)
            else:
                self._free_at[bucket] = ends
            if written and ends is not None:
                return Slot(ends - lasts, ends).wait(now)
            if next_slot(ends, now, lasts).wait(now) > longest:
                return None

    def _write(
        self, bucket: str, change: str, condition: str, values: dict[str, int]
    ) -> tuple[bool, int | None]:
        """Whether the condition held, and until when the account is taken now."""
        expires = self._clock() // SECOND + KEPT_SECONDS
        try:
            answer = self._table.update_item(
                Key={"id": bucket},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues={**values, ":expires": expires},
                ReturnValues="UPDATED_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not is_conflict(error):
                raise
            # In an error even boto3's resource leaves an item as DynamoDB writes it.
            found = cast("dict[str, Any]", error.response).get("Item")
            return False, int(found["free_at"]["N"]) if found else None
        return True, int(cast("dict[str, Any]", answer["Attributes"])["free_at"])
