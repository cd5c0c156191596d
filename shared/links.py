"""Signed links to a subscriber's own pages: nobody can make one up, and none holds a person."""

from datetime import date

from itsdangerous import BadSignature, URLSafeSerializer

from shared.rules.message import Due
from shared.rules.stage import Phase


class BadLinkError(ValueError):
    """A link that this platform did not make, or only a part of one."""


class Links:
    """Makes and reads links below `public_url`; one kind of link never passes for another."""

    def __init__(self, public_url: str, key: bytes) -> None:
        self._url = public_url.rstrip("/")
        self._stop = URLSafeSerializer(key, salt="stop")
        self._text = URLSafeSerializer(key, salt="text")

    def stop(self, subscriber: str) -> str:
        """The page that stops everything; a POST to it acts at once (RFC 8058)."""
        return f"{self._url}/stop/{_token(self._stop, subscriber)}"

    def text(self, subscriber: str, day: date, due: Due) -> str:
        """The page with the whole text of a message, which an SMS only announces."""
        what = [subscriber, day.toordinal(), due.phase[0], due.day]
        return f"{self._url}/m/{_token(self._text, what)}"

    def read_stop(self, token: str) -> str:
        """The subscriber of a stop link, or BadLinkError."""
        subscriber = _read(self._stop, token)
        if not isinstance(subscriber, str):
            raise BadLinkError
        return subscriber

    def read_text(self, token: str) -> tuple[str, date, Due]:
        """The subscriber, date and message of a text link, or BadLinkError."""
        match _read(self._text, token):
            case [str(subscriber), int(ordinal), str(initial), int(day)]:
                phase = next(phase for phase in Phase if phase[0] == initial)
                return subscriber, date.fromordinal(ordinal), Due(phase, day)
            case _:
                raise BadLinkError


def _token(serializer: URLSafeSerializer, what: object) -> str:
    return serializer.dumps(what)


def _read(serializer: URLSafeSerializer, token: str) -> object:
    try:
        return serializer.loads(token)
    except BadSignature as error:
        raise BadLinkError from error
