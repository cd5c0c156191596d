"""What accounts that send through another system report."""

from datetime import datetime, timedelta

from shared.rules.account import Account, Delivery
from shared.rules.months import Month


def why_not(account: Account, month: Month, now: datetime, *, local: bool) -> str | None:
    """Why the account cannot report a figure for the month, or None where it can.

    The local platform's days are rehearsed, so there a month may lie ahead of the clock.
    """
    if not was_external(account, month):
        return (
            f"{account.id} was external on no day of {month}: "
            "what is sent from here is counted here, not reported"
        )
    if month.begins > now and not local:
        return f"{month} has not begun; report a month when it is over"
    return None


def was_external(account: Account, month: Month) -> bool:
    """Whether the account sent through another system on any day of the month."""
    days = (month.first + timedelta(n) for n in range((month.last - month.first).days + 1))
    in_force = (account.on(day) for day in days)
    return any(each is not None and each.delivery is Delivery.EXTERNAL for each in in_force)
