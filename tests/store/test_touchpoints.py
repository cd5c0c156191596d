"""Touchpoints: the links that parents can follow, and who came through each, month by month."""

import json
from datetime import UTC, date, datetime

import pytest

from shared.rules.months import Month
from shared.rules.touchpoint import Funnel, Step, Touchpoint
from shared.store.store import Store
from shared.store.tables import ConflictError
from tests.store.conftest import Items, Requests

BOOK = Touchpoint("bunkyo", "boshi-techo", "母子手帳交付")
FLYER = Touchpoint("bunkyo", "chirashi", "チラシ")
NOON = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 26, 0, 0, tzinfo=UTC)
OCTOBER, NOVEMBER, DECEMBER = Month(2026, 10), Month(2026, 11), Month(2026, 12)


def test_an_account_has_its_own_touchpoints_by_id_after_the_one_that_all_have(store: Store) -> None:
    store.touchpoints.put(FLYER)
    store.touchpoints.put(BOOK)
    store.touchpoints.put(Touchpoint("naha", "boshi-techo", "那覇の母子手帳"))

    web = Touchpoint("bunkyo", "web", "ホームページ")
    chat = Touchpoint("bunkyo", "line", "LINEのトーク")
    assert store.touchpoints.of("bunkyo") == [web, chat, BOOK, FLYER]
    assert store.touchpoints.get("bunkyo", "chirashi") == FLYER
    assert store.touchpoints.get("bunkyo", "web") == web


def test_there_is_no_touchpoint_that_nobody_added(store: Store) -> None:
    store.touchpoints.put(BOOK)

    assert store.touchpoints.get("bunkyo", "chirashi") is None
    assert store.touchpoints.get("naha", "boshi-techo") is None


@pytest.mark.parametrize("taken", ["boshi-techo", "web", "line"])
def test_an_id_that_is_taken_is_refused_and_nothing_changes(store: Store, taken: str) -> None:
    store.touchpoints.put(BOOK)
    store.touchpoints.close("bunkyo", "boshi-techo", NOON)
    before = store.touchpoints.of("bunkyo")

    with pytest.raises(ConflictError):
        store.touchpoints.put(Touchpoint("bunkyo", taken, "別の名前"))

    assert store.touchpoints.of("bunkyo") == before


def test_a_renamed_touchpoint_keeps_its_id(store: Store) -> None:
    store.touchpoints.put(BOOK)

    assert store.touchpoints.rename("bunkyo", "boshi-techo", "母子健康手帳の窓口")

    assert store.touchpoints.get("bunkyo", "boshi-techo") == Touchpoint(
        "bunkyo", "boshi-techo", "母子健康手帳の窓口"
    )


def test_what_is_closed_stays_so_since_it_was_first_closed(store: Store) -> None:
    store.touchpoints.put(BOOK)

    assert store.touchpoints.close("bunkyo", "boshi-techo", NOON)
    assert not store.touchpoints.close("bunkyo", "boshi-techo", MIDNIGHT)

    closed = store.touchpoints.get("bunkyo", "boshi-techo")
    assert closed == Touchpoint("bunkyo", "boshi-techo", "母子手帳交付", NOON)
    assert closed.closed


def test_what_was_closed_can_be_opened_again_once(store: Store) -> None:
    store.touchpoints.put(BOOK)
    store.touchpoints.close("bunkyo", "boshi-techo", NOON)

    assert store.touchpoints.reopen("bunkyo", "boshi-techo")
    assert not store.touchpoints.reopen("bunkyo", "boshi-techo")

    assert store.touchpoints.get("bunkyo", "boshi-techo") == BOOK


@pytest.mark.parametrize("touchpoint", ["chirashi", "web", "line"])
def test_what_was_never_added_can_neither_be_renamed_nor_closed(
    store: Store, items: Items, touchpoint: str
) -> None:
    assert not store.touchpoints.rename("bunkyo", touchpoint, "チラシ")
    assert not store.touchpoints.close("bunkyo", touchpoint, NOON)
    assert not store.touchpoints.reopen("bunkyo", touchpoint)

    assert items.directory.scan()["Items"] == []


# Counts.


def test_each_step_is_counted_by_touchpoint(store: Store) -> None:
    steps = [Step.OPENED, Step.OPENED, Step.STARTED, Step.OPENED, Step.STARTED, Step.CONFIRMED]
    for step in steps:
        store.touchpoints.count("bunkyo", "boshi-techo", step, date(2026, 11, 25))
    store.touchpoints.count("bunkyo", "web", Step.OPENED, date(2026, 11, 25))
    store.touchpoints.count("naha", "boshi-techo", Step.OPENED, date(2026, 11, 25))

    assert store.touchpoints.counts("bunkyo", NOVEMBER, NOVEMBER) == {
        "boshi-techo": Funnel(opened=3, started=2, confirmed=1),
        "web": Funnel(opened=1, started=0, confirmed=0),
    }


@pytest.mark.parametrize(
    ("first", "last", "opened"),
    [
        (OCTOBER, OCTOBER, 1),
        (NOVEMBER, NOVEMBER, 2),
        (OCTOBER, NOVEMBER, 3),
        (NOVEMBER, DECEMBER, 5),
        (OCTOBER, DECEMBER, 6),
    ],
)
def test_counts_are_of_whole_months_both_ends_included(
    store: Store, first: Month, last: Month, opened: int
) -> None:
    days = {date(2026, 10, 31): 1, date(2026, 11, 1): 1, date(2026, 11, 30): 1}
    for day, times in {**days, date(2026, 12, 1): 3}.items():
        for _ in range(times):
            store.touchpoints.count("bunkyo", "zz-last", Step.OPENED, day)

    assert store.touchpoints.counts("bunkyo", first, last) == {"zz-last": Funnel(opened=opened)}


def test_to_count_reads_nothing_first_so_nobody_is_lost_who_comes_at_once(
    store: Store, requests: Requests
) -> None:
    store.touchpoints.count("bunkyo", "boshi-techo", Step.OPENED, date(2026, 11, 25))

    ((operation, asked),) = requests.made
    assert operation == "UpdateItem"
    assert json.loads(asked["body"])["UpdateExpression"] == "ADD #step :one"


def test_counts_outlive_the_link(store: Store) -> None:
    store.touchpoints.put(BOOK)
    store.touchpoints.count("bunkyo", "boshi-techo", Step.OPENED, date(2026, 11, 25))
    store.touchpoints.rename("bunkyo", "boshi-techo", "窓口")
    store.touchpoints.close("bunkyo", "boshi-techo", NOON)

    assert store.touchpoints.counts("bunkyo", NOVEMBER, NOVEMBER) == {
        "boshi-techo": Funnel(opened=1)
    }


def test_nothing_but_a_figure_is_kept_of_who_came(store: Store, items: Items) -> None:
    store.touchpoints.count("bunkyo", "boshi-techo", Step.STARTED, date(2026, 11, 25))

    assert items.directory.scan()["Items"] == [
        {"pk": "TOUCHPOINT_COUNTS#bunkyo", "sk": "2026-11#boshi-techo", "started": 1}
    ]
