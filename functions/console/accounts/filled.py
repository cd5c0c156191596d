"""The form of an account's settings, read by the rules of accounts.csv."""

from collections.abc import Mapping
from datetime import date

from functions.console.accounts import words
from functions.console.resources import resources
from shared.office.account.settings import (
    ACCOUNT_COLUMNS,
    QUIET_FROM,
    QUIET_TO,
    counted_until,
    read_accounts,
)
from shared.office.fields import Fields
from shared.rules.account import Account, AccountKind, Channel, Delivery, Settings
from shared.rules.ending import DEFAULT_END, EndKind


class Filled(Fields):
    """The form, and the columns of which something is wrong."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self.number, self.cells, self.bad = 1, cells, False
        self.wrong: list[str] = []

    def fault(self, column: str, reason: str) -> None:  # noqa: ARG002 - staff are told the rule
        """Take down that something is wrong with a column."""
        self.bad = True
        if column not in self.wrong:
            self.wrong.append(column)

    def note(self, what: str) -> None:
        """Nothing: what was read is shown before it is stored."""


def read(
    form: Mapping[str, str], account: str, kind: str, today: date
) -> tuple[Account | None, list[str]]:
    """The account with the settings of a form, and what is wrong with them."""
    store = resources().store
    known = {each.id: each for each in store.accounts}
    filled = Filled(_cells(form, account, kind))
    counted = counted_until(store)
    accounts = read_accounts([filled], known, today, counted)
    if not filled.bad:
        return accounts[account], []
    last = _last(known.get(account), today, counted)
    problems = [words.RULES.get(each) or words.after(last) for each in filled.wrong]
    return None, list(dict.fromkeys(problems))


def day_of(form: Mapping[str, str], account: Account) -> Settings:
    """The settings of a form that was read without a problem."""
    filled = Filled(_cells(form, account.id, account.settings[0].kind))
    (found,) = read_accounts([filled], {}, date.max)[account.id].settings
    return found


def blank(today: date) -> dict[str, str]:
    """The form of an account that is to be added."""
    return {
        "kind": AccountKind.MUNICIPALITY,
        "delivery": Delivery.OWN,
        "channel-email": "yes",
        "send_at": "10:00",
        "quiet_from": f"{QUIET_FROM:%H:%M}",
        "quiet_to": f"{QUIET_TO:%H:%M}",
        "end_kind": DEFAULT_END.kind,
        "end_n": str(DEFAULT_END.n),
        "valid_from": today.isoformat(),
    }


def as_form(settings: Settings) -> dict[str, str]:
    """The form with settings as they are."""
    ended = settings.delivery is Delivery.ENDED
    return {
        "name": settings.name,
        "code": settings.code or "",
        "delivery": Delivery.OWN if ended else settings.delivery,
        **{f"channel-{each}": "yes" for each in settings.channels},
        "send_at": f"{settings.send_at:%H:%M}",
        "quiet_from": f"{settings.quiet_from:%H:%M}",
        "quiet_to": f"{settings.quiet_to:%H:%M}",
        "end_kind": settings.end_of_delivery.kind,
        "end_n": str(settings.end_of_delivery.n),
        "valid_from": "",
    }


def _cells(form: Mapping[str, str], account: str, kind: str) -> dict[str, str]:
    """The form as a row of accounts.csv."""
    cells = {column: form.get(column, "") for column in ACCOUNT_COLUMNS}
    end = form.get("end_kind", ""), form.get("end_n", "")
    channels = [each for each in Channel if form.get(f"channel-{each}") == "yes"]
    return {
        **cells,
        "account": account,
        "kind": kind,
        "channels": ";".join(channels),
        "end_of_delivery": f"{end[0]}({end[1]})" if end[0] in set(EndKind) else "",
    }


def _last(account: Account | None, today: date, counted: date | None) -> date | None:
    """The day after which settings may change; None where any day is right."""
    past = [e.valid_from for e in (account.settings if account else ()) if e.valid_from <= today]
    return max([*past, *([counted] if counted else [])]) if past else None
