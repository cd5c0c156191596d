"""Announcements (臨時配信): written, counted, approved by a second person, and withdrawn."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

from functions.console.app import guard
from functions.console.page import message, page, see
from functions.console.resources import resources
from functions.console.wording import REFUSALS
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office import announcing
from shared.office.errors import NotDoneError
from shared.office.runs import day_report, total_of
from shared.rules.account import Channel, Delivery
from shared.rules.announcement import SECOND_PERSON_FROM, Audience, State
from shared.rules.catalogue import unknown_placeholders
from shared.rules.dates import jst_date
from shared.rules.sms_segments import segments
from shared.rules.text import Text

LONGEST_TITLE, LONGEST_TEXT, LONGEST_NOTICE = 40, 1000, 60
YEN_A_SEGMENT = 14
"""About: list prices of SMS in Japan are $0.089 a segment."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_STATES: Mapping[State, str] = {
    State.WAITING: "承認待ち",
    State.APPROVED: "承認済み",
    State.WITHDRAWN: "取り下げ",
}


@dataclass(slots=True)
class Filled:
    """The form as it was filled in, and what is wrong with it."""

    form: Mapping[str, str]
    problems: list[str] = field(default_factory=list)

    def number(self, name: str, low: int, high: int, what: str) -> int:
        """A whole number between two."""
        text = self.form.get(name, "")
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            self.problems.append(f"{what}は、{low}から{high}までの数にしてください。")
            return low
        return int(text)

    def words(self, name: str, longest: int, what: str) -> str:
        """A text that is there, short enough, and without unknown placeholders."""
        text = self.form.get(name, "")
        if not text:
            self.problems.append(f"{what}を書いてください。")
        elif len(text) > longest:
            self.problems.append(
                f"{what}は、{longest}文字までにしてください（いま{len(text)}文字）。"
            )
        elif unknown := unknown_placeholders(text):
            shown = "、".join(unknown[:3])
            self.problems.append(f"{what}に、使えない差し込みがあります：{shown}")
        return text


@guard.get("/console/announcements", needs=Role.VIEWER)
def overview(ask: Ask) -> Page:
    """All announcements, the latest first."""
    found = sorted(resources().store.announcements, key=lambda e: (e.on, e.at), reverse=True)
    return page("announcements", ask, announcements=found, states=_STATES)


@guard.get("/console/announcements/new", needs=Role.EDITOR)
def new(ask: Ask) -> Page:
    """The form."""
    tomorrow = date.fromordinal(jst_date(ask.now).toordinal() + 1)
    blank = {"on": tomorrow.isoformat(), "at": "10:00", "weeks": "yes", "months": "yes"}
    blank |= {"week_from": "4", "week_to": "41", "month_from": "0", "month_to": "36"}
    blank |= {f"channel-{each}": "yes" for each in Channel}
    return _form(ask, Filled(blank))


@guard.post("/console/announcements/new", needs=Role.EDITOR)
def write(ask: Ask) -> Page:
    """Show whom it concerns, how many they are and what it costs; then store it."""
    filled = Filled(ask.form)
    text, audience, on, at = _read(filled)
    if filled.problems or ask.form.get("step") == "edit":
        return _form(ask, filled, status=422 if filled.problems else 200)
    if ask.form.get("step") != "save":
        return _check(ask, text, audience, on, at)
    try:
        written = announcing.write(
            resources().store, text, audience, on, at, now=ask.now, who=ask.by
        )
    except NotDoneError as error:
        filled.problems.append(f"送れません：{REFUSALS[error.because]}（{error}）")
        return _form(ask, filled, status=422)
    return see(f"/console/announcements/{written.id}")


@guard.get("/console/announcements/<announcement>", needs=Role.VIEWER)
def one(ask: Ask, announcement: str) -> Page:
    """One announcement: its text, whom it concerns, who decided, and what came of it."""
    found = resources().store.announcements.get(announcement)
    if found is None:
        return message(ask, "この臨時配信はありません", "リンクをご確認ください。", status=404)
    report = day_report(resources().store, found.on)
    runs = [
        (run["name"], run["state"], {key: total_of(run["total"][key]) for key in _SHOWN})
        for run in report["runs"]
        if run["announcement"] == found.id
    ]
    return page(
        "announcement",
        ask,
        found=found,
        state=_STATES[found.state],
        names=_names(found.on),
        runs=runs,
        second=SECOND_PERSON_FROM,
    )


@guard.post("/console/announcements/<announcement>/approve", needs=Role.REVIEWER)
def approve(ask: Ask, announcement: str) -> Page:
    """Have it go out on its day."""
    announcing.approve(resources().store, announcement, now=ask.now, who=ask.by)
    return see(f"/console/announcements/{announcement}")


@guard.post("/console/announcements/<announcement>/withdraw", needs=Role.EDITOR)
def withdraw(ask: Ask, announcement: str) -> Page:
    """Have it not go out."""
    announcing.withdraw(resources().store, announcement, now=ask.now, who=ask.by)
    return see(f"/console/announcements/{announcement}")


_SHOWN = ("planned", "accepted", "refused", "gone", "unknown", "expired", "silent")


def _read(filled: Filled) -> tuple[Text, Audience, date, time]:
    form = filled.form
    text = Text(
        filled.words("title", LONGEST_TITLE, "題名"),
        filled.words("text", LONGEST_TEXT, "本文"),
        filled.words("notice", LONGEST_NOTICE, "SMSの文"),
    )
    weeks = months = None
    if form.get("weeks") == "yes":
        weeks = (
            filled.number("week_from", 4, 41, "週数（はじめ）"),
            filled.number("week_to", 4, 41, "週数（おわり）"),
        )
    if form.get("months") == "yes":
        months = (
            filled.number("month_from", 0, 227, "月齢（はじめ）"),
            filled.number("month_to", 0, 227, "月齢（おわり）"),
        )
    for span in (weeks, months):
        if span and span[0] > span[1]:
            filled.problems.append("はじめの数は、おわりの数以下にしてください。")
    if weeks is None and months is None:
        filled.problems.append("妊娠期か育児期を、えらんでください。")
    names = _names(_day_of(filled))
    accounts = tuple(each for each in names if form.get(f"account-{each}") == "yes")
    channels = tuple(each for each in Channel if form.get(f"channel-{each}") == "yes")
    if not accounts:
        filled.problems.append("団体を、ひとつ以上えらんでください。")
    if not channels:
        filled.problems.append("届け方を、ひとつ以上えらんでください。")
    clock = _CLOCK.fullmatch(form.get("at", ""))
    if clock is None:
        filled.problems.append("時刻は 10:00 のように書いてください。")
    at = time(int(clock[1]), int(clock[2])) if clock else time(10)
    return text, Audience(accounts, channels, weeks, months), _day_of(filled), at


def _day_of(filled: Filled) -> date:
    try:
        return date.fromisoformat(filled.form.get("on", ""))
    except ValueError:
        problem = "日付は 2027-01-20 のように書いてください。"
        if problem not in filled.problems:
            filled.problems.append(problem)
        return date.max  # the form comes back: nothing is done with it


def _names(on: date) -> dict[str, str]:
    """The accounts that send by this platform on a day, by id."""
    return {
        account.id: settings.name
        for account in resources().store.accounts
        if (settings := account.on(on)) and settings.delivery is Delivery.OWN
    }


def _form(ask: Ask, filled: Filled, *, status: int = 200) -> Page:
    return page(
        "announcement_form",
        ask,
        status=status,
        form=filled.form,
        problems=filled.problems,
        accounts=_names(jst_date(ask.now)),
        longest=(LONGEST_TITLE, LONGEST_TEXT, LONGEST_NOTICE),
    )


def _check(ask: Ask, text: Text, audience: Audience, on: date, at: time) -> Page:
    reach = announcing.reach(resources().store, audience)
    # The name of an account and the link come on top of the notice.
    pieces = segments(f"【{'あ' * 6}】{text.notice}\n{resources().public_url}/m/{'x' * 40}")
    return page(
        "announcement_check",
        ask,
        form=ask.form,
        text=text,
        audience=audience,
        on=on,
        at=at,
        reach=reach,
        names=_names(on),
        segments=pieces,
        yen=YEN_A_SEGMENT * pieces,
        second=reach.total >= SECOND_PERSON_FROM,
        limit=SECOND_PERSON_FROM,
    )
