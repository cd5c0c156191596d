"""LINE events: what happened in a chat, from the webhook that took it until it is handled; and who
last started or stopped when.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.store import keys
from shared.store.tables import get, is_conflict, open_dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

EVENT_SECONDS = 86_400
"""So long an event is kept that nobody handles: as long as its id can wait on the queue."""

TURN_SECONDS = 3 * 86_400
"""So long it is known when somebody last started or stopped: no event is later than that."""


def open_line_events(pending_table: str) -> "LineEvents":
    """The events alone, for the webhook, which has no right to anything else and little time."""
    return LineEvents(open_dynamodb().Table(pending_table))


class LineEvents:
    """Events in the pending table, by account and LINE's own id of the event."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def put(self, account: str, documents: Mapping[str, str]) -> None:
        """Keep events, by LINE's id of each, 25 in a call; also those that come again."""
        expires = int(time.time()) + EVENT_SECONDS
        with self._table.batch_writer() as batch:
            for event_id, document in documents.items():
                key = keys.line_event(account, event_id)
                batch.put_item(Item={"id": key, "event": document, "expires": expires})

    def get(self, account: str, event_id: str) -> str | None:
        """An event as it was put, or None: it was handled, or nobody did in a day."""
        item = get(self._table, {"id": keys.line_event(account, event_id)})
        return None if item is None else str(item["event"])

    def remove(self, account: str, event_id: str) -> None:
        """It is handled: what somebody wrote is not kept."""
        self._table.delete_item(Key={"id": keys.line_event(account, event_id)})


@dataclass(frozen=True, slots=True)
class StartOrStop:
    """That somebody started or stopped in the chat: when they did, and when it became known.
    Nobody does anything after it became known: what says so was dated by a clock gone wrong.
    """

    at: datetime
    known: datetime


class StartsAndStops:
    """The latest turn of each LINE user, by the keyed hash of account and user ID."""

    def __init__(self, table: "Table", secret: Callable[[], bytes]) -> None:
        self._table, self._secret = table, secret

    def latest(self, account: str, user: str) -> StartOrStop | None:
        """The latest turn that is known, or None."""
        item = get(self._table, {"id": keys.line_turn(account, user, self._secret())})
        if item is None:
            return None
        known = _instant(item["known"])
        return StartOrStop(min(_instant(item["at"]), known), known)

    def take(self, account: str, user: str, turn: StartOrStop) -> bool:
        """Note a turn; False, and nothing is noted, where a later one is known already."""
        try:
            self._table.put_item(
                Item={
                    "id": keys.line_turn(account, user, self._secret()),
                    "at": _microseconds(turn.at),
                    "known": _microseconds(turn.known),
                    "expires": int(time.time()) + TURN_SECONDS,
                },
                # What an earlier release noted may be dated later than it became known.
                ConditionExpression="attribute_not_exists(id) OR #at <= :at"
                " OR #at > #known AND #known <= :at",
                ExpressionAttributeNames={"#at": "at", "#known": "known"},
                ExpressionAttributeValues={":at": _microseconds(turn.at)},
            )
        except ClientError as error:
            if not is_conflict(error):
                raise
            return False
        return True


_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def _microseconds(at: datetime) -> int:
    """Exactly: what is on record is compared with it."""
    return (at - _BEGINNING) // timedelta(microseconds=1)


def _instant(microseconds: object) -> datetime:
    return _BEGINNING + timedelta(microseconds=int(str(microseconds)))
