"""Catalogue versions: immutable objects in S3, and the pointer to the published one."""

import hashlib
import json
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from shared.rules.catalogue import Catalogue
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text
from shared.store import keys
from shared.store.objects import put_once
from shared.store.tables import get, keyed

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
        self._table.put_item(Item=keyed(keys.content(series), {"version": version}))
        return version

    def published(self, series: str) -> str | None:
        """The version of `series` now in force, or None where nothing was ever published."""
        key = keys.content(series)
        item = get(self._table, {"pk": key.pk, "sk": key.sk})
        return None if item is None else item["version"]

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
