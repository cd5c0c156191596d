"""Waves: what each job sent, or is about to send: the calls that were frozen and recorded together.

An item holds the calls of a wave as compressed JSON: a wave of two thousand recipients takes under
100 kB, and is written with two requests. Items of the release before held one call each, as a map;
they are read as waves of one, and written as all others.
"""

import time
import zlib
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import TypeAdapter, ValidationError

from shared.rules.outcomes import Batch, Wave
from shared.rules.repeats import repeated, unexpected
from shared.store import keys
from shared.store.documents import UnreadableError, read
from shared.store.keys import LEDGER_DAYS, JobId
from shared.store.reads import Reads, Wanted
from shared.store.run import Lease
from shared.store.tables import Item, is_conflict, keyed, put_action, transact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table

LARGEST_BYTES = 320_000
"""A wave that takes more is frozen in parts. DynamoDB's items hold 400 kB, of which the ids that a
provider reports by itself need some until the wave is recorded."""

_BATCH = TypeAdapter(Batch)
_BATCHES = TypeAdapter(tuple[Batch, ...])
_LEVEL = 3
"""Of zlib: a third of the time of its default, and a tenth more bytes."""


def pack(wave: Wave) -> bytes:
    """The calls of a wave as they are stored."""
    # The ids that the provider reports stand beside them, since others write those.
    calls = tuple(replace(each, known={}) if each.known else each for each in wave.batches)
    return zlib.compress(
        _BATCHES.dump_json(calls, exclude_none=True, exclude_defaults=True), level=_LEVEL
    )


class Waves:
    """The waves of every job, in the ledger table."""

    def __init__(self, resource: "DynamoDBServiceResource", table: "Table", reads: Reads) -> None:
        self._resource, self._table, self._reads = resource, table, reads

    def freeze(self, lease: Lease, wave: Wave, packed: bytes | None = None) -> None:
        """Write down what is about to be sent (`packed`, where that was done before);
        ConflictError, and nothing may be sent, where the lease is another's by now.
        """
        fenced = {
            "ConditionCheck": {
                "TableName": self._table.name,
                "Key": asdict(keys.job(lease.job)),
                "ConditionExpression": "fence = :fence",
                "ExpressionAttributeValues": {":fence": lease.fence},
            }
        }
        item = {
            "calls": packed or pack(wave),
            "known": {},
            "revision": 0,
            "expires": int(time.time()) + LEDGER_DAYS * 86_400,
        }
        key = keys.wave(lease.job, wave.id)
        put = put_action(self._table, keyed(key, item), "attribute_not_exists(pk)")
        transact(self._resource, [fenced, put])

    def record(self, job: JobId, wave: Wave) -> None:
        """Record what came of a wave. A call that was settled once stays as it is, whoever settled
        it.
        """
        while not self._recorded(job, wave):
            stored = self.get(job, wave.id)
            if stored is None or stored.settled:
                return
            wave = stored.taking(wave.batches)

    def _recorded(self, job: JobId, wave: Wave) -> bool:
        """Whether it was recorded, over the very revision of which `wave` knows."""
        change = "SET calls = :calls, revision = :next"
        # An item of the release before has no revision.
        condition = "revision = :revision" if wave.revision else "NOT revision > :revision"
        values: dict[str, Any] = {
            ":calls": pack(wave),
            ":revision": wave.revision,
            ":next": wave.revision + 1,
        }
        if wave.settled:
            change += ", settled_at = :settled"
            values[":settled"] = max(f"{each.settled_at}" for each in wave.batches)
        try:
            self._table.update_item(
                Key=asdict(keys.wave(job, wave.id)),
                UpdateExpression=f"{change} REMOVE entries, payload",
                ConditionExpression="attribute_exists(pk) AND attribute_not_exists(settled_at)"
                f" AND {condition}",
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if not is_conflict(error):
                raise
            return False
        return True

    def of(self, job: JobId) -> Iterator[Wave]:
        """Every wave of the job in the order of freezing, read as they are asked for."""
        key = keys.wave(job, "")
        found = self._reads.query(
            self._table.name,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            values={":pk": key.pk, ":sk": key.sk},
        )
        return map(_wave, found)

    def batches(self, job: JobId) -> list[Batch]:
        """Every call of the job, in the order of freezing."""
        return [batch for wave in self.of(job) for batch in wave.batches]

    def get(self, job: JobId, wave_id: str) -> Wave | None:
        """One wave as it is at this moment, or None."""
        wanted = [Wanted(self._table.name, asdict(keys.wave(job, wave_id)))]
        return next((_wave(item) for _, item in self._reads.get_many(wanted)), None)

    def find(self, wanted: Iterable[tuple[JobId, str]]) -> dict[tuple[JobId, str], Batch]:
        """The batches of those jobs and ids; unknown ones are left out."""
        asked: dict[keys.Key, dict[str, tuple[JobId, str]]] = defaultdict(dict)
        for job, batch_id in wanted:
            asked[keys.wave(job, wave_of(batch_id))][batch_id] = (job, batch_id)
        items = self._reads.get_many([Wanted(self._table.name, asdict(key)) for key in asked])
        found: dict[tuple[JobId, str], Batch] = {}
        for _, item in items:
            names = asked[keys.Key(item["pk"], item["sk"])]
            found |= {names[b.id]: b for b in _wave(item).batches if b.id in names}
        return found

    def note_known(
        self, job: JobId, batch_id: str, known: Mapping[int, str]
    ) -> frozenset[str] | None:
        """Note the message ids that the provider itself reported, by position in a batch, and
        return those by which a message is seen, for the first time, to have been sent twice.

        Of a settled batch that needs neither, nothing is written. None where there is no such
        batch. Noting twice changes nothing.
        """
        wave = self.get(job, wave_of(batch_id))
        first = 0
        for batch in wave.batches if wave else ():
            if batch.id == batch_id:
                return self._note_known(job, batch, known, first)
            first += len(batch.entries)
        return None

    def _note_known(
        self, job: JobId, batch: Batch, known: Mapping[int, str], first: int
    ) -> frozenset[str]:
        strange = unexpected(batch, known)
        again: Iterable[str] = ()
        if strange:
            again = self._note_repeats(job, repeated(batch, strange, self.batches(job)))
        usual = {first + n: told for n, told in known.items() if n not in strange}
        if usual and not batch.settled:
            self._note_at_their_places(keys.wave(job, wave_of(batch.id)), usual)
        return frozenset(again)

    def _note_at_their_places(self, key: keys.Key, known: Mapping[int, str]) -> None:
        """Note ids by the position in the wave."""
        changes = ", ".join(f"known.#{position} = :{position}" for position in known)
        self._table.update_item(
            Key=asdict(key),
            UpdateExpression=f"SET {changes}",
            ExpressionAttributeNames={f"#{position}": str(position) for position in known},
            ExpressionAttributeValues={f":{position}": told for position, told in known.items()},
        )

    def _note_repeats(self, job: JobId, ids: set[str]) -> set[str]:
        """Note ids on the job; those that were not noted before."""
        if not ids:
            return set()
        answer = self._table.update_item(
            Key=asdict(keys.job(job)),
            UpdateExpression="ADD repeats :ids",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":ids": ids},
            ReturnValues="UPDATED_OLD",
        )
        before: Any = answer.get("Attributes", {}).get("repeats", ())
        return ids.difference(before)


def wave_of(batch_id: str) -> str:
    """The wave in which a batch was frozen: its name without the number of the call."""
    return "-".join(batch_id.split("-")[:2])


def _wave(item: Item) -> Wave:
    name = item["sk"].rpartition("#")[2]
    if "calls" not in item:
        # As the release before froze it: the item is the batch.
        return Wave(name, (read(_BATCH, item, f"the batch {item['sk']}"),))
    try:
        batches = _BATCHES.validate_json(zlib.decompress(b64decode(item["calls"])))
    except (ValidationError, zlib.error):
        raise UnreadableError(f"the wave {item['sk']} cannot be read") from None
    return Wave(name, _with_known(batches, item["known"]), int(item["revision"]))


def _with_known(batches: tuple[Batch, ...], known: Mapping[str, str]) -> tuple[Batch, ...]:
    """The batches with the ids that the provider reported, which are kept by place in the wave."""
    if not known:
        return batches
    found, first = [], 0
    for batch in batches:
        places = {str(n): known.get(str(first + n)) for n in range(len(batch.entries))}
        found.append(replace(batch, known={n: told for n, told in places.items() if told}))
        first += len(batch.entries)
    return tuple(found)
