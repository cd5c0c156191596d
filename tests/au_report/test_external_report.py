"""The report of an account that sends through another system."""

from dataclasses import replace

from functions.au_report.html import html
from tests.au.sample import november
from tests.au_report.made import Page, of_external, table, texts

NOVEMBER = november()


def without(*months):
    """The snapshot, had nothing been reported for some months."""
    reported = {m: n for m, n in NOVEMBER.reported["sendai"].items() if m not in months}
    lines = tuple(each for each in NOVEMBER.accounts if each.account != "sendai")
    return replace(
        NOVEMBER,
        accounts=lines if "2026-11" in months else NOVEMBER.accounts,
        reported={"sendai": reported},
    )


def test_it_tells_what_was_reported_month_by_month():
    report = of_external(NOVEMBER)

    found = texts(table(report, "13か月"))
    assert (found["2026年4月"], found["2026年11月"]) == (["1,204"], ["1,211"])
    assert report.headlines[0].figure.text == "1,211"
    assert report.headlines[1].figure.text == "+1"


def test_a_month_without_a_report_says_so_and_is_never_zero():
    report = of_external(without("2026-07"))

    found = table(report, "13か月")
    assert texts(found)["2026年7月"] == ["未報告"]
    assert found.notes == ("13か月のうち6か月が未報告です。",)
    assert ["0"] not in Page(html(report)).tables[found.caption]
    (plot,) = report.plots
    assert plot.notes == ("線が途切れている月は、未報告です。",)
    assert "2026年7月 未報告" in plot.description


def test_where_this_month_is_missing_that_is_said_first():
    report = of_external(without("2026-11"))

    assert report.warnings == ("2026年11月のAUは未報告です。",)
    assert [each.figure.text for each in report.headlines] == ["未報告", "－", "－"]
    assert [each.after for each in report.headlines] == ["", "", ""]


def test_it_says_that_another_system_sends_and_tells_no_split():
    report = of_external(NOVEMBER)

    assert [each.name for each in report.tables] == ["13か月", "3か年"]
    assert "この団体には別のシステムから配信しています。" in html(report)
