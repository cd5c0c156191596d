"""Subscribers: one document each, written together with its due entries and its address."""

import logging
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key as Where
from pydantic import TypeAdapter

from shared.rules.changes import anonymous
from shared.rules.history import Status, latest_standing
from shared.rules.stage import Phase
from shared.rules.subscriber import Subscriber
from shared.store import keys
from shared.store.arrivals import Arrivals
from shared.store.documents import UnreadableError, read
from shared.store.keys import Key
from shared.store.tables import (
    TRANSACTION_LIMIT,
    Action,
    AddressTakenError,
    ConflictError,
    Item,
    count_action,
    delete_action,
    get,
    get_many,
    keyed,
    put_action,
    query,
    scan,
    transact,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table

_SUBSCRIBER = TypeAdapter(Subscriber)
log = logging.getLogger(__name__)


ERASED_AT = "erased_at"
"""What makes an item a tombstone: it holds this and the id, and nothing else."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored under some ids: `people` by id, and the ids of those who were erased."""

    people: dict[str, Subscriber]
    erased: frozenset[str]


@dataclass(frozen=True, order=True, slots=True)
class DueEntry:
    """Where the due index holds an active enrolment."""

    partition: str
    entry: str


def due_entries(subscriber: Subscriber, shards: int) -> frozenset[DueEntry]:
    """The due entries that belong to `subscriber` as it is: one for each active enrolment."""
    shard = keys.shard(subscriber.id, shards)
    entries = set()
    for enrolment in subscriber.enrolments:
        standing = latest_standing(enrolment.history)
        if standing.status is not Status.ACTIVE or standing.base_date is None:
            continue
        phase = Phase.PREGNANCY if standing.birth_date is None else Phase.CHILDCARE
        entries.add(
            DueEntry(
                keys.due(subscriber.account, subscriber.channel, shard, phase),
                keys.due_entry(standing.base_date, subscriber.id, enrolment.id),
            )
        )
    return frozenset(entries)


class Subscribers:
    """The people, and the two ways to find them: by day (due index) and by address.

    `address_secret` keys the hash under which addresses are found.
    """

    def __init__(
        self,
        resource: "DynamoDBServiceResource",
        people: "Table",
        directory: "Table",
        address_secret: Callable[[], bytes],
    ) -> None:
        self._resource, self._people, self._directory = resource, people, directory
        self._arrivals = Arrivals(directory)
        self._secret = address_secret

    def get(self, subscriber_id: str) -> Subscriber | None:
        """One subscriber, read consistently, or None: also of one who was erased."""
        item = get(self._people, {"id": subscriber_id})
        return None if item is None or ERASED_AT in item else read_subscriber(item)

    def get_many(self, ids: Iterable[str]) -> dict[str, Subscriber]:
        """The subscribers of `ids`, read consistently; unknown and erased ones are left out, and
        so is a record that cannot be read, which is logged: the others must not wait for it.
        """
        return self.look_up(ids).people

    def look_up(self, ids: Iterable[str]) -> Found:
        """The same, and which of `ids` are those of people who were erased."""
        wanted = [{"id": each} for each in dict.fromkeys(ids)]
        people, erased = {}, set()
        for item in get_many(self._resource, self._people, wanted):
            if ERASED_AT in item:
                erased.add(str(item["id"]))
                continue
            try:
                people[str(item["id"])] = read_subscriber(item)
            except UnreadableError as error:
                log.error("%s", error)  # noqa: TRY400 - it says all there is to say
        return Found(people, frozenset(erased))

    def __iter__(self) -> Iterator[Subscriber]:
        """Every subscriber, in no order: for exports and counts, never for a day's dispatch.

        Of those who were erased comes the anonymous history. A count of everybody is right only if
        `erasures` is the same before and after: the document of somebody who is erased meanwhile
        moves to another key, and may be met twice or not at all.
        """
        for item in scan(self._people, ConsistentRead=True):
            if ERASED_AT not in item:
                yield read_subscriber(item)

    def erasures(self) -> int:
        """How many people were ever erased, read consistently."""
        item = get(self._directory, asdict(keys.erasures()))
        return 0 if item is None else int(item["people"])

    def at_addresses(self, addresses: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """The subscriber ids at the given (account, address) pairs; free ones are left out."""
        by_key: dict[Key, list[tuple[str, str]]] = defaultdict(list)
        for pair in addresses:
            by_key[keys.address(*pair, self._secret())].append(pair)
        wanted = [{"pk": key.pk, "sk": key.sk} for key in by_key]
        found = get_many(self._resource, self._directory, wanted)
        return {
            pair: item["subscriber"]
            for item in found
            for pair in by_key[Key(item["pk"], item["sk"])]
        }

    def family(self, family_id: str) -> set[str]:
        """The ids of the subscribers who follow the same pregnancy or child."""
        found = query(
            self._directory,
            KeyConditionExpression=Where("pk").eq(keys.family(family_id, "", "").pk),
            ConsistentRead=True,
        )
        return {item["subscriber"] for item in found}

    def join(
        self, subscriber: Subscriber, shards: Mapping[str, int], also: Sequence[Action] = ()
    ) -> Subscriber:
        """Store one new subscriber, together with `also` or not at all, and return it.

        AddressTakenError where the address is known in the account, ConflictError where the id is
        taken or a condition of `also` did not hold.
        """
        actions = [*self._adding(subscriber, shards[subscriber.account]), *also]
        with _address_claimed(actions, self._claim(subscriber)):
            transact(self._resource, actions)
        return subscriber

    def add(self, subscribers: Iterable[Subscriber], shards: Mapping[str, int]) -> Iterator[int]:
        """Store new subscribers, as many in a transaction as fit, and yield how many each stored.

        ConflictError where one of them, or its address in its account, is already there; a
        transaction that did not hold wrote nothing, earlier ones stay.
        """
        actions: list[dict[str, Any]] = []
        claimed: set[Key] = set()
        for subscriber in subscribers:
            more = self._adding(subscriber, shards[subscriber.account])
            address = self._address(subscriber)
            # One transaction cannot write an item twice: a second claim meets the first as a
            # conflict in the next.
            full = len(actions) + len(more) > TRANSACTION_LIMIT
            if actions and (full or address in claimed):
                transact(self._resource, actions)
                yield len(claimed)
                actions, claimed = [], set()
            actions += more
            claimed.add(address)
        if actions:
            transact(self._resource, actions)
            yield len(claimed)

    def update(
        self,
        old: Subscriber,
        new: Subscriber,
        shards: Mapping[str, int],
        *,
        also: Sequence[Action] = (),
    ) -> Subscriber:
        """Store `new` in place of `old`, with its due entries, family and address, that it has
        arrived where it moved to, and `also`, all of it or nothing, and return it.

        ConflictError where `old` is no longer what is stored, or a condition of `also` did not
        hold; AddressTakenError where the new address is another subscriber's.
        """
        new = replace(new, version=old.version + 1)
        actions: list[Action] = [self._replacing(old, _item(new))]
        before = due_entries(old, shards[old.account])
        after = due_entries(new, shards[new.account])
        actions += [
            delete_action(self._directory, {"pk": gone.partition, "sk": gone.entry})
            for gone in sorted(before - after)
        ]
        actions += [self._put_due(come) for come in sorted(after - before)]
        if after and (old.account, old.channel) != (new.account, new.channel):
            actions.append(self._arrivals.laid_down(new))
        linked, unlinked = _families(new) - _families(old), _families(old) - _families(new)
        actions += [self._put_family(new.id, key) for key in linked]
        actions += [delete_action(self._directory, asdict(key)) for key in unlinked]
        claim = None
        if (old.account, old.address) != (new.account, new.address):
            freed, claimed = self._address(old), self._address(new)
            if freed != claimed:
                claim = self._claim(new)
                actions += [delete_action(self._directory, asdict(freed)), claim]
        actions += also
        with _address_claimed(actions, claim):
            transact(self._resource, actions)
        return new

    def erase(
        self,
        old: Subscriber,
        at: datetime,
        shards: Mapping[str, int],
        *,
        also: Sequence[Action] = (),
    ) -> Subscriber:
        """Erase a person: what stays is the anonymous history, under an id that tells nothing, and
        a tombstone, so that nobody gets the old id again. Return that history.

        ConflictError where `old` is no longer what is stored, or a condition of `also` did not
        hold.
        """
        left = anonymous(old, at, f"erased-{secrets.token_hex(16)}")
        tombstone = {"id": old.id, ERASED_AT: at.astimezone(UTC).isoformat()}
        address = self._address(old)
        transact(
            self._resource,
            [
                put_action(self._people, _item(left), "attribute_not_exists(id)"),
                self._replacing(old, tombstone),
                delete_action(self._directory, asdict(address)),
                count_action(self._directory, asdict(keys.erasures()), "people"),
                *(
                    delete_action(self._directory, {"pk": gone.partition, "sk": gone.entry})
                    for gone in sorted(due_entries(old, shards[old.account]))
                ),
                *(delete_action(self._directory, asdict(key)) for key in _families(old)),
                delete_action(self._directory, asdict(keys.offer(old.id))),
                delete_action(self._directory, asdict(keys.arrival(old.id))),
                *also,
            ],
        )
        return left

    def _replacing(self, old: Subscriber, item: Item) -> dict[str, Any]:
        put = put_action(self._people, item, "version = :version")
        put["Put"]["ExpressionAttributeValues"] = {":version": old.version}
        return put

    def _adding(self, subscriber: Subscriber, shards: int) -> list[dict[str, Any]]:
        return [
            put_action(self._people, _item(subscriber), "attribute_not_exists(id)"),
            self._claim(subscriber),
            *(self._put_due(entry) for entry in sorted(due_entries(subscriber, shards))),
            *(self._put_family(subscriber.id, key) for key in _families(subscriber)),
        ]

    def _claim(self, subscriber: Subscriber) -> dict[str, Any]:
        item = keyed(self._address(subscriber), {"subscriber": subscriber.id})
        return put_action(self._directory, item, "attribute_not_exists(pk)")

    def _address(self, subscriber: Subscriber) -> Key:
        return keys.address(subscriber.account, subscriber.address, self._secret())

    def _put_due(self, entry: DueEntry) -> dict[str, Any]:
        return put_action(self._directory, {"pk": entry.partition, "sk": entry.entry})

    def _put_family(self, subscriber_id: str, key: Key) -> dict[str, Any]:
        return put_action(self._directory, keyed(key, {"subscriber": subscriber_id}))


def _families(subscriber: Subscriber) -> set[Key]:
    return {
        keys.family(each.family, subscriber.id, each.id)
        for each in subscriber.enrolments
        if each.family
    }


@contextmanager
def _address_claimed(actions: Sequence[Action], claim: Action | None) -> Iterator[None]:
    """AddressTakenError where it was just the claim of the address that did not hold."""
    try:
        yield
    except ConflictError as error:
        if [actions[n] for n in error.failed] == [claim]:
            raise AddressTakenError(error.failed) from error
        raise


def read_subscriber(item: Item) -> Subscriber:
    """A stored subscriber, or UnreadableError, which tells nothing of what stands in the record."""
    return read(_SUBSCRIBER, item, f"the subscriber {item['id']}")


def _item(subscriber: Subscriber) -> Item:
    item: Item = _SUBSCRIBER.dump_python(subscriber, mode="json")
    return item
