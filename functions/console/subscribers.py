"""Subscribers: found, understood and helped, one at a time. What names them stands in no address of
a page: it is typed into forms, and shown to whoever says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from functions.console.app import guard
from functions.console.page import message, page, see
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office import people
from shared.office.why import Answer, explain, on_that_day
from shared.rules import changes
from shared.rules.changes import Refusal, RefusedError
from shared.rules.dates import jst_date
from shared.rules.ending import DEFAULT_END, EndOfDelivery
from shared.rules.history import Happened, Status
from shared.rules.message import stage_on
from shared.rules.subscriber import Enrolment, Subscriber
from shared.rules.written_dates import written_date
from shared.subscribers.notices import NoticeKind

LONGEST_REASON = 100

REFUSALS: Mapping[Refusal, str] = {
    Refusal.DUE_DATE_TOO_FAR: "出産予定日が先すぎます。今日から280日以内の日付にしてください。",
    Refusal.DUE_DATE_PAST: "出産予定日から2週間がすぎています。出産の登録をしてください。",
    Refusal.BORN_IN_FUTURE: "生まれた日は、今日までの日付にしてください。",
    Refusal.TOO_OLD: "お届けできる年齢をすぎています。",
    Refusal.BORN_ALREADY: "出産が登録されているので、出産予定日はなおせません。",
    Refusal.NO_SUCH_CHILD: "その登録はありません。",
}

EVENTS: Mapping[Happened, str] = {
    Happened.JOINED: "登録しました",
    Happened.DUE_DATE: "出産予定日を{day}としました",
    Happened.BIRTH: "生まれた日を{day}としました",
    Happened.CORRECTED_AGE: "修正月齢で数えることにしました",
    Happened.BIRTH_AGE: "生まれた日から数えることにしました",
    Happened.STOPPED_BY_SUBSCRIBER: "止めました",
    Happened.STOPPED_BY_SYSTEM: "届かないため、システムが止めました",
    Happened.RETURNED: "再開しました",
}

STATUSES: Mapping[Status, str] = {
    Status.ACTIVE: "配信中",
    Status.STOPPED: "停止",
    Status.SUSPENDED: "配信できず停止",
    Status.NOT_JOINED: "登録前",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, in words."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Followed:
    """A pregnancy or child as it stands today."""

    enrolment: Enrolment
    status: str
    active: bool
    born: bool
    day: date | None
    label: str


@guard.get("/console/subscribers", needs=Role.EDITOR)
def search(ask: Ask) -> Page:
    """The form to find somebody."""
    return page("subscribers", ask, found=None, problem=None)


@guard.post("/console/subscribers", needs=Role.EDITOR)
def find(ask: Ask) -> Page:
    """Who it is, by address, id or enrolment: by a form, so that no address stands in a URL."""
    wanted = ask.form.get("wanted", "")
    if not wanted:
        problem = "メールアドレス、電話番号、LINEのユーザーID、登録番号のどれかを入れてください。"
        return page("subscribers", ask, status=422, found=None, problem=problem)
    found = people.find(resources().store, wanted)
    if len(found) == 1:
        return see(f"/console/subscribers/{found[0].id}")
    shown = [(each.id, _name(each), people.masked(each)) for each in found]
    return page("subscribers", ask, found=shown, problem=None)


@guard.get("/console/subscribers/<subscriber>", needs=Role.EDITOR)
def overview(ask: Ask, subscriber: str) -> Page:
    """One subscriber: what they follow, the whole timeline, and why a day brought what it did."""
    found = resources().store.subscribers.get(subscriber)
    if found is None:
        return _nobody(ask)
    return _overview(ask, found)


@guard.post("/console/subscribers/<subscriber>/address", needs=Role.EDITOR)
def show_address(ask: Ask, subscriber: str) -> Page:
    """The address in full, once, for a reason that stays in the audit."""
    found = resources().store.subscribers.get(subscriber)
    if found is None:
        return _nobody(ask)
    why = " ".join(ask.form.get("why", "").split())
    if not why or len(why) > LONGEST_REASON:
        problem = f"理由を、個人の名前なしで、{LONGEST_REASON}文字までで書いてください。"
        return _overview(ask, found, problem=problem, status=422)
    resources().store.audit.note(ask.now, ask.by, f"showed an address: {why}", found.account)
    return _overview(ask, found, address=found.address)


@guard.post("/console/subscribers/<subscriber>/link", needs=Role.EDITOR)
def send_link(ask: Ask, subscriber: str) -> Page:
    """The link to their own page, to their own address."""
    found = people.known(resources().store, subscriber)
    resources().notices.put(found.channel, NoticeKind.PREFERENCES, found.id)
    resources().store.audit.note(ask.now, ask.by, "sent the link to an own page", found.account)
    return see(f"/console/subscribers/{found.id}", done="link")


@guard.get("/console/subscribers/<subscriber>/stop", needs=Role.EDITOR)
def ask_to_stop(ask: Ask, subscriber: str) -> Page:
    """What stopping means: the same one action for a loss as for anything else, and no reason."""
    return _confirm(ask, subscriber, "stop")


@guard.post("/console/subscribers/<subscriber>/stop", needs=Role.EDITOR)
def stop(ask: Ask, subscriber: str) -> Page:
    """Stop everything, or what was chosen."""
    chosen = ask.form.get("only", "")
    people.stop(
        resources().store, subscriber, [chosen] if chosen else None, now=ask.now, who=ask.by
    )
    return see(f"/console/subscribers/{subscriber}", done="stop")


@guard.get("/console/subscribers/<subscriber>/erase", needs=Role.EDITOR)
def ask_to_erase(ask: Ask, subscriber: str) -> Page:
    """What erasing means."""
    return _confirm(ask, subscriber, "erase")


@guard.post("/console/subscribers/<subscriber>/erase", needs=Role.EDITOR)
def erase(ask: Ask, subscriber: str) -> Page:
    """Erase them, for good."""
    people.erase(resources().store, subscriber, now=ask.now, who=ask.by)
    text = "名前のない履歴だけが残ります。過去のAUは変わりません。"
    return message(ask, "消去しました", text)


@guard.post("/console/subscribers/<subscriber>/correct", needs=Role.EDITOR)
def correct(ask: Ask, subscriber: str) -> Page:
    """A due date or birth date, as they told it."""
    store = resources().store
    found = store.subscribers.get(subscriber)
    if found is None:
        return _nobody(ask)
    enrolment, what = ask.form.get("enrolment", ""), ask.form.get("what", "")
    do = people.register_birth if what == "birth" else people.correct_due_date
    try:
        day = written_date(ask.form.get("day", ""))
        do(store, subscriber, enrolment, day, now=ask.now, who=ask.by)
    except RefusedError as error:
        problem = REFUSALS.get(error.refusal, "この変更はできません。")
        return _overview(ask, found, problem=problem, status=422)
    except ValueError:
        problem = "日付は 2027-01-20 のように書いてください。"
        return _overview(ask, found, problem=problem, status=422)
    return see(f"/console/subscribers/{subscriber}", done="correct")


def _overview(
    ask: Ask,
    subscriber: Subscriber,
    *,
    problem: str | None = None,
    address: str | None = None,
    status: int = 200,
) -> Page:
    on = _day(ask)
    return page(
        "subscriber",
        ask,
        status=status,
        subscriber=subscriber,
        name=_name(subscriber),
        masked=people.masked(subscriber),
        address=address,
        problem=problem,
        following=_following(subscriber, jst_date(ask.now)),
        timeline=_timeline(subscriber),
        on=on,
        answers=_why(subscriber, on),
    )


def _confirm(ask: Ask, subscriber: str, what: str) -> Page:
    found = resources().store.subscribers.get(subscriber)
    if found is None:
        return _nobody(ask)
    following = [each for each in _following(found, jst_date(ask.now)) if each.active]
    return page("subscriber_act", ask, subscriber=found, what=what, following=following)


def _nobody(ask: Ask) -> Page:
    text = "登録番号がちがうか、すでに消去されています。"
    return message(ask, "この登録はありません", text, status=404)


def _name(subscriber: Subscriber) -> str:
    account = resources().store.accounts.get(subscriber.account)
    settings = account.settings[-1] if account else None
    return settings.name if settings else subscriber.account


def _following(subscriber: Subscriber, today: date) -> list[Followed]:
    account = resources().store.accounts.get(subscriber.account)
    settings = account.on(today) if account else None
    end = settings.end_of_delivery if settings else DEFAULT_END
    return [_followed(each, today, end) for each in subscriber.enrolments]


def _followed(enrolment: Enrolment, today: date, end: EndOfDelivery) -> Followed:
    standing = changes.standing(enrolment)
    label = stage_on(standing, today, end).label if standing.base_date else ""
    return Followed(
        enrolment,
        STATUSES[standing.status],
        standing.status is Status.ACTIVE,
        standing.birth_date is not None,
        standing.birth_date or standing.due_date,
        label,
    )


def _timeline(subscriber: Subscriber) -> list[Moment]:
    """All that happened, the latest first."""
    found = []
    for each in subscriber.enrolments:
        child = each.nickname or each.id
        for event in each.history:
            text = EVENTS[event.what].format(day=event.day.isoformat() if event.day else "")
            found.append(Moment(event.at, f"{child}：{text}"))
    found += [
        Moment(each.until, f"{each.account}（{each.channel}）から移りました")
        for each in subscriber.earlier
    ]
    found += [Moment(each.at, f"同意しました（{each.version}）") for each in subscriber.consents]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _why(subscriber: Subscriber, on: date) -> list[Answer]:
    """What each enrolment got on a day, or why nothing."""
    store = resources().store
    then = on_that_day(subscriber, on)
    account = store.accounts.get(then.account)
    settings = account.on(on) if account else None
    if account is None or settings is None:
        return []
    return list(explain(store, then, account, settings, on))


def _day(ask: Ask) -> date:
    try:
        return date.fromisoformat(ask.query.get("on", ""))
    except ValueError:
        return jst_date(ask.now)
