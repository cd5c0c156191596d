"""A count of everybody, over the wire, takes no more memory however many they are."""

import tracemalloc

import pytest

from bench.scan_server import scan_server, table_of
from functions.au_snapshot import count as counting
from shared.rules.au import Measure
from shared.rules.months import Month
from shared.store.store import Names, open_store

MEASURE = Measure.month_end(Month(2026, 11))
FEW, MANY = 1_000, 10_000
"""Enrolments."""

PEOPLE, PAGE_BYTES = 300, 40_000
"""Of the few, too, everybody who is invented is counted, on many pages."""

MOST_GROWTH = 128 * 1024
"""In bytes: 15 for each enrolment that is more, where an id alone takes 60."""


@pytest.fixture
def counted(monkeypatch):
    """The most memory that counting so many takes, in bytes."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-1")
    # How many pages several readers hold at the same time is chance.
    monkeypatch.setattr(counting, "SEGMENTS", 1)

    def peak(enrolments):
        names = Names(table_of(enrolments), "directory", "ledger", "pending", "bucket", "snapshots")
        store = open_store(names)
        tracemalloc.start()
        try:
            assert counting.count(store, MEASURE).enrolments == pytest.approx(enrolments, abs=5)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    with scan_server(people=PEOPLE, page_bytes=PAGE_BYTES) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        peak(PEOPLE)  # what is made once is made: the dates that are remembered
        yield peak


def test_counting_ten_times_as_many_takes_no_more_memory(counted):
    few, many = counted(FEW), counted(MANY)

    assert many - few < MOST_GROWTH, (few, many)
