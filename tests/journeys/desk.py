"""A desk of the office: Chromium with scripts, wide or as a phone is, signed in by a click."""

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe

from shared.console.roles import Role
from tests.journeys.phone import ARTEFACTS, RULES

WIDE, NARROW = 1280, 390


class Desk:
    """One browser tab of somebody of a role. What it shows is kept, and looked at by axe-core."""

    def __init__(self, browser: Any, url: str, role: Role, *, width: int = WIDE) -> None:
        self._url, self._width = url, width
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale="ja-JP", timezone_id="Asia/Tokyo"
        )
        self.page = context.new_page()
        # The identity provider's stand-in asks for a stylesheet from elsewhere.
        self.page.route(lambda there: "127.0.0.1" not in there, lambda route: route.abort())
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._heard)
        self.page.goto(f"{url}/console")
        self.page.locator(f"button[value='{role}@kizuna.example.jp']").click()
        self.page.wait_for_url(f"{url}/console/**")

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "127.0.0.1" in str(message.location.get("url")):
            self.faults.append(message.text)

    def open(self, path: str) -> int:
        """Open a page of the console, and return its status."""
        answer = self.page.goto(self._url + path)
        return int(answer.status)

    def press(self, name: str) -> None:
        """Press the button of that name, and wait for the page that it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).first.click()

    def follow(self, name: str) -> None:
        """Follow the link of that name."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=name).first.click()

    def says(self, *words: str) -> None:
        """The page shows all of these."""
        text = self.page.locator("main").inner_text()
        for each in words:
            assert each in text, f"{each!r} is not on the page:\n{text}"

    def look(self, name: str, folder: Path = ARTEFACTS) -> None:
        """Keep a picture of the whole page; it is no wider than the window, axe-core finds nothing
        on it, and nothing of it was refused by its own policy.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png", full_page=True)
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        found = Axe().run(self.page, options={"runOnly": RULES}).response["violations"]
        problems = [
            f"{each['id']}: {each['help']}: {node['html']}"
            for each in found
            for node in each["nodes"]
        ]
        assert problems == []
        assert wide <= self._width
        assert self.faults == []
