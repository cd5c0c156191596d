"""Signed links to a subscriber's own pages, and to reports: nobody can make one up, and none tells
of a person; and the codes by which a phone number is confirmed.

Ids are opaque, and a message is named by the day it was sent and the enrolment it was about, so
no link holds a date of a pregnancy or of a child. They are short, since an SMS has to hold them.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial

from itsdangerous import BadSignature, Signer

from shared.rules.dates import jst_date

_DIGEST = partial(hashlib.blake2b, digest_size=10)
"""80 bits: far beyond guessing on line, and 14 characters of a link."""

REPORT_DAYS = timedelta(days=90)
"""For so long a link to a report in a mail to staff can be opened."""

PREFERENCES_DAYS = timedelta(days=90)
"""For so long the link to somebody's own page works: a forwarded old mail opens nothing. Every
message brings a fresh one, and the page that says so can send another."""

INVITATION_DAYS = timedelta(days=14)

CODE_DIGITS = 6


class BadLinkError(ValueError):
    """A link that this platform did not make, only a part of one, or one that has run out."""


class _Kind(StrEnum):
    """The kinds of links, by the first part of their path. It salts the signature, so that one
    kind never passes for another.
    """

    STOP = "stop"
    TEXT = "m"
    SNAPSHOT = "au"
    PREFERENCES = "me"
    CONFIRM = "confirm"
    CODE = "code"
    INVITATION = "with"
    LINE_LOGIN = "line/login"


_SALTS = {_Kind.TEXT: "text", _Kind.SNAPSHOT: "snapshot"}


class Links:
    """Makes and reads links below `public_url`.

    The last of `keys` signs; links signed with earlier ones stay good, so a key can be changed.
    """

    def __init__(self, public_url: str, keys: Sequence[bytes]) -> None:
        self._url, self._keys = public_url.rstrip("/"), list(keys)
        self._signers = {
            kind: Signer(self._keys, salt=_SALTS.get(kind, kind), digest_method=_DIGEST)
            for kind in _Kind
        }

    @property
    def url(self) -> str:
        """Where the pages are, without a slash at the end."""
        return self._url

    def stop(self, subscriber: str) -> str:
        """The page that stops everything; a POST to it acts at once (RFC 8058). It never runs
        out.
        """
        return self._link(_Kind.STOP, subscriber)

    def text(self, subscriber: str, day: date, enrolment: str) -> str:
        """The page with the whole text of the message about an enrolment that was sent on a day;
        an SMS only announces it.
        """
        return self._link(_Kind.TEXT, f"{subscriber}.{day.toordinal()}.{enrolment}")

    def snapshot(self, snapshot_id: str, now: datetime) -> str:
        """The office's report of a snapshot, for the staff to whom it is mailed at `now`; it can be
        opened for 90 days.
        """
        return self._dated(_Kind.SNAPSHOT, snapshot_id, now + REPORT_DAYS)

    def preferences(self, subscriber: str, now: datetime) -> str:
        """The subscriber's own page, for 90 days."""
        return self._dated(_Kind.PREFERENCES, subscriber, now + PREFERENCES_DAYS)

    def invitation(self, family: str, now: datetime) -> str:
        """The page on which somebody joins who is invited to follow the same pregnancy or child,
        for 14 days.
        """
        return self._dated(_Kind.INVITATION, family, now + INVITATION_DAYS)

    def confirm(self, confirmation: str) -> str:
        """The page that confirms an email address; what it confirms expires by itself."""
        return self._link(_Kind.CONFIRM, confirmation)

    def code_page(self, confirmation: str) -> str:
        """The page that takes the code which was sent to a phone."""
        return self._link(_Kind.CODE, confirmation)

    def line_login(self, confirmation: str) -> str:
        """The way to LINE Login, and back with a user ID that LINE has verified."""
        return self._link(_Kind.LINE_LOGIN, confirmation)

    def read_stop(self, token: str) -> str:
        """The subscriber of a stop link, or BadLinkError."""
        return self._read(_Kind.STOP, token)

    def read_text(self, token: str) -> tuple[str, date, str]:
        """The subscriber, the day and the enrolment of a text link, or BadLinkError."""
        subscriber, ordinal, enrolment = self._read(_Kind.TEXT, token).split(".")
        return subscriber, date.fromordinal(int(ordinal)), enrolment

    def read_snapshot(self, token: str, now: datetime) -> str:
        """The id of the snapshot of a link to its report, or BadLinkError, also where it has run
        out.
        """
        return self._read_dated(_Kind.SNAPSHOT, token, now)

    def read_preferences(self, token: str, now: datetime) -> str:
        """The subscriber of a link to their own page, or BadLinkError."""
        return self._read_dated(_Kind.PREFERENCES, token, now)

    def read_invitation(self, token: str, now: datetime) -> str:
        """The family of an invitation, or BadLinkError."""
        return self._read_dated(_Kind.INVITATION, token, now)

    def read_confirm(self, token: str) -> str:
        """The confirmation of a link in a mail, or BadLinkError."""
        return self._read(_Kind.CONFIRM, token)

    def read_code_page(self, token: str) -> str:
        """The confirmation of a page that takes a code, or BadLinkError."""
        return self._read(_Kind.CODE, token)

    def read_line_login(self, token: str) -> str:
        """The confirmation of a way to LINE Login, or BadLinkError."""
        return self._read(_Kind.LINE_LOGIN, token)

    def code(self, confirmation: str) -> str:
        """The six digits that confirm a phone number. They are kept nowhere: whoever has the keys
        finds the same ones again.
        """
        return _code(self._keys[-1], confirmation)

    def is_code(self, confirmation: str, entered: str) -> bool:
        """Whether these are the digits."""
        codes = [_code(key, confirmation) for key in self._keys]
        return any(hmac.compare_digest(each.encode(), entered.encode()) for each in codes)

    def _link(self, kind: _Kind, what: str) -> str:
        return f"{self._url}/{kind}/{self._signers[kind].sign(what).decode()}"

    def _dated(self, kind: _Kind, what: str, until: datetime) -> str:
        return self._link(kind, f"{what}.{jst_date(until).toordinal()}")

    def _read(self, kind: _Kind, token: str) -> str:
        try:
            return self._signers[kind].unsign(token.encode("ascii")).decode()
        except (BadSignature, UnicodeError):
            raise BadLinkError from None

    def _read_dated(self, kind: _Kind, token: str, now: datetime) -> str:
        what, _, last = self._read(kind, token).rpartition(".")
        if jst_date(now).toordinal() > int(last):
            raise BadLinkError
        return what


def _code(key: bytes, confirmation: str) -> str:
    digest = hmac.new(key, f"code.{confirmation}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
