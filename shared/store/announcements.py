"""Announcements in the directory table: a few a month, in one partition."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key as Where
from pydantic import TypeAdapter

from shared.rules.announcement import Announcement
from shared.store import keys
from shared.store.documents import read
from shared.store.tables import get, keyed, put_if, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_ANNOUNCEMENT = TypeAdapter(Announcement)


class Announcements:
    """What was announced, is to be, or was withdrawn."""

    def __init__(self, directory: "Table") -> None:
        self._table = directory

    def __iter__(self) -> Iterator[Announcement]:
        """Every announcement, by id: an id begins with the day on which it was written."""
        pk = keys.announcement("").pk
        for item in query(
            self._table, KeyConditionExpression=Where("pk").eq(pk), ConsistentRead=True
        ):
            yield read(_ANNOUNCEMENT, item["announcement"], f"the announcement {item['sk']}")

    def on(self, day: date) -> list[Announcement]:
        """Those of a day. They are few: the partition is read whole."""
        return [each for each in self if each.on == day]

    def get(self, announcement_id: str) -> Announcement | None:
        """One announcement, or None."""
        item = get(self._table, asdict(keys.announcement(announcement_id)))
        if item is None:
            return None
        return read(_ANNOUNCEMENT, item["announcement"], f"the announcement {announcement_id}")

    def add(self, announcement: Announcement) -> None:
        """Store a new one; ConflictError where there is one of its id."""
        self._put(announcement, "attribute_not_exists(pk)")

    def decide(self, announcement: Announcement) -> None:
        """Store that one was approved or withdrawn; ConflictError where that was decided
        meanwhile.
        """
        self._put(
            announcement,
            "attribute_exists(pk) AND announcement.withdrawn_by = :none"
            if announcement.withdrawn_by
            else "announcement.approved_by = :none AND announcement.withdrawn_by = :none",
            {":none": None},
        )

    def _put(
        self, announcement: Announcement, condition: str, values: dict[str, None] | None = None
    ) -> None:
        document = _ANNOUNCEMENT.dump_python(announcement, mode="json")
        item = keyed(keys.announcement(announcement.id), {"announcement": document})
        put_if(self._table, item, condition, values)
