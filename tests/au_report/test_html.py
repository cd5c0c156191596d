"""The page: well-formed, in Japanese, by itself, and its plots can be read without being seen."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from functions.au_report.drawing import svg
from functions.au_report.html import bad_link, html
from functions.au_report.plots.over_time import Line, over_time
from functions.au_report.plots.waterfall import Step, waterfall
from functions.au_report.report import MISSING, count
from shared.rules.months import Month
from tests.au.sample import november
from tests.au_report.made import Page, of_account, of_external, of_office

SVG = "{http://www.w3.org/2000/svg}"
REPORTS = {"account": of_account, "external": lambda: of_external(november()), "office": of_office}
ODD = "<script>alert(1)</script>\"'&${datum}"
"""A name that would break out of a tag, an attribute, or an expression of Vega."""


@pytest.fixture(scope="module", params=list(REPORTS))
def page(request):
    return html(REPORTS[request.param]())


def test_every_tag_is_closed_and_there_is_one_heading_of_all(page):
    found = Page(page)

    assert page.startswith("<!doctype html>")
    assert ("html", {"lang": "ja"}) in found.tags
    assert [tag for tag, _ in found.tags].count("h1") == 1


def test_every_table_has_a_caption_and_every_heading_says_what_it_heads(page):
    found = Page(page)

    names = [tag for tag, _ in found.tags]
    assert names.count("caption") == names.count("table") > 0
    assert {attrs.get("scope") for tag, attrs in found.tags if tag == "th"} == {"col", "row"}


def test_nothing_is_loaded_from_anywhere_and_nothing_runs(page):
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|javascript:|\son\w+=", page)
    assert {address.split('"')[1] for address in re.findall(r'\S+="[^"]*http[^"]*"', page)} <= {
        "http://www.w3.org/2000/svg"
    }
    assert not re.search(r"\s(?:xlink:)?href=", page)


def test_every_plot_is_an_image_with_a_title_and_a_description(page):
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)

    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(drawings) >= 1
    assert len(ids) == len(set(ids))
    for drawn in drawings:
        root = ET.fromstring(drawn)  # noqa: S314 - we drew it
        named = [root.find(f"{SVG}{name}") for name in ("title", "desc")]
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == " ".join(each.get("id") for each in named)
        assert all(each.text for each in named)


def test_a_description_tells_the_figures():
    (plot,) = [each for each in of_account().plots if each.name == "balance"]

    flow = november().line("bunkyo").flow
    assert plot.description.startswith(
        f"期首 {flow.opening}、新規（妊娠期） {flow.new_pregnancy}、"
    )
    assert plot.description.endswith(f"、期末 {flow.closing}（登録の件数）。")


@pytest.mark.parametrize("report", [of_account, of_office])
def test_a_name_can_do_no_harm(report, monkeypatch):
    about = {**november().about, "bunkyo": replace(november().about["bunkyo"], name=ODD)}

    page = html(report(snapshot=replace(november(), about=about)))

    Page(page)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_lines_are_told_apart_without_colour():
    (plot,) = [each for each in of_account().plots if each.name == "trend"]

    marks = [layer["mark"] for layer in plot.spec["layer"]]
    dashes = [str(mark["strokeDash"]) for mark in marks if mark["type"] == "line"]
    shapes = [mark["shape"] for mark in marks if mark["type"] == "point"]
    assert len(set(dashes)) == len(set(shapes)) == 3
    assert all(name in svg(plot) for name in (">合計 ", ">育児期 ", ">妊娠期 "))


def test_a_missing_month_leaves_a_gap():
    months = [Month(2026, n) for n in range(1, 6)]
    cells = [count(10), count(12), MISSING, count(14), count(15)]

    drawn = svg(over_time("x", "題", months, [Line("AU", cells)]))

    (path,) = re.findall(r'<path d="(M[^"]*)"[^>]*stroke-width="2.5"', drawn)
    assert path.count("M") == 2


def test_a_waterfall_begins_below_its_lowest_level_and_says_so():
    steps = [Step("新規", count(30), 1), Step("卒業", count(80), -1)]

    plot = waterfall("x", "題", count(1_000), steps, count(950))

    assert plot.spec["layer"][0]["encoding"]["x"]["scale"]["domainMin"] == 910
    assert "増減を見やすくするため、横軸は 910 から始めています。" in plot.notes
    assert waterfall("x", "題", count(8), [], count(8)).notes == (
        "濃い棒は期首と期末、中間の棒は増加、白抜きの棒は減少です。",
    )


def test_a_link_that_cannot_be_opened_has_a_calm_page():
    found = Page(bad_link())

    assert found.words["h1"] == ["この報告書は開けません"]
    assert "エラー" not in bad_link()
