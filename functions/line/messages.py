"""LINE's message objects: texts, buttons and quick replies, within LINE's limits.

Source: https://developers.line.biz/en/reference/messaging-api/#message-objects (read 2026-11).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from functions.line.chat.postback import Postback

LABEL_LIMIT = 20
"""Characters on a button or a quick reply."""

BUTTONS_TEXT_LIMIT = 160
"""Characters above buttons that have neither title nor image."""

Action = dict[str, Any]


def press(label: str, says: Postback) -> Action:
    """A button that says something to us, and in the chat what is written on it."""
    return {"type": "postback", "label": label, "data": str(says), "displayText": label}


def choose_date(label: str, says: Postback, *, first: date, last: date, initial: date) -> Action:
    """A button that opens LINE's own calendar."""
    return {
        "type": "datetimepicker",
        "label": label,
        "data": str(says),
        "mode": "date",
        "initial": initial.isoformat(),
        "min": first.isoformat(),
        "max": last.isoformat(),
    }


def open_page(label: str, link: str) -> Action:
    """A button that opens a page."""
    return {"type": "uri", "label": label, "uri": link}


def text(words: str, replies: Sequence[Action] = ()) -> dict[str, Any]:
    """A text, with quick replies below the chat while it is the newest."""
    return _with_replies({"type": "text", "text": words}, replies)


def buttons(
    words: str, actions: Sequence[Action], replies: Sequence[Action] = ()
) -> dict[str, Any]:
    """A text with up to four buttons that stay in the chat."""
    template = {"type": "buttons", "text": words, "actions": list(actions)}
    return _with_replies({"type": "template", "altText": words, "template": template}, replies)


def _with_replies(message: dict[str, Any], replies: Sequence[Action]) -> dict[str, Any]:
    if replies:
        items = [{"type": "action", "action": each} for each in replies]
        message["quickReply"] = {"items": items}
    return message
