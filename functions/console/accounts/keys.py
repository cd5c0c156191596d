"""Credentials at the providers: typed in, tried, and never shown again."""

from collections.abc import Callable, Mapping

from functions.console.accounts import words
from functions.console.accounts.finding import found, missing, name_of
from functions.console.app import guard
from functions.console.page import message, page, see
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office.account.credentials import PARTS, SECRET, Kind
from shared.office.account.trying import Tried, try_line, try_twilio
from shared.rules.account import Account
from shared.rules.dates import jst_date
from shared.settings import setting

_TRIES: Mapping[Kind, tuple[str, Callable[[str, Mapping[str, str]], Tried]]] = {
    Kind.LINE: ("LINE_API", try_line),
    Kind.SMS: ("TWILIO_API", try_twilio),
}
"""How each is tried: the setting that says where, and the call. LINE Login has no call that would
tell without a person who signs in.
"""


@guard.get("/console/accounts/<account>/credentials", needs=Role.ADMIN)
def overview(ask: Ask, account: str) -> Page:
    """What is there since when, and a form for each."""
    known = found(account)
    return missing(ask) if known is None else _page(ask, known)


@guard.post("/console/accounts/<account>/credentials/<kind>", needs=Role.ADMIN)
def store(ask: Ask, account: str, kind: str) -> Page:
    """Store what was typed in, in place of what was there."""
    known = found(account)
    if known is None:
        return missing(ask)
    if kind not in set(Kind):
        return _no_kind(ask)
    what = Kind(kind)
    parts = {name: ask.form.get(name, "") for name in PARTS[what]}
    wrong = [name for name, rule in PARTS[what].items() if not rule.fullmatch(parts[name])]
    if wrong:
        return _page(ask, known, what, wrong)
    there = resources().credentials.stored(account, what) is not None
    resources().credentials.put(account, what, parts)
    done = "replaced" if there else "stored"
    resources().store.audit.note(ask.now, ask.by, f"{done} the credentials for {what}", account)
    return see(f"/console/accounts/{account}/credentials", done=what)


@guard.post("/console/accounts/<account>/credentials/<kind>/try", needs=Role.ADMIN)
def try_them(ask: Ask, account: str, kind: str) -> Page:
    """Ask the provider whether it takes them; nothing is sent to anybody."""
    if found(account) is None:
        return missing(ask)
    if kind not in _TRIES:
        return _no_kind(ask)
    what = Kind(kind)
    where, call = _TRIES[what]
    tried = call(setting(where), resources().credentials.get(account, what))
    resources().store.audit.note(ask.now, ask.by, f"tried the credentials for {what}", account)
    return see(f"/console/accounts/{account}/credentials", tried=what, came=tried)


def _no_kind(ask: Ask) -> Page:
    return message(ask, "この接続情報はありません", "リンクをご確認ください。", status=404)


def _page(
    ask: Ask, account: Account, kind: Kind | None = None, wrong: list[str] | None = None
) -> Page:
    """The page; what was typed is there again, but for the secrets."""
    today, public = jst_date(ask.now), resources().public_url
    settings = account.on(today)
    tried, came = ask.query.get("tried", ""), ask.query.get("came", "")
    return page(
        "accounts_keys",
        ask,
        status=422 if wrong else 200,
        account=account,
        name=name_of(account, today),
        kinds={each: (words.CREDENTIALS[each], tuple(PARTS[each])) for each in Kind},
        stored={each: resources().credentials.stored(account.id, each) for each in Kind},
        parts=words.PARTS,
        secret=SECRET,
        kind=kind,
        wrong=wrong or [],
        typed={name: ask.form.get(name, "") for name in words.PARTS if name not in SECRET},
        can_try=tuple(_TRIES),
        tried=tried if tried in _TRIES else "",
        came=words.TRIED.get(Tried(came)) if came in set(Tried) else "",
        good=came == Tried.GOOD,
        offered=settings.channels if settings else frozenset(),
        places={
            Kind.LINE: ("Webhook URL", f"{public}/line/webhook/{account.id}"),
            Kind.LINE_LOGIN: ("コールバックURL", f"{public}/line/callback"),
            Kind.SMS: ("受信Webhook", f"{public}/sms/inbound/{account.id}"),
        },
    )
