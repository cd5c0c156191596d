"""LINE's webhook events, as far as the chat has a use for them; nothing else of them is kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter, ValidationError

USER_ID = re.compile(r"U[0-9a-f]{32}")
EVENT_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""LINE's are ULIDs; what is longer is no id of an event."""

LONGEST_TEXT = 200
"""Characters of what somebody writes that are kept: a word to stop is shorter."""


class Kind(StrEnum):
    """What somebody did in the chat."""

    FOLLOW = "follow"
    """Added the account as a friend, or unblocked it."""
    UNFOLLOW = "unfollow"
    """Blocked the account."""
    MESSAGE = "message"
    POSTBACK = "postback"
    """Pressed a button, or chose a date."""


@dataclass(frozen=True, slots=True, repr=False)
class ChatEvent:
    """One thing that one person did, at LINE's time of it, or when it arrived if that was earlier.
    `text` is empty for a sticker.
    """

    id: str
    kind: Kind
    at: datetime
    user: str
    reply_token: str = ""
    text: str = ""
    data: str = ""
    day: date | None = None


_EVENT = TypeAdapter(ChatEvent)
_KINDS = frozenset(Kind)


def read(event: Any, arrived: datetime) -> ChatEvent | None:  # noqa: ANN401 - whatever JSON holds
    """One of a webhook's events, or None where it is none that the chat has a use for: unknown, of
    a group, of nobody, or without its id.

    Nothing happened after it arrived: a clock ahead of ours must not put what somebody did before
    all that they do next.
    """
    match event:
        case {
            "type": str(kind),
            "webhookEventId": str(event_id),
            "timestamp": int(timestamp),
            "source": {"type": "user", "userId": str(user)},
        } if kind in _KINDS and EVENT_ID.fullmatch(event_id) and USER_ID.fullmatch(user):
            at = _instant(timestamp)
        case _:
            return None
    if at is None:
        return None
    at = min(at, arrived)
    # In standby another program answers; what changes the record counts all the same.
    token = event.get("replyToken") if event.get("mode", "active") == "active" else None
    return ChatEvent(
        event_id,
        Kind(kind),
        at,
        user,
        reply_token=_text(token),
        text=_text(_part(event, "message").get("text"))[:LONGEST_TEXT],
        data=_text(_part(event, "postback").get("data")),
        day=_day(_part(_part(event, "postback"), "params").get("date")),
    )


def written(event: ChatEvent) -> str:
    """An event as it is stored."""
    return _EVENT.dump_json(event).decode()


def stored(document: str) -> ChatEvent:
    """A stored event."""
    try:
        return _EVENT.validate_json(document)
    except ValidationError:
        # Without the cause, which quotes what it could not read.
        raise ValueError("a stored event cannot be read") from None


def _instant(milliseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = event.get(name)
    return part if isinstance(part, dict) else {}


def _text(value: object) -> str:
    """A text that can be stored: JSON may hold halves of characters."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _day(value: object) -> date | None:
    try:
        return datetime.strptime(_text(value), "%Y-%m-%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        return None
