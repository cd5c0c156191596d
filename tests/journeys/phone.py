"""A parent's phone: Debian's Chromium, small, Japanese, without script; what it shows is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe

ARTEFACTS = Path(__file__).parents[2] / "artefacts" / "journeys"
"""Where the screenshots are kept; git ignores it."""

WIDTH, HEIGHT = 390, 844
"""CSS pixels: a phone of these years."""

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Phone:
    """One browser tab. Everything is done as a person does it: by labels and names of buttons."""

    def __init__(self, browser: Any, url: str) -> None:
        self._browser, self._url = browser, url
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            locale="ja-JP",
            timezone_id="Asia/Tokyo",
            has_touch=True,
            java_script_enabled=False,
        )
        self.page = context.new_page()

    def open(self, where: str) -> Any:
        """Open a path, or a link from a message."""
        return self.page.goto(where if where.startswith("http") else self._url + where)

    def press(self, name: str) -> None:
        """Press the button of that name, and wait for the page that it leads to."""
        self.arrive(self.page.get_by_role("button", name=name).first.click)

    def follow(self, name: str) -> None:
        """Follow the link of that name, and wait for the page that it leads to."""
        self.arrive(self.page.get_by_role("link", name=name).first.click)

    def arrive(self, by: Callable[[], None]) -> None:
        """Do what leads to another page, and wait until that is loaded: without script everything
        that is pressed leads to one, and a click alone may return before it does.
        """
        with self.page.expect_navigation():
            by()

    def says(self, *words: str) -> None:
        """The page shows all of these."""
        text = self.page.locator("main").inner_text()
        for each in words:
            assert each in text, f"{each!r} is not on the page:\n{text}"

    def look(self, name: str) -> None:
        """Keep a picture of the whole page, no wider than the phone, and have axe-core find nothing
        on it.
        """
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)
        assert found_by_axe(self._browser, self.page) == []


def found_by_axe(browser: Any, page: Any) -> list[str]:
    """What axe-core finds on a page as it stands, in a tab of its own where scripts may run."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="ja-JP")
    copy = context.new_page()
    copy.set_content(page.content())
    wide = copy.evaluate("document.documentElement.scrollWidth")
    found = Axe().run(copy, options={"runOnly": RULES}).response["violations"]
    context.close()
    problems = [f"{each['id']}: {each['help']} ({len(each['nodes'])} times)" for each in found]
    return problems + ([f"{wide} pixels wide"] if wide > WIDTH else [])
