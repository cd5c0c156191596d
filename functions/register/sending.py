"""Sending: stores what is to be confirmed, and lets a link or a code go out; or brakes."""

import secrets
import string
from dataclasses import dataclass
from datetime import datetime

from functions.register.brakes import may_apply, may_send
from functions.register.page import Page, message, page, see
from functions.register.resources import Resources
from shared.rules.account import Channel
from shared.rules.joining import Application
from shared.rules.subscriber import Language
from shared.store.confirmations import LIFETIME, Confirmation
from shared.subscribers.notices import NoticeKind

_ID_LENGTH = 24
_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be confirmed: to join (`application`), or that `mover` moves."""

    account: str
    channel: Channel
    address: str
    language: Language
    application: Application | None = None
    mover: str | None = None
    generation: int = 0
    tell_old: bool = False


def ask_to_confirm(resources: Resources, asked: Request, source: str, now: datetime) -> Page:
    """Ask the owner of the address, and say how it goes on: the same whoever that is."""
    if not may_apply(resources, channel=asked.channel, address=asked.address) or not may_send(
        resources,
        account=asked.account,
        source=source,
        channel=asked.channel,
        address=asked.address,
    ):
        return too_often(asked.language)
    waiting = Confirmation(
        id="".join(secrets.choice(_LETTERS) for _ in range(_ID_LENGTH)),
        account=asked.account,
        channel=asked.channel,
        address=asked.address,
        language=asked.language,
        expires_at=now + LIFETIME,
        application=asked.application,
        mover=asked.mover,
        generation=asked.generation,
        tell_old=asked.tell_old,
    )
    resources.store.confirmations.put(waiting)
    if asked.channel is Channel.LINE:
        return see(resources.links.line_login(waiting.id))
    resources.store.confirmations.send_again(waiting.id)
    resources.notices.put(asked.channel, NoticeKind.CONFIRM, waiting.id)
    if asked.channel is Channel.SMS:
        return see(resources.links.code_page(waiting.id))
    return page("sent", asked.language, address=asked.address)


def too_often(language: Language) -> Page:
    """The calm page of a brake; nothing was stored, and nothing is sent."""
    return message("too_often", language, status=429)
