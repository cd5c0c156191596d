"""What the providers accepted, kept in SQLite: the only memory that outlives the server."""

import hashlib
import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

RETRY_KEY_LIFE = timedelta(hours=24)
"""https://developers.line.biz/en/docs/messaging-api/retrying-api-request/ (read 2026-11)."""

TABLES = (Path(__file__).parent / "outbox.sql").read_text()
LINK = re.compile(r"https?://\S+")


def mailbox_id(channel: str, sender: str, recipient: str) -> str:
    """Return the name of a mailbox in URLs: it does not show the address."""
    return hashlib.sha256(f"{channel}\0{sender}\0{recipient}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one recipient; `accepted_at` is UTC.

    `content` is LINE's message objects, where they are more than one plain text.
    """

    channel: str
    provider_id: str
    sender: str
    recipient: str
    text: str
    subject: str = ""
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    content: Sequence[Mapping[str, Any]] = ()
    request_key: str = ""
    outcome: str = "delivered"
    accepted_at: str = ""
    mailbox: str = ""
    id: int = 0

    @property
    def sameness(self) -> str:
        """The same for what a person would call the same text: links may differ by a signature."""
        said = LINK.sub("", f"{self.subject}\0{self.text or self.html}")
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One subscriber's phone for one sender: how many messages, and the latest."""

    id: str
    channel: str
    sender: str
    recipient: str
    number: int
    last_at: str
    last_words: str


@dataclass(frozen=True, slots=True)
class RetryKey:
    """One LINE request under its retry key, as it was accepted."""

    channel_id: str
    key: str
    body_digest: str
    request_id: str
    sent_ids: tuple[str, ...] = ()


_encode = json.JSONEncoder(ensure_ascii=False).encode
_JSON_COLUMNS = frozenset({"headers", "tags", "content"})
_COLUMNS = tuple(f.name for f in fields(Message))
_WRITTEN = (*(name for name in _COLUMNS if name != "id"), "sameness")
_INSERT = f"INSERT INTO messages ({', '.join(_WRITTEN)}) VALUES ({', '.join('?' * len(_WRITTEN))})"  # noqa: S608 - names of our own columns
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM messages"  # noqa: S608 - names of our own columns


class Outbox:
    """The outbox at `path`; every method may be called from any thread."""

    def __init__(self, path: Path | str) -> None:
        """Open the outbox, made if it is not there."""
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(TABLES)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock, self._db:
            self._db.execute("BEGIN")
            for table in ("messages", "line_requests", "calls", "incidents"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - a literal above

    def accept(self, messages: Iterable[Message]) -> None:
        """Keep `messages`, all or none, as accepted now."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._insert(messages)

    def accept_once(self, request: RetryKey, messages: Iterable[Message]) -> RetryKey | None:
        """Keep `messages`, or return the request that its key already stands for (24 hours)."""
        now = datetime.now(UTC)
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            earlier = self.accepted(request.channel_id, request.key)
            if earlier is None:
                self._db.execute(
                    "INSERT OR REPLACE INTO line_requests VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        request.channel_id,
                        request.key,
                        request.body_digest,
                        request.request_id,
                        json.dumps(request.sent_ids),
                        now.isoformat(),
                    ),
                )
                self._insert(messages)
        return earlier

    def accepted(self, channel_id: str, key: str) -> RetryKey | None:
        """Return the request accepted under `key` in the last 24 hours, if any."""
        since = (datetime.now(UTC) - RETRY_KEY_LIFE).isoformat()
        rows = self._rows(
            "SELECT channel_id, key, body_digest, request_id, sent_ids FROM line_requests"
            " WHERE channel_id = ? AND key = ? AND accepted_at > ?",
            (channel_id, key, since),
        )
        if not rows:
            return None
        channel, same_key, digest, request_id, sent_ids = rows[0]
        return RetryKey(channel, same_key, digest, request_id, tuple(json.loads(sent_ids)))

    def settle(self, provider_id: str, outcome: str) -> None:
        """Note what became of a message after it was accepted."""
        with self._lock:
            self._db.execute(
                "UPDATE messages SET outcome = ? WHERE provider_id = ?", (outcome, provider_id)
            )

    def count_call(self, provider: str, operation: str, status: int) -> None:
        """Count one request and its answer; status 0 is no answer at all."""
        with self._lock:
            self._db.execute(
                "INSERT INTO calls VALUES (?, ?, ?, 1)"
                " ON CONFLICT DO UPDATE SET number = number + 1",
                (provider, operation, status),
            )

    def count_incident(self, kind: str, number: int = 1) -> None:
        """Count something that tests want to know and no answer tells."""
        with self._lock:
            self._db.execute(
                "INSERT INTO incidents VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET number = number + excluded.number",
                (kind, number),
            )

    def messages(
        self, where: str = "1", values: Sequence[object] = (), *, tail: str = "ORDER BY id"
    ) -> list[Message]:
        """Return the messages for which `where` (SQL of our own, never of a request) holds."""
        rows = self._rows(f"{_SELECT} WHERE {where} {tail}", values)
        return [_message(row) for row in rows]

    def number_by(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of `query`, which is SQL of our own, never of a request."""
        return self._rows(query, values)

    def _rows(self, query: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def _insert(self, messages: Iterable[Message]) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        self._db.executemany(_INSERT, (_row(message, now) for message in messages))


def _row(message: Message, now: str) -> list[object]:
    worked_out = {
        "accepted_at": message.accepted_at or now,
        "mailbox": mailbox_id(message.channel, message.sender, message.recipient),
        "headers": _encode(message.headers),
        "tags": _encode(message.tags),
        "content": _encode(message.content),
    }
    return [worked_out[name] if name in worked_out else getattr(message, name) for name in _WRITTEN]


def _message(row: tuple[Any, ...]) -> Message:
    values = dict(zip(_COLUMNS, row, strict=True))
    return Message(**{k: json.loads(v) if k in _JSON_COLUMNS else v for k, v in values.items()})
