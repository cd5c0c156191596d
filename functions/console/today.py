"""Today: each account's run as it goes, what needs a person, and what can be done about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from functions.console import watch
from functions.console.app import guard
from functions.console.page import message, page, see
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.feedback.reputation import GUARDED, lift
from shared.office import sending
from shared.office.errors import Because, NotDoneError
from shared.office.runs import day_report, total_of
from shared.rules.account import Channel, Delivery
from shared.rules.dates import jst_date
from shared.rules.months import Month
from shared.store.pauses import GUARD, Pause
from shared.store.store import Store

LONGEST_WHY = 200


@dataclass(frozen=True, slots=True)
class Need:
    """Something that needs a person: how urgent, in words, and where to go."""

    urgent: bool
    text: str
    path: str = ""


@guard.get("/console/today", needs=Role.VIEWER)
def day(ask: Ask) -> Page:
    """The runs of a day; a script asks for the part that changes, again and again."""
    store, on = resources().store, _day(ask)
    report = day_report(store, on)
    return page(
        "today_part" if ask.fragment else "today",
        ask,
        on=on,
        today=jst_date(ask.now),
        runs=[_shown(each) for each in report["runs"]],
        total=_sums(report["total"]),
        waiting=_waiting(store, on, {each["account"] for each in report["runs"]}),
        pauses=list(store.pauses),
        guard_name=GUARD,
        needs=list(_needs(store, report, ask)),
    )


@guard.get("/console/today/<account>", needs=Role.VIEWER)
def run(ask: Ask, account: str) -> Page:
    """One run, with what can be done to it."""
    store, on = resources().store, _day(ask)
    report = day_report(store, on)
    found = next((each for each in report["runs"] if each["account"] == account), None)
    if found is None:
        text = "この日の配信は、まだ始まっていません。"
        return message(ask, "配信の記録がありません", text, status=404)
    return page(
        "run_part" if ask.fragment else "run",
        ask,
        on=on,
        today=jst_date(ask.now),
        run=_shown(found),
        pauses=[each for each in store.pauses if each.account in (None, account)],
    )


@guard.get("/console/today/<account>/<what>", needs=Role.EDITOR)
def ask_to(ask: Ask, account: str, what: str) -> Page:
    """What would be done, before it is: to whom, to how many, and what that means."""
    if what not in _ACTIONS:
        return message(ask, "この画面はありません", "リンクをご確認ください。", status=404)
    store, on, channel = resources().store, _day(ask), _channel(ask.query)
    known = store.accounts.get(account)
    settings = known.on(on) if known else None
    if settings is None:
        return message(ask, "この団体はありません", "リンクをご確認ください。", status=404)
    return page(
        "act",
        ask,
        what=what,
        account=account,
        name=settings.name,
        channels=sorted(settings.channels),
        on=on,
        channel=channel,
        guard_name=GUARD,
        facts=_ACTIONS[what].facts(ask, account, on, channel),
    )


@guard.post("/console/today/<account>/<what>", needs=Role.EDITOR)
def do(ask: Ask, account: str, what: str) -> Page:
    """Do it, and back to the run, which shows it."""
    if what not in _ACTIONS:
        return message(ask, "この画面はありません", "リンクをご確認ください。", status=404)
    on = _day(ask)
    if resources().store.accounts.get(account) is None:
        raise NotDoneError("there is no such account", Because.UNKNOWN)
    _ACTIONS[what].do(ask, account, on, _channel(ask.form))
    return see("/console/today", on=on.isoformat(), done=what)


class _Pause:
    """Hold an account or one channel of it."""

    def facts(self, _ask: Ask, account: str, _on: date, channel: Channel | None) -> dict[str, Any]:
        return {"pause": _paused(account, channel)}

    def do(self, ask: Ask, account: str, _on: date, channel: Channel | None) -> None:
        why = " ".join(ask.form.get("why", "").split())
        if not why or len(why) > LONGEST_WHY:
            raise NotDoneError(
                f"a pause needs a reason of at most {LONGEST_WHY} characters", Because.INPUT
            )
        sending.pause(resources().store, account, channel, why, now=ask.now, who=ask.by)


class _Resume:
    """Let it go on. What the bounce guard holds goes on with what has bounced forgiven."""

    def facts(self, _ask: Ask, account: str, _on: date, channel: Channel | None) -> dict[str, Any]:
        return {"pause": _paused(account, channel)}

    def do(self, ask: Ask, account: str, _on: date, channel: Channel | None) -> None:
        store = resources().store
        if channel is GUARDED and lift(store, account, ask.now, jst_date(ask.now), ask.by):
            return
        sending.resume(store, account, channel, now=ask.now, who=ask.by)


class _Cancel:
    """Send nothing more of a run."""

    def facts(self, _ask: Ask, account: str, on: date, channel: Channel | None) -> dict[str, Any]:
        run, asked = sending.run_and_channels(resources().store, account, on, channel)
        return {"left": sending.cancellable(resources().store, run, asked)}

    def do(self, ask: Ask, account: str, on: date, channel: Channel | None) -> None:
        sending.cancel(resources().store, account, on, channel, now=ask.now, who=ask.by)


class _Resend:
    """Send to those who did not get it."""

    def facts(self, ask: Ask, account: str, on: date, channel: Channel | None) -> dict[str, Any]:
        return {"resent": self._resent(ask, account, on, channel, check=True)}

    def do(self, ask: Ask, account: str, on: date, channel: Channel | None) -> None:
        self._resent(ask, account, on, channel, check=False)

    def _resent(
        self, ask: Ask, account: str, on: date, channel: Channel | None, *, check: bool
    ) -> sending.Resent:
        return sending.resend(
            resources().store,
            account,
            on,
            channel,
            at=ask.now,
            now=ask.now,
            who=ask.by,
            check=check,
        )


_ACTIONS: Mapping[str, _Pause | _Resume | _Cancel | _Resend] = {
    "pause": _Pause(),
    "resume": _Resume(),
    "cancel": _Cancel(),
    "resend": _Resend(),
}


def _paused(account: str, channel: Channel | None) -> Pause | None:
    wanted = (account, channel)
    return next((e for e in resources().store.pauses if (e.account, e.channel) == wanted), None)


def _day(ask: Ask) -> date:
    """The day that is asked for; today, where it is none."""
    try:
        return date.fromisoformat(ask.form.get("on") or ask.query.get("on", ""))
    except ValueError:
        return jst_date(ask.now)


def _channel(given: Mapping[str, str]) -> Channel | None:
    chosen = given.get("channel", "")
    return Channel(chosen) if chosen in set(Channel) else None


def _shown(run: dict[str, Any]) -> dict[str, Any]:
    """A run with its sums as figures, and how far it is."""
    channels = {name: _sums(sums) for name, sums in run["channels"].items()}
    return {**run, "channels": channels, "total": _sums(run["total"])}


def _sums(sums: dict[str, Any]) -> dict[str, Any]:
    """Sums as figures: `done` of `planned` are settled; why not, by reason and by code."""
    figures = {name: total_of(sums[name]) for name in sums if name not in _NO_FIGURES}
    settled = sum(figures[name] for name in _SETTLED)
    silent = {name: number for name, number in sums["silent"].items() if number}
    return {
        **figures,
        "done": settled,
        "share": settled / figures["planned"] if figures["planned"] else 1.0,
        "reasons": silent,
        "codes": sums["codes"],
        "minutes": sums["minutes"],
        "reconciles": sums["reconciles"],
    }


_NO_FIGURES = ("codes", "minutes", "reconciles")
_SETTLED = ("accepted", "refused", "gone", "unknown", "expired", "silent")


def _waiting(store: Store, on: date, begun: set[str]) -> list[tuple[str, str, str]]:
    """The accounts whose run of the day has not begun: id, name, and when it will."""
    found = [
        (account.id, settings.name, f"{settings.send_at:%H:%M}")
        for account in store.accounts
        if account.id not in begun
        and (settings := account.on(on))
        and settings.delivery is Delivery.OWN
    ]
    return sorted(found, key=lambda each: each[2])


def _needs(store: Store, report: dict[str, Any], ask: Ask) -> Iterator[Need]:
    """What needs a person, the most urgent first."""
    yield from (Need(urgent=True, text=each) for each in watch.troubles())
    for run in report["runs"]:
        yield from _needs_of(run, report["date"])
    yield from map(_held, store.pauses)
    month = Month.of(jst_date(ask.now)).plus(-1)
    for account in store.accounts:
        settings = account.on(month.last)
        if settings is None or settings.delivery is not Delivery.EXTERNAL:
            continue
        if not store.external.history(account.id, month):
            text = f"{settings.name}：{month}の数がまだ届いていません"
            yield Need(urgent=False, text=text, path="/console/au/external")


def _needs_of(run: dict[str, Any], on: str) -> Iterator[Need]:
    """What of a run needs a person."""
    name, total = run["name"], run["total"]
    path = f"/console/today/{run['account']}?on={on}"
    if not total["reconciles"]:
        yield Need(urgent=True, text=f"{name}：数が合いません", path=path)
    if number := total["repeated"]:
        yield Need(urgent=True, text=f"{name}：{number:,}通が二度届きました", path=path)
    for channel, code in run["ended"].items():
        text = f"{name}：{channel}の送信が止まりました（{code}）"
        yield Need(urgent=True, text=text, path=path)
    if number := total["codes"].get("no_credentials"):
        text = f"{name}：接続情報がありません（{number:,}通が待っています）"
        yield Need(urgent=True, text=text, path=f"/console/accounts/{run['account']}")


def _held(pause: Pause) -> Need:
    who = "バウンスの見張り" if pause.by == GUARD else pause.by
    text = f"{pause.account or 'すべての団体'}：一時停止中です（{who}、{pause.why}）"
    return Need(urgent=pause.by == GUARD, text=text)
