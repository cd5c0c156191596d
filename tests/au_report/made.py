"""Reports of the sample's invented people, and the ways to read what was made of them."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from typing import Any

from functions.au_report.account import account_report
from functions.au_report.external import external_report
from functions.au_report.office import office_report
from functions.au_report.report import Audience, Report, Table
from shared.rules.forecast import forecasts
from shared.rules.snapshot import OwnLine, Review, Snapshot
from shared.store.figures import AnnualBirths, PublishedTotal
from tests.au.sample import november

TAKEN = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
BIRTHS = {2025: AnnualBirths("bunkyo", 2025, 1_900, "人口動態統計", TAKEN)}
PUBLISHED = {
    year: PublishedTotal(year, subscribers, "年次報告", "sora", TAKEN)
    for year, subscribers in ((2021, 36_706), (2022, 46_396), (2023, 56_813))
}
FEW = 150
"""So few people that most cells of an account are small."""


@cache
def _ahead(count: int) -> Any:
    snapshot = november(count)
    return forecasts(snapshot.detail, snapshot.measure)


def review_of(snapshot: Snapshot, **changes: Any) -> Review:
    review = Review(
        snapshot=snapshot.snapshot,
        kind=snapshot.kind,
        as_of=snapshot.as_of,
        month=snapshot.scope.month,
        sha256=snapshot.sha256,
        requested_by="sora",
        taken_at=TAKEN,
        reviewed_by="hana",
        reviewed_at=TAKEN,
    )
    return replace(review, **changes)


def line_of(snapshot: Snapshot, account: str = "bunkyo") -> OwnLine:
    line = snapshot.line(account)
    assert isinstance(line, OwnLine)
    return line


def of_account(
    account: str = "bunkyo",
    audience: Audience = Audience.OFFICE,
    *,
    births: Any = BIRTHS,
    count: int = 2_000,
    snapshot: Snapshot | None = None,
    **review: Any,
) -> Report:
    found = snapshot or november(count)
    return account_report(
        found,
        review_of(found, **review),
        line_of(found, account),
        births=births,
        ahead=_ahead(count)[account],
        audience=audience,
    )


def of_external(snapshot: Snapshot) -> Report:
    return external_report(snapshot, review_of(snapshot), "sendai", audience=Audience.ACCOUNT)


def of_office(snapshot: Snapshot | None = None, *, ahead: Any = None) -> Report:
    found = snapshot or november()
    known = _ahead(2_000) if ahead is None else ahead
    return office_report(found, review_of(found), published=PUBLISHED, ahead=known)


def table(report: Report, name: str) -> Table:
    (found,) = [each for each in report.tables if each.name == name]
    return found


def texts(found: Table) -> dict[str, list[str]]:
    """What a table shows, by the headings of its lines."""
    return {row.heading: [cell.text for cell in row.cells] for row in found.rows}


def section(report: Report, heading: str) -> str:
    """The sentences of a section."""
    (found,) = [each for each in report.sections if each.heading == heading]
    return " ".join(each for each in found.blocks if isinstance(each, str))


class Page(HTMLParser):
    """A page as a reader gets it: its tables by caption, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.words: dict[str, list[str]] = {}
        self._open: list[str] = []
        self._caption = ""
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self._open.append(tag)
            self.words.setdefault(tag, []).append("")
        if tag == "tr":
            self.tables[self._caption].append([])
        elif tag == "td":
            self.tables[self._caption][-1].append("")

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "caption":
            self._caption = self.words["caption"][-1]
            self.tables[self._caption] = []

    def handle_data(self, data: str) -> None:
        if self._open:
            self.words[self._open[-1]][-1] += data
            if self._open[-1] == "td":
                self.tables[self._caption][-1][-1] += data


def figures_in(text: str) -> list[int]:
    """The figures that stand by themselves in a text: after a blank or at its beginning."""
    return [int(each.replace(",", "")) for each in re.findall(r"(?:^|[ +-])(\d[\d,]*)(?!\d)", text)]
