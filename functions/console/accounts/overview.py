"""The accounts: what each has chosen, what changes soon, and how far a new one is."""

from dataclasses import dataclass
from datetime import date

from functions.console.accounts import words
from functions.console.accounts.finding import found, missing, name_of, settings_shown
from functions.console.app import guard
from functions.console.page import page
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office.account.effect import newest
from shared.office.account.readiness import Readiness, has_sent, last_days, readiness
from shared.rules.account import Account, Settings
from shared.rules.catalogue import COMMON_SERIES
from shared.rules.dates import jst_date


@dataclass(frozen=True, slots=True)
class Shown:
    """An account in the list. `ready` only until its first message went out."""

    id: str
    settings: Settings
    said: dict[str, str]
    begun: bool
    coming: list[tuple[date, str]]
    ready: Readiness | None


@guard.get("/console/accounts", needs=Role.VIEWER)
def overview(ask: Ask) -> Page:
    """All accounts. Of those that have not sent yet, what is still to be done."""
    store, today = resources().store, jst_date(ask.now)
    runs = [run for day in last_days(today) for run in store.ledger.runs(day)]
    snapshot = newest(store)
    shown = []
    for account in store.accounts:
        settings = settings_shown(account, today)
        if settings is None:
            continue
        ready = None
        if not has_sent(account.id, runs, snapshot):
            ready = readiness(
                store,
                resources().credentials,
                account,
                today=today,
                runs=runs,
                snapshot=snapshot,
            )
        shown.append(
            Shown(
                account.id,
                settings,
                words.said(settings),
                settings.valid_from <= today,
                list(words.coming(account, today)),
                ready,
            )
        )
    return page("accounts", ask, accounts=shown, titles=words.FIELDS)


@guard.get("/console/accounts/<account>", needs=Role.VIEWER)
def one(ask: Ask, account: str) -> Page:
    """One account: its settings, as they were, are and will be, and what can be done."""
    known, today = found(account), jst_date(ask.now)
    if known is None:
        return missing(ask)
    now = known.on(today)
    history = [
        (each.valid_from, _when(each, now, today), words.said(each))
        for each in sorted(known.settings, key=lambda each: each.valid_from, reverse=True)
    ]
    successor = found(known.successor) if known.successor else None
    ready = _ready(known, today)
    series = (
        ["共通" if each == COMMON_SERIES else name_of(known, today) for each in ready.texts]
        if ready
        else []
    )
    return page(
        "accounts_one",
        ask,
        account=known,
        name=name_of(known, today),
        now=words.said(now) if now else None,
        history=history,
        titles=words.FIELDS,
        coming=list(words.coming(known, today)),
        successor=name_of(successor, today) if successor else None,
        ready=ready,
        texts="・".join(series),
        credential_names=words.CREDENTIALS,
    )


def _ready(account: Account, today: date) -> Readiness | None:
    """How far it is; None once it has sent, or where it is not ours to send."""
    store = resources().store
    asked = (store.ledger.run(day, account.id) for day in last_days(today))
    runs = [run for run in asked if run is not None]
    far = readiness(
        store, resources().credentials, account, today=today, runs=runs, snapshot=newest(store)
    )
    return None if far is None or far.sent else far


def _when(settings: Settings, now: Settings | None, today: date) -> str:
    if settings == now:
        return "いま"
    return "これから" if settings.valid_from > today else "これまで"
