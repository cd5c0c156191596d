"""Taking a snapshot: count, keep it for good, note who asked; the same for the same question."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from functions.au_snapshot.count import count
from functions.au_snapshot.tables import (
    CSV_TYPE,
    LINES_TYPE,
    XLSX_TYPE,
    csv_file,
    json_lines,
    xlsx_file,
)
from shared.rules.au import Measure
from shared.rules.months import Month
from shared.rules.snapshot import Review, Snapshot, assemble, snapshot_id
from shared.store.snapshots import hashed
from shared.store.store import Store

Counting = Callable[[str, int], None]
"""Told which snapshot is being counted, and how many subscribers have been."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot, what the office did with it, and whether it was taken just now."""

    snapshot: Snapshot
    review: Review
    new: bool


def take(
    store: Store,
    measure: Measure,
    *,
    by: str,
    now: datetime,
    again: bool = False,
    counting: Counting = lambda *_: None,
) -> Taken:
    """The snapshot of a measure, taken at `now` and asked for `by` somebody.

    Of one kind and instant there is one snapshot: who asks again gets the same. Only where an
    external figure came in since, or `again` says to count anew and another figure comes of it,
    a correction is taken, which restates the one before. A crash leaves nothing half done that
    asking again does not complete.
    """
    latest = latest_of(store, measure)
    reported = _reported(store, measure, now)
    old = store.snapshots.load(latest) if latest else None
    if old and latest and not again and not _news(old, reported):
        _tables(store, old)
        return Taken(old, latest, new=False)
    revision = _revision(old) + 1
    name = snapshot_id(measure, revision)
    figures = count(store, measure, lambda done: counting(name, done)).figures()
    snapshot = assemble(measure, store.accounts.every(), figures, reported, revision=revision)
    if old and latest and same_figures(old, snapshot):
        return Taken(old, latest, new=False)
    snapshot = store.snapshots.keep(snapshot)
    _tables(store, snapshot)
    review = store.snapshots.note(
        Review(
            snapshot=snapshot.snapshot,
            kind=snapshot.kind,
            as_of=snapshot.as_of,
            month=snapshot.scope.month,
            sha256=snapshot.sha256,
            requested_by=by,
            taken_at=now,
        )
    )
    return Taken(snapshot, review, new=True)


def recount(store: Store, snapshot: Snapshot, taken_at: datetime) -> Snapshot:
    """What a count of the snapshot's instant gives now, under the same name: with the external
    figures that were known when it was taken. The same hash means the same figures.
    """
    measure = snapshot.measure
    figures = count(store, measure).figures()
    reported = _reported(store, measure, taken_at)
    counted = assemble(measure, store.accounts.every(), figures, reported)
    return hashed(replace(counted, snapshot=snapshot.snapshot, restates=snapshot.restates))


def latest_of(store: Store, measure: Measure) -> Review | None:
    """The snapshot of a measure that nothing restates, or None where none was taken yet."""
    found = (
        review
        for review in store.snapshots.reviews()
        if (review.kind, review.as_of) == (measure.kind, measure.as_of)
    )
    return next((review for review in found if not review.restated_by), None)


def same_figures(one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots say the same, whatever they are called and restate."""
    named = replace(other, snapshot=one.snapshot, restates=one.restates)
    return hashed(named).sha256 == one.sha256


def _revision(old: Snapshot | None) -> int:
    if old is None:
        return 0
    _, _, number = old.snapshot.rpartition("-r")
    return int(number) if old.restates else 1


def _reported(store: Store, measure: Measure, known_at: datetime) -> dict[str, dict[Month, int]]:
    """What every account with another system reported for the past months, as known then."""
    past = measure.past
    found = {}
    for account in store.accounts.every():
        figures = store.external.of_account(account.id, past[0], past[-1], known_at)
        if figures:
            found[account.id] = {month: each.subscribers for month, each in figures.items()}
    return found


def _news(old: Snapshot, reported: Mapping[str, Mapping[Month, int]]) -> bool:
    """Whether an external figure of the month came in, or was corrected, since a snapshot."""
    lines = {line.account: line.subscribers for line in old.accounts if line.delivery != "own"}
    month = old.measure.month
    return any(
        reported.get(account, {}).get(month) != lines.get(account)
        for account in (*lines, *old.missing_external)
    )


def _tables(store: Store, snapshot: Snapshot) -> None:
    """The forms for people and for Athena; those that are there stay."""
    for ending, body, content_type in (
        ("jsonl", json_lines(snapshot), LINES_TYPE),
        ("csv", csv_file(snapshot), CSV_TYPE),
        ("xlsx", xlsx_file(snapshot), XLSX_TYPE),
    ):
        store.snapshots.put_table(snapshot, ending, body, content_type)
