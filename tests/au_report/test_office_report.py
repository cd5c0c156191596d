"""The office's report: all accounts, their totals, fiscal years, and what is missing."""

from dataclasses import replace

import pytest

from shared.rules.au import Flow
from shared.rules.snapshot import assemble
from shared.store.snapshots import hashed
from tests.au.sample import REPORTED, accounts, november
from tests.au_report.made import line_of, of_office, table, texts

NOVEMBER = november()


def lacking():
    """The snapshot, had sendai not reported."""
    reported = {m: n for m, n in NOVEMBER.reported["sendai"].items() if m != "2026-11"}
    return replace(
        NOVEMBER,
        complete=False,
        missing_external=("sendai",),
        total=replace(NOVEMBER.total, subscribers=NOVEMBER.own.subscribers),
        external=0,
        accounts=tuple(each for each in NOVEMBER.accounts if each.account != "sendai"),
        reported={"sendai": reported},
    )


def test_every_account_has_its_line():
    found = texts(table(of_office(), "団体"))

    line = line_of(NOVEMBER)
    before = NOVEMBER.detail["bunkyo"].series["subscribers"][-2]
    assert len(found) == 12
    assert found["文京区"] == [
        "自治体",
        f"{line.subscribers}",
        f"{line.subscribers - before:+}",
        f"{line.enrolments}",
        f"{line.pregnancy.subscribers}",
        f"{line.childcare.subscribers}",
        f"{line.awaiting_birth}",
    ]
    assert found["仙台市"] == ["自治体", "1,211", "+1", "－", "－", "－", "－"]
    assert found["見本総合病院"][0] == "その他"


def test_the_total_is_own_and_external():
    found = texts(table(of_office(), "合計"))

    assert found["自システム"] == [f"{NOVEMBER.own.subscribers:,}", f"{NOVEMBER.own.enrolments:,}"]
    assert found["団体以外のシステム"] == ["1,211", "－"]
    assert found["合計"] == [f"{NOVEMBER.own.subscribers + 1_211:,}", "－"]


def test_a_total_that_lacks_an_account_says_so_in_its_headline():
    report = of_office(lacking())

    assert report.headlines[0].said == "未報告の1団体を含みません"
    assert report.warnings[0] == "未報告の団体があります: 仙台市。合計は、この団体を含みません。"
    assert texts(table(report, "団体"))["仙台市"] == ["自治体", "未報告", *["－"] * 5]
    assert "合計（未報告の1団体を含みません）" in texts(table(report, "合計"))


def test_totals_of_months_that_lack_different_accounts_are_not_compared():
    report = of_office(lacking())

    assert report.headlines[-1].figure.text == "－"
    assert of_office().headlines[-1].figure.value == (
        NOVEMBER.total.subscribers
        - 1_210
        - sum(detail.series["subscribers"][-2] for detail in NOVEMBER.detail.values())
    )


def test_published_totals_stand_with_their_growth():
    found = texts(table(of_office(), "年度"))

    assert found["2021年度"][:2] == ["36,706", "－"]
    assert found["2022年度"][:2] == ["46,396", "+26.4%"]
    assert found["2023年度"][:2] == ["56,813", "+22.5%"]


def test_the_march_ends_that_the_snapshot_counts_stand_beside_the_published_ones():
    found = texts(table(of_office(), "年度"))

    march = {2024: 11, 2025: 23}
    for year, place in march.items():
        own = sum(detail.series["subscribers"][place] for detail in NOVEMBER.detail.values())
        assert found[f"{year}年度"][2] == f"{own:,}※"
    assert found["2023年度"][2] == "－"


def test_the_annual_letter_has_its_figures():
    found = texts(table(of_office(), "年次報告"))

    def year(name):
        return sum(sum(detail.flows[name][24:]) for detail in NOVEMBER.detail.values())

    assert found["AU（読者）"] == [f"{NOVEMBER.total.subscribers:,}"]
    assert found["アカウント数"] == ["12"]
    assert found["うち自治体"] == ["11"]
    assert found["この年度の新規登録（件）"] == [f"{year('new_pregnancy') + year('new_childcare')}"]
    assert found["この年度に登録された出産（件）"] == [f"{year('born')}"]
    assert found["この年度の卒業（件）"] == [f"{year('graduated')}"]
    assert found["前年度末（2025年度3月末の計測）からの伸び"] == ["－"]


def test_the_total_balance_sheet_is_the_sum_of_the_accounts():
    report = of_office()

    total = sum((line.flow for line in NOVEMBER.own_lines), Flow())
    found = texts(table(report, "収支"))
    by_account = texts(table(report, "団体の収支"))
    assert found["期首"] == ["", f"{total.opening:,}"]
    assert found["期末"] == ["", f"{NOVEMBER.own.enrolments:,}"]
    assert found["卒業"] == ["－", f"{total.graduated}"]
    assert by_account["合計"][0] == f"{total.opening:,}"
    assert by_account["文京区"][-2] == f"{line_of(NOVEMBER).flow.closing}"


def test_every_account_has_its_small_line():
    (plot,) = [each for each in of_office().plots if each.name == "accounts"]

    points = plot.spec["data"]["values"]
    assert len({point["n"] for point in points}) == 12
    assert "文京区" in plot.description
    (first, *_) = [point for point in points if point["n"] == 8]
    assert first["figure"] is None


def test_the_forecast_of_the_total_is_that_of_the_own_system():
    report = of_office()

    assert table(report, "見通し").caption == "自システムのAU（読者）の見通し"
    assert table(report, "見通し").rows[0].cells[3].value == sum(
        detail.known["subscribers"][11] for detail in NOVEMBER.detail.values()
    )


def test_a_snapshot_of_external_accounts_only_has_a_report_too():
    sendai = [accounts()["sendai"]]
    found = hashed(assemble(NOVEMBER.measure, sendai, {}, REPORTED))

    report = of_office(found, ahead={})

    assert report.headlines[0].figure.value == 1_211
    assert "収支" not in [each.name for each in report.tables]


@pytest.mark.parametrize("name", ["合計", "団体", "チャネル", "年度", "年次報告", "13か月"])
def test_nothing_is_hidden_from_staff(name):
    cells = [cell for shown in texts(table(of_office(), name)).values() for cell in shown]

    assert not {"<5", "…"} & set(cells)
