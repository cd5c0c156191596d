"""The audit: who did what, about what. It is added to and never changed."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key as Where
from pydantic import TypeAdapter

from shared.rules.months import Month
from shared.store import keys
from shared.store.documents import read
from shared.store.tables import put_new, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done at an instant (UTC), by whom, and about which account, snapshot or
    series: never about a person.
    """

    at: datetime
    by: str
    what: str
    about: str


_ENTRY = TypeAdapter(AuditEntry)


class Audit:
    """What people did through the program, by month, in the directory table."""

    def __init__(self, resource: "DynamoDBServiceResource", directory: "Table") -> None:
        self._resource, self._table = resource, directory

    def note(self, at: datetime, by: str, what: str, about: str) -> None:
        """Add an entry, for good. `about` must not name a person."""
        entry = AuditEntry(at.astimezone(UTC), by, what, about)
        key = keys.audit(at, secrets.token_hex(4))
        put_new(self._resource, self._table, key, _ENTRY.dump_python(entry, mode="json"))

    def of_month(self, year: int, month: int) -> Iterator[AuditEntry]:
        """The entries of a month in Tokyo, the oldest first."""
        for item in query(
            self._table,
            KeyConditionExpression=Where("pk").eq(keys.audit_of(Month(year, month))),
            ConsistentRead=True,
        ):
            yield read(_ENTRY, item, f"the audit entry {item['sk']}")
