"""Pauses: what is not sent until somebody lifts it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key as Where
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from shared.rules.account import Channel
from shared.store import keys
from shared.store.documents import read
from shared.store.tables import is_conflict, keyed, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

GUARD = "guard"
"""By whom an account is paused whose mails bounce."""


@dataclass(frozen=True, slots=True)
class Pause:
    """That nothing is sent for an account on a channel; None stands for all of them.

    `by` is the guard or one of the staff, `why` a line for staff that names nobody. `until_day` is
    the last day of messages that the guard looked at.
    """

    account: str | None
    channel: Channel | None
    since: datetime
    by: str
    why: str
    until_day: date | None = None

    def covers(self, account: str, channel: Channel) -> bool:
        """Whether it keeps this account's messages on this channel back."""
        return self.account in (None, account) and self.channel in (None, channel)


_PAUSE = TypeAdapter(Pause)


class Pauses:
    """The pauses in the directory table: a few at a time, in one partition."""

    def __init__(self, directory: "Table") -> None:
        self._table = directory

    def __iter__(self) -> Iterator[Pause]:
        """Every pause, by account and channel."""
        for item in query(
            self._table,
            KeyConditionExpression=Where("pk").eq(keys.pause(None, None).pk),
            ConsistentRead=True,
        ):
            yield read(_PAUSE, item, f"the pause {item['sk']}")

    def covering(self, account: str, channel: Channel) -> Pause | None:
        """A pause that keeps an account's messages on a channel back, or None."""
        return next((each for each in self if each.covers(account, channel)), None)

    def put(self, pause: Pause) -> bool:
        """Begin a pause; False, and nothing changes, where the same is paused already."""
        key = keys.pause(pause.account, pause.channel)
        try:
            self._table.put_item(
                Item=keyed(key, _PAUSE.dump_python(pause, mode="json")),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if not is_conflict(error):
                raise
            return False
        return True

    def lift(self, account: str | None, channel: Channel | None) -> Pause | None:
        """End a pause, and return what it was; None where there was none."""
        key = asdict(keys.pause(account, channel))
        answer: Mapping[str, Any] = self._table.delete_item(Key=key, ReturnValues="ALL_OLD")
        if "Attributes" not in answer:
            return None
        return read(_PAUSE, answer["Attributes"], f"the pause {key['sk']}")
