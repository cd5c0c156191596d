"""Snapshots of AU: immutable objects in S3, and beside them what the office did with each."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key as Where
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from shared.rules.snapshot import Review, Snapshot, State
from shared.store import keys
from shared.store.documents import read
from shared.store.objects import put_once
from shared.store.tables import ConflictError, is_conflict, keyed, query

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client

    from shared.rules.au import Kind

_SNAPSHOT = TypeAdapter(Snapshot)
_REVIEW = TypeAdapter(Review)

_BEHIND = ("about", "detail", "reported")
"""What reports are made from: kept with the figures, not a part of them."""

_ORDER = (
    "snapshot",
    "kind",
    "as_of",
    "scope",
    "complete",
    "missing_external",
    "total",
    "own",
    "external",
    "accounts",
    "state",
    "restates",
    "sha256",
)


def figures_json(snapshot: Snapshot, state: State) -> dict[str, Any]:
    """The snapshot for a program: what formats promise, without what reports are made from."""
    document = {**_SNAPSHOT.dump_python(snapshot, mode="json"), "state": state.value}
    return {name: document[name] for name in _ORDER}


def hashed(snapshot: Snapshot) -> Snapshot:
    """The snapshot with its hash: SHA-256 over the canonical JSON of its figures (UTF-8, keys
    sorted, no blanks), without `state` and `sha256` themselves. The same figures give the same
    hash, whoever counts them and whenever.
    """
    figures = figures_json(snapshot, State.DRAFT)
    del figures["state"], figures["sha256"]
    text = json.dumps(figures, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return replace(snapshot, sha256=hashlib.sha256(text.encode()).hexdigest())


class Snapshots:
    """Every snapshot that was taken. What is written once never changes; S3 keeps it locked."""

    def __init__(self, directory: "Table", s3: "S3Client", bucket: str) -> None:
        self._table, self._s3, self._bucket = directory, s3, bucket

    def keep(self, snapshot: Snapshot) -> Snapshot:
        """Store a snapshot with its hash, and return it; or the one that is there already under
        this id, where another count was quicker.
        """
        snapshot = hashed(snapshot)
        body = json.dumps(
            _SNAPSHOT.dump_python(snapshot, mode="json"), ensure_ascii=False, separators=(",", ":")
        )
        key = keys.au_object("snapshots", snapshot.snapshot, snapshot.scope.month, "json")
        if put_once(self._s3, self._bucket, key, body.encode(), "application/json"):
            return snapshot
        return self._load(key, snapshot.snapshot)

    def put_table(self, snapshot: Snapshot, ending: str, body: bytes, content_type: str) -> None:
        """Store a form of a snapshot that is made from it alone (`csv`, `xlsx`, `jsonl`), unless
        it is there.
        """
        folder = "lines" if ending == "jsonl" else "tables"
        key = keys.au_object(folder, snapshot.snapshot, snapshot.scope.month, ending)
        put_once(self._s3, self._bucket, key, body, content_type)

    def get(self, snapshot_id: str) -> tuple[Snapshot, Review] | None:
        """A snapshot and what was done with it, or None."""
        review = self.review(snapshot_id)
        return None if review is None else (self.load(review), review)

    def load(self, review: Review) -> Snapshot:
        """The snapshot that a review is about."""
        key = keys.au_object("snapshots", review.snapshot, review.month, "json")
        return self._load(key, review.snapshot)

    def review(self, snapshot_id: str) -> Review | None:
        """What was done with a snapshot, or None where there is none under this id."""
        return next((each for each in self.reviews() if each.snapshot == snapshot_id), None)

    def reviews(self) -> Iterator[Review]:
        """What was done with every snapshot, by its instant, the latest first; of one instant the
        last correction first, which restates the one that comes next.
        """
        found = query(
            self._table,
            KeyConditionExpression=Where("pk").eq(keys.snapshot("").pk),
            ConsistentRead=True,
        )
        reviews = [_review(item) for item in found]
        reviews.sort(key=lambda each: (each.as_of, each.taken_at, each.snapshot), reverse=True)
        newer: dict[tuple[Kind, datetime], str] = {}
        for each in reviews:
            question = each.kind, each.as_of
            yield replace(each, restated_by=newer.get(question))
            newer[question] = each.snapshot

    def note(self, review: Review) -> Review:
        """Note a snapshot that was just taken, unless it is noted already; what is on record."""
        item = keyed(keys.snapshot(review.snapshot), {"review": _dump(review)})
        try:
            self._table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")
        except ClientError as error:
            if not is_conflict(error):
                raise
            noted = self.review(review.snapshot)
            if noted is None:
                raise
            return noted
        return review

    def update(self, old: Review, new: Review) -> Review:
        """Note what was done with a snapshot; ConflictError where somebody else was quicker."""
        new = replace(new, version=old.version + 1)
        try:
            self._table.put_item(
                Item=keyed(keys.snapshot(new.snapshot), {"review": _dump(new)}),
                ConditionExpression="review.version = :version",
                ExpressionAttributeValues={":version": old.version},
            )
        except ClientError as error:
            if is_conflict(error):
                raise ConflictError from error
            raise
        return new

    def counting(self, snapshot_id: str, done: int | None) -> None:
        """Note how many subscribers a count has read so far; None once it is over."""
        key = keys.counting(snapshot_id)
        if done is None:
            self._table.delete_item(Key={"pk": key.pk, "sk": key.sk})
        else:
            self._table.put_item(Item=keyed(key, {"done": done}))

    def counted(self) -> int | None:
        """How many subscribers the count that is going on has read, or None where there is none."""
        found = query(
            self._table, KeyConditionExpression=Where("pk").eq(keys.counting("").pk), Limit=1
        )
        return next((int(item["done"]) for item in found), None)

    def _load(self, key: str, snapshot_id: str) -> Snapshot:
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return read(_SNAPSHOT, json.loads(body), f"the snapshot {snapshot_id}")


def _dump(review: Review) -> Any:  # noqa: ANN401 - as stored
    # Which snapshot restates it follows from the others that there are.
    return _REVIEW.dump_python(replace(review, restated_by=None), mode="json")


def _review(item: Any) -> Review:  # noqa: ANN401 - as stored
    return read(_REVIEW, item.get("review"), f"the review of {item['sk']}")
