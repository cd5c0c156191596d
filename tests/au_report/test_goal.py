"""The 20% goal: with the births of its year, of an earlier one, and of none."""

from dataclasses import replace

from functions.au_report.goal import goal, rate
from functions.au_report.reader import Reader, rounded
from functions.au_report.report import Audience
from shared.rules.months import Month
from shared.store.figures import AnnualBirths
from tests.au.sample import november
from tests.au_report.made import BIRTHS, TAKEN, of_account, table, texts

OFFICE, ACCOUNT = Reader(Audience.OFFICE), Reader(Audience.ACCOUNT)
MONTHS = november().measure.past


def births(**years):
    return {
        int(year[1:]): AnnualBirths("bunkyo", int(year[1:]), number, "住民基本台帳", TAKEN)
        for year, number in years.items()
    }


def steady(each):
    """文京区 with so many new registrations in every month, and so many graduates."""
    detail, months = november().detail["bunkyo"], len(MONTHS)
    flows = {name: [0] * months for name in detail.flows}
    flows |= {"new_pregnancy": [each] * months, "graduated": [each] * months}
    flows |= {"returned": [9] * months, "stopped_subscriber": [9] * months}
    return replace(detail, flows=flows, series={**detail.series, "enrolments": [500] * months})


def test_the_years_registrations_are_set_against_its_births():
    found = texts(table(of_account(births=births(y2026=500, y2025=900)), "20%の目標"))

    registered = sum(november().detail["bunkyo"].flows["new_pregnancy"][-8:])
    assert found["妊娠期の新規登録（2026年4月〜11月）"] == [f"{registered}"]
    assert found["年間の出生数（2026年度）"] == ["500"]
    assert found["割合"] == [f"{registered / 500:.1%}"]
    assert found["目標"] == ["20.0%"]
    assert found["目標の8か月分"] == ["13.3%"]
    assert found["出生数の出典"] == ["住民基本台帳"]


def test_where_the_years_births_are_not_known_the_latest_before_are_taken_and_named():
    found = table(of_account(births=births(y2023=700, y2024=800, y2027=1)), "20%の目標")

    assert texts(found)["年間の出生数（2024年度）"] == ["800"]
    assert found.notes == (
        "2026年度の出生数はまだ登録されていません。2024年度の出生数で計算しました。",
    )


def test_without_births_it_is_said_that_there_are_none():
    report = of_account(births={})

    found = table(report, "20%の目標")
    assert len(found.rows) == 1
    assert found.notes == ("出生数が登録されていないため、割合は計算できません。",)
    assert report.headlines[-1].figure.text == "－"


def test_births_of_none_make_no_share():
    assert rate(november().detail["bunkyo"], MONTHS, births(y2026=0), OFFICE).text == "－"


def test_where_no_month_is_hidden_the_account_sees_the_exact_figure():
    (_, found) = goal(steady(7), MONTHS, BIRTHS, ACCOUNT).blocks

    assert texts(found)["妊娠期の新規登録（2026年4月〜11月）"] == ["56"]
    assert texts(found)["割合"] == ["2.9%"]


def test_where_a_month_is_hidden_the_figure_is_rounded_since_two_reports_would_tell_it():
    (_, found) = goal(steady(4), MONTHS, BIRTHS, ACCOUNT).blocks

    assert texts(found)["妊娠期の新規登録（2026年4月〜11月）"] == ["約30"]
    assert texts(found)["割合"] == ["約2%"]
    assert "非表示の月があるため、件数は5件きざみの概数です。" in found.notes


def test_the_first_month_of_a_fiscal_year_stands_alone():
    april = MONTHS[: MONTHS.index(Month(2026, 4)) + 1]
    detail = november().detail["bunkyo"]

    (_, found) = goal(detail, april, BIRTHS, OFFICE).blocks

    assert found.rows[0].heading == "妊娠期の新規登録（2026年4月）"
    assert found.rows[0].cells[0].value == detail.flows["new_pregnancy"][24]
    assert "目標の1か月分" in texts(found)


def test_five_is_the_step_of_what_is_rounded():
    assert [rounded(value) for value in (5, 7, 8, 12, 13, 32)] == [5, 5, 10, 10, 15, 30]


def test_it_is_said_what_the_year_comes_to_at_this_pace():
    found = texts(table(of_account(births=births(y2026=500)), "20%の目標"))

    registered = sum(november().detail["bunkyo"].flows["new_pregnancy"][-8:])
    whole = round(registered * 12 / 8)
    assert found["この調子なら3月までに"] == [f"約{whole:,}（約{whole / 500:.0%}）"]


def test_what_is_hidden_has_no_pace():
    section = goal(steady(0), MONTHS, births(y2026=500), ACCOUNT)

    assert "この調子なら3月までに" not in texts(section.blocks[1])
