"""Signed links to a subscriber's own pages, and to reports: nobody can make one up, and none tells
of a person.

Ids are opaque, and a message is named by the day it was sent and the enrolment it was about, so
no link holds a date of a pregnancy or of a child. They are short, since an SMS has to hold them.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

from itsdangerous import BadSignature, Signer

from shared.rules.dates import jst_date

_DIGEST = partial(hashlib.blake2b, digest_size=10)
"""80 bits: far beyond guessing on line, and 14 characters of a link."""

REPORT_DAYS = timedelta(days=90)
"""For so long a link to a report in a mail to staff can be opened."""


class BadLinkError(ValueError):
    """A link that this platform did not make, only a part of one, or one that has run out."""


class Links:
    """Makes and reads links below `public_url`; one kind of link never passes for another.

    The last of `keys` signs; links signed with earlier ones stay good, so a key can be changed.
    """

    def __init__(self, public_url: str, keys: Sequence[bytes]) -> None:
        self._url = public_url.rstrip("/")
        self._stop = Signer(list(keys), salt="stop", digest_method=_DIGEST)
        self._text = Signer(list(keys), salt="text", digest_method=_DIGEST)
        self._snapshot = Signer(list(keys), salt="snapshot", digest_method=_DIGEST)

    def stop(self, subscriber: str) -> str:
        """The page that stops everything; a POST to it acts at once (RFC 8058)."""
        return f"{self._url}/stop/{self._stop.sign(subscriber).decode()}"

    def text(self, subscriber: str, day: date, enrolment: str) -> str:
        """The page with the whole text of the message about an enrolment that was sent on a day;
        an SMS only announces it.
        """
        what = f"{subscriber}.{day.toordinal()}.{enrolment}"
        return f"{self._url}/m/{self._text.sign(what).decode()}"

    def snapshot(self, snapshot_id: str, now: datetime) -> str:
        """The office's report of a snapshot, for the staff to whom it is mailed at `now`; it can be
        opened for 90 days.
        """
        what = f"{snapshot_id}.{(jst_date(now) + REPORT_DAYS).toordinal()}"
        return f"{self._url}/au/{self._snapshot.sign(what).decode()}"

    def read_stop(self, token: str) -> str:
        """The subscriber of a stop link, or BadLinkError."""
        return _read(self._stop, token)

    def read_text(self, token: str) -> tuple[str, date, str]:
        """The subscriber, the day and the enrolment of a text link, or BadLinkError."""
        subscriber, ordinal, enrolment = _read(self._text, token).split(".")
        return subscriber, date.fromordinal(int(ordinal)), enrolment

    def read_snapshot(self, token: str, now: datetime) -> str:
        """The id of the snapshot of a link to its report, or BadLinkError, also where it has run
        out.
        """
        snapshot_id, _, last = _read(self._snapshot, token).rpartition(".")
        if jst_date(now).toordinal() > int(last):
            raise BadLinkError
        return snapshot_id


def _read(signer: Signer, token: str) -> str:
    try:
        return signer.unsign(token.encode("ascii")).decode()
    except (BadSignature, UnicodeError):
        raise BadLinkError from None
