"""Brakes: how often something may be asked for within a while, and what was dealt with before."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.store import keys
from shared.store.tables import get, is_conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True)
class Brake:
    """At most `times` within each window of `seconds`, for one subject."""

    name: str
    times: int
    seconds: int


class Brakes:
    """Counters in the pending table, by the keyed hash of whom or what they slow down."""

    def __init__(self, table: "Table", secret: Callable[[], bytes]) -> None:
        self._table, self._secret = table, secret

    def allow(self, brake: Brake, subject: str) -> bool:
        """Count one more for a subject; whether it may be done."""
        window = int(time.time()) // brake.seconds
        answer = self._table.update_item(
            Key={"id": keys.brake(brake.name, subject, window, self._secret())},
            UpdateExpression="ADD times :one SET expires = :expires",
            ExpressionAttributeValues={":one": 1, ":expires": (window + 2) * brake.seconds},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["times"]) <= brake.times  # type: ignore[arg-type]

    def slow(self, name: str, subject: str, *, seconds: int) -> None:
        """Note that a subject is to be slowed down for so long."""
        self._table.put_item(
            Item={
                "id": keys.brake(name, subject, 0, self._secret()),
                "expires": int(time.time()) + seconds,
            }
        )

    def slowed(self, name: str, subject: str) -> bool:
        """Whether a subject is slowed down."""
        item = get(self._table, {"id": keys.brake(name, subject, 0, self._secret())})
        return item is not None and int(item["expires"]) > time.time()


class Seen:
    """Events and notices that were dealt with, so that a second coming of them is known."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def first_time(self, what: str, mark: str, *, seconds: int = 7 * 86_400) -> bool:
        """Note that it came; whether it had not within `seconds`."""
        now = int(time.time())
        try:
            self._table.put_item(
                Item={"id": keys.seen(what, mark), "expires": now + seconds},
                ConditionExpression="attribute_not_exists(id) OR expires <= :now",
                ExpressionAttributeValues={":now": now},
            )
        except ClientError as error:
            if not is_conflict(error):
                raise
            return False
        return True

    def known(self, what: str, mark: str) -> bool:
        """Whether it came; nothing is noted."""
        item = get(self._table, {"id": keys.seen(what, mark)})
        return item is not None and int(item["expires"]) > time.time()

    def forget(self, what: str, mark: str) -> None:
        """It could not be dealt with: the next coming is the first again."""
        self._table.delete_item(Key={"id": keys.seen(what, mark)})
