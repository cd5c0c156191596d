"""Arrivals: who has moved to another place, so that the day's job there looks once more."""

import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key as Where
from botocore.exceptions import ClientError

from shared.rules.account import Channel
from shared.rules.subscriber import Subscriber
from shared.store import keys
from shared.store.tables import Action, is_conflict, keyed, put_action, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True)
class Arrival:
    """That a subscriber came to an account and channel from another; `mark` tells this move from
    a later one.
    """

    subscriber: str
    account: str
    channel: Channel
    mark: str


class Arrivals:
    """Arrivals that no tick has seen yet, in the directory table."""

    def __init__(self, directory: "Table") -> None:
        self._table = directory

    def laid_down(self, subscriber: Subscriber) -> Action:
        """The action that lays one down, for the transaction of the move."""
        where = {"account": subscriber.account, "channel": subscriber.channel.value}
        item = {**where, "mark": secrets.token_hex(8)}
        return put_action(self._table, keyed(keys.arrival(subscriber.id), item))

    def __iter__(self) -> Iterator[Arrival]:
        """Every arrival that waits."""
        pk = keys.arrival("").pk
        for item in query(
            self._table, KeyConditionExpression=Where("pk").eq(pk), ConsistentRead=True
        ):
            yield Arrival(item["sk"], item["account"], Channel(item["channel"]), item["mark"])

    def seen(self, arrival: Arrival) -> None:
        """Forget it; a later one of the same subscriber stays."""
        try:
            self._table.delete_item(
                Key=asdict(keys.arrival(arrival.subscriber)),
                ConditionExpression="mark = :mark",
                ExpressionAttributeValues={":mark": arrival.mark},
            )
        except ClientError as error:
            if not is_conflict(error):
                raise
