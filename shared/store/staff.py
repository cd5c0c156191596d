"""The office's staff: who does things, and where to write to them."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key as Where
from pydantic import TypeAdapter

from shared.store import keys
from shared.store.documents import read
from shared.store.tables import put_new, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True)
class Colleague:
    """One of the staff. The name is theirs alone; the email address is a valid one."""

    name: str
    email: str


_COLLEAGUE = TypeAdapter(Colleague)


class Staff:
    """The staff in the directory table: a few dozen, in one partition."""

    def __init__(self, resource: "DynamoDBServiceResource", directory: "Table") -> None:
        self._resource, self._table = resource, directory

    def __iter__(self) -> Iterator[Colleague]:
        """Everybody, by name."""
        for item in query(
            self._table,
            KeyConditionExpression=Where("pk").eq(keys.staff("").pk),
            ConsistentRead=True,
        ):
            yield read(_COLLEAGUE, item, "a colleague")

    def add(self, colleague: Colleague) -> None:
        """Add a colleague; ConflictError where there is one of that name."""
        put_new(self._resource, self._table, keys.staff(colleague.name), asdict(colleague))

    def remove(self, name: str) -> bool:
        """Remove a colleague; False where there was none of that name."""
        key = asdict(keys.staff(name))
        gone = self._table.delete_item(Key=key, ReturnValues="ALL_OLD")
        return "Attributes" in gone
