"""The audit says who did what and when, month by month, and forgets nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.store.audit import AuditEntry
from shared.store.store import Store
from tests.store.conftest import Items

NOON = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def test_entries_come_back_the_oldest_first(store: Store) -> None:
    store.audit.note(NOON + timedelta(milliseconds=1), "sora", "shared a snapshot", "2026-10")
    store.audit.note(NOON, "hana", "erased a subscriber", "bunkyo")
    store.audit.note(NOON + timedelta(days=1), "hana", "erased a subscriber", "naha")

    assert list(store.audit.of_month(2026, 11)) == [
        AuditEntry(NOON, "hana", "erased a subscriber", "bunkyo"),
        AuditEntry(NOON + timedelta(milliseconds=1), "sora", "shared a snapshot", "2026-10"),
        AuditEntry(NOON + timedelta(days=1), "hana", "erased a subscriber", "naha"),
    ]


@pytest.mark.parametrize(
    ("at", "november", "december"),
    [
        (datetime(2026, 10, 31, 15, 0, tzinfo=UTC), 1, 0),
        (datetime(2026, 11, 30, 14, 59, tzinfo=UTC), 1, 0),
        (datetime(2026, 11, 30, 15, 0, tzinfo=UTC), 0, 1),
    ],
)
def test_an_entry_lies_in_its_month_in_tokyo(
    store: Store, at: datetime, november: int, december: int
) -> None:
    store.audit.note(at, "hana", "erased a subscriber", "bunkyo")

    assert len(list(store.audit.of_month(2026, 11))) == november
    assert len(list(store.audit.of_month(2026, 12))) == december


def test_two_entries_of_one_instant_are_both_kept(store: Store, items: Items) -> None:
    for _ in range(2):
        store.audit.note(NOON, "hana", "erased a subscriber", "bunkyo")

    assert len(list(store.audit.of_month(2026, 11))) == 2
    assert {i["pk"] for i in items.directory.scan()["Items"]} == {"AUDIT#2026-11"}
