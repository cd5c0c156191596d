"""The report in a real browser: silent, and no wider than A4."""

import pytest

from functions.au_report.html import html
from functions.au_report.report import Audience
from tests.au_report.made import of_account, of_office

A4 = 794
"""CSS pixels: 210 mm at 96 a inch."""


@pytest.mark.browser
@pytest.mark.parametrize("media", ["screen", "print"])
def test_a_report_says_nothing_to_the_console_and_fits_a4(browser, tmp_path, media):
    pages = {
        "account": of_account(audience=Audience.ACCOUNT),
        "office": of_office(),
    }
    for name, report in pages.items():
        file, said = tmp_path / f"{name}.html", []
        file.write_text(html(report), encoding="utf-8")
        page = browser.new_page(viewport={"width": A4, "height": 1123})
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        page.emulate_media(media=media)

        page.goto(file.as_uri())

        assert page.evaluate("document.documentElement.scrollWidth") <= A4
        assert page.locator("svg").count() == len(report.plots)
        assert said == []
