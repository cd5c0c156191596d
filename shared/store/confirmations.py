"""Confirmations: who asked to join or to move, until they show that the address is theirs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from shared.rules.account import Channel
from shared.rules.joining import Application
from shared.rules.subscriber import Language
from shared.store import keys
from shared.store.documents import read
from shared.store.tables import (
    Action,
    ConflictError,
    delete_action,
    get,
    is_conflict,
    put_action,
    transact,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table

LIFETIME = timedelta(hours=24)
"""For so long an address can be confirmed: a mail may be read in the next quiet hour."""

TRIES = 5
"""So often a code may be entered; then another must be asked for."""

RESENDS = 3
"""So often the same link or code may be asked for again."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What waits until the `address` (empty for LINE, which tells it itself) is confirmed: an
    application, or the move of the subscriber `mover` to this account, channel and address.

    A move was asked for at a `generation` of the mover's address, and with that it becomes void;
    `tell_old`: the address they leave is told that nothing comes there any more. What has neither
    application nor mover is such an address, kept until it is told.
    """

    id: str
    account: str
    channel: Channel
    address: str
    language: Language
    expires_at: datetime
    application: Application | None = None
    mover: str | None = None
    generation: int = 0
    tell_old: bool = False
    verified: bool = False
    """The address was shown to be theirs, by a code or by LINE: one button is left to press."""


_CONFIRMATION = TypeAdapter(Confirmation)


class Confirmations:
    """What waits to be confirmed, in the pending table. Each is good once.

    It is found by its id; and, under a keyed hash, by the address and the subscriber that it waits
    for, so that an erasure leaves nothing of it. `secret` keys the hash.
    """

    def __init__(
        self, resource: "DynamoDBServiceResource", table: "Table", secret: Callable[[], bytes]
    ) -> None:
        self._resource, self._table, self._secret = resource, table, secret

    def put(self, confirmation: Confirmation) -> None:
        """Store one, to be confirmed until it expires."""
        transact(self._resource, self.putting(confirmation))

    def putting(self, confirmation: Confirmation, *, subscriber: str | None = None) -> list[Action]:
        """The same as a part of a transaction. It waits for its mover, or another `subscriber`."""
        item = _item(confirmation)
        pointers = self._pointers(confirmation.mover or subscriber, confirmation.address)
        return [
            put_action(self._table, item),
            *(self._pointing(each, confirmation.id, item["expires"]) for each in pointers),
        ]

    def erasing(self, subscriber: str, address: str) -> list[Action]:
        """Discard all that waits for a subscriber, or for an address on any channel and account,
        and return the actions that hold only if nothing more has come to wait since.
        """
        actions: list[Action] = []
        for pointer in self._pointers(subscriber, address):
            item = get(self._table, {"id": pointer})
            if item is None:
                actions.append(
                    delete_action(self._table, {"id": pointer}, "attribute_not_exists(id)")
                )
                continue
            for each in item["ids"]:
                self.discard(each)
            gone = delete_action(self._table, {"id": pointer}, "ids = :ids")
            gone["Delete"]["ExpressionAttributeValues"] = {":ids": item["ids"]}
            actions.append(gone)
        return actions

    def get(self, confirmation_id: str) -> Confirmation | None:
        """One that is still good, or None: it was never there, was used, or has expired."""
        item = get(self._table, {"id": keys.confirmation(confirmation_id)})
        if item is None or int(item["expires"]) <= time.time():
            return None
        document = {**item, "id": confirmation_id}
        return read(_CONFIRMATION, document, "a confirmation")

    def try_code(self, confirmation_id: str) -> bool:
        """Count a try at its code; False, and the code must not even be looked at, where five were
        made or it is not good any more.
        """
        return self._count(confirmation_id, "tries", TRIES)

    def send_again(self, confirmation_id: str) -> bool:
        """Count a sending of its link or code; False where it was sent as often as it may be."""
        return self._count(confirmation_id, "sends", 1 + RESENDS)

    def verified(self, confirmation_id: str, address: str) -> bool:
        """Note that the address was shown to be theirs; False where it is not good any more, or
        another address was shown before.
        """
        now = int(time.time())
        noted = {
            "Update": {
                "TableName": self._table.name,
                "Key": {"id": keys.confirmation(confirmation_id)},
                "UpdateExpression": "SET verified = :yes, address = :address",
                # One of before has no such attribute.
                "ConditionExpression": (
                    "expires > :now AND "
                    "(attribute_not_exists(verified) OR verified = :no OR address = :address)"
                ),
                "ExpressionAttributeValues": {
                    ":yes": True,
                    ":no": False,
                    ":address": address,
                    ":now": now,
                },
            }
        }
        until = now + int(LIFETIME.total_seconds())
        pointers = self._pointers(None, address)
        pointing = [self._pointing(each, confirmation_id, until) for each in pointers]
        try:
            transact(self._resource, [noted, *pointing])
        except ConflictError:
            return False
        return True

    def discard(self, confirmation_id: str) -> None:
        """Have it never be confirmed."""
        self._table.delete_item(Key={"id": keys.confirmation(confirmation_id)})

    def used(self, confirmation_id: str) -> Action:
        """The action that uses it up, for the transaction of what it confirms."""
        key = {"id": keys.confirmation(confirmation_id)}
        return delete_action(self._table, key, "attribute_exists(id)")

    def _pointers(self, subscriber: str | None, address: str) -> list[str]:
        subjects = {"subscriber": subscriber, "address": address}
        return [keys.waits(what, each, self._secret()) for what, each in subjects.items() if each]

    def _pointing(self, pointer: str, confirmation_id: str, expires: int) -> Action:
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": {"id": pointer},
                "UpdateExpression": "ADD ids :one SET expires = :expires",
                "ExpressionAttributeValues": {":one": {confirmation_id}, ":expires": expires},
            }
        }

    def _count(self, confirmation_id: str, what: str, most: int) -> bool:
        try:
            self._table.update_item(
                Key={"id": keys.confirmation(confirmation_id)},
                UpdateExpression="ADD #what :one",
                ConditionExpression="#what < :most AND expires > :now",
                ExpressionAttributeNames={"#what": what},
                ExpressionAttributeValues={":one": 1, ":most": most, ":now": int(time.time())},
            )
        except ClientError as error:
            if not is_conflict(error):
                raise
            return False
        return True


def _item(confirmation: Confirmation) -> dict[str, Any]:
    document = _CONFIRMATION.dump_python(confirmation, mode="json")
    document["id"] = keys.confirmation(confirmation.id)
    expires = int(confirmation.expires_at.timestamp())
    return {**document, "expires": expires, "tries": 0, "sends": 0}
