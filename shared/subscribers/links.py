"""Signed links to a subscriber's own pages, and to reports: nobody can make one up, and none tells
of a person; and the codes by which a phone number is confirmed.

Ids are opaque, and a message is named by the day it was sent and the enrolment it was about, so
no link holds a date of a pregnancy or of a child. They are short, since an SMS has to hold them.

A link to a subscriber's own things carries the generation of the address it was sent to: once the
address has changed, or the links were declared void, whoever reads a record by its link must find
another generation there, and open nothing. Links of before that carry none and open nothing; they
only stop everything.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
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
"""For so long the link to somebody's own page works, and a stop link tells what there is to stop: a
forwarded old mail opens nothing. Every message brings a fresh one, and the page that says so can
send another."""

INVITATION_DAYS = timedelta(days=14)

CODE_DIGITS = 6


class BadLinkError(ValueError):
    """A link that this platform did not make, only a part of one, or one that has run out."""


class OutdatedLinkError(BadLinkError):
    """A link of before links carried a generation: it opens nothing. Its subscriber may stop."""

    def __init__(self, subscriber: str) -> None:
        super().__init__()
        self.subscriber = subscriber


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose link it is: a subscriber at the address of a generation. It opens something until a day
    (included); None where it was made before links carried a generation.
    """

    subscriber: str
    generation: int
    until: date | None

    def over(self, now: datetime) -> bool:
        """Whether it opens nothing any more."""
        return self.until is None or jst_date(now) > self.until


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

_WITH_GENERATION = {
    _Kind.STOP: "stop 2",
    _Kind.TEXT: "text 2",
    _Kind.PREFERENCES: "me 2",
    _Kind.INVITATION: "with 2",
}
"""Salts of the kinds that carry a generation: what was signed without one is told apart."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE = len(_DIGITS)
"""Numbers in a link are written in these: a day takes four of them, which is half of ISO's."""


class Links:
    """Makes and reads links below `public_url`.

    The last of `keys` signs; links signed with earlier ones stay good, so a key can be changed.
    """

    def __init__(self, public_url: str, keys: Sequence[bytes]) -> None:
        self._url, self._keys = public_url.rstrip("/"), list(keys)
        self._before = {kind: self._signer(_SALTS.get(kind, kind)) for kind in _Kind}
        self._signers = self._before | {
            kind: self._signer(salt) for kind, salt in _WITH_GENERATION.items()
        }

    @property
    def url(self) -> str:
        """Where the pages are, without a slash at the end."""
        return self._url

    def stop(self, subscriber: str, generation: int, now: datetime) -> str:
        """The page that stops everything; a POST to it acts at once (RFC 8058). It never runs out,
        but after 90 days it tells nothing.
        """
        return self._held(_Kind.STOP, subscriber, generation, now + PREFERENCES_DAYS)

    def stop_of_before(self, subscriber: str) -> str:
        """The same as it was before links carried a generation, for who has a link of then."""
        return f"{self._url}/{_Kind.STOP}/{self._before[_Kind.STOP].sign(subscriber).decode()}"

    def text(
        self,
        subscriber: str,
        generation: int,
        day: date,
        enrolment: str,
        announcement: str | None = None,
    ) -> str:
        """The page with the whole text of the message about an enrolment that was sent on a day,
        or of an announcement; an SMS only announces it.
        """
        parts = [subscriber, _number(generation), _number(day.toordinal()), enrolment]
        parts += [announcement] if announcement else []
        return self._link(_Kind.TEXT, ".".join(parts))

    def snapshot(self, snapshot_id: str, now: datetime) -> str:
        """The office's report of a snapshot, for the staff to whom it is mailed at `now`; it can be
        opened for 90 days.
        """
        return self._dated(_Kind.SNAPSHOT, snapshot_id, now + REPORT_DAYS)

    def preferences(self, subscriber: str, generation: int, now: datetime) -> str:
        """The subscriber's own page, for 90 days."""
        return self._held(_Kind.PREFERENCES, subscriber, generation, now + PREFERENCES_DAYS)

    def invitation(self, family: str, subscriber: str, generation: int, now: datetime) -> str:
        """The page on which somebody joins whom a subscriber invites to follow the same pregnancy
        or child, for 14 days.
        """
        what = f"{family}.{subscriber}"
        return self._held(_Kind.INVITATION, what, generation, now + INVITATION_DAYS)

    def confirm(self, confirmation: str) -> str:
        """The page that confirms an email address; what it confirms expires by itself."""
        return self._link(_Kind.CONFIRM, confirmation)

    def code_page(self, confirmation: str) -> str:
        """The page that takes the code which was sent to a phone."""
        return self._link(_Kind.CODE, confirmation)

    def line_login(self, confirmation: str) -> str:
        """The way to LINE Login, and back with a user ID that LINE has verified."""
        return self._link(_Kind.LINE_LOGIN, confirmation)

    def read_stop(self, token: str) -> Holder:
        """Whose stop link it is, also where it was made before links carried a generation; or
        BadLinkError.
        """
        try:
            return self._read_held(_Kind.STOP, token)
        except OutdatedLinkError as error:
            return Holder(error.subscriber, 0, None)

    def read_text(self, token: str) -> tuple[Holder, date, str, str | None]:
        """Whose text link it is, the day, the enrolment and the announcement, or BadLinkError."""
        parts = self._read(_Kind.TEXT, token).split(".")
        subscriber, generation, ordinal, enrolment, *more = parts
        day = date.fromordinal(int(ordinal, _BASE))
        holder = Holder(subscriber, int(generation, _BASE), day + PREFERENCES_DAYS)
        return holder, day, enrolment, more[0] if more else None

    def read_snapshot(self, token: str, now: datetime) -> str:
        """The id of the snapshot of a link to its report, or BadLinkError, also where it has run
        out.
        """
        return self._read_dated(_Kind.SNAPSHOT, token, now)

    def read_preferences(self, token: str) -> Holder:
        """Whose own page it is, also where that has run out, or BadLinkError."""
        return self._read_held(_Kind.PREFERENCES, token)

    def read_invitation(self, token: str, now: datetime) -> tuple[str, Holder]:
        """The family of an invitation and who made it, or BadLinkError, also where it has run
        out.
        """
        found = self._read_held(_Kind.INVITATION, token)
        if found.over(now):
            raise BadLinkError
        family, _, subscriber = found.subscriber.partition(".")
        return family, Holder(subscriber, found.generation, found.until)

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

    def _signer(self, salt: str) -> Signer:
        return Signer(self._keys, salt=salt, digest_method=_DIGEST)

    def _held(self, kind: _Kind, what: str, generation: int, until: datetime) -> str:
        parts = (what, _number(generation), _number(jst_date(until).toordinal()))
        return self._link(kind, ".".join(parts))

    def _read(self, kind: _Kind, token: str) -> str:
        try:
            return self._signers[kind].unsign(token.encode("ascii")).decode()
        except UnicodeError:
            raise BadLinkError from None
        except BadSignature:
            raise self._of_before(kind, token) from None

    def _of_before(self, kind: _Kind, token: str) -> BadLinkError:
        """Why a link is bad: it may be one of before generations, to somebody's own things."""
        if kind not in _WITH_GENERATION or kind is _Kind.INVITATION:
            return BadLinkError()
        try:
            what = self._before[kind].unsign(token.encode("ascii")).decode()
        except (BadSignature, UnicodeError):
            return BadLinkError()
        return OutdatedLinkError(what.partition(".")[0])

    def _read_held(self, kind: _Kind, token: str) -> Holder:
        what, generation, until = self._read(kind, token).rsplit(".", 2)
        return Holder(what, int(generation, _BASE), date.fromordinal(int(until, _BASE)))

    def _read_dated(self, kind: _Kind, token: str, now: datetime) -> str:
        what, _, last = self._read(kind, token).rpartition(".")
        if jst_date(now).toordinal() > int(last):
            raise BadLinkError
        return what


def _number(number: int) -> str:
    digits = ""
    while number >= _BASE:
        number, last = divmod(number, _BASE)
        digits = _DIGITS[last] + digits
    return _DIGITS[number] + digits


def _code(key: bytes, confirmation: str) -> str:
    digest = hmac.new(key, f"code.{confirmation}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
