"""Brakes: how often anybody may have something sent, so that a public form is no weapon."""

from functions.register.resources import Resources
from shared.rules.account import Channel
from shared.store.brakes import Brake

_HOUR, _DAY = 3_600, 86_400

PER_SOURCE = Brake("source", 30, _HOUR)
"""A hospital's Wi-Fi is one source, and a class of expectant parents joins at once."""

PER_ADDRESS = (Brake("address", 3, _HOUR), Brake("address-day", 6, _DAY))
"""A mail lost and asked for again; more would be a nuisance to whoever owns the address. The same
address counts once for all accounts."""

PER_ACCOUNT = Brake("account", 500, _HOUR)
"""Far above the largest municipality's busiest hour, far below a bill that hurts."""


def may_send(
    resources: Resources, *, account: str, source: str, channel: Channel, address: str
) -> bool:
    """Count one more sending; whether it may be done. Who comes over one brake uses up none of the
    next: a single source cannot close an account to others. LINE has no `address`: nothing is sent.
    """
    if not resources.store.brakes.allow(PER_SOURCE, source):
        return False
    subject = f"{channel}\n{address.casefold()}"
    if address and not all(resources.store.brakes.allow(each, subject) for each in PER_ADDRESS):
        return False
    return resources.store.brakes.allow(PER_ACCOUNT, account)
