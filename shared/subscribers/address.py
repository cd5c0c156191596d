"""Addresses: the one way in which an email address, a LINE user or a phone number is stored.

Only what takes addresses in (the pages, the program) has the two libraries; the layer has not.
"""

import re
import unicodedata
from difflib import get_close_matches

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from shared.rules.account import Channel

_OF_A_CARRIER = re.compile(
    r"docomo\.ne\.jp|(?:[a-z0-9-]+\.)?ezweb\.ne\.jp|au\.com|softbank\.ne\.jp|i\.softbank\.jp"
    r"|disney\.ne\.jp|[a-z]\.vodafone\.ne\.jp|jp-[a-z]\.ne\.jp|(?:[a-z0-9-]+\.)?pdx\.ne\.jp"
    r"|willcom\.com|wcm\.ne\.jp|emnet\.ne\.jp|ymobile\.ne\.jp|ymobile1\.ne\.jp"
)
"""Domains of Japanese carriers: until 2009 they gave out addresses with dots in a row or before the
@, against RFC 5321, which still work."""

WELL_KNOWN = (
    *("gmail.com", "googlemail.com", "icloud.com", "me.com", "mac.com"),
    *("yahoo.co.jp", "yahoo.ne.jp", "ymail.ne.jp", "yahoo.com", "ymail.com", "mail.com"),
    *(
        "outlook.com",
        "outlook.jp",
        "hotmail.com",
        "hotmail.co.jp",
        "live.jp",
        "live.com",
        "msn.com",
    ),
    *("docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp"),
    *("ymobile.ne.jp", "rakuten.jp", "uqmobile.jp", "mineo.jp", "nifty.com", "biglobe.ne.jp"),
    *("ocn.ne.jp", "so-net.ne.jp", "plala.or.jp", "jcom.home.ne.jp", "excite.co.jp", "dion.ne.jp"),
)
"""Domains whose neighbours are more often slips than addresses."""

_OTHER_ENDS = {
    "gmail.co.jp": "gmail.com",
    "gmail.jp": "gmail.com",
    "icloud.co.jp": "icloud.com",
    "docomo.co.jp": "docomo.ne.jp",
    "docomo.jp": "docomo.ne.jp",
}
"""Slips of another sort: the end that most Japanese domains have."""

_NEAR = 0.85
"""How alike two domains are (difflib's ratio) of which one may be a slip of the other: one or two
letters."""

_OLD_LOCAL_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/?+-]{0,63}", re.ASCII)
_LINE_USER = re.compile(r"U[0-9a-f]{32}")
_PHONE = re.compile(r"(?:\+|0)[0-9 ()‐‑–—−ー-]+")
_JAPANESE_MOBILE = re.compile(r"[6-9]0\d{8}")
"""060, 070, 080 and 090 (総務省 電気通信番号計画). Numbers that are given to nobody, as in sample
data, pass; a landline, which takes no SMS, does not.
"""
_WITHOUT_ZERO = re.compile(r"[789]0(?:-?\d){8}", re.ASCII)
_JAPAN = 81


def address(channel: Channel, text: str) -> str:
    """`text` as an address of `channel`, as it is stored; ValueError with the rule."""
    return _READERS[channel](text)


def same_address(channel: Channel, stored: str) -> str:
    """What two addresses have in common that reach the same person: an email's case is nothing."""
    return stored.lower() if channel is Channel.EMAIL else stored


def _email(text: str) -> str:
    """With its domain in lower case and ASCII, and in half width. DNS is not asked."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    local, _, domain = plain.rpartition("@")
    if _OF_A_CARRIER.fullmatch(domain.lower()) and _OLD_LOCAL_PART.fullmatch(local):
        return f"{local}@{domain.lower()}"
    try:
        found = validate_email(plain, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        found = None
    if found is None or found.ascii_email is None:
        raise ValueError("must be an email address, with ASCII before the @, like name@example.jp")
    return found.ascii_email


def _line_user(text: str) -> str:
    if _LINE_USER.fullmatch(text):
        return text
    raise ValueError("must be a LINE user ID: U and 32 digits of 0-9, a-f")


def shown_address(channel: Channel, stored: str) -> str:
    """A stored address as people write it: a Japanese number as 090-1234-5678."""
    if channel is not Channel.SMS:
        return stored
    number = phonenumbers.parse(stored)
    japanese = number.country_code == _JAPAN
    kind = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, kind.NATIONAL if japanese else kind.INTERNATIONAL)


def likely_meant(email: str) -> str | None:
    """The address that was perhaps meant, where the domain is nearly a well-known one; None where
    it is known, or like none. It is for a question: nobody's address is corrected.
    """
    local, _, domain = email.rpartition("@")
    if domain in WELL_KNOWN or _OF_A_CARRIER.fullmatch(domain):
        return None
    near = get_close_matches(domain, WELL_KNOWN, n=1, cutoff=_NEAR)
    meant = _OTHER_ENDS.get(domain) or next(iter(near), None)
    return f"{local}@{meant}" if meant else None


def lost_its_zero(text: str) -> bool:
    """Whether a phone number lacks its first 0, as a spreadsheet leaves it: ten digits that begin
    so can be nothing else in Japan.
    """
    return bool(_WITHOUT_ZERO.fullmatch(unicodedata.normalize("NFKC", text).strip()))


def _phone(text: str) -> str:
    """In E.164."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if lost_its_zero(plain):
        plain = f"0{plain}"
    if not _PHONE.fullmatch(plain):
        raise ValueError(
            "must be a phone number like +819012345678 or 090-1234-5678 "
            "(a spreadsheet drops the 0 unless the cell is text)"
        )
    try:
        number = phonenumbers.parse(plain, "JP")
    except phonenumbers.NumberParseException:
        raise ValueError("must be a phone number like +819012345678 or 090-1234-5678") from None
    if number.country_code == _JAPAN:
        if not _JAPANESE_MOBILE.fullmatch(str(number.national_number)):
            raise ValueError("must be a mobile phone's number (060, 070, 080 or 090, 11 digits)")
    elif not phonenumbers.is_valid_number(number):
        raise ValueError("there is no such phone number in that country")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_READERS = {Channel.EMAIL: _email, Channel.LINE: _line_user, Channel.SMS: _phone}
