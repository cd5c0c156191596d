"""Accounts in the directory table."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key as Where
from pydantic import TypeAdapter

from shared.rules.account import Account
from shared.rules.subscriber import Subscriber
from shared.store import keys
from shared.store.documents import UnreadableError, read
from shared.store.tables import Item, get, keyed, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_ACCOUNT = TypeAdapter(Account)
log = logging.getLogger(__name__)


class Accounts:
    """The contracting accounts: a few thousand at most, in one partition."""

    def __init__(self, directory: "Table") -> None:
        self._table = directory

    def __iter__(self) -> Iterator[Account]:
        """Every account, by id. One that cannot be read is logged and left out: the others'
        readers must not wait for it.
        """
        for item in self._items():
            try:
                yield _read(item)
            except UnreadableError as error:
                log.error("%s", error)  # noqa: TRY400 - it says all there is to say

    def every(self) -> Iterator[Account]:
        """Every account, by id; UnreadableError where one cannot be read: a count without it
        would be wrong.
        """
        return map(_read, self._items())

    def get(self, account_id: str) -> Account | None:
        """One account, or None."""
        key = keys.account(account_id)
        item = get(self._table, {"pk": key.pk, "sk": key.sk})
        return None if item is None else _read(item)

    def shards(self, *subscribers: Subscriber) -> dict[str, int]:
        """The shards of the accounts where these subscribers are."""
        names = {each.account for each in subscribers}
        found = {name: self.get(name) for name in names}
        return {name: account.shards if account else 1 for name, account in found.items()}

    def _items(self) -> Iterator[Item]:
        return query(
            self._table,
            KeyConditionExpression=Where("pk").eq(keys.account("").pk),
            ConsistentRead=True,
        )

    def put(self, account: Account) -> None:
        """Store an account whole, in place of what was there."""
        document = _ACCOUNT.dump_python(account, mode="json")
        self._table.put_item(Item=keyed(keys.account(account.id), {"account": document}))


def _read(item: Item) -> Account:
    return read(_ACCOUNT, item.get("account"), f"the account {item['sk']}")
