"""Ending an account: its last day, a farewell, and who comes after it. What happens is shown
first.
"""

from collections.abc import Mapping
from datetime import date

from functions.console.accounts import words
from functions.console.accounts.finding import found, missing, name_of, settings_shown
from functions.console.app import guard
from functions.console.page import page, see
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office.account.effect import newest
from shared.office.account.ending import CannotEndError, end_account
from shared.office.texts import read_text
from shared.rules.account import Account, Delivery
from shared.rules.dates import jst_date
from shared.rules.text import Text

_SAME = "もう、そのとおりに決まっています。"
_NO_SUCCESSOR = "あとをつぐ団体を、一覧からえらんでください。"


@guard.get("/console/accounts/<account>/end", needs=Role.ADMIN)
def ask_for(ask: Ask, account: str) -> Page:
    """The form, with what is already decided."""
    known = found(account)
    return missing(ask) if known is None else _form(ask, known, _decided(known), [])


@guard.post("/console/accounts/<account>/end", needs=Role.ADMIN)
def end(ask: Ask, account: str) -> Page:
    """Show what will happen, and then have it end."""
    known = found(account)
    if known is None:
        return missing(ask)
    form, problems = ask.form, list[str]()
    last_day, farewell = _last_day(form, problems), _farewell(form, problems)
    successor = form.get("successor") or None
    if successor and found(successor) is None:
        problems.append(_NO_SUCCESSOR)
    if problems or last_day is None or form.get("step") == "edit":
        return _form(ask, known, form, problems)
    saving = form.get("step") == "save"
    try:
        new = end_account(
            resources().store,
            account,
            last_day,
            farewell,
            successor,
            at=ask.now,
            who=ask.by,
            check=not saving,
        )
    except CannotEndError as error:
        return _form(ask, known, form, [words.CANNOT_END[error.why]])
    if not new:
        return _form(ask, known, form, [_SAME])
    if saving:
        return see(f"/console/accounts/{account}", done="ended")
    return _check(ask, known, last_day, farewell, successor)


def _decided(account: Account) -> dict[str, str]:
    """What was decided before, as the form has it."""
    last = max(account.settings, key=lambda each: each.valid_from)
    if last.delivery is not Delivery.ENDED:
        return {}
    text = account.farewell
    return {
        "last_day": date.fromordinal(last.valid_from.toordinal() - 1).isoformat(),
        "title": text.title if text else "",
        "text": text.text if text else "",
        "notice": text.notice if text else "",
        "successor": account.successor or "",
    }


def _last_day(form: Mapping[str, str], problems: list[str]) -> date | None:
    try:
        return date.fromisoformat(form.get("last_day", ""))
    except ValueError:
        problems.append(words.PROBLEM_OF_DAY)
        return None


def _farewell(form: Mapping[str, str], problems: list[str]) -> Text | None:
    """The farewell; its title stands for the SMS where that is blank. None where all is blank."""
    title, text, notice = (form.get(name, "") for name in ("title", "text", "notice"))
    if not (title or text or notice):
        return None
    try:
        return read_text(title, text, notice or title)
    except ValueError:
        problems.append(words.FAREWELL)
        return None


def _form(ask: Ask, account: Account, form: Mapping[str, str], problems: list[str]) -> Page:
    today = jst_date(ask.now)
    others = [each for each in resources().store.accounts if each.id != account.id]
    return page(
        "accounts_end",
        ask,
        status=422 if problems else 200,
        account=account,
        name=name_of(account, today),
        form=form,
        problems=problems,
        others={each.id: name_of(each, today) for each in others},
    )


def _check(
    ask: Ask, account: Account, last_day: date, farewell: Text | None, successor: str | None
) -> Page:
    today, snapshot = jst_date(ask.now), newest(resources().store)
    line = snapshot.line(account.id) if snapshot else None
    after = found(successor) if successor else None
    on_the_day = account.on(last_day) or settings_shown(account, today)
    dropped = [each.valid_from for each in account.settings if each.valid_from > last_day]
    return page(
        "accounts_end_check",
        ask,
        account=account,
        name=name_of(account, today),
        form=ask.form,
        last_day=last_day,
        next_day=date.fromordinal(last_day.toordinal() + 1),
        farewell=farewell,
        successor=name_of(after, today) if after else None,
        ours=on_the_day is not None and on_the_day.delivery is Delivery.OWN,
        send_at=on_the_day.send_at if on_the_day else None,
        readers=line.subscribers if line else None,
        as_of=snapshot.as_of if snapshot else None,
        dropped=dropped,
    )
