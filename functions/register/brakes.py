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

AFTER_DECLINING = Brake("after-declining", 1, _DAY)
"""Applications for an address whose owner said that one was not theirs: they may still join."""

_DECLINED, _DECLINED_SECONDS = "declined", 30 * _DAY


def may_send(
    resources: Resources, *, account: str, source: str, channel: Channel, address: str
) -> bool:
    """Count one more sending; whether it may be done. Who comes over one brake uses up none of the
    next: a single source cannot close an account to others. LINE has no `address`: nothing is sent.
    """
    if not resources.store.brakes.allow(PER_SOURCE, source):
        return False
    subject = _subject(channel, address)
    if address and not all(resources.store.brakes.allow(each, subject) for each in PER_ADDRESS):
        return False
    return resources.store.brakes.allow(PER_ACCOUNT, account)


def may_apply(resources: Resources, *, channel: Channel, address: str) -> bool:
    """Count one more application for an address whose owner has declined one; whether it may be
    made. Any other address may have as many as may be sent.
    """
    subject, brakes = _subject(channel, address), resources.store.brakes
    if not address or not brakes.slowed(_DECLINED, subject):
        return True
    return brakes.allow(AFTER_DECLINING, subject)


def slow_down(resources: Resources, *, channel: Channel, address: str) -> None:
    """Slow down applications for an address whose owner says that one was not theirs."""
    subject = _subject(channel, address)
    resources.store.brakes.slow(_DECLINED, subject, seconds=_DECLINED_SECONDS)


def _subject(channel: Channel, address: str) -> str:
    return f"{channel}\n{address.casefold()}"
