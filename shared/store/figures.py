"""Figures from outside: what other systems count, births, and totals that were published.

Each is added with its instant and never changed. A correction is one more figure: the latest
counts, and what was known at an instant can be told for ever.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import ConditionBase
from boto3.dynamodb.conditions import Key as Where
from pydantic import TypeAdapter

from shared.rules.months import Month
from shared.store import keys
from shared.store.documents import T, read
from shared.store.tables import put_new, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True)
class ExternalFigure:
    """The active users (subscribers) of an account in a month, as another system counted them;
    reported `by` one of the staff at an instant (UTC).
    """

    account: str
    month: Month
    subscribers: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AnnualBirths:
    """The births of a fiscal year where an account is, and who says so."""

    account: str
    fiscal_year: int
    births: int
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PublishedTotal:
    """The active users of a fiscal year as the office published them, and where."""

    fiscal_year: int
    subscribers: int
    source: str
    by: str
    at: datetime


_EXTERNAL = TypeAdapter(ExternalFigure)
_BIRTHS = TypeAdapter(AnnualBirths)
_PUBLISHED = TypeAdapter(PublishedTotal)


class ExternalFigures:
    """What external accounts reported, by account and month, in the directory table."""

    def __init__(self, resource: "DynamoDBServiceResource", directory: "Table") -> None:
        self._resource, self._table = resource, directory

    def report(
        self, account: str, month: Month, subscribers: int, *, by: str, at: datetime
    ) -> ExternalFigure:
        """Add a figure, in place of an earlier one of that month, which is kept; return it.

        ConflictError where one was reported at the same instant.
        """
        figure = ExternalFigure(account, month, subscribers, by, at.astimezone(UTC))
        put_new(
            self._resource,
            self._table,
            keys.external(account, month, at),
            _EXTERNAL.dump_python(figure, mode="json"),
        )
        return figure

    def history(self, account: str, month: Month) -> list[ExternalFigure]:
        """Every figure reported of a month, the oldest first: the last is the one that counts."""
        return list(self._reported(account, month, month))

    def of_account(
        self, account: str, first: Month, last: Month, known_at: datetime | None = None
    ) -> dict[Month, ExternalFigure]:
        """The figures of the months `first` to `last` as they were known at an instant (included;
        None: today). A month without a report is left out. One query.
        """
        return {
            figure.month: figure
            for figure in self._reported(account, first, last)
            if known_at is None or figure.at <= known_at
        }

    def of_month(
        self, accounts: Iterable[str], month: Month, known_at: datetime | None = None
    ) -> dict[str, ExternalFigure]:
        """The month's figures of `accounts` as they were known at an instant (included; None:
        today). An account without a report is left out. One query for each account.
        """
        known = ((each, self.of_account(each, month, month, known_at)) for each in accounts)
        return {account: figures[month] for account, figures in known if figures}

    def _reported(self, account: str, first: Month, last: Month) -> Iterator[ExternalFigure]:
        """By month, and each month's in the order in which they were reported."""
        pk, since, until = keys.external_of(account, first, last)
        where = Where("pk").eq(pk) & Where("sk").between(since, until)
        return _read(self._table, where, _EXTERNAL)


class Births:
    """The births of each fiscal year, by account, in the directory table."""

    def __init__(self, resource: "DynamoDBServiceResource", directory: "Table") -> None:
        self._resource, self._table = resource, directory

    def put(
        self, account: str, fiscal_year: int, births: int, source: str, *, at: datetime
    ) -> AnnualBirths:
        """Add a year's births, in place of an earlier figure, which is kept; return them.

        ConflictError where a figure of that year was added at the same instant.
        """
        figure = AnnualBirths(account, fiscal_year, births, source, at.astimezone(UTC))
        put_new(
            self._resource,
            self._table,
            keys.births(account, fiscal_year, at),
            _BIRTHS.dump_python(figure, mode="json"),
        )
        return figure

    def of(self, account: str) -> dict[int, AnnualBirths]:
        """The latest figure of each fiscal year that has one."""
        where = Where("pk").eq(keys.births_of(account))
        return {each.fiscal_year: each for each in _read(self._table, where, _BIRTHS)}


class PublishedTotals:
    """What the office has published of past fiscal years, in the directory table."""

    def __init__(self, resource: "DynamoDBServiceResource", directory: "Table") -> None:
        self._resource, self._table = resource, directory

    def put(
        self, fiscal_year: int, subscribers: int, source: str, *, by: str, at: datetime
    ) -> PublishedTotal:
        """Add a year's total, in place of an earlier one, which is kept; return it.

        ConflictError where one of that year was added at the same instant.
        """
        total = PublishedTotal(fiscal_year, subscribers, source, by, at.astimezone(UTC))
        put_new(
            self._resource,
            self._table,
            keys.published(fiscal_year, at),
            _PUBLISHED.dump_python(total, mode="json"),
        )
        return total

    def all(self) -> dict[int, PublishedTotal]:
        """The latest total of each fiscal year that has one, by year."""
        where = Where("pk").eq(keys.PUBLISHED)
        return {each.fiscal_year: each for each in _read(self._table, where, _PUBLISHED)}


def _read(table: "Table", where: ConditionBase, adapter: "TypeAdapter[T]") -> Iterator[T]:
    """The figures of a query, in the order of their keys: the latest of each subject comes last."""
    for item in query(table, KeyConditionExpression=where, ConsistentRead=True):
        yield read(adapter, item, f"the figure {item['pk']} {item['sk']}")
