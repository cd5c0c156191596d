"""Forms: what a browser posted, read strictly; whatever is no form of ours is refused whole."""

import base64
import binascii
import dataclasses
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl

from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from shared.rules.account import Channel
from shared.rules.changes import Refusal
from shared.rules.name import is_name
from shared.rules.subscriber import Language
from shared.rules.written_dates import written_date
from shared.subscribers.address import address as stored_address
from shared.subscribers.address import likely_meant

LONGEST_BODY = 64 * 1024
"""Bytes. The longest form of ours, five families of twins, has a few kilobytes."""

MOST_FIELDS = 100

LONGEST_NICKNAME = 20

_FORM = "application/x-www-form-urlencoded"
_CHANNEL_FIELDS = {Channel.EMAIL: "email", Channel.SMS: "phone"}

_CHOSEN_WRONGLY = {Refusal.DUE_DATE_PAST, Refusal.BORN_IN_FUTURE}

Form = Mapping[str, str]
"""Each field once, its text without blanks around it."""


class FormError(ValueError):
    """A body that no form of ours could have sent; `status` says in HTTP what is wrong."""

    def __init__(self, status: int) -> None:
        super().__init__(f"not a form: {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field, as a phrase of the wording."""

    field: str
    phrase: str
    parts: Mapping[str, object] = dataclasses.field(default_factory=dict)


def read_form(event: BaseProxyEvent) -> Form:
    """The fields of the request's body, or FormError: 413 too long, 415 no form, else 400."""
    raw = event.raw_event.get("body") or ""
    if len(raw) > LONGEST_BODY * 4 // 3 + 4:
        raise FormError(413)
    body = _decoded(raw, encoded=bool(event.raw_event.get("isBase64Encoded")))
    if len(body) > LONGEST_BODY:
        raise FormError(413)
    kind = content_type(event)
    if body and kind != _FORM:
        raise FormError(415)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise FormError(400) from None
    form = {name: value.strip() for name, value in pairs}
    if len(form) != len(pairs) or any(map(_unprintable, form.values())):
        raise FormError(400)
    return form


def content_type(event: BaseProxyEvent) -> str:
    """The type of the request's body, without parameters."""
    headers = event.raw_event.get("headers") or {}
    given = {name.lower(): value for name, value in headers.items()}.get("content-type", "")
    return str(given).partition(";")[0].strip().lower()


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


def _decoded(raw: str, *, encoded: bool) -> bytes:
    if not encoded:
        return raw.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError):
        raise FormError(400) from None


def _unprintable(text: str) -> bool:
    return any(unicodedata.category(each) in {"Cc", "Cs"} for each in text)
