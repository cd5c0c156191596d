"""Texts: the series, their calendars, one day with its preview, and search."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from aws_lambda_powertools.event_handler import Response

from functions.console.app import guard
from functions.console.page import headers, message, page, see
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office import editing
from shared.office.fields import characters
from shared.office.texts import LONGEST_NOTICE, LONGEST_TEXT, LONGEST_TITLE, read_text
from shared.rules.account import Channel, Delivery
from shared.rules.age import FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY
from shared.rules.catalogue import COMMON_SERIES, Catalogue, put_into_words
from shared.rules.dates import jst_date
from shared.rules.message import Due
from shared.rules.sms_segments import segments
from shared.rules.stage import Phase
from shared.rules.subscriber import Letter
from shared.rules.text import Text
from shared.store.trials import Trial
from shared.subscribers.notices import NoticeKind

SECTION = "/console/texts"
DAYS = {Phase.PREGNANCY: range(FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY + 1)}
LAST_DAY = 6935
"""Some 19 years: beyond every 18th birthday."""

CALENDAR_DAYS = 1_127
"""Of childhood in the calendar: until the end of the month of the third birthday; texts of later
days are listed below it.
"""

LINE_CHARACTERS, LINE_LINES = 17, 15
"""About what a phone shows of a LINE bubble without being moved."""

MOST_FOUND = 100
COMMON_NAME, EXAMPLE_NAME = "共通", "団体の名前"
"""Of the common series; and of the account in it, where an example is shown."""

NO_ADDRESS = "あなたのメールアドレスがわからないため、送れません。管理者にご連絡ください。"
WARNINGS = {
    "half_width": "半角カナは、古い電話で文字化けすることがあります。",
    "unreadable": "電話によっては表示できない文字があります。",
}


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a calendar: which series has a text for it, and whether a draft changes it."""

    day: int
    own: bool
    common: bool
    draft: bool


@guard.get("/console/texts", needs=Role.VIEWER)
def overview(ask: Ask) -> Page:
    """Every series, and what is found in all of them."""
    store, words = resources().store, ask.query.get("q", "").strip()
    names = series_names(ask)
    catalogues = {each: editing.published(store, each) for each in names}
    found = editing.search(catalogues, words) if words else []
    shown = [
        (
            each,
            name,
            len(catalogues[each]),
            len(store.drafts.of(each)),
            store.drafts.proposal(each),
            store.content.to_come(each, jst_date(ask.now)),
        )
        for each, name in names.items()
    ]
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
    )


@guard.get("/console/texts/<series>/<phase>/<day>", needs=Role.VIEWER)
def one(ask: Ask, series: str, phase: str, day: str) -> Page:
    """A day: its text or draft, as each channel shows it."""
    due = _due(phase, day)
    if due is None or series not in series_names(ask):
        return nowhere(ask)
    draft = resources().store.drafts.of(series).get(due)
    text = draft.text if draft else editing.published(resources().store, series).get(due)
    form = {"title": text.title, "text": text.text, "notice": text.notice} if text else {}
    return _day(ask, series, due, form)


@guard.post("/console/texts/<series>/<phase>/<day>", needs=Role.EDITOR)
def write(ask: Ask, series: str, phase: str, day: str) -> Page:
    """Show it as it would be, send it to oneself, or keep it as a draft."""
    due = _due(phase, day)
    if due is None or series not in series_names(ask):
        return nowhere(ask)
    step, here = ask.form.get("step"), f"{SECTION}/{series}"
    if step == "remove":
        editing.save(resources().store, series, due, None, now=ask.now, who=ask.by)
        return see(here, saved="yes")
    try:
        form = ask.form
        text = read_text(form.get("title", ""), form.get("text", ""), form.get("notice", ""))
    except ValueError as error:
        return _day(ask, series, due, ask.form, problem=_said(str(error)))
    if step == "save":
        editing.save(resources().store, series, due, text, now=ask.now, who=ask.by)
        return see(here, saved="yes")
    if step == "try" and not ask.session.email:
        return _day(ask, series, due, form, problem=NO_ADDRESS)
    if step == "try":
        _try(ask, series, due, text)
    return _day(ask, series, due, form, tried=step == "try")


@guard.get("/console/texts/<series>/export", needs=Role.VIEWER)
def export(ask: Ask, series: str) -> Page:
    """What is published of a series, as a CSV for Excel and for `kizuna import content`."""
    if series not in series_names(ask):
        return nowhere(ask)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["series", "phase", "day", "title", "text", "notice"])
    for due, each in sorted(editing.published(resources().store, series).items()):
        writer.writerow([series, due.phase.value, due.day, each.title, each.text, each.notice])
    return Response(
        status_code=200,
        content_type="text/csv; charset=utf-8",
        body="\ufeff" + text.getvalue(),
        headers={**headers(), "Content-Disposition": f'attachment; filename="{series}.csv"'},
    )


def series_names(ask: Ask) -> dict[str, str]:
    """The series by id: the common one, and those of the accounts that send by this platform."""
    today = jst_date(ask.now)
    own = {
        account.id: settings.name
        for account in resources().store.accounts
        if (settings := account.on(today)) and settings.delivery is Delivery.OWN
    }
    return {COMMON_SERIES: COMMON_NAME, **own}


def nowhere(ask: Ask) -> Page:
    """No such series or day."""
    return message(ask, "この文面はありません", "リンクをご確認ください。", status=404)


def _due(phase: str, day: str) -> Due | None:
    if phase not in set(Phase) or not (day.isascii() and day.isdigit() and len(day) <= 4):
        return None
    found = Due(Phase(phase), int(day))
    days = DAYS.get(found.phase, range(LAST_DAY + 1))
    return found if found.day in days else None


def _try(ask: Ask, series: str, due: Due, text: Text) -> None:
    """Have it sent to whoever asks, as a parent of the series would have it."""
    store, common = resources().store, series == COMMON_SERIES
    name = EXAMPLE_NAME if common else series_names(ask)[series]
    words = put_into_words(
        Letter("", (), due, None, None),
        common={due: text} if common else editing.published(store, COMMON_SERIES),
        own={} if common else {due: text},
        account=name,
    )
    trial = Trial(
        series=series,
        sender=name,
        address=ask.session.email,
        title=words.title,
        text="\n\n".join(words.parts),
        notice=_sms(name, words.notice, "…"),
    )
    resources().notices.put(Channel.EMAIL, NoticeKind.TRIAL, store.trials.add(trial))


def _day(
    ask: Ask,
    series: str,
    due: Due,
    form: Mapping[str, str],
    *,
    problem: str | None = None,
    tried: bool = False,
) -> Page:
    store = resources().store
    names = series_names(ask)
    text = Text(form.get("title", ""), form.get("text", ""), form.get("notice", ""))
    common: Catalogue = {} if series == COMMON_SERIES else editing.published(store, COMMON_SERIES)
    draft = store.drafts.of(series).get(due)
    found = editing.warnings(text)
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
        published=editing.published(store, series).get(due),
        base=common.get(due),
        counts=_counts(text, names[series]),
        longest=(LONGEST_TITLE, LONGEST_TEXT, LONGEST_NOTICE),
        warnings=[WARNINGS.get(each, f"リンクがあります：{each[6:]}") for each in found],
    )


def _counts(text: Text, name: str) -> dict[str, int]:
    """How long it is: in characters as a person sees them, SMS segments, screens of LINE."""
    lines = sum(max(1, -(-len(each) // LINE_CHARACTERS)) for each in text.text.split("\n"))
    sender = name if name != COMMON_NAME else EXAMPLE_NAME
    return {
        "title": characters(text.title),
        "text": characters(text.text),
        "notice": characters(text.notice),
        "segments": segments(_sms(sender, text.notice, "x" * 40)),
        "screens": -(-lines // LINE_LINES),
    }


def _sms(sender: str, notice: str, link: str) -> str:
    return f"【{sender}】{notice}\n{resources().public_url}/m/{link}"


def _said(problem: str) -> str:
    """What is wrong, in Japanese where it is one of the usual."""
    where = {"title": "題名", "text": "本文", "notice": "SMSの文"}
    name, _, rest = problem.removeprefix("its ").partition(" ")
    what = where.get(name, "文")
    if rest == "is missing":
        return f"{what}を書いてください。"
    if "characters; at most" in rest:
        return f"{what}が長すぎます（{rest.partition('at most ')[2]}文字まで）。"
    if "is unknown" in rest:
        return (
            f"{what}に、使えない差し込みがあります。使えるのは {{child}} と {{account}} だけです。"
        )
    return f"{what}に、使えない文字があります（{rest}）。"
