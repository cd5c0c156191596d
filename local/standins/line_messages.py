"""What LINE accepts as recipients and message objects, and how it names what it does not."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

MAX_RECIPIENTS = 500
MAX_MESSAGES = 5
MAX_TEXT_UNITS = 5_000
MAX_QUICK_REPLIES = 13
"""https://developers.line.biz/en/reference/messaging-api/ (multicast, text, quick reply)."""

MAX_LABEL, MAX_DATA, MAX_ALT_TEXT = 20, 300, 1_500
MAX_BUTTONS, MAX_BUTTONS_TEXT = 4, 160
"""The same (action objects, buttons template without title and image)."""

USER_ID = re.compile(r"U[0-9a-f]{32}")
_REQUIRED = {
    "text": ("text",),
    "textV2": ("text",),
    "sticker": ("packageId", "stickerId"),
    "image": ("originalContentUrl", "previewImageUrl"),
    "video": ("originalContentUrl", "previewImageUrl"),
    "audio": ("originalContentUrl", "duration"),
    "location": ("title", "address", "latitude", "longitude"),
    "imagemap": ("baseUrl", "altText", "baseSize", "actions"),
    "template": ("altText", "template"),
    "flex": ("altText", "contents"),
}
"""Message types and the properties each cannot do without."""

_SAYS = {"postback": "data", "datetimepicker": "data", "message": "text", "uri": "uri"}
"""Actions that the product may use, and the property each cannot do without."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Detail = dict[str, str]


def utf16_units(text: str) -> int:
    """Return the length of `text` as LINE counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def message_details(messages: object) -> list[Detail]:
    """Return what is wrong with the message objects, in the words and places LINE gives."""
    if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_MESSAGES:
        return [_detail(f"Size must be between 1 and {MAX_MESSAGES}", "messages")]
    return [
        detail
        for index, message in enumerate(messages)
        for detail in _details(message, f"messages[{index}]")
    ]


def recipient_details(recipients: Sequence[object]) -> list[Detail]:
    """Return the recipients that are no user IDs, by index."""
    return [
        _detail("The value is not a user ID", f"to[{index}]")
        for index, user in enumerate(recipients)
        if not isinstance(user, str) or not USER_ID.fullmatch(user)
    ]


def words(messages: Sequence[dict[str, Any]]) -> str:
    """Return what a recipient can read of the message objects."""
    return "\n\n".join(str(m.get("text") or m.get("altText") or f"[{m['type']}]") for m in messages)


def is_plain_text(messages: Sequence[dict[str, Any]]) -> bool:
    """Return whether the message objects say nothing beyond their words."""
    return len(messages) == 1 and messages[0].keys() == {"type", "text"}


def _details(message: object, place: str) -> Iterator[Detail]:
    if not isinstance(message, dict) or message.get("type") not in _REQUIRED:
        yield _detail("Must be one of the following values: " + str([*_REQUIRED]), f"{place}.type")
        return
    for name in _REQUIRED[message["type"]]:
        if message.get(name) in (None, ""):
            yield _detail("May not be empty", f"{place}.{name}")
    text = message.get("text", "")
    if not isinstance(text, str) or utf16_units(text) > MAX_TEXT_UNITS:
        yield _detail(f"Length must be between 0 and {MAX_TEXT_UNITS}", f"{place}.text")
    if len(str(message.get("altText", ""))) > MAX_ALT_TEXT:
        yield _detail(f"Length must be between 0 and {MAX_ALT_TEXT}", f"{place}.altText")
    if (message.get("template") or {}).get("type") == "buttons":
        yield from _button_details(message["template"], f"{place}.template")
    replies = (message.get("quickReply") or {}).get("items", [])
    if len(replies) > MAX_QUICK_REPLIES:
        size = f"Size must be between 0 and {MAX_QUICK_REPLIES}"
        yield _detail(size, f"{place}.quickReply.items")
        return
    for index, item in enumerate(replies):
        where = f"{place}.quickReply.items[{index}].action"
        yield from action_details(item.get("action"), where)


def action_details(action: object, place: str) -> Iterator[Detail]:
    """Return what is wrong with a button: its label, what it says, its dates."""
    if not isinstance(action, dict) or action.get("type") not in _SAYS:
        yield _detail("must be specified", f"{place}.type")
        return
    if not 1 <= len(str(action.get("label", ""))) <= MAX_LABEL:
        yield _detail(f"Length must be between 1 and {MAX_LABEL}", f"{place}.label")
    says = _SAYS[action["type"]]
    if not 1 <= len(str(action.get(says, ""))) <= (MAX_DATA if says == "data" else 1_000):
        yield _detail("Length is invalid", f"{place}.{says}")
    if action["type"] == "datetimepicker":
        days = [str(action.get(name, "")) for name in ("min", "initial", "max")]
        if not (days[0] <= days[1] <= days[2] and all(map(_DAY.fullmatch, days))):
            yield _detail("min, initial and max must be days in this order", f"{place}.initial")


def _button_details(template: dict[str, Any], place: str) -> Iterator[Detail]:
    if not 1 <= len(str(template.get("text", ""))) <= MAX_BUTTONS_TEXT:
        yield _detail(f"Length must be between 1 and {MAX_BUTTONS_TEXT}", f"{place}.text")
    actions = template.get("actions", [])
    if not 1 <= len(actions) <= MAX_BUTTONS:
        yield _detail(f"Size must be between 1 and {MAX_BUTTONS}", f"{place}.actions")
    for index, action in enumerate(actions):
        yield from action_details(action, f"{place}.actions[{index}]")


def _detail(message: str, place: str) -> Detail:
    return {"message": message, "property": place}
