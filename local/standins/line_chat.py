"""A LINE chat in the inbox: a person presses its buttons, writes, adds the account, blocks it.

Each does what a phone would do: it becomes an event, which goes to the product's webhook, signed.
"""

import json
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from local.standins.answers import Refused, json_answer
from local.standins.config import Settings
from local.standins.line import Line
from local.standins.line_messages import USER_ID
from local.standins.outbox import Outbox, mailbox_id
from local.standins.outbox_questions import in_mailbox

ROUTES = (
    ("POST", "/_standins/line/events", "events"),
    ("POST", "/inbox/line/friend", "friend"),
    ("POST", "/inbox/<mailbox>/line", "act"),
)
LONGEST_WAIT_SECONDS = 8.0
"""So long a page waits for the product's answer before it is shown without."""

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Said:
    """What the person said, or did, in words; `at` is UTC."""

    words: str
    at: str


@dataclass
class Chat:
    """One person's chat with one account."""

    channel: str
    user: str
    said: list[Said] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows of a chat beside the account's messages."""

    chat: Chat
    name: str
    menu: list[dict[str, Any]]
    blocked: bool


class LineChats:
    """The chats that people have from the inbox."""

    def __init__(self, settings: Settings, line: Line, outbox: Outbox) -> None:
        """Start with none but those whom a message reached."""
        self._settings, self._line, self._outbox = settings, line, outbox
        self._chats: dict[str, Chat] = {}
        self.longest_wait = LONGEST_WAIT_SECONDS
        self._acts: dict[str, Callable[[Chat, Request], None]] = defaultdict(
            lambda: _unknown,
            postback=self._postback,
            message=self._message,
            follow=self._follow,
            unfollow=self._unfollow,
        )

    def reset(self) -> None:
        """Forget what was said."""
        self._chats.clear()

    def accounts(self) -> dict[str, str]:
        """The names of the accounts that can be added as a friend, by channel."""
        channels = self._settings.current.line.channels
        return {id_: each.name or id_ for id_, each in channels.items() if each.webhook}

    def shown(self, mailbox: str) -> Shown | None:
        """The chat of a mailbox, or None where nobody can chat there."""
        chat = self._chat(mailbox)
        if chat is None or chat.channel not in self.accounts():
            return None
        menu = self._line.menus.shown(chat.channel)
        blocked = self._line.events.blocks(chat.channel, chat.user)
        return Shown(chat, self.accounts()[chat.channel], menu, blocked)

    def answer(self, name: str, request: Request, path: Mapping[str, str]) -> Response:
        """Answer one route; raises Refused."""
        if name == "events":
            return self._events(request)
        if name == "friend":
            return self._friend(request)
        chat = self._chat(path["mailbox"])
        if chat is None:
            raise Refused(json_answer({"message": "there is no such chat"}, 404))
        before = len(in_mailbox(self._outbox, path["mailbox"]))
        self._acts[request.form.get("act", "")](chat, request)
        if request.form.get("act") != "unfollow":
            self._wait(path["mailbox"], before)
        return redirect(f"/inbox/{path['mailbox']}", 303)

    def _events(self, request: Request) -> Response:
        """Send events as they are given: `channel`, `events`, and `user` for those without one."""
        asked = json.loads(request.get_data())
        channel, user = asked.get("channel"), asked.get("user")
        if channel not in self._settings.current.line.channels:
            raise Refused(json_answer({"message": "there is no such channel"}, 400))
        source = {"source": {"type": "user", "userId": user}} if user else {}
        told = self._line.events.tell(channel, [{**source, **e} for e in asked["events"]])
        return json_answer({"status": told.status, "events": told.events})

    def _friend(self, request: Request) -> Response:
        channel = request.form.get("channel", "")
        if channel not in self.accounts():
            raise Refused(json_answer({"message": "there is no such account"}, 400))
        user = request.form.get("user") or f"U{secrets.token_hex(16)}"
        if not USER_ID.fullmatch(user):
            raise Refused(json_answer({"message": "this is no user ID"}, 400))
        mailbox = mailbox_id("line", channel, user)
        chat = self._chats.setdefault(mailbox, Chat(channel, user))
        self._follow(chat, request)
        self._wait(mailbox, 0)
        return redirect(f"/inbox/{mailbox}", 303)

    def _chat(self, mailbox: str) -> Chat | None:
        if mailbox not in self._chats:
            messages = in_mailbox(self._outbox, mailbox)
            if messages and messages[0].channel == "line":
                self._chats[mailbox] = Chat(messages[0].sender, messages[0].recipient)
        return self._chats.get(mailbox)

    def _postback(self, chat: Chat, request: Request) -> None:
        data, label = request.form.get("data", ""), request.form.get("label", "")
        day = request.form.get("date")
        postback: dict[str, Any] = {"data": data}
        if day is not None:
            postback["params"] = {"date": day}
        self._say(chat, f"{label} {day or ''}".strip())
        self._line.events.did(chat.channel, chat.user, {"type": "postback", "postback": postback})

    def _message(self, chat: Chat, request: Request) -> None:
        words = request.form.get("text", "").strip()
        message = {"type": "text", "id": str(time.time_ns()), "text": words, "quoteToken": "q"}
        self._say(chat, words)
        self._line.events.did(chat.channel, chat.user, {"type": "message", "message": message})

    def _follow(self, chat: Chat, _request: Request) -> None:
        unblocked = self._line.events.blocks(chat.channel, chat.user)
        self._say(chat, "（ブロックを解除しました）" if unblocked else "（友だちに追加しました）")
        follow = {"type": "follow", "follow": {"isUnblocked": unblocked}}
        self._line.events.did(chat.channel, chat.user, follow)

    def _unfollow(self, chat: Chat, _request: Request) -> None:
        self._say(chat, "（ブロックしました）")
        self._line.events.did(chat.channel, chat.user, {"type": "unfollow"})

    def _say(self, chat: Chat, words: str) -> None:
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        chat.said.append(Said(words, at.replace("+00:00", "Z")))

    def _wait(self, mailbox: str, before: int) -> None:
        """Wait a little for the answer, so that the page that comes next shows it."""
        until = time.monotonic() + self.longest_wait
        while len(in_mailbox(self._outbox, mailbox)) <= before and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)


def _unknown(_chat: Chat, _request: Request) -> None:
    raise Refused(json_answer({"message": "nobody can do that in a chat"}, 400))
