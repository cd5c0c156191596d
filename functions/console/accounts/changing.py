"""Settings: an account is added, or has others from a day on. What that will do is shown first."""

from collections.abc import Mapping
from datetime import timedelta

from functions.console.accounts import filled, words
from functions.console.accounts.finding import found, missing, name_of, settings_shown
from functions.console.app import guard
from functions.console.page import page, see
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office.account.effect import effect
from shared.rules.account import Account, Settings
from shared.rules.dates import jst_date

NEW = "/console/accounts/_new"
"""No account's id has an underscore."""

_SAME = "いまの設定と同じです。変えるところを入れてください。"
_TAKEN = "このIDの団体は、もうあります。ほかのIDにしてください。"


@guard.get(NEW, needs=Role.ADMIN)
def new(ask: Ask) -> Page:
    """The form of a new account."""
    return _form(ask, None, filled.blank(jst_date(ask.now)))


@guard.post(NEW, needs=Role.ADMIN)
def add(ask: Ask) -> Page:
    """Show the new account, and then add it."""
    form, today = ask.form, jst_date(ask.now)
    read, problems = filled.read(form, form.get("account", ""), form.get("kind", ""), today)
    if found(form.get("account", "") or "-") is not None:
        problems = [_TAKEN]
    if read is None or problems or form.get("step") == "edit":
        return _form(ask, None, form, problems)
    if form.get("step") != "save":
        return _check(ask, None, read, read)
    resources().store.accounts.put(read)
    resources().store.audit.note(ask.now, ask.by, "added the account", read.id)
    return see(f"/console/accounts/{read.id}", done="added")


@guard.get("/console/accounts/<account>/change", needs=Role.ADMIN)
def ask_for(ask: Ask, account: str) -> Page:
    """The form, with the settings that will be in force last."""
    known = found(account)
    if known is None:
        return missing(ask)
    last = max(known.settings, key=lambda each: each.valid_from)
    tomorrow = jst_date(ask.now) + timedelta(days=1)
    start = max(tomorrow, last.valid_from + timedelta(days=1))
    return _form(ask, known, {**filled.as_form(last), "valid_from": start.isoformat()})


@guard.post("/console/accounts/<account>/change", needs=Role.ADMIN)
def change(ask: Ask, account: str) -> Page:
    """Show what the change will do, and then store it."""
    known, today = found(account), jst_date(ask.now)
    shown = settings_shown(known, today) if known else None
    if known is None or shown is None:
        return missing(ask)
    read, problems = filled.read(ask.form, account, shown.kind, today)
    if read == known:
        problems = [_SAME]
    if read is None or problems or ask.form.get("step") == "edit":
        return _form(ask, known, ask.form, problems)
    if ask.form.get("step") != "save":
        return _check(ask, known, read, known)
    settings = filled.day_of(ask.form, read)
    old = known.on(settings.valid_from)
    fields = [field for field, *_ in words.differences(old, settings)] if old else []
    resources().store.accounts.put(read)
    what = f"changed the settings from {settings.valid_from}: {'、'.join(fields)}"
    resources().store.audit.note(ask.now, ask.by, what, account)
    return see(f"/console/accounts/{account}", done="changed")


def _form(
    ask: Ask, account: Account | None, form: Mapping[str, str], problems: list[str] | None = None
) -> Page:
    today = jst_date(ask.now)
    return page(
        "accounts_form",
        ask,
        status=422 if problems else 200,
        account=account,
        name=name_of(account, today) if account else "",
        form=form,
        problems=problems or [],
        kinds=words.KINDS,
    )


def _check(ask: Ask, account: Account | None, read: Account, before: Account) -> Page:
    """What is stored, beside what holds on that day without it."""
    settings, today = filled.day_of(ask.form, read), jst_date(ask.now)
    old = before.on(settings.valid_from) if account else None
    changed = words.differences(old, settings) if old else []
    return page(
        "accounts_check",
        ask,
        account=account,
        id=read.id,
        name=name_of(account or read, today),
        form=ask.form,
        settings=settings,
        said=words.said(settings),
        titles=words.FIELDS,
        changed=changed,
        renamed=old is not None and old.name != settings.name,
        later=list(words.coming(read, settings.valid_from)),
        begun=account is not None and settings.valid_from <= today,
        effect=effect(resources().store, read.id, old, settings) if old else None,
        concerns=old is not None and _concerns_readers(old, settings),
    )


def _concerns_readers(old: Settings, new: Settings) -> bool:
    """Whether it changes who gets messages, and for how long."""
    return (old.delivery, old.channels, old.end_of_delivery) != (
        new.delivery,
        new.channels,
        new.end_of_delivery,
    )
