"""What the pages of an account have in common."""

from datetime import date

from functions.console.page import message
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.rules.account import Account, Settings


def found(account: str) -> Account | None:
    """The account of a path; None where there is none."""
    return resources().store.accounts.get(account)


def missing(ask: Ask) -> Page:
    """That there is no such account."""
    return message(ask, "この団体はありません", "リンクをご確認ください。", status=404)


def settings_shown(account: Account, today: date) -> Settings | None:
    """The settings by which an account is called: those in force, or the first to come."""
    return account.on(today) or next(iter(account.settings), None)


def name_of(account: Account, today: date) -> str:
    """What an account is called."""
    settings = settings_shown(account, today)
    return settings.name if settings else account.id
