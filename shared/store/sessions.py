"""Sessions of the staff, and the sign-ins that lead to them, in the pending table."""

import secrets
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from shared.console.roles import Role
from shared.store import keys
from shared.store.documents import read
from shared.store.tables import Item, get

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

LASTS_SECONDS = 8 * 3600
"""A working day, however busy."""

IDLE_SECONDS = 3600
"""So long nobody does anything, and the session has ended."""

NOTED_SECONDS = 300
"""That somebody did something is written no more often."""

LOGIN_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, in seconds of the wall clock since when, and active when last. `account` is
    the one whose officer they are.
    """

    name: str
    email: str
    role: Role
    began: int
    active: int
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """What a sign-in has to come back with, and where it leads."""

    nonce: str
    verifier: str
    path: str


_SESSION = TypeAdapter(Session)
_LOGIN = TypeAdapter(Login)


class Sessions:
    """Each under the hash of a cookie: whoever reads the table can sign in as nobody."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def begin(self, name: str, email: str, role: Role, account: str | None = None) -> str:
        """Begin a session, and return the cookie's value."""
        token, now = secrets.token_urlsafe(32), int(time.time())
        self._put(token, Session(name, email, role, now, now, account))
        return token

    def get(self, token: str) -> Session | None:
        """Who has this cookie, or None where that session has ended. That they are active is
        noted.
        """
        item = get(self._table, {"id": keys.session(token)})
        if item is None:
            return None
        found, now = read(_SESSION, item["session"], "a session"), int(time.time())
        if now >= min(found.began + LASTS_SECONDS, found.active + IDLE_SECONDS):
            return None
        if now > found.active + NOTED_SECONDS:
            self._put(token, Session(**{**asdict(found), "active": now}))
        return found

    def end(self, token: str) -> None:
        """End a session."""
        self._table.delete_item(Key={"id": keys.session(token)})

    def begin_login(self, state: str, login: Login) -> None:
        """Note a sign-in that is sent on its way."""
        expires = int(time.time()) + LOGIN_SECONDS
        self._table.put_item(
            Item={"id": keys.login(state), "login": asdict(login), "expires": expires}
        )

    def take_login(self, state: str) -> Login | None:
        """The sign-in that has come back, once; None where there is none, or it took too long."""
        answer = self._table.delete_item(Key={"id": keys.login(state)}, ReturnValues="ALL_OLD")
        item: Item = answer.get("Attributes") or {}
        if int(item.get("expires", 0)) <= time.time():
            return None
        return read(_LOGIN, item["login"], "a sign-in")

    def _put(self, token: str, session: Session) -> None:
        expires = min(session.began + LASTS_SECONDS, session.active + IDLE_SECONDS)
        document = _SESSION.dump_python(session, mode="json")
        self._table.put_item(
            Item={"id": keys.session(token), "session": document, "expires": expires}
        )
