"""The store on the template's own tables, in process, and what it asked of DynamoDB and S3."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from shared.store.store import Names, Store, open_store
from tests.aws import aws
from tests.template import create_in_process


@dataclass
class Requests:
    """The requests that the store made of AWS, in order."""

    made: list[tuple[str, Any]] = field(default_factory=list)

    def note(self, model: Any, params: Any, **_: Any) -> None:
        self.made.append((model.name, params))

    def count(self) -> Counter[str]:
        return Counter(name for name, _ in self.made)

    def clear(self) -> None:
        self.made.clear()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-1")
    with aws():
        refs = create_in_process()
        yield Names(
            subscribers=refs["SubscriberTable"],
            directory=refs["DirectoryTable"],
            ledger=refs["LedgerTable"],
            pending=refs["PendingTable"],
            bucket=refs["Bucket"],
            snapshots=refs["SnapshotBucket"],
        )


@pytest.fixture
def store(names: Names) -> Store:
    return open_store(names, lambda: b"address key")


@pytest.fixture
def requests(store: Store) -> Requests:
    """What `store` asks of DynamoDB and S3 from here on."""
    noted = Requests()
    for client in (store.accounts._table.meta.client, store.content._s3, store.due._reads.client):
        client.meta.events.register("before-call", noted.note)
    return noted


@pytest.fixture
def items(names: Names) -> "Items":
    return Items(names)


class Items:
    """What the tables hold, as a stranger would see it who looks at them."""

    def __init__(self, names: Names) -> None:
        resource = boto3.resource("dynamodb")
        self.directory, self.ledger = resource.Table(names.directory), resource.Table(names.ledger)
        self.subscribers = resource.Table(names.subscribers)

    def due(self) -> set[tuple[str, str]]:
        """The entries of the due index."""
        found = self.directory.scan()["Items"]
        return {(str(i["pk"]), str(i["sk"])) for i in found if str(i["pk"]).startswith("DUE#")}

    def addresses(self) -> list[str]:
        """Whose addresses are known."""
        found = self.directory.scan()["Items"]
        return sorted(str(i["subscriber"]) for i in found if str(i["pk"]).startswith("ADDRESS#"))
