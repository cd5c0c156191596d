"""What providers tell of messages after they took them, in the ledger table.

It expires with the runs that it is about.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key as Where
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from shared.rules.account import Channel
from shared.rules.failures import Counts
from shared.rules.feedback import Feedback
from shared.store import keys
from shared.store.documents import read
from shared.store.keys import LEDGER_DAYS, JobId, Key
from shared.store.tables import (
    TRANSACTION_LIMIT,
    Action,
    Item,
    get_many,
    is_conflict,
    keyed,
    put_action,
    query,
    transact,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table

_FEEDBACK = TypeAdapter(Feedback)


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """One message: its place in a batch of a job."""

    job: JobId
    batch: str
    position: int


@dataclass(frozen=True, slots=True)
class Learned:
    """What was known of a message, what is known now, and what that adds to its day's counts."""

    place: Place
    before: Feedback
    now: Feedback
    counts: Counts


class MessageFeedback:
    """What is known of each message, and the counts of each day."""

    def __init__(self, resource: "DynamoDBServiceResource", ledger: "Table") -> None:
        self._resource, self._table = resource, ledger

    def known(self, places: Iterable[Place]) -> dict[Place, Feedback]:
        """What is known of these messages; those of which nothing was written are left out."""
        by_key = {keys.feedback(each.job, each.batch, each.position): each for each in places}
        return {
            by_key[Key(item["pk"], item["sk"])]: read(_FEEDBACK, item, f"feedback {item['sk']}")
            for item in get_many(self._resource, self._table, [asdict(key) for key in by_key])
        }

    def learn(self, learned: Sequence[Learned]) -> None:
        """Write what was learned of messages of one day, account and channel, with its counts: as
        many in a transaction as fit, each counted exactly if it is written.

        ConflictError where of one of them more is known by now; earlier transactions stay.
        """
        room = TRANSACTION_LIMIT - 1
        for start in range(0, len(learned), room):
            some = learned[start : start + room]
            actions: list[Action] = [self._put(each) for each in some]
            counts = sum((each.counts for each in some), Counts())
            if counts != Counts():
                actions.append(self._count(some[0].place.job, counts))
            transact(self._resource, actions)

    def counts(self, days: Iterable[date], channel: Channel, account: str) -> dict[date, Counts]:
        """An account's counts of these days; those without any are left out."""
        by_key = {keys.feedback_counts(day, channel, account): day for day in days}
        return {
            by_key[Key(item["pk"], item["sk"])]: _counts(item)
            for item in get_many(self._resource, self._table, [asdict(key) for key in by_key])
        }

    def failed(self, day: date, channel: Channel) -> int:
        """How many messages of a day failed on a channel, of all accounts together."""
        key = keys.feedback_counts(day, channel, "")
        found = query(
            self._table,
            KeyConditionExpression=Where("pk").eq(key.pk) & Where("sk").begins_with(key.sk),
            ConsistentRead=True,
        )
        return sum(_counts(item).failed for item in found)

    def forgive(self, days: Iterable[date], channel: Channel, account: str) -> None:
        """What has bounced so far on these days no longer counts against the account."""
        for day in days:
            try:
                self._table.update_item(
                    Key=asdict(keys.feedback_counts(day, channel, account)),
                    UpdateExpression="SET forgiven_bounced = if_not_exists(bounced, :none),"
                    " forgiven_complained = if_not_exists(complained, :none)",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues={":none": 0},
                )
            except ClientError as error:
                if not is_conflict(error):
                    raise

    def first_warning(self, day: date, channel: Channel, account: str) -> bool:
        """Note that staff are warned of an account; whether it is the day's first time."""
        try:
            self._table.update_item(
                Key=asdict(keys.feedback_counts(day, channel, account)),
                UpdateExpression="SET warned = :yes",
                ConditionExpression="attribute_not_exists(warned)",
                ExpressionAttributeValues={":yes": True},
            )
        except ClientError as error:
            if not is_conflict(error):
                raise
            return False
        return True

    def _put(self, learned: Learned) -> dict[str, Any]:
        place, before = learned.place, learned.before
        now = replace(learned.now, version=before.version + 1)
        document = _FEEDBACK.dump_python(now, mode="json", exclude_none=True)
        item = {**document, "expires": _expires()}
        key = keys.feedback(place.job, place.batch, place.position)
        condition = "version = :version" if before.version else "attribute_not_exists(pk)"
        put = put_action(self._table, keyed(key, item), condition)
        if before.version:
            put["Put"]["ExpressionAttributeValues"] = {":version": before.version}
        return put

    def _count(self, job: JobId, counts: Counts) -> dict[str, Any]:
        more = {name: number for name, number in asdict(counts).items() if number}
        added = ", ".join(f"{name} :{name}" for name in more)
        values: Mapping[str, int] = {f":{name}": number for name, number in more.items()}
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": asdict(keys.feedback_counts(job.date, job.channel, job.account)),
                "UpdateExpression": f"ADD {added} SET expires = :expires",
                "ExpressionAttributeValues": {**values, ":expires": _expires()},
            }
        }


def _counts(item: Item) -> Counts:
    return Counts(**{each.name: int(item.get(each.name, 0)) for each in fields(Counts)})


def _expires() -> int:
    return int(time.time()) + LEDGER_DAYS * 86_400
