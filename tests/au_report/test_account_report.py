"""The report of one account: its figures are the snapshot's, and it says where they are from."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from functions.au_report.balance import month_flow
from functions.au_report.report import Audience
from shared.rules.account import Channel
from shared.rules.au import Measure
from shared.rules.dates import JST
from tests.au.sample import november, snapshot
from tests.au_report.made import (
    line_of,
    of_account,
    section,
    table,
    texts,
)

NOVEMBER = november()
LINE, DETAIL = line_of(NOVEMBER), NOVEMBER.detail["bunkyo"]


def test_the_figures_of_the_month_stand_beside_those_of_the_month_and_the_year_before():
    found = texts(table(of_account(), "AU"))

    past = DETAIL.series["subscribers"]
    assert found["AU（読者）"] == [
        f"{LINE.subscribers}",
        f"{past[-2]}",
        f"{LINE.subscribers - past[-2]:+}",
        f"{past[-13]}",
        f"{LINE.subscribers - past[-13]:+}",
        f"{LINE.subscribers / past[-13] - 1:+.1%}",
    ]
    assert found["AU（登録）"][0] == f"{LINE.enrolments}"


def test_phases_and_channels_are_the_snapshots():
    report = of_account()

    phases, channels = (texts(table(report, name)) for name in ("妊娠期と育児期", "チャネル"))
    assert phases["妊娠期"] == [f"{LINE.pregnancy.subscribers}", f"{LINE.pregnancy.enrolments}"]
    assert phases["育児期"] == [f"{LINE.childcare.subscribers}", f"{LINE.childcare.enrolments}"]
    assert phases["合計"] == [f"{LINE.subscribers}", f"{LINE.enrolments}"]
    assert channels["LINE"] == [f"{LINE.channels[Channel.LINE]}"]
    assert channels["合計"] == [f"{LINE.subscribers}"]
    assert channels["移行待ちの登録（AUの外）"] == [f"{LINE.awaiting_birth}"]


def test_a_channel_that_nobody_ever_had_is_left_out():
    assert list(texts(table(of_account("karuizawa"), "チャネル")))[:2] == ["メール", "合計"]


def test_it_says_that_totals_are_no_sums_of_the_phases():
    assert "合計では1人と数えるため" in section(of_account(), "AUの概要")


def test_the_weeks_add_up_to_their_months_and_those_to_the_pregnancies():
    rows = table(of_account(), "妊娠週数").rows

    months = [[cell.value for cell in row.cells] for row in rows[:-1]]
    assert [row.heading for row in rows[:1]] == ["2か月（4〜7週）"]
    assert [row.heading for row in rows[-2:]] == ["予定日以降（40〜41週）", "妊娠期の合計"]
    assert all(total == sum(week or 0 for week in weeks) for total, *weeks in months)
    assert [week for _, *weeks in months for week in weeks if week is not None] == DETAIL.weeks
    assert sum(total for total, *_ in months) == LINE.pregnancy.enrolments


def test_the_ages_add_up_to_the_children():
    report = of_account()

    years = table(report, "年齢").rows
    months = [c.value for row in table(report, "0歳の月齢").rows for c in row.cells]
    assert months == [DETAIL.ages.get(month, 0) for month in range(12)]
    assert [row.heading for row in years] == ["0歳", "1歳", "2歳", "育児期の合計"]
    assert years[0].cells[0].value == sum(months)
    assert sum(row.cells[0].value for row in years[:-1]) == LINE.childcare.enrolments


def test_the_balance_sheet_balances_as_it_stands():
    rows = table(of_account(), "収支").rows

    opening, *flows, closing, born = rows
    level = opening.cells[1].value
    for row in flows:
        level += {"＋": 1, "－": -1}[row.cells[0].text] * row.cells[1].value
    assert level == closing.cells[1].value == LINE.flow.closing
    assert born.cells[1].value == LINE.flow.born
    assert born.heading == "（内訳）出産登録: 妊娠期から育児期へ"


def test_a_past_month_has_its_own_balance_sheet():
    assert all(month_flow(DETAIL, n).balances for n in range(1, len(NOVEMBER.measure.past)))
    assert month_flow(DETAIL, -1) == replace(month_flow(DETAIL, -1), closing=LINE.flow.closing)


def test_loss_is_nowhere_but_inside_the_stops():
    report = of_account()

    words = str([(s.heading, s.blocks) for s in report.sections])
    for word in ("流産", "死産", "喪失", "死亡"):
        assert word not in words
    stops = [name for name in texts(table(report, "収支")) if "停止" in name]
    assert stops == ["停止（本人）", "停止（不達）"]


def test_thirteen_months_end_with_this_one():
    found = texts(table(of_account(), "13か月"))

    assert len(found) == 13
    assert next(iter(found)) == "2025年11月"
    assert found["2026年11月"] == [
        f"{LINE.subscribers}",
        f"{LINE.pregnancy.subscribers}",
        f"{LINE.childcare.subscribers}",
    ]
    assert found["2025年11月"][0] == f"{DETAIL.series['subscribers'][-13]}"


def test_three_fiscal_years_stand_side_by_side_from_april_to_march():
    found = table(of_account(), "3か年")

    past = DETAIL.series["subscribers"]
    assert found.columns == ("月末", "2024年度", "2025年度", "2026年度", "前年度から")
    assert [row.heading for row in found.rows] == [
        *(f"{month}月" for month in (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3))
    ]
    assert [cell.value for cell in found.rows[0].cells] == [
        past[0],
        past[12],
        past[24],
        past[24] - past[12],
    ]
    assert [cell.text for cell in found.rows[-1].cells][2:] == ["－", "－"]


def test_the_next_twelve_months_of_graduations_are_the_snapshots():
    found = table(of_account(), "卒業の予定")

    assert [row.cells[0].value for row in found.rows] == list(DETAIL.graduating[:12])
    assert found.rows[0].heading == "2026年12月"


def test_the_forecast_says_what_holds_the_au_and_is_no_promise():
    report = of_account()

    said = section(report, "これから36か月の見通し")
    assert "コップ" in said
    assert "12か月後もAUは今と同じ高さに保たれます" in said
    assert [row.heading for row in table(report, "見通し").rows] == [
        "2027年11月（12か月後）",
        "2028年11月（24か月後）",
        "2029年11月（36か月後）",
    ]
    assert table(report, "見通し").rows[0].cells[3].value == DETAIL.known["subscribers"][11]


def test_the_foot_says_where_all_of_it_is_from():
    found = dict(of_account().sources)

    assert found["計測"] == "month_end-2026-11（月末（2026年11月の終わりまで））"
    assert found["計測日時"] == "2026年12月1日 00:00（日本時間。この時刻は含みません）"
    assert found["ハッシュ（SHA-256）"] == NOVEMBER.sha256
    assert found["計測を依頼した人"] == "sora"
    assert found["確認した人"] == "hana（2026年12月1日 09:30）"
    assert found["計測した日時"] == "2026年12月1日 09:30（日本時間）"
    assert found["訂正"] == "ありません"
    assert found["範囲"] == "自システムと団体以外のシステム、自治体・その他、12団体"


def test_a_draft_and_a_restated_snapshot_say_so_first():
    draft = of_account(reviewed_by=None, reviewed_at=None, restated_by="month_end-2026-11-r2")

    assert draft.warnings == (
        "この計測は、まだ確認されていません（下書き）。",
        "この計測は訂正されています。新しい計測は month_end-2026-11-r2 です。",
    )
    assert of_account().warnings == ()


def test_an_internal_snapshot_is_of_its_instant():
    as_of = datetime(2026, 11, 25, 10, 0, tzinfo=JST).astimezone(UTC)
    found = snapshot(Measure.internal(as_of), 150)

    report = of_account(snapshot=found, count=150)

    assert report.subject == "2026年11月25日 10:00 時点"
    period = "2026年10月25日 10:00 から 2026年11月25日 10:00 まで"
    assert table(report, "収支").caption == f"収支（{period}、登録の件数）"


@pytest.mark.parametrize("audience", list(Audience))
def test_each_report_says_whom_it_is_for(audience):
    words = {
        Audience.OFFICE: "事務局用（公表しない数を含みます）",
        Audience.ACCOUNT: "団体用",
    }

    assert of_account(audience=audience).reader == words[audience]
