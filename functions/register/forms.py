"""The fields of parents' forms: dates, names and addresses, or what is wrong with them."""

import dataclasses
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from shared.rules.account import Channel
from shared.rules.changes import Refusal
from shared.rules.name import is_name
from shared.rules.subscriber import Language
from shared.rules.written_dates import written_date
from shared.subscribers.address import address as stored_address
from shared.subscribers.address import likely_meant
from shared.web.form import Form, FormError

LONGEST_NICKNAME = 20

_CHANNEL_FIELDS = {Channel.EMAIL: "email", Channel.SMS: "phone"}

_CHOSEN_WRONGLY = {Refusal.DUE_DATE_PAST, Refusal.BORN_IN_FUTURE}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field, as a phrase of the wording."""

    field: str
    phrase: str
    parts: Mapping[str, object] = dataclasses.field(default_factory=dict)


def language_asked(event: BaseProxyEvent) -> Language:
    """The language that the address of the page asks for (`?lang=en`)."""
    asked = (event.raw_event.get("queryStringParameters") or {}).get("lang")
    return Language.ENGLISH if asked == Language.ENGLISH else Language.JAPANESE


def one_of(form: Form, name: str, allowed: tuple[str, ...]) -> str:
    """The choice of a button; FormError where it is none of those allowed."""
    chosen = form.get(name, "")
    if chosen not in allowed:
        raise FormError(400)
    return chosen


def day_in(form: Form, name: str) -> date | Problem:
    """The date of a field, as a date picker or as people write it, or what is wrong."""
    text = form.get(name, "")
    if not text:
        return Problem(name, "errors.day_missing")
    try:
        return written_date(text)
    except ValueError:
        return Problem(name, "errors.day")


def nickname_in(form: Form, name: str) -> str | Problem | None:
    """The nickname of a field, None where it is left empty, or what is wrong."""
    text = unicodedata.normalize("NFC", form.get(name, ""))
    if len(text) > LONGEST_NICKNAME:
        return Problem(name, "errors.nickname", {"longest": LONGEST_NICKNAME})
    if text and not is_name(text):
        return Problem(name, "errors.nickname_letters")
    return text or None


def channel_in(form: Form, offered: tuple[Channel, ...]) -> Channel | Problem:
    """The channel that was chosen of those on offer."""
    chosen = form.get("channel", "")
    return Channel(chosen) if chosen in offered else Problem("channel", "errors.channel")


def address_in(form: Form, channel: Channel) -> str | Problem:
    """The address for a channel as it is stored, or what is wrong; LINE tells its own. A domain
    that looks like a slip of a well-known one is asked about, once: whoever sends it again as it
    was typed means it.
    """
    name = _CHANNEL_FIELDS.get(channel)
    if name is None:
        return ""
    text = form.get(name, "")
    if not text:
        return Problem(name, f"errors.{name}_missing")
    try:
        found = stored_address(channel, text)
    except ValueError:
        return Problem(name, f"errors.{name}")
    if channel is Channel.EMAIL and form.get("as_typed") != text:
        meant = likely_meant(found)
        if meant:
            return Problem(name, "errors.email_meant", {"meant": meant})
    return found


def refused(name: str, refusal: Refusal, *, joining: bool = False) -> Problem:
    """The problem of a field whose date, or whatever it asks for, makes no sense. A form that lets
    somebody choose between a pregnancy and a child (`joining`) says which to choose.
    """
    group = "refusal_joining" if joining and refusal in _CHOSEN_WRONGLY else "refusal"
    return Problem(name, f"{group}.{refusal}")
