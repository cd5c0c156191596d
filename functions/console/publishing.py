"""From draft to what is sent: proposed, published by a second person, rolled back; and a file."""

import csv
import difflib
import io
from datetime import date

from functions.console.app import guard
from functions.console.page import page, see
from functions.console.resources import resources
from functions.console.texts import SECTION, nowhere, series_names
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office import editing
from shared.office.editing import Change
from shared.office.texts import read_text
from shared.rules.dates import jst_date
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text

KINDS = {"added": "追加", "changed": "変更", "removed": "削除"}


@guard.get("/console/texts/<series>/changes", needs=Role.VIEWER)
def changes(ask: Ask, series: str) -> Page:
    """What the draft changes, line by line, and who may publish it; which versions there were."""
    if series not in series_names(ask):
        return nowhere(ask)
    return _changes(ask, series)


@guard.post("/console/texts/<series>/propose", needs=Role.EDITOR)
def propose(ask: Ask, series: str) -> Page:
    """Ask somebody else to publish it, at once or from a day on."""
    if series not in series_names(ask):
        return nowhere(ask)
    since, text = None, ask.form.get("since", "")
    if text:
        try:
            since = date.fromisoformat(text)
        except ValueError:
            return _changes(ask, series, problem="日付は 2027-04-01 のように書いてください。")
        if since <= jst_date(ask.now):
            problem = "あす以降の日付にしてください。すぐに公開するときは、空けておいてください。"
            return _changes(ask, series, problem=problem)
    editing.propose(resources().store, series, since, now=ask.now, who=ask.by)
    return see(f"{SECTION}/{series}/changes")


@guard.post("/console/texts/<series>/publish", needs=Role.REVIEWER)
def publish(ask: Ask, series: str) -> Page:
    """Publish it as it was seen."""
    editing.publish(resources().store, series, ask.form.get("digest", ""), now=ask.now, who=ask.by)
    return see(f"{SECTION}/{series}/changes", done="publish")


@guard.post("/console/texts/<series>/roll-back", needs=Role.REVIEWER)
def roll_back(ask: Ask, series: str) -> Page:
    """Have an earlier version be in force again, at once."""
    version = ask.form.get("version", "")
    editing.roll_back(resources().store, series, version, now=ask.now, who=ask.by)
    return see(f"{SECTION}/{series}/changes", done="back")


@guard.post("/console/texts/<series>/drop", needs=Role.EDITOR)
def drop(ask: Ask, series: str) -> Page:
    """Leave a day as it is published."""
    due = _due(ask.form.get("due", ""))
    if due is not None:
        resources().store.drafts.drop(series, due)
        resources().store.drafts.settle(series)
    return see(f"{SECTION}/{series}/changes")


@guard.post("/console/texts/<series>/import", needs=Role.EDITOR)
def take_in(ask: Ask, series: str) -> Page:
    """Take the rows of a file into the draft: all of them, or none where one is at fault."""
    if series not in series_names(ask):
        return nowhere(ask)
    texts, problems = _rows(ask.form.get("csv", ""), series)
    if problems or not texts:
        problem = "、".join(problems[:5]) or "行がありません。見出しの行も入れてください。"
        return _changes(
            ask, series, problem=f"取り込めません：{problem}", typed=ask.form.get("csv", "")
        )
    for due, text in texts.items():
        editing.save(resources().store, series, due, text, now=ask.now, who=ask.by)
    return see(f"{SECTION}/{series}/changes", done="import")


def _changes(ask: Ask, series: str, *, problem: str | None = None, typed: str = "") -> Page:
    store = resources().store
    found = editing.changes(store, series)
    proposal = store.drafts.proposal(series)
    return page(
        "texts_changes",
        ask,
        status=422 if problem else 200,
        problem=problem,
        typed=typed,
        series=series,
        name=series_names(ask)[series],
        changes=[(each, KINDS[each.kind], _lines(each)) for each in found],
        digest=editing.digest(found),
        proposal=proposal,
        own=proposal is not None and proposal.by == ask.by,
        versions=store.drafts.versions(series),
        current=store.content.published(series),
        to_come=store.content.to_come(series, jst_date(ask.now)),
    )


def _lines(change: Change) -> list[tuple[str, str]]:
    """The lines before and after: each with `+`, `-` or a blank."""
    before, after = (_whole(each) for each in (change.before, change.after))
    lines = difflib.ndiff(before, after)
    return [(each[0], each[2:]) for each in lines if each[0] in "+- "]


def _whole(text: Text | None) -> list[str]:
    if text is None:
        return []
    return [f"題名：{text.title}", *text.text.split("\n"), f"SMS：{text.notice}"]


def _due(text: str) -> Due | None:
    phase, _, day = text.partition("-")
    good = phase in set(Phase) and day.isascii() and day.isdigit() and len(day) <= 4
    return Due(Phase(phase), int(day)) if good else None


def _rows(text: str, series: str) -> tuple[dict[Due, Text], list[str]]:
    """The texts of a CSV that somebody pasted, by day, and what is wrong with it."""
    texts: dict[Due, Text] = {}
    problems: list[str] = []
    for number, row in enumerate(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))), 2):
        due = _due(f"{row.get('phase') or ''}-{row.get('day') or ''}")
        if due is None or (row.get("series") or series) != series:
            problems.append(f"{number}行目（series, phase, day）")
            continue
        try:
            texts[due] = read_text(
                row.get("title") or "", row.get("text") or "", row.get("notice") or ""
            )
        except ValueError as error:
            problems.append(f"{number}行目（{error}）")
    return texts, problems
