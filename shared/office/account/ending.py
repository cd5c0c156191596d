"""Ending an account: its last day, and the farewell."""

from datetime import date, datetime
from enum import StrEnum

from shared.office.account.finding import find_account
from shared.office.account.settings import counted_until
from shared.office.errors import MisaskedError, NotDoneError
from shared.rules.account import Account, Delivery
from shared.rules.dates import jst_date
from shared.rules.text import Text
from shared.store.store import Store


class WhyNot(StrEnum):
    """Why an account cannot end so."""

    OWN_SUCCESSOR = "own_successor"
    NO_SETTINGS = "no_settings"
    ENDED = "ended"
    PASSED = "passed"
    COUNTED = "counted"
    FAREWELL_ELSEWHERE = "farewell_elsewhere"
    """It sends through another system."""
    FAREWELL_TOO_LATE = "farewell_too_late"
    """The run of its last day is open already."""


class CannotEndError(NotDoneError):
    """It cannot end so now."""

    def __init__(self, why: WhyNot, line: str) -> None:
        super().__init__(line)
        self.why = why


class CannotEverEndError(CannotEndError, MisaskedError):
    """It can never end so."""


def end_account(
    store: Store,
    account_id: str,
    last_day: date,
    farewell: Text | None,
    successor: str | None,
    *,
    at: datetime,
    who: str,
    check: bool = False,
) -> bool:
    """Have an account end after `last_day`, or with `check` only see whether it can; whether that
    is new. CannotEndError, with nothing changed, where that day has passed or was counted with it.
    """
    account = find_account(store, account_id)
    if successor is not None and find_account(store, successor).id == account_id:
        raise CannotEverEndError(
            WhyNot.OWN_SUCCESSOR,
            "an account cannot be its own successor; leave --successor out",
        )
    ended = _ended(account, last_day, farewell, successor)
    if ended == account:
        return False
    _check(store, account, last_day, farewell, jst_date(at))
    if not check:
        store.accounts.put(ended)
        with_what = "with a farewell" if farewell else "without a farewell"
        store.audit.note(at, who, f"ended the account after {last_day}, {with_what}", account_id)
    return True


def _ended(
    account: Account, last_day: date, farewell: Text | None, successor: str | None
) -> Account:
    try:
        ended = account.ended(last_day, farewell, successor)
    except ValueError as error:
        raise CannotEverEndError(WhyNot.NO_SETTINGS, f"{account.id} {error}") from None
    last = account.on(last_day)
    if last is None or last.delivery is Delivery.ENDED:
        since = last.valid_from if last else last_day
        raise CannotEndError(
            WhyNot.ENDED, f"{account.id} has ended already: nothing is sent from {since} on"
        )
    return ended


def _check(
    store: Store, account: Account, last_day: date, farewell: Text | None, today: date
) -> None:
    if last_day < today:
        raise CannotEverEndError(
            WhyNot.PASSED, f"{last_day} has passed; the last day is {today} at the earliest"
        )
    counted = counted_until(store)
    if counted is not None and last_day < counted:
        raise CannotEndError(
            WhyNot.COUNTED,
            f"AU was counted until {counted} with the settings that were known; choose that day "
            "or a later one",
        )
    last = account.on(last_day)
    if farewell is not None and last is not None and last.delivery is not Delivery.OWN:
        raise CannotEverEndError(
            WhyNot.FAREWELL_ELSEWHERE,
            f"{account.id} sends through another system: leave --farewell out",
        )
    if farewell is not None and store.ledger.run(last_day, account.id) is not None:
        raise CannotEndError(
            WhyNot.FAREWELL_TOO_LATE,
            f"the messages of {last_day} are on their way, as they were: a farewell comes too late "
            "for that day; choose the next, or leave --farewell out",
        )
