"""Catalogue versions: immutable objects in S3, and the pointer to the published one."""

import hashlib
import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from shared.rules.catalogue import Catalogue
from shared.rules.dates import jst_date
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text
from shared.store import keys
from shared.store.objects import put_once
from shared.store.tables import Item, get, keyed, put_if

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client

_Document = dict[Phase, dict[int, Text]]
_DOCUMENT: TypeAdapter[_Document] = TypeAdapter(_Document)

_KEPT_VERSIONS = 64
_JSON = "application/json"


class Content:
    """Published texts. A version is named by the hash of what it says, and never changes."""

    def __init__(self, directory: "Table", s3: "S3Client", bucket: str) -> None:
        self._table, self._s3, self._bucket = directory, s3, bucket
        self._loaded: dict[tuple[str, str], Catalogue] = {}

    def publish(self, series: str, catalogue: Catalogue) -> str:
        """Store `catalogue` as a version of `series`, point to it, and return its name.

        The object is written before the pointer: a crash between leaves the old version in force.
        """
        version = self.write(series, catalogue)
        self.point(series, version)
        return version

    def write(self, series: str, catalogue: Catalogue) -> str:
        """Store `catalogue` as a version of `series` that is in force nowhere yet; its name."""
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

    def point(self, series: str, version: str, since: date | None = None) -> None:
        """Have a version be in force: at once, or from a day on (JST), beside the one of today
        until then. At once leaves what is still to come as it is; a day takes its place.

        ConflictError where somebody else did the same at the same time.
        """
        item, today = self._pointer(series) or {}, jst_date(datetime.now(UTC))
        document: dict[str, str | int | None]
        if since is None:
            coming = self.to_come(series, today)
            document = {"version": version}
            if coming:
                document |= {"next_version": coming[0], "next_since": coming[1].isoformat()}
        else:
            document = {"version": self.published(series, today)}
            document |= {"next_version": version, "next_since": since.isoformat()}
        revision = item.get("revision")
        document["revision"] = int(revision or 0) + 1
        put_if(
            self._table,
            keyed(keys.content(series), document),
            "attribute_not_exists(revision)" if revision is None else "revision = :revision",
            None if revision is None else {":revision": revision},
        )

    def published(self, series: str, day: date | None = None) -> str | None:
        """The version of `series` in force on a day (JST; None: now), or None where there is none.
        One whose day has come is in force though nobody has touched the pointer since.
        """
        item = self._pointer(series)
        if item is None:
            return None
        on = day or jst_date(datetime.now(UTC))
        if "next_since" in item and on >= date.fromisoformat(item["next_since"]):
            return str(item["next_version"])
        return item.get("version")

    def to_come(self, series: str, day: date) -> tuple[str, date] | None:
        """The version that comes into force after a day, and when; None where there is none."""
        item = self._pointer(series) or {}
        since = date.fromisoformat(item["next_since"]) if "next_since" in item else None
        return (str(item["next_version"]), since) if since and since > day else None

    def _pointer(self, series: str) -> Item | None:
        key = keys.content(series)
        return get(self._table, {"pk": key.pk, "sk": key.sk})

    def load(self, series: str, version: str | None) -> Catalogue:
        """The texts of a version (none: an empty catalogue); kept, since versions never change."""
        if version is None:
            return {}
        if (series, version) not in self._loaded:
            answer = self._s3.get_object(
                Bucket=self._bucket, Key=keys.content_object(series, version)
            )
            document = _DOCUMENT.validate_json(answer["Body"].read())
            if len(self._loaded) >= _KEPT_VERSIONS:
                self._loaded.pop(next(iter(self._loaded)))
            self._loaded[series, version] = {
                Due(phase, day): text
                for phase, days in document.items()
                for day, text in days.items()
            }
        return self._loaded[series, version]
