"""Accounts in the directory table."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key as Where
from pydantic import TypeAdapter

from shared.rules.account import Account
from shared.store import keys
from shared.store.tables import get, keyed, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_ACCOUNT = TypeAdapter(Account)


class Accounts:
    """The contracting accounts: a few thousand at most, in one partition."""

    def __init__(self, directory: "Table") -> None:
        self._table = directory

    def __iter__(self) -> Iterator[Account]:
        """Every account, by id."""
        for item in query(
            self._table,
            KeyConditionExpression=Where("pk").eq(keys.account("").pk),
            ConsistentRead=True,
        ):
            yield _ACCOUNT.validate_python(item["account"])

    def get(self, account_id: str) -> Account | None:
        """One account, or None."""
        key = keys.account(account_id)
        item = get(self._table, {"pk": key.pk, "sk": key.sk})
        return None if item is None else _ACCOUNT.validate_python(item["account"])

    def put(self, account: Account) -> None:
        """Store an account whole, in place of what was there."""
        document = _ACCOUNT.dump_python(account, mode="json")
        self._table.put_item(Item=keyed(keys.account(account.id), {"account": document}))
