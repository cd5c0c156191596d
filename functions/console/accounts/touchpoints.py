"""Touchpoints: the links by which parents join, their QR codes, and who came through each."""

from aws_lambda_powertools.event_handler import Response

from functions.console.accounts.finding import found, missing, name_of
from functions.console.app import guard
from functions.console.page import headers, message, page, see
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office.account import touchpoints
from shared.office.account.qr import svg
from shared.rules.account import Account
from shared.rules.dates import jst_date
from shared.rules.months import Month
from shared.rules.touchpoint import BUILT_IN, Funnel, Touchpoint, is_touchpoint_id, link

MONTHS = 12
"""So many months, this one included, are counted."""

_ID = "IDは、英小文字・数字・ハイフンで、2文字から40文字までにしてください。"
_TAKEN = "このIDの入口は、もうあります。ほかのIDにしてください。"
_NAME = f"名前は、1行、{touchpoints.LONGEST_NAME}文字までにしてください。"


@guard.get("/console/accounts/<account>/touchpoints", needs=Role.VIEWER)
def overview(ask: Ask, account: str) -> Page:
    """All touchpoints of an account, and the form of another."""
    known = found(account)
    return missing(ask) if known is None else _list(ask, known, [])


@guard.post("/console/accounts/<account>/touchpoints", needs=Role.EDITOR)
def add(ask: Ask, account: str) -> Page:
    """Add one: its link works from then on."""
    known = found(account)
    if known is None:
        return missing(ask)
    new, problems = ask.form.get("touchpoint", ""), []
    if not is_touchpoint_id(new):
        problems.append(_ID)
    elif resources().store.touchpoints.get(account, new) is not None:
        problems.append(_TAKEN)
    name = _name(ask)
    if problems or name is None:
        return _list(ask, known, problems + [_NAME] * (name is None))
    touchpoints.add(resources().store, account, new, name, now=ask.now, who=ask.by)
    return see(f"/console/accounts/{account}/touchpoints/{new}", done="add")


@guard.get("/console/accounts/<account>/touchpoints/<touchpoint>", needs=Role.VIEWER)
def one(ask: Ask, account: str, touchpoint: str) -> Page:
    """One of them: its link, its code, who came, and what can be done."""
    known = found(account)
    if known is None:
        return missing(ask)
    there = resources().store.touchpoints.get(account, touchpoint)
    return _none(ask) if there is None else _one(ask, known, there, "")


@guard.get("/console/accounts/<account>/touchpoints/<touchpoint>/qr.svg", needs=Role.VIEWER)
def code(ask: Ask, account: str, touchpoint: str) -> Page:
    """The code as a drawing, to be placed in what is printed."""
    if found(account) is None or resources().store.touchpoints.get(account, touchpoint) is None:
        return _none(ask)
    return Response(
        status_code=200,
        content_type="image/svg+xml",
        body=svg(link(resources().public_url, account, touchpoint)).decode(),
        headers=headers(),
    )


@guard.post("/console/accounts/<account>/touchpoints/<touchpoint>/<what>", needs=Role.EDITOR)
def do(ask: Ask, account: str, touchpoint: str, what: str) -> Page:
    """Rename it, close it, or open it again."""
    known, store = found(account), resources().store
    there = store.touchpoints.get(account, touchpoint) if known else None
    if known is None or there is None or what not in ("rename", "close", "reopen"):
        return _none(ask)
    if what == "rename":
        name = _name(ask)
        if name is None:
            return _one(ask, known, there, _NAME)
        touchpoints.rename(store, account, touchpoint, name, now=ask.now, who=ask.by)
    elif what == "close":
        touchpoints.close(store, account, touchpoint, now=ask.now, who=ask.by)
    else:
        touchpoints.reopen(store, account, touchpoint, now=ask.now, who=ask.by)
    return see(f"/console/accounts/{account}/touchpoints/{touchpoint}", done=what)


def _name(ask: Ask) -> str | None:
    """What it is called; None where the rule does not let it through."""
    try:
        return touchpoints.read_name(ask.form.get("name", "")) or None
    except ValueError:
        return None


def _none(ask: Ask) -> Page:
    return message(ask, "この入口はありません", "リンクをご確認ください。", status=404)


def _counts(ask: Ask, account: str) -> dict[str, Funnel]:
    last = Month.of(jst_date(ask.now))
    return resources().store.touchpoints.counts(account, last.plus(1 - MONTHS), last)


def _list(ask: Ask, account: Account, problems: list[str]) -> Page:
    counts = _counts(ask, account.id)
    found_here = resources().store.touchpoints.of(account.id)
    return page(
        "accounts_touchpoints",
        ask,
        status=422 if problems else 200,
        account=account,
        name=name_of(account, jst_date(ask.now)),
        touchpoints=[(each, counts.get(each.id, Funnel())) for each in found_here],
        form=ask.form,
        problems=problems,
        months=MONTHS,
    )


def _one(ask: Ask, account: Account, touchpoint: Touchpoint, problem: str) -> Page:
    return page(
        "accounts_touchpoint",
        ask,
        status=422 if problem else 200,
        account=account,
        name=name_of(account, jst_date(ask.now)),
        touchpoint=touchpoint,
        built_in=touchpoint.id in BUILT_IN,
        link=link(resources().public_url, account.id, touchpoint.id),
        funnel=_counts(ask, account.id).get(touchpoint.id, Funnel()),
        form=ask.form,
        problem=problem,
        months=MONTHS,
    )
