"""Figures from outside are added and never changed: the latest counts, and what was known stays."""

from datetime import datetime, timedelta

import pytest

from shared.rules.dates import JST
from shared.rules.months import Month
from shared.store.figures import AnnualBirths, ExternalFigure, PublishedTotal
from shared.store.store import Store
from shared.store.tables import ConflictError
from tests.store.conftest import Items, Requests

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
FIRST = datetime(2026, 12, 1, 10, 0, tzinfo=JST)
CORRECTED = datetime(2026, 12, 3, 10, 0, tzinfo=JST)
A_MOMENT = timedelta(microseconds=1)


def corrected(store: Store) -> None:
    """Sendai reported 120 for November, and two days later that it was 112."""
    store.external.report("sendai", NOVEMBER, 120, by="hana", at=FIRST)
    store.external.report("sendai", NOVEMBER, 112, by="sora", at=CORRECTED)


# What external accounts report.


def test_a_figure_comes_back_with_who_reported_it_and_when(store: Store) -> None:
    reported = store.external.report("sendai", NOVEMBER, 120, by="hana", at=FIRST)

    assert reported == ExternalFigure("sendai", NOVEMBER, 120, "hana", FIRST)
    assert store.external.history("sendai", NOVEMBER) == [reported]
    assert store.external.of_month(["sendai"], NOVEMBER) == {"sendai": reported}


def test_a_correction_counts_and_the_old_figure_stays_on_record(store: Store) -> None:
    corrected(store)

    assert store.external.of_month(["sendai"], NOVEMBER)["sendai"].subscribers == 112
    assert [
        (each.subscribers, each.by, each.at) for each in store.external.history("sendai", NOVEMBER)
    ] == [(120, "hana", FIRST), (112, "sora", CORRECTED)]


@pytest.mark.parametrize(
    ("known_at", "figure", "because"),
    [
        (FIRST - A_MOMENT, None, "nothing was reported yet"),
        (FIRST, 120, "the instant of the report is included"),
        (CORRECTED - A_MOMENT, 120, "the correction was not known"),
        (CORRECTED, 112, "the correction is"),
        (None, 112, "the latest"),
    ],
)
def test_what_was_known_at_an_instant_stays_what_was_known(
    store: Store, known_at: datetime | None, figure: int | None, because: str
) -> None:
    corrected(store)

    found = store.external.of_month(["sendai"], NOVEMBER, known_at)
    trend = store.external.of_account("sendai", OCTOBER, NOVEMBER, known_at)

    assert [each.subscribers for each in found.values()] == ([] if figure is None else [figure]), (
        because
    )
    assert {month: each.subscribers for month, each in trend.items()} == (
        {} if figure is None else {NOVEMBER: figure}
    ), because


def test_an_account_without_a_report_is_missing_and_never_zero(store: Store) -> None:
    store.external.report("sendai", OCTOBER, 120, by="hana", at=FIRST)
    store.external.report("otaru", NOVEMBER, 0, by="hana", at=FIRST)

    found = store.external.of_month(["sendai", "otaru", "naha"], NOVEMBER)

    assert {account: each.subscribers for account, each in found.items()} == {"otaru": 0}
    assert store.external.history("sendai", NOVEMBER) == []


def test_a_trend_has_its_own_account_s_months_and_both_ends_in_one_query(
    store: Store, requests: Requests
) -> None:
    for n in range(-1, 14):
        month = Month(2025, 12).plus(n)
        store.external.report("sendai", month, 100 + n, by="hana", at=FIRST)
        store.external.report("sendai-2", month, 900, by="hana", at=FIRST)
    requests.clear()

    trend = store.external.of_account("sendai", Month(2025, 12), Month(2026, 12))

    assert [str(month) for month in trend] == ["2025-12", *(f"2026-{n:02}" for n in range(1, 13))]
    assert [each.subscribers for each in trend.values()] == list(range(100, 113))
    assert requests.count() == {"Query": 1}


def test_two_reports_of_one_instant_are_not_taken_for_one(store: Store) -> None:
    store.external.report("sendai", NOVEMBER, 120, by="hana", at=FIRST)

    with pytest.raises(ConflictError):
        store.external.report("sendai", NOVEMBER, 112, by="sora", at=FIRST)

    assert [each.subscribers for each in store.external.history("sendai", NOVEMBER)] == [120]


def test_reports_count_in_the_order_of_their_instants_however_they_are_written(
    store: Store,
) -> None:
    later = FIRST + timedelta(milliseconds=500)
    store.external.report("sendai", NOVEMBER, 2, by="hana", at=later)
    store.external.report("sendai", NOVEMBER, 1, by="hana", at=FIRST)

    assert [each.subscribers for each in store.external.history("sendai", NOVEMBER)] == [1, 2]


# Births.


def test_the_latest_births_of_each_year_count_and_the_old_figure_is_kept(
    store: Store, items: Items
) -> None:
    store.births.put("bunkyo", 2024, 1900, "住民基本台帳", at=FIRST)
    store.births.put("bunkyo", 2025, 1800, "速報", at=FIRST)
    store.births.put("bunkyo", 2025, 1812, "確定", at=CORRECTED)
    store.births.put("naha", 2025, 2500, "確定", at=FIRST)

    assert store.births.of("bunkyo") == {
        2024: AnnualBirths("bunkyo", 2024, 1900, "住民基本台帳", FIRST),
        2025: AnnualBirths("bunkyo", 2025, 1812, "確定", CORRECTED),
    }
    assert store.births.of("sendai") == {}
    kept = [i["births"] for i in items.directory.scan()["Items"] if i["pk"] == "BIRTHS#bunkyo"]
    assert sorted(kept) == [1800, 1812, 1900]


# Published totals.


def test_the_latest_total_of_each_year_counts(store: Store, items: Items) -> None:
    store.published.put(2022, 46396, "annual letter 2023", by="hana", at=FIRST)
    store.published.put(2021, 36076, "annual letter 2022", by="hana", at=FIRST)
    store.published.put(2021, 36706, "annual letter 2022", by="sora", at=CORRECTED)

    assert store.published.all() == {
        2021: PublishedTotal(2021, 36706, "annual letter 2022", "sora", CORRECTED),
        2022: PublishedTotal(2022, 46396, "annual letter 2023", "hana", FIRST),
    }
    assert list(store.published.all()) == [2021, 2022]
    assert len(items.directory.scan()["Items"]) == 3
