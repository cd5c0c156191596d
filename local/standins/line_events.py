"""What people do in LINE, told to the product as LINE tells it: signed webhooks, reply tokens."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import urllib3

from local.standins.config import Settings

WEBHOOK_SECONDS = 2.0
"""LINE waits so long for an answer. Here it is only counted: a first Lambda takes its time."""

REPLY_SECONDS = 60.0
"""https://developers.line.biz/en/reference/messaging-api/#send-reply-message: about a minute."""

ANSWERED = frozenset({"follow", "message", "postback"})
"""The kinds of events that come with a reply token."""

_TIMEOUT = 30.0
_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BOT_USER = "U" + "b07" + "0" * 29
"""The account's own user ID, which each webhook names."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a webhook: the events as they were sent, and the status of the answer."""

    status: int
    events: Sequence[Mapping[str, Any]]


class LineEvents:
    """Sends events to webhooks, knows the reply tokens that are good, and who blocks whom."""

    def __init__(self, settings: Settings) -> None:
        """Start with no token and no blocker."""
        self._settings = settings
        self._http = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[str, str, float]] = {}
        self._blocked: set[tuple[str, str]] = set()
        self.endpoints: dict[str, str] = {}
        """Webhook URLs that were set by the API, in place of the configured ones."""

    def endpoint(self, channel: str) -> str | None:
        """Where a channel's events go."""
        return self.endpoints.get(channel) or self._settings.current.line.channels[channel].webhook

    def blocks(self, channel: str, user: str) -> bool:
        """Whether a user has blocked the account."""
        return (channel, user) in self._blocked or user in self._settings.current.line.blocked

    def did(self, channel: str, user: str, event: Mapping[str, Any]) -> Told:
        """A user did something: tell the product."""
        source = {"type": "user", "userId": user}
        return self.tell(channel, [{"source": source, **event}])

    def tell(self, channel: str, events: Sequence[Mapping[str, Any]]) -> Told:
        """Post events to a channel's webhook, with what they lack: ids, times, reply tokens."""
        whole = [self._completed(channel, each) for each in events]
        url = self.endpoint(channel)
        if url is None:
            return Told(0, whole)
        return Told(self.post(channel, url, whole), whole)

    def post(self, channel: str, url: str, events: Sequence[Mapping[str, Any]]) -> int:
        """Post a signed webhook, once; the status of the answer, 0 where there was none."""
        body = json.dumps({"destination": BOT_USER, "events": events}, ensure_ascii=False).encode()
        secret = self._settings.current.line.channels[channel].secret
        digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "LineBotWebhook/2.0",
            "x-line-signature": base64.b64encode(digest).decode(),
        }
        try:
            return self._http.request("POST", url, body=body, headers=headers).status
        except urllib3.exceptions.HTTPError:
            return 0

    def use_token(self, channel: str, token: str) -> str | None:
        """The user whom a reply token answers; it is good once, for a minute, for its channel."""
        with self._lock:
            found = self._tokens.get(token)
            if found is None or found[0] != channel or time.monotonic() > found[2]:
                return None
            del self._tokens[token]
            return found[1]

    def _completed(self, channel: str, event: Mapping[str, Any]) -> dict[str, Any]:
        whole = {
            "mode": "active",
            "timestamp": int(time.time() * 1000),
            "webhookEventId": "".join(secrets.choice(_ULID) for _ in range(26)),
            "deliveryContext": {"isRedelivery": False},
            **event,
        }
        user = whole.get("source", {}).get("userId", "")
        if whole.get("type") in ANSWERED and user:
            with self._lock:
                token = whole.setdefault("replyToken", secrets.token_hex(16))
                self._tokens[token] = (channel, user, time.monotonic() + REPLY_SECONDS)
        with self._lock:
            if whole.get("type") == "unfollow":
                self._blocked.add((channel, user))
            elif whole.get("type") == "follow":
                self._blocked.discard((channel, user))
        return whole
