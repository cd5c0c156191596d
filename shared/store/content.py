"""Content: versions of the series' texts in S3, and which of them are in force from which day on.

A version is never written over. The pointer of a series says everything about it at once, so that
one write has all of a change come into force, or nothing.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key as Where
from pydantic import TypeAdapter

from shared.rules.catalogue import Catalogue, carried
from shared.rules.dates import jst_date
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text
from shared.store import keys
from shared.store.documents import read
from shared.store.objects import put_once
from shared.store.tables import ConflictError, get, keyed, put_action, query, transact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client

BY_IMPORT = "kizuna import"
"""Stands for whoever published a file by the program, which knows no names."""

_Document = dict[Phase, dict[int, Text]]

_DOCUMENT = TypeAdapter(_Document)

_KEPT_VERSIONS = 64
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Version:
    """That a version is in force: who published it when, whose proposal it was, since which day
    (None: at once), and how many texts it has. Of versions of long ago only the name is known.
    """

    version: str
    at: datetime | None = None
    by: str | None = None
    proposed_by: str | None = None
    since: date | None = None
    texts: int | None = None


@dataclass(frozen=True, slots=True)
class Pointer:
    """What is in force of a series: a version now, those to come by their days, and how often that
    was changed.
    """

    now: Version | None = None
    coming: tuple[Version, ...] = ()
    revision: int = 0

    def on(self, day: date) -> Version | None:
        """What is in force on a day (JST), or None."""
        found = self.now
        for each in self.coming:
            if each.since and each.since <= day:
                found = each
        return found

    def after(self, day: date) -> tuple[Version, ...]:
        """What comes into force after a day, by day."""
        return tuple(each for each in self.coming if each.since and each.since > day)


_POINTER = TypeAdapter(Pointer)
_VERSION = TypeAdapter(Version)


class Content:
    """The texts of each series, by version: in S3, with the pointer in the directory table."""

    def __init__(
        self,
        resource: "DynamoDBServiceResource",
        directory: "Table",
        s3: "S3Client",
        bucket: str,
    ) -> None:
        self._resource, self._table, self._s3, self._bucket = resource, directory, s3, bucket
        self._loaded: dict[tuple[str, str], Catalogue] = {}

    def publish(
        self,
        series: str,
        catalogue: Catalogue,
        *,
        since: date | None = None,
        by: str = BY_IMPORT,
        proposed_by: str | None = None,
        now: datetime | None = None,
        revision: int | None = None,
    ) -> str:
        """Have `catalogue` be all of `series`, at once or from a day to come on (JST), and return
        its version; the same content always has the same. Versions of later days get what it
        changes, so that none of them undoes it.

        ConflictError where the pointer is not at `revision` any more, or somebody else publishes at
        this moment. Objects are written first: a crash before the pointer leaves all as it was.
        """
        now = now or datetime.now(UTC)
        today, pointer = jst_date(now), self.pointer(series)
        if revision not in {None, pointer.revision}:
            raise ConflictError
        if since is not None and since <= today:
            raise ValueError(f"{since} is not to come")
        day = since or today
        version, before = self._write(series, catalogue), pointer.on(day)
        if before is not None and before.version == version:
            return version
        new = Version(version, now, by, proposed_by, since, len(catalogue))
        later = self._carried(series, before, new, pointer.after(day), by=by, now=now)
        sooner = [each for each in pointer.after(today) if each.since and each.since < day]
        if since is None:
            after = replace(pointer, now=new, coming=tuple(later))
        else:
            after = replace(pointer, now=pointer.on(today), coming=(*sooner, new, *later))
        unknown = pointer.now if pointer.now and pointer.now.at is None else None
        noted = [replace(unknown, at=now)] if unknown else []
        self._point(series, after, now, [*noted, new, *later])
        return version

    def withdraw(self, series: str, since: date, *, by: str, now: datetime) -> bool:
        """Have the version of a day to come not come into force, nor what it changes be in those of
        later days; whether there was one. ConflictError as above.
        """
        today, pointer = jst_date(now), self.pointer(series)
        coming = pointer.after(today)
        gone = next((each for each in coming if each.since == since), None)
        if gone is None:
            return False
        before = pointer.on(since - timedelta(days=1))
        later = self._carried(series, gone, before, pointer.after(since), by=by, now=now)
        sooner = [each for each in coming if each.since and each.since < since]
        after = replace(pointer, now=pointer.on(today), coming=(*sooner, *later))
        self._point(series, after, now, later)
        return True

    def pointer(self, series: str) -> Pointer:
        """What is in force of a series, now and later."""
        key = keys.content(series)
        item = get(self._table, {"pk": key.pk, "sk": key.sk})
        return _pointer(item) if item else Pointer()

    def pointers(self) -> dict[str, Pointer]:
        """The same of every series that has any."""
        return {item["sk"]: _pointer(item) for item in self._query(keys.content("").pk)}

    def published(self, series: str, day: date | None = None) -> str | None:
        """The version of `series` in force on a day (JST; None: now), or None where nothing is. One
        whose day has come is in force though nobody has touched the pointer since.
        """
        found = self.pointer(series).on(day or jst_date(datetime.now(UTC)))
        return found.version if found else None

    def versions(self, series: str) -> list[Version]:
        """Every version that was published, the latest first, also where it never came into force
        or was published again.
        """
        found = self._query(keys.published_version(series, None).pk)
        return [read(_VERSION, each["published"], "a version") for each in found][::-1]

    def load(self, series: str, version: str | None) -> Catalogue:
        """The texts of a version (none: an empty catalogue); kept, since versions never change."""
        if version is None:
            return {}
        if (series, version) not in self._loaded:
            if len(self._loaded) >= _KEPT_VERSIONS:
                self._loaded.pop(next(iter(self._loaded)))
            self._loaded[series, version] = self._fetch(series, version)
        return self._loaded[series, version]

    def _fetch(self, series: str, version: str) -> Catalogue:
        key = keys.content_object(series, version)
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        document = _DOCUMENT.validate_json(body)
        return {
            Due(phase, day): text for phase, days in document.items() for day, text in days.items()
        }

    def _write(self, series: str, catalogue: Catalogue) -> str:
        """Store a version that is in force nowhere yet; its name."""
        document: _Document = {}
        for due, text in sorted(catalogue.items()):
            document.setdefault(due.phase, {})[due.day] = text
        body = json.dumps(
            _DOCUMENT.dump_python(document, mode="json"),
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        ).encode()
        version = hashlib.sha256(body).hexdigest()[:16]
        # The key is the hash of the body: what is there already is the same.
        put_once(self._s3, self._bucket, keys.content_object(series, version), body, _JSON)
        return version

    def _carried(
        self,
        series: str,
        before: Version | None,
        after: Version | None,
        later: tuple[Version, ...],
        *,
        by: str,
        now: datetime,
    ) -> list[Version]:
        """Versions of later days with what changes between two: each is another version then."""
        found = []
        for each in later:
            old, new = (self.load(series, v.version if v else None) for v in (before, after))
            texts = carried(old, new, self.load(series, each.version))
            version = self._write(series, texts)
            same = version == each.version
            other = replace(each, version=version, at=now, by=by, texts=len(texts))
            found.append(each if same else other)
        return found

    def _point(
        self, series: str, pointer: Pointer, now: datetime, noted: Iterable[Version]
    ) -> None:
        """Write the pointer, if nobody has since it was read, together with who published what."""
        document = _POINTER.dump_python(
            replace(pointer, revision=pointer.revision + 1), mode="json"
        )
        # Beside it what `kizuna` and the Lambdas of before this read.
        document["version"] = pointer.now.version if pointer.now else None
        put = put_action(
            self._table,
            keyed(keys.content(series), document),
            "revision = :revision" if pointer.revision else "attribute_not_exists(revision)",
        )
        if pointer.revision:
            put["Put"]["ExpressionAttributeValues"] = {":revision": pointer.revision}
        actions = [put]
        for place, each in enumerate(noted):
            document = _VERSION.dump_python(each, mode="json")
            key = keys.published_version(series, now + timedelta(microseconds=place))
            actions.append(put_action(self._table, keyed(key, {"published": document})))
        transact(self._resource, actions)

    def _query(self, pk: str) -> Iterator[Mapping[str, Any]]:
        return query(self._table, KeyConditionExpression=Where("pk").eq(pk), ConsistentRead=True)


def _pointer(item: Mapping[str, Any]) -> Pointer:
    if "now" in item:
        return read(_POINTER, item, f"the pointer of {item['sk']}")
    # One of before it said who published what; some had a version to come.
    now, coming = item.get("version"), item.get("next_version")
    return Pointer(
        Version(now) if now else None,
        (Version(coming, since=date.fromisoformat(item["next_since"])),) if coming else (),
        int(item.get("revision", 0)),
    )
