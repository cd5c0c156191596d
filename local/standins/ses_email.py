"""One email as SES sees it: addresses, headers, tags and the text after the template is filled."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

MAX_RECIPIENTS = 50
"""To, Cc and Bcc of one message: https://docs.aws.amazon.com/ses/latest/dg/quotas.html."""
MAX_LOCAL_PART, MAX_DOMAIN = 64, 255
"""RFC 5321, 4.5.3.1."""
MAX_HEADERS = 15
MAX_HEADER_LENGTH = 996
"""Name and value together: MessageHeader in the API model."""
TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")

_DOMAIN = r"@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+"
_ADDRESS = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+{_DOMAIN}")
_QUOTED = re.compile(rf'"[ !#-\[\]-~]+"{_DOMAIN}')
"""A Quoted-string before the @ (RFC 5321, 4.1.2), of which our addresses need no backslash."""
_VARIABLE = re.compile(r"\{\{(\{)?\s*([A-Za-z_][\w.-]*)\s*(?(1)\}\}\}|\}\})")
_SET_BY_SES = frozenset(
    {
        "bcc",
        "cc",
        "content-transfer-encoding",
        "content-type",
        "date",
        "from",
        "message-id",
        "mime-version",
        "reply-to",
        "return-path",
        "sender",
        "subject",
        "to",
    }
)
"""Headers that come from the other parameters of the call; SES refuses them among Headers."""


class MissingVariable(Exception):  # noqa: N818 - SES accepts the email and reports this later
    """The template names a variable that the data do not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """One email ready to be accepted; `missing` names a variable that could not be filled."""

    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    tags: Mapping[str, str]
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """Subject, text and HTML with `{{variables}}`, and the values that stand in for absent ones."""

    subject: str
    text: str
    html: str
    defaults: Mapping[str, Any]

    def problem(self) -> str:
        """Return why SES or this stand-in cannot render it, or nothing."""
        if not self.subject or not (self.text or self.html):
            return "The template must have a subject and a text or HTML part."
        for part in (self.subject, self.text, self.html):
            if "{{" in _VARIABLE.sub("", part):
                return "The stand-in renders {{variables}} only."
        return ""

    def fill(self, data: Mapping[str, Any]) -> tuple[str, str, str]:
        """Return subject, text and HTML; raises MissingVariable. SES escapes nothing for HTML."""
        values = {**self.defaults, **data}
        return _fill(self.subject, values), _fill(self.text, values), _fill(self.html, values)


def bare_address(address: str) -> str:
    """Return the address without a display name."""
    return parseaddr(address)[1] if "<" in address else address


@lru_cache(maxsize=65_536)
def address_problem(address: str) -> str:
    """Return what SES says against an address, or nothing.

    Local parts are ASCII, domains punycode, display names MIME encoded words
    (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html).
    """
    if not address.isascii():
        return "Address contains non-ASCII characters"
    bare = bare_address(address)
    local, _, domain = bare.rpartition("@")
    if _QUOTED.fullmatch(bare) and len(local) <= MAX_LOCAL_PART and len(domain) <= MAX_DOMAIN:
        return ""
    if not _ADDRESS.fullmatch(bare) or len(local) > MAX_LOCAL_PART or len(domain) > MAX_DOMAIN:
        return "Invalid email address"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "Invalid email address: dots in the local part"
    return ""


def is_verified(address: str, domains: frozenset[str]) -> bool:
    """Return whether the domain of `address`, or one above it, is verified."""
    parts = bare_address(address).rpartition("@")[2].lower().split(".")
    return any(".".join(parts[start:]) in domains for start in range(len(parts)))


def header_problem(headers: Sequence[Mapping[str, str]]) -> str:
    """Return what is against these headers beyond what the API model says, or nothing."""
    if len(headers) > MAX_HEADERS:
        return f"A message can have at most {MAX_HEADERS} headers."
    for header in headers:
        if len(header["Name"]) + len(header["Value"]) > MAX_HEADER_LENGTH:
            return f"Header name and value can have at most {MAX_HEADER_LENGTH} characters."
        if header["Name"].lower() in _SET_BY_SES:
            return f"Header {header['Name']} is not allowed."
    return ""


def tag_problem(tags: Sequence[Mapping[str, str]]) -> str:
    """Return what is against these message tags, or nothing."""
    for tag in tags:
        if not TAG.fullmatch(tag["Name"]) or not TAG.fullmatch(tag["Value"]):
            return "Tag names and values are 1-256 letters, digits, _ and -."
    return ""


def template_data(text: str) -> dict[str, Any] | None:
    """Return the values in a template data string, or None when it is not a JSON object."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _fill(part: str, values: Mapping[str, Any]) -> str:
    def value_of(match: re.Match[str]) -> str:
        found: Any = values
        for name in match[2].split("."):
            if not isinstance(found, Mapping) or name not in found:
                raise MissingVariable(match[2])
            found = found[name]
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)

    return _VARIABLE.sub(value_of, part)
