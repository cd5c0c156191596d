"""Texts: the series, their calendars, one day with its preview, and search."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from functions.console.app import guard
from functions.console.page import page, see
from functions.console.resources import resources
from functions.console.text_finding import DAYS, SECTION, due_of, nowhere, said, series_names
from functions.console.text_preview import LINE_CHARACTERS, LINE_LINES, lengths, preview, sms
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office import editing
from shared.office.texts import LONGEST_NOTICE, LONGEST_TEXT, LONGEST_TITLE, read_text
from shared.rules.account import Channel
from shared.rules.catalogue import COMMON_SERIES
from shared.rules.dates import jst_date
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text
from shared.store.drafts import Draft
from shared.store.tables import ConflictError
from shared.store.trials import Trial
from shared.subscribers.notices import NoticeKind

CALENDAR_DAYS = 1_127
"""Of childhood in the calendar: until the end of the month of the third birthday; texts of later
days are listed below it.
"""

MOST_FOUND = 100
NO_ADDRESS = "あなたのメールアドレスがわからないため、送れません。管理者にご連絡ください。"
WARNINGS = {
    "half_width": "半角カナは、古い電話で文字化けすることがあります。",
    "unreadable": "電話によっては表示できない文字があります。",
}
_MEANWHILE = (
    "ほかの人が、先にこの日の下書きを変えました。いま書いた文は、まだ残していません。"
    "置きかえるときは、もう一度「下書きに残す」を押してください。"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a calendar: whether it has a text, in which series, and whether it has a draft."""

    day: int
    own: bool
    common: bool
    draft: bool


@guard.get("/console/texts", needs=Role.VIEWER)
def overview(ask: Ask) -> Page:
    """Every series, and what is found in all of them."""
    store, words, today = resources().store, ask.query.get("q", "").strip(), jst_date(ask.now)
    names, pointers = series_names(ask), store.content.pointers()
    proposals = store.drafts.proposals()
    shown = []
    for series, name in names.items():
        pointer = pointers.get(series)
        version = pointer.on(today) if pointer else None
        texts = store.content.load(series, version.version if version else None)
        coming = pointer.after(today) if pointer else ()
        drafts = len(store.drafts.of(series))
        shown.append((series, name, len(texts), version, drafts, proposals.get(series), coming))
    found = []
    if words:
        found = editing.search({each: editing.published(store, each) for each in names}, words)
    return page(
        "texts",
        ask,
        series=shown,
        names=names,
        words=words,
        found=found[:MOST_FOUND],
        total=len(found),
    )


@guard.get("/console/texts/<series>", needs=Role.VIEWER)
def calendar(ask: Ask, series: str) -> Page:
    """The days of a series: which have a text, which lack one, beside the common one's."""
    name = series_names(ask).get(series)
    if name is None:
        return nowhere(ask)
    store = resources().store
    own, common = editing.published(store, series), editing.published(store, COMMON_SERIES)
    drafts = store.drafts.of(series)

    def days(phase: Phase, numbers: range) -> list[Day]:
        return [
            Day(n, Due(phase, n) in own, Due(phase, n) in common, Due(phase, n) in drafts)
            for n in numbers
        ]

    later = sorted(d.day for d in {*own, *drafts} if d.phase is Phase.CHILDCARE)
    return page(
        "texts_series",
        ask,
        series=series,
        name=name,
        pregnancy=days(Phase.PREGNANCY, DAYS[Phase.PREGNANCY]),
        childcare=days(Phase.CHILDCARE, range(CALENDAR_DAYS)),
        later=[day for day in later if day >= CALENDAR_DAYS],
        changes=len(drafts),
        proposal=store.drafts.proposal(series),
        coming=store.content.pointer(series).after(jst_date(ask.now)),
    )


@guard.get("/console/texts/<series>/<phase>/<day>", needs=Role.VIEWER)
def one(ask: Ask, series: str, phase: str, day: str) -> Page:
    """A day: its draft, or the text of today or of the day `on`, as each channel shows it."""
    due = due_of(phase, day)
    if due is None or series not in series_names(ask):
        return nowhere(ask)
    try:
        on = date.fromisoformat(ask.query.get("on", ""))
    except ValueError:
        on = jst_date(ask.now)
    draft = resources().store.drafts.get(series, due)
    text = draft.text if draft else editing.published(resources().store, series, on).get(due)
    form = {"title": text.title, "text": text.text, "notice": text.notice} if text else {}
    return _day(ask, series, due, form, draft)


@guard.post("/console/texts/<series>/<phase>/<day>", needs=Role.EDITOR)
def write(ask: Ask, series: str, phase: str, day: str) -> Page:
    """Show it as it would be, send it to whoever writes it, or keep it as a draft."""
    due = due_of(phase, day)
    if due is None or series not in series_names(ask):
        return nowhere(ask)
    step, text = ask.form.get("step"), None
    draft = resources().store.drafts.get(series, due)
    if step != "remove":
        try:
            text = read_text(*(ask.form.get(each, "") for each in ("title", "text", "notice")))
        except ValueError as error:
            return _day(ask, series, due, ask.form, draft, problem=said(error))
    if step in {"save", "remove"}:
        return _keep(ask, series, due, text, draft)
    if step == "try" and not ask.session.email:
        return _day(ask, series, due, ask.form, draft, problem=NO_ADDRESS)
    if step == "try":
        _try(ask, series, due, text)
    return _day(ask, series, due, ask.form, draft, tried=step == "try")


def _keep(ask: Ask, series: str, due: Due, text: Text | None, draft: Draft | None) -> Page:
    """As a draft, unless somebody else has written another since the form was shown."""
    if ask.form.get("seen", "") != mark(draft):
        return _day(ask, series, due, ask.form, draft, problem=_MEANWHILE)
    try:
        editing.save(resources().store, series, due, text, seen=draft, now=ask.now, who=ask.by)
    except ConflictError:
        newest = resources().store.drafts.get(series, due)
        return _day(ask, series, due, ask.form, newest, problem=_MEANWHILE)
    return see(f"{SECTION}/{series}", saved="yes")


def mark(draft: Draft | None) -> str:
    """What tells a form whether the draft is still the one that it was filled in for."""
    return draft.at.isoformat() if draft else ""


def _day(
    ask: Ask,
    series: str,
    due: Due,
    form: Mapping[str, str],
    draft: Draft | None,
    *,
    problem: str | None = None,
    tried: bool = False,
) -> Page:
    store, names = resources().store, series_names(ask)
    text = Text(form.get("title", ""), form.get("text", ""), form.get("notice", ""))
    written = text if any((text.title, text.text, text.notice)) else None
    pointer, today = store.content.pointer(series), jst_date(ask.now)
    now = editing.published(store, series, today).get(due)
    coming = [
        (each.since, store.content.load(series, each.version).get(due))
        for each in pointer.after(today)
    ]
    return page(
        "texts_day",
        ask,
        status=422 if problem else 200,
        problem=problem,
        tried=tried,
        series=series,
        name=names[series],
        due=due,
        form=form,
        draft=draft,
        seen=mark(draft),
        published=now,
        coming=[(since, text) for since, text in coming if text != now],
        preview=preview(series, names[series], due, written, _common(due)),
        counts=lengths(text),
        longest=(LONGEST_TITLE, LONGEST_TEXT, LONGEST_NOTICE),
        screen=(LINE_CHARACTERS, LINE_LINES),
        warnings=[
            WARNINGS.get(each, f"リンクがあります：{each.removeprefix('link: ')}")
            for each in editing.warnings(text)
        ],
    )


def _common(due: Due) -> dict[Due, Text]:
    """The common text of a day."""
    found = editing.published(resources().store, COMMON_SERIES, date.max).get(due)
    return {due: found} if found else {}


def _try(ask: Ask, series: str, due: Due, text: Text | None) -> None:
    """Have it sent to whoever asks, as a parent of the series would have it, and to nobody else."""
    store = resources().store
    shown = preview(series, series_names(ask)[series], due, text, _common(due))
    if shown.words is None:
        return
    trial = Trial(
        series=series,
        sender=shown.sender,
        address=ask.session.email,
        title=shown.words.title,
        text="\n\n".join(shown.words.parts),
        notice=sms(shown.sender, shown.words, "…"),
    )
    resources().notices.put(Channel.EMAIL, NoticeKind.TRIAL, store.trials.add(trial))
    store.audit.note(ask.now, ask.by, f"tried {due.phase} {due.day}", series)
