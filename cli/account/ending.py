"""Ending an account: its last day, and the farewell."""

from datetime import date, datetime
from pathlib import Path

from cli.errors import CallError, FailedError
from cli.files.content import read_text
from cli.files.load import counted_until
from cli.touchpoint.finding import find_account
from shared.rules.account import Account, Delivery
from shared.rules.dates import jst_date
from shared.rules.text import Text
from shared.store.store import Store


def read_farewell(path: Path | None, notice: str | None) -> Text | None:
    """The farewell of a file: the first line is its title, the rest its text. CallError where the
    rules of texts do not let it through.
    """
    if path is None:
        if notice is not None:
            raise CallError("--notice is the farewell's SMS: give the farewell with --farewell")
        return None
    try:
        title, _, text = path.read_text(encoding="utf-8-sig").strip().partition("\n")
        return read_text(title.strip(), text.strip(), (notice or title).strip())
    except UnicodeDecodeError:
        raise CallError(f"{path.name}: must be a text in UTF-8") from None
    except OSError as error:
        raise CallError(f"{path.name}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise CallError(f"{path.name}: {error}") from None


def end_account(
    store: Store,
    account_id: str,
    last_day: date,
    farewell: Text | None,
    successor: str | None,
    *,
    at: datetime,
    who: str,
) -> bool:
    """Have an account end after `last_day`; whether that is new. CallError or FailedError, with
    nothing changed, where that day has passed or was counted with it.
    """
    account = find_account(store, account_id)
    if successor is not None and find_account(store, successor).id == account_id:
        raise CallError("an account cannot be its own successor; leave --successor out")
    ended = _ended(account, last_day, farewell, successor)
    if ended == account:
        return False
    _check(store, account, last_day, farewell, jst_date(at))
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
        raise CallError(f"{account.id} {error}") from None
    last = account.on(last_day)
    if last is None or last.delivery is Delivery.ENDED:
        since = last.valid_from if last else last_day
        raise FailedError(f"{account.id} has ended already: nothing is sent from {since} on")
    return ended


def _check(
    store: Store, account: Account, last_day: date, farewell: Text | None, today: date
) -> None:
    if last_day < today:
        raise CallError(f"{last_day} has passed; the last day is {today} at the earliest")
    counted = counted_until(store)
    if counted is not None and last_day < counted:
        raise FailedError(
            f"AU was counted until {counted} with the settings that were known; choose that day "
            "or a later one"
        )
    last = account.on(last_day)
    if farewell is not None and last is not None and last.delivery is not Delivery.OWN:
        raise CallError(f"{account.id} sends through another system: leave --farewell out")
    if farewell is not None and store.ledger.run(last_day, account.id) is not None:
        raise FailedError(
            f"the messages of {last_day} are on their way, as they were: a farewell comes too late "
            "for that day; choose the next, or leave --farewell out"
        )
