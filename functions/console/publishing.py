"""From draft to what is sent: proposed, published by a second person, and taken back."""

import difflib
from collections.abc import Iterable
from datetime import date

from functions.console.app import guard
from functions.console.page import page, see
from functions.console.resources import resources
from functions.console.text_finding import SECTION, due_of, nowhere, series_names
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office import editing
from shared.office.editing import Change
from shared.office.errors import Because, NotDoneError
from shared.rules.dates import jst_date
from shared.rules.text import Text

KINDS = {"added": "追加", "changed": "変更", "removed": "削除"}
MOST_SHOWN = 200
"""Days that are shown line by line; of more, their number."""


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
    return see(f"{SECTION}/{series}/changes", done="propose")


@guard.post("/console/texts/<series>/give-back", needs=Role.EDITOR)
def give_back(ask: Ask, series: str) -> Page:
    """Have nobody be asked any more; the draft stays."""
    editing.give_back(resources().store, series, now=ask.now, who=ask.by)
    return see(f"{SECTION}/{series}/changes")


@guard.post("/console/texts/<series>/publish", needs=Role.REVIEWER)
def publish(ask: Ask, series: str) -> Page:
    """Publish it as it was seen."""
    editing.publish(resources().store, series, ask.form.get("digest", ""), now=ask.now, who=ask.by)
    return see(f"{SECTION}/{series}/changes", done="publish")


@guard.get("/console/texts/<series>/back", needs=Role.REVIEWER)
def ask_to_roll_back(ask: Ask, series: str) -> Page:
    """What an earlier version would change, before it is in force again."""
    store, version = resources().store, ask.query.get("version", "")
    texts = editing.earlier(store, series, version) if series in series_names(ask) else None
    if texts is None:
        return nowhere(ask)
    today = jst_date(ask.now)
    found = editing.differences(editing.published(store, series, today), texts)
    return page(
        "texts_back",
        ask,
        series=series,
        name=series_names(ask)[series],
        version=version,
        changes=shown(found[:MOST_SHOWN]),
        total=len(found),
        coming=store.content.pointer(series).after(today),
    )


@guard.post("/console/texts/<series>/back", needs=Role.REVIEWER)
def roll_back(ask: Ask, series: str) -> Page:
    """Have it be in force again, at once."""
    version = ask.form.get("version", "")
    editing.roll_back(resources().store, series, version, now=ask.now, who=ask.by)
    return see(f"{SECTION}/{series}/changes", done="back")


@guard.post("/console/texts/<series>/withdraw", needs=Role.REVIEWER)
def withdraw(ask: Ask, series: str) -> Page:
    """Have a version of a day to come not come into force."""
    try:
        since = date.fromisoformat(ask.form.get("since", ""))
    except ValueError:
        raise NotDoneError("that is no day", Because.INPUT) from None
    editing.withdraw(resources().store, series, since, now=ask.now, who=ask.by)
    return see(f"{SECTION}/{series}/changes", done="withdraw")


@guard.post("/console/texts/<series>/drop", needs=Role.EDITOR)
def drop(ask: Ask, series: str) -> Page:
    """Leave a day as it is published."""
    phase, _, day = ask.form.get("due", "").partition("-")
    due = due_of(phase, day)
    if due is None or series not in series_names(ask):
        return nowhere(ask)
    editing.drop(resources().store, series, due, now=ask.now, who=ask.by)
    return see(f"{SECTION}/{series}/changes")


def shown(found: Iterable[Change]) -> list[tuple[Change, str, list[tuple[str, str]]]]:
    """Changes with their kind in words, and their lines before and after."""
    return [(each, KINDS[each.kind], _lines(each)) for each in found]


def _changes(ask: Ask, series: str, *, problem: str | None = None) -> Page:
    store, today = resources().store, jst_date(ask.now)
    found = editing.drafted(store, series, ask.now)
    proposal = found.proposal
    return page(
        "texts_changes",
        ask,
        status=422 if problem else 200,
        problem=problem,
        series=series,
        name=series_names(ask)[series],
        changes=shown(found.changes[:MOST_SHOWN]),
        total=len(found.changes),
        digest=found.digest,
        proposal=proposal,
        own=proposal is not None and proposal.by == ask.by,
        stale=proposal is not None
        and (
            proposal.digest != found.digest
            or (proposal.since is not None and proposal.since < today)
        ),
        versions=store.content.versions(series),
        now=found.pointer.on(today),
        coming=found.pointer.after(today),
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
