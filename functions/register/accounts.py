"""Accounts: whose pages are open, and what they offer on a day."""

import re
from dataclasses import dataclass
from datetime import date

from functions.register.resources import Resources
from shared.rules.account import Channel, Delivery, Settings

_ACCOUNT_ID = re.compile(r"[a-z0-9-]{2,40}", re.ASCII)

CHANNELS = (Channel.LINE, Channel.EMAIL, Channel.SMS)
"""In the order in which they are offered: what most parents use first."""


class NotOpenError(Exception):
    """There is no such account, it sends through another system, or the link has ended."""


class EndedError(Exception):
    """The account has ended. `name` is what it was called; parents can join `successor`, if any."""

    def __init__(self, name: str, successor: str | None) -> None:
        super().__init__(name)
        self.name, self.successor = name, successor


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """An account that sends through this platform, with its settings of the day."""

    id: str
    settings: Settings

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels on offer."""
        return tuple(each for each in CHANNELS if each in self.settings.channels)


def open_account(
    resources: Resources, account_id: str, today: date, *, also_ended: bool = False
) -> OpenAccount:
    """The account of that id, where parents can join it today, or `also_ended`; EndedError where it
    has ended, else NotOpenError.
    """
    account = (
        resources.store.accounts.get(account_id) if _ACCOUNT_ID.fullmatch(account_id) else None
    )
    settings = account.on(today) if account else None
    if account and settings and settings.delivery is Delivery.ENDED:
        if also_ended:
            return OpenAccount(account_id, settings)
        raise EndedError(settings.name, account.successor)
    if settings is None or settings.delivery is not Delivery.OWN or not settings.channels:
        raise NotOpenError
    return OpenAccount(account_id, settings)


def open_accounts(resources: Resources, channel: Channel, today: date) -> list[OpenAccount]:
    """Every account that parents can join today on a channel, in the order of their codes."""
    found = [
        OpenAccount(each.id, settings)
        for each in resources.store.accounts
        if (settings := each.on(today))
        and settings.delivery is Delivery.OWN
        and channel in settings.channels
    ]
    return sorted(found, key=lambda each: (each.settings.code or "~", each.settings.name))
