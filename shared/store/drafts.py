"""Drafts of texts by day, and who proposed to publish them, in the directory table."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Attr
from boto3.dynamodb.conditions import Key as Where
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text
from shared.store import keys
from shared.store.documents import read
from shared.store.tables import (
    TRANSACTION_LIMIT,
    ConflictError,
    Item,
    get,
    is_conflict,
    keyed,
    put_action,
    query,
    transact,
)

if TYPE_CHECKING:
    from boto3.dynamodb.conditions import ConditionBase
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True)
class Draft:
    """What a day is to say, and who wrote that when; None: nothing any more."""

    text: Text | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """That a draft is to be published: by whom, when, which (by its hash), and since which day."""

    by: str
    at: datetime
    digest: str
    since: date | None


_DRAFT = TypeAdapter(Draft)
_PROPOSAL = TypeAdapter(Proposal)


class Drafts:
    """A draft is kept by day, so that several people write at once."""

    def __init__(self, resource: "DynamoDBServiceResource", directory: "Table") -> None:
        self._resource, self._table = resource, directory

    def of(self, series: str) -> dict[Due, Draft]:
        """Every day of a series that is to change."""
        found = {}
        for item in self._query(keys.draft(series, "", 0).pk):
            phase, _, day = item["sk"].partition("#")
            due = Due(Phase(phase), int(day))
            found[due] = read(_DRAFT, item["draft"], f"the draft {series} {due}")
        return found

    def get(self, series: str, due: Due) -> Draft | None:
        """What a day of a series is to say, or None where nobody changes it."""
        item = get(self._table, asdict(keys.draft(series, due.phase, due.day)))
        return read(_DRAFT, item["draft"], f"the draft {series} {due}") if item else None

    def put(self, series: str, due: Due, draft: Draft, *, seen: Draft | None) -> None:
        """Keep what a day is to say in place of the draft that was `seen` (None: there was none).
        ConflictError where it is another one by now.
        """
        item = keyed(keys.draft(series, due.phase, due.day), {"draft": _dumped(draft)})
        with _conflicts():
            self._table.put_item(Item=item, ConditionExpression=_still(seen))

    def put_all(self, series: str, drafts: Mapping[Due, Draft]) -> None:
        """Keep what many days are to say, whatever drafts there were."""
        puts = [
            put_action(
                self._table,
                keyed(keys.draft(series, due.phase, due.day), {"draft": _dumped(draft)}),
            )
            for due, draft in drafts.items()
        ]
        for start in range(0, len(puts), TRANSACTION_LIMIT):
            transact(self._resource, puts[start : start + TRANSACTION_LIMIT])

    def drop(self, series: str, due: Due, *, seen: Draft) -> None:
        """Leave a day as it is published. ConflictError where its draft is another by now."""
        key = asdict(keys.draft(series, due.phase, due.day))
        with _conflicts():
            self._table.delete_item(Key=key, ConditionExpression=_still(seen))

    def proposal(self, series: str) -> Proposal | None:
        """Who proposed the draft of a series, or None."""
        item = get(self._table, asdict(keys.proposal(series)))
        return _proposal(item) if item else None

    def proposals(self) -> dict[str, Proposal]:
        """The same of every series whose draft is proposed."""
        return {item["sk"]: _proposal(item) for item in self._query(keys.proposal("").pk)}

    def propose(self, series: str, proposal: Proposal) -> None:
        """Note that a draft is to be published."""
        document = _PROPOSAL.dump_python(proposal, mode="json")
        self._table.put_item(Item=keyed(keys.proposal(series), {"proposal": document}))

    def settle(self, series: str) -> None:
        """The draft is published or changed: nothing is proposed any more."""
        self._table.delete_item(Key=asdict(keys.proposal(series)))

    def _query(self, pk: str) -> Iterator[Item]:
        return query(self._table, KeyConditionExpression=Where("pk").eq(pk), ConsistentRead=True)


def _proposal(item: Item) -> Proposal:
    return read(_PROPOSAL, item["proposal"], f"the proposal of {item['sk']}")


def _dumped(draft: Draft) -> dict[str, object]:
    document: dict[str, object] = _DRAFT.dump_python(draft, mode="json")
    return document


def _still(seen: Draft | None) -> "ConditionBase":
    if seen is None:
        return Attr("pk").not_exists()
    return Attr("draft").eq(_dumped(seen))


@contextmanager
def _conflicts() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if is_conflict(error):
            raise ConflictError from error
        raise
