"""Forms: what a browser posted, read strictly; whatever is no form of ours is refused whole."""

import base64
import binascii
import unicodedata
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

LONGEST_BODY = 64 * 1024
"""Bytes. The longest form of parents, five families of twins, has a few kilobytes."""

MOST_FIELDS = 100

_FORM = "application/x-www-form-urlencoded"

Form = Mapping[str, str]
"""Each field once, its text without blanks around it."""


class FormError(ValueError):
    """A body that no form of ours could have sent; `status` says in HTTP what is wrong."""

    def __init__(self, status: int) -> None:
        super().__init__(f"not a form: {status}")
        self.status = status


def read_form(
    event: BaseProxyEvent,
    *,
    lines: bool = False,
    most_fields: int = MOST_FIELDS,
    longest_body: int = LONGEST_BODY,
    indented: Collection[str] = (),
) -> Form:
    """The fields of the request's body, or FormError: 413 too long, 415 no form, else 400. With
    `lines` a field may have several, which then end in LF; those `indented` keep full-width spaces
    at their beginning, where a paragraph may have one.
    """
    raw = event.raw_event.get("body") or ""
    if len(raw) > longest_body * 4 // 3 + 4:
        raise FormError(413)
    body = _decoded(raw, encoded=bool(event.raw_event.get("isBase64Encoded")))
    if len(body) > longest_body:
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
            max_num_fields=most_fields,
        )
    except ValueError:
        raise FormError(400) from None
    if lines:
        pairs = [(name, value.replace("\r\n", "\n")) for name, value in pairs]
    form = {
        name: value.rstrip().lstrip(" \n" if name in indented else None) for name, value in pairs
    }
    allowed = "\n" if lines else ""
    if len(form) != len(pairs) or any(_unprintable(each, allowed) for each in form.values()):
        raise FormError(400)
    return form


def content_type(event: BaseProxyEvent) -> str:
    """The type of the request's body, without parameters."""
    headers = event.raw_event.get("headers") or {}
    given = {name.lower(): value for name, value in headers.items()}.get("content-type", "")
    return str(given).partition(";")[0].strip().lower()


def _decoded(raw: str, *, encoded: bool) -> bytes:
    if not encoded:
        return raw.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError):
        raise FormError(400) from None


def _unprintable(text: str, allowed: str) -> bool:
    return any(unicodedata.category(each) in {"Cc", "Cs"} for each in text if each not in allowed)
