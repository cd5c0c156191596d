"""Drafts of texts, who proposed them, and which versions were published, in the directory table."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key as Where
from pydantic import TypeAdapter

from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text
from shared.store import keys
from shared.store.documents import read
from shared.store.tables import Item, get, keyed, query

if TYPE_CHECKING:
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


@dataclass(frozen=True, slots=True)
class Published:
    """That a version came into force, who had proposed it, and who published it."""

    version: str
    at: datetime
    by: str
    proposed_by: str
    since: date | None
    texts: int


_DRAFT = TypeAdapter(Draft)
_PROPOSAL = TypeAdapter(Proposal)
_PUBLISHED = TypeAdapter(Published)


class Drafts:
    """A draft is kept by day, so that several people write at once."""

    def __init__(self, directory: "Table") -> None:
        self._table = directory

    def of(self, series: str) -> dict[Due, Draft]:
        """Every day of a series that is to change."""
        found = {}
        for item in self._query(keys.draft(series, "", 0).pk):
            phase, _, day = item["sk"].partition("#")
            due = Due(Phase(phase), int(day))
            found[due] = read(_DRAFT, item["draft"], f"the draft {series} {due}")
        return found

    def put(self, series: str, due: Due, draft: Draft) -> None:
        """Keep what a day is to say, in place of an earlier draft of it."""
        document = _DRAFT.dump_python(draft, mode="json")
        key = keys.draft(series, due.phase, due.day)
        self._table.put_item(Item=keyed(key, {"draft": document}))

    def drop(self, series: str, due: Due) -> None:
        """Leave a day as it is published."""
        self._table.delete_item(Key=asdict(keys.draft(series, due.phase, due.day)))

    def proposal(self, series: str) -> Proposal | None:
        """Who proposed the draft of a series, or None."""
        item = get(self._table, asdict(keys.proposal(series)))
        if item is None:
            return None
        return read(_PROPOSAL, item["proposal"], f"the proposal of {series}")

    def propose(self, series: str, proposal: Proposal) -> None:
        """Note that a draft is to be published."""
        document = _PROPOSAL.dump_python(proposal, mode="json")
        self._table.put_item(Item=keyed(keys.proposal(series), {"proposal": document}))

    def settle(self, series: str) -> None:
        """The draft is published or changed: nothing is proposed any more."""
        self._table.delete_item(Key=asdict(keys.proposal(series)))

    def note(self, series: str, published: Published) -> None:
        """Note which version came into force."""
        document = _PUBLISHED.dump_python(published, mode="json")
        key = keys.published_version(series, published.at)
        self._table.put_item(Item=keyed(key, {"published": document}))

    def versions(self, series: str) -> list[Published]:
        """Which versions came into force, the latest first."""
        pk = keys.published_version(series, None).pk
        found = [read(_PUBLISHED, each["published"], "a version") for each in self._query(pk)]
        return found[::-1]

    def _query(self, pk: str) -> Iterator[Item]:
        return query(self._table, KeyConditionExpression=Where("pk").eq(pk), ConsistentRead=True)
