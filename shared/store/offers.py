"""Offers: to whom the one action that stops everything is to be offered, when it is not night."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key as Where

from shared.store import keys
from shared.store.tables import Action, keyed, put_action, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True)
class Offer:
    """That a subscriber is to be offered a stop. `mark` makes it known if it is handed on twice."""

    subscriber: str
    mark: str


class Offers:
    """Offers that wait in the directory table; they say nothing of why."""

    def __init__(self, directory: "Table") -> None:
        self._table = directory

    def laid_down(self, subscribers: Iterable[str], now: datetime) -> list[Action]:
        """The actions that lay down an offer to each, for the transaction of the stop."""
        at = now.astimezone(UTC).isoformat()
        return [
            put_action(
                self._table, keyed(keys.offer(each), {"mark": secrets.token_hex(8), "at": at})
            )
            for each in sorted(subscribers)
        ]

    def __iter__(self) -> Iterator[Offer]:
        """Every offer that waits."""
        pk = keys.offer("").pk
        for item in query(
            self._table, KeyConditionExpression=Where("pk").eq(pk), ConsistentRead=True
        ):
            yield Offer(item["sk"], item["mark"])

    def handed_on(self, offer: Offer) -> None:
        """It is on its way."""
        self.withdrawn(offer.subscriber)

    def withdrawn(self, subscriber: str) -> None:
        """What waits for a subscriber is not offered any more."""
        self._table.delete_item(Key=asdict(keys.offer(subscriber)))
