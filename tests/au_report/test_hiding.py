"""What leaves the office: nothing under 5 in tables, plots, their descriptions, or workbooks."""

import io
import json
import re
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from functions.au_report.drawing import svg
from functions.au_report.html import html
from functions.au_report.report import Audience
from functions.au_report.xlsx import xlsx
from shared.rules.small_cells import Hidden
from tests.au.sample import november
from tests.au_report.made import FEW, Page, figures_in, line_of, of_account, table, texts

SMALL = ["mihon-hospital", "karuizawa", "bunkyo", "naha"]
UNSPLIT = ("AU", "3か年", "20%の目標")
"""Tables of the AU itself and of parts in percent: no split of it."""


def outside(account, count=FEW):
    return of_account(account, Audience.ACCOUNT, count=count)


def split_tables(report):
    return [each for each in report.tables if each.name not in UNSPLIT]


def totals(found):
    """The lines that are the AU itself, or what the period began and ended with."""
    return {row.heading for row in found.rows if row.total}


@pytest.mark.parametrize("account", SMALL)
def test_no_cell_of_a_split_is_under_5(account):
    for found in split_tables(outside(account)):
        kept = 1 if found.name == "13か月" else 0
        for row in found.rows:
            if row.heading not in totals(found):
                told = [cell.value for cell in row.cells[kept:] if cell.value is not None]
                assert all(value >= 5 for value in told), (found.name, row)


@pytest.mark.parametrize("account", SMALL)
def test_the_page_shows_nothing_under_5_where_the_offices_does(account):
    shown = {}
    for audience in Audience:
        report = of_account(account, audience, count=FEW)
        page = Page(html(report))
        rows = [
            cell
            for found in split_tables(report)
            if found.name != "13か月"
            for row, cells in zip(found.rows, page.tables[found.caption][1:], strict=True)
            if row.heading not in totals(found)
            for cell in cells
        ]
        shown[audience] = [figure for cell in rows for figure in figures_in(cell) if figure < 5]

    assert shown[Audience.ACCOUNT] == []
    assert len(shown[Audience.OFFICE]) > 20


@pytest.mark.parametrize("account", SMALL)
def test_no_plot_holds_or_tells_a_figure_under_5(account):
    au = {
        *november(FEW).detail[account].series["subscribers"],
        line_of(november(FEW), account).flow.closing,
    }
    au |= {line_of(november(FEW), account).flow.opening}
    for plot in outside(account).plots:
        drawn = svg(plot)
        (told,) = re.findall(r"<desc[^>]*>(.*?)</desc>", drawn)
        assert all(each >= 5 or each in au for each in figures_in(told)), told
        for point in re.findall(r"\{[^{}]*\}", json.dumps(plot.spec)):
            for name in ("figure", "known", "middle", "low", "high"):
                value = json.loads(point).get(name)
                if isinstance(value, int) and "name" not in json.loads(point):
                    assert value >= 5 or value in au, (plot.name, point)


@pytest.mark.parametrize("account", SMALL)
def test_the_workbook_holds_no_figure_of_a_split_under_5(account):
    report = outside(account)
    book = load_workbook(io.BytesIO(xlsx(report, november(FEW).as_of)))
    for found in split_tables(report):
        kept = 2 if found.name == "13か月" else 1
        for row in book[found.name].iter_rows(min_row=4, max_row=3 + len(found.rows)):
            if row[0].value not in totals(found):
                for cell in row[kept:]:
                    assert not isinstance(cell.value, int) or cell.value >= 5, (found.name, cell)


def test_a_hidden_month_is_a_gap_in_the_line_and_never_a_zero():
    (plot,) = [each for each in outside("mihon-hospital").plots if each.name == "trend"]

    assert '"figure": null' in json.dumps(plot.spec)
    assert plot.notes == ("線が途切れている月は、少人数のため表示していません。",)
    assert "<5" in plot.description


def test_hidden_flows_have_no_bar_and_are_one_together():
    snapshot = november(FEW)
    (plot,) = [each for each in outside("bunkyo").plots if each.name == "balance"]

    bars = {bar["name"]: bar for bar in plot.spec["data"]["values"]}
    flow = line_of(snapshot).flow
    assert {bars[name]["what"] for name in ("再開", "転入", "転出")} == {"hidden"}
    assert bars["非表示の項目の差引"]["said"] == ""
    assert (bars["期首"]["to"], bars["期末"]["to"]) == (flow.opening, flow.closing)


def test_the_au_itself_is_no_split_and_is_shown_however_small():
    report, flow = outside("naha"), line_of(november(FEW), "naha").flow

    balance = texts(table(report, "収支"))
    assert report.headlines[0].figure.value == line_of(november(FEW), "naha").subscribers
    assert (balance["期首"][1], balance["期末"][1]) == (f"{flow.opening}", f"{flow.closing}")


def test_where_a_phase_is_hidden_none_of_its_weeks_or_ages_is_shown():
    snapshot = november(2_000)
    line = line_of(snapshot)
    few = replace(line, pregnancy=replace(line.pregnancy, subscribers=4))
    lines = tuple(few if each is line else each for each in snapshot.accounts)

    report = of_account(audience=Audience.ACCOUNT, snapshot=replace(snapshot, accounts=lines))

    assert texts(table(report, "妊娠期と育児期"))["妊娠期"] == ["<5", "…"]
    for name in ("妊娠週数", "年齢", "0歳の月齢"):
        cells = {cell for shown in texts(table(report, name)).values() for cell in shown}
        assert cells <= {*Hidden, "－"}, name


def test_the_reader_is_told_what_the_signs_mean():
    words = html(outside("bunkyo"))

    assert "5未満の数は「&lt;5」と表示しています" in words
    assert "5未満の数は" not in html(of_account("bunkyo", count=FEW))


def test_a_mean_of_few_is_not_told_but_what_holds_the_au_is():
    words = html(outside("bunkyo"))

    assert "1か月あたり平均5人未満でした" in words
    assert re.search(r"およそ\d+人の登録が毎月あれば", words)
