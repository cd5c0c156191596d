"""The LINE Messaging API: tokens, push, multicast, reply, validation and quota, strictly."""

import hashlib
import itertools
import json
import secrets
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request, Response

from local.standins import line_login, line_menus
from local.standins.answers import JSON, Refused, json_answer
from local.standins.config import Settings
from local.standins.faults import Fault
from local.standins.line_events import LineEvents
from local.standins.line_messages import (
    MAX_RECIPIENTS,
    USER_ID,
    Detail,
    is_plain_text,
    message_details,
    recipient_details,
    words,
)
from local.standins.outbox import Message, Outbox, RetryKey
from local.standins.outbox_questions import line_recipients_since
from local.standins.pace import Pace

MAX_BODY_BYTES = 2 * 1024 * 1024
BEARER = "Bearer "
TIME_ZONE = ZoneInfo("Asia/Tokyo")

RATE_LIMIT = "The API rate limit has been exceeded. Try again later."
MONTHLY_LIMIT = "You have reached your monthly limit."
SLOW_DOWN = "Too many requests are being processed for this account."
BAD_TOKEN = "Confirm that the access token in the authorization header is valid."  # noqa: S105 - LINE's words

_FAILURES = {
    "throttle": (429, RATE_LIMIT),
    "monthly_limit": (429, MONTHLY_LIMIT),
    "slow_down": (429, SLOW_DOWN),
    "unauthorized": (401, f"Authentication failed. {BAD_TOKEN}"),
    "server_error": (500, "Internal server error"),
}


class Line:
    """The LINE Messaging API stand-in."""

    name = "line"
    routes = (
        ("POST", "/oauth2/v3/token", "token"),
        ("POST", "/v2/bot/message/reply", "reply"),
        ("POST", "/v2/bot/message/push", "push"),
        ("POST", "/v2/bot/message/multicast", "multicast"),
        ("POST", "/v2/bot/message/validate/push", "validate_push"),
        ("POST", "/v2/bot/message/validate/multicast", "validate_multicast"),
        ("GET", "/v2/bot/message/quota", "quota"),
        ("GET", "/v2/bot/message/quota/consumption", "consumption"),
        *line_menus.ROUTES,
        *line_login.ROUTES,
    )

    def __init__(self, settings: Settings, outbox: Outbox) -> None:
        """Start with no token issued."""
        self._settings = settings
        self._outbox = outbox
        self._tokens: dict[str, tuple[str, float]] = {}
        self.events = LineEvents(settings)
        self.menus = line_menus.LineMenus(self.events)
        self._login = line_login.LineLogin(settings, self.events)
        self._message_ids = itertools.count(time.time_ns() // 1_000)
        self.reset()

    def reset(self) -> None:
        """Forget how fast callers went; tokens stay valid."""
        self._paces: dict[tuple[str, str], Pace] = {}

    def answer(
        self, operation: str, request: Request, fault: Fault | None, path: Mapping[str, str]
    ) -> Response:
        """Answer one call; raises Refused."""
        if operation == "token":
            return self._token(request)
        if operation in line_login.OPERATIONS:
            return self._login.answer(operation, request)
        channel = self._channel(request)
        if operation in line_menus.OPERATIONS:
            return self.menus.answer(operation, channel, request, path)
        return self._messaging(operation, channel, request, fault)

    def _messaging(
        self, operation: str, channel: str, request: Request, fault: Fault | None
    ) -> Response:
        if operation == "quota":
            return self._quota(channel)
        if operation == "consumption":
            return json_answer({"totalUsage": self._used(channel)})
        body = _json_body(request)
        _refuse_if(message_details(body.get("messages")))
        if operation.startswith("validate"):
            return json_answer({})
        if operation == "reply":
            return self._reply(channel, request, body)
        return self._send(operation, channel, request, body, fault)

    def failure(self, fault: Fault) -> Response:
        """Return the answer to a call that fails whole."""
        status, message = _FAILURES[fault.kind]
        return _refused(status, message).response

    def stamp(self, response: Response) -> None:
        """Put on an answer what every answer of LINE has."""
        response.headers.setdefault("x-line-request-id", str(uuid.uuid4()))

    def _token(self, request: Request) -> Response:
        if request.mimetype != "application/x-www-form-urlencoded":
            raise _oauth_refused("invalid_request", "The request is not form encoded")
        form = request.form
        if form.get("grant_type") != "client_credentials":
            raise _oauth_refused("unsupported_grant_type", "grant_type is not supported")
        line = self._settings.current.line
        channel = line.channels.get(form.get("client_id", ""))
        if channel is None or form.get("client_secret") != channel.secret:
            raise _oauth_refused("invalid_client", "invalid client_id or client_secret")
        token = secrets.token_urlsafe(96)
        self._tokens[token] = (form["client_id"], time.monotonic() + line.token_seconds)
        return json_answer(
            {"token_type": "Bearer", "access_token": token, "expires_in": line.token_seconds}
        )

    def _channel(self, request: Request) -> str:
        header = request.headers.get("Authorization", "")
        if not header.startswith(BEARER):
            raise _refused(401, f"Authentication failed. {BAD_TOKEN}")
        channel, expires = self._tokens.get(header.removeprefix(BEARER), ("", 0.0))
        if channel not in self._settings.current.line.channels:
            reason = "Authentication failed due to the following reason: invalid token."
            raise _refused(401, f"{reason} {BAD_TOKEN}")
        if time.monotonic() >= expires:
            reason = "Authentication failed due to the following reason: The access token expired."
            raise _refused(401, f"{reason} {BAD_TOKEN}")
        return channel

    def _quota(self, channel: str) -> Response:
        limit = self._settings.current.line.channels[channel].monthly_limit
        return json_answer(
            {"type": "none"} if limit is None else {"type": "limited", "value": limit}
        )

    def _used(self, channel: str) -> int:
        month = datetime.now(TIME_ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        since = month.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return line_recipients_since(self._outbox, channel, since)

    def _send(
        self,
        operation: str,
        channel: str,
        request: Request,
        body: dict[str, Any],
        fault: Fault | None,
    ) -> Response:
        key = _retry_key(request)
        recipients = _recipients(operation, body)
        digest = hashlib.sha256(request.get_data()).hexdigest()
        if key and (earlier := self._outbox.accepted(channel, key)):
            raise self._conflict(earlier, digest)
        if fault:
            _refuse_if(_told_to_refuse(fault, recipients))
        self._check_limits(operation, channel, len(recipients))
        sent_ids = tuple(str(next(self._message_ids)) for _ in body["messages"])
        told = sent_ids if operation == "push" else ()
        accepted = RetryKey(channel, key, digest, str(uuid.uuid4()), told)
        messages = self._messages(accepted, sent_ids[0], recipients, body["messages"])
        if not key:
            self._outbox.accept(messages)
        elif earlier := self._outbox.accept_once(accepted, messages):
            raise self._conflict(earlier, digest)
        sent = {"sentMessages": [{"id": id_} for id_ in told]} if told else {}
        return json_answer(sent, headers={"x-line-request-id": accepted.request_id})

    def _reply(self, channel: str, request: Request, body: dict[str, Any]) -> Response:
        if "X-Line-Retry-Key" in request.headers:
            raise _refused(400, "The X-Line-Retry-Key header is not supported")
        user = self.events.use_token(channel, str(body.get("replyToken", "")))
        if user is None:
            raise _refused(400, "Invalid reply token")
        sent_ids = tuple(str(next(self._message_ids)) for _ in body["messages"])
        request_id = str(uuid.uuid4())
        told = RetryKey(channel, "", "", request_id, sent_ids)
        self._outbox.accept(self._messages(told, sent_ids[0], [user], body["messages"]))
        sent = {"sentMessages": [{"id": id_} for id_ in sent_ids]}
        return json_answer(sent, headers={"x-line-request-id": request_id})

    def _check_limits(self, operation: str, channel: str, recipients: int) -> None:
        line = self._settings.current.line
        rate = {"push": line.push_per_second, "multicast": line.multicast_per_second}[operation]
        pace = self._paces.setdefault((channel, operation), Pace())
        together = self._paces.setdefault((channel, "recipients"), Pace())
        if not pace.take(1, rate) or not together.take(recipients, line.recipients_per_second):
            raise _refused(429, RATE_LIMIT)
        limit = line.channels[channel].monthly_limit
        if limit is not None and self._used(channel) + recipients > limit:
            raise _refused(429, MONTHLY_LIMIT)

    def _messages(
        self,
        request: RetryKey,
        message_id: str,
        recipients: list[str],
        messages: list[dict[str, Any]],
    ) -> list[Message]:
        channel = request.channel_id
        reached = [user for user in recipients if not self.events.blocks(channel, user)]
        silent = len(recipients) - len(reached)
        if silent:
            self._outbox.count_incident("line_blocked", silent)
        text, content = words(messages), () if is_plain_text(messages) else messages
        return [
            Message(
                channel="line",
                provider_id=message_id,
                sender=channel,
                recipient=user,
                text=text,
                content=content,
                request_key=request.key,
            )
            for user in reached
        ]

    def _conflict(self, earlier: RetryKey, digest: str) -> Refused:
        if earlier.body_digest != digest:
            self._outbox.count_incident("retry_key_conflict")
        body: dict[str, Any] = {"message": "The retry key is already accepted"}
        sent = [{"id": id_} for id_ in earlier.sent_ids]
        return Refused(
            json_answer(
                {**body, "sentMessages": sent} if sent else body,
                409,
                {"x-line-accepted-request-id": earlier.request_id},
            )
        )


def _refused(status: int, message: str, details: list[Detail] | None = None) -> Refused:
    body: dict[str, Any] = {"message": message}
    return Refused(json_answer({**body, "details": details} if details else body, status))


def _oauth_refused(error: str, description: str) -> Refused:
    return Refused(json_answer({"error": error, "error_description": description}, 400))


def _refuse_if(details: list[Detail]) -> None:
    if details:
        raise _refused(400, f"The request body has {len(details)} error(s)", details)


def _json_body(request: Request) -> dict[str, Any]:
    if request.mimetype != JSON:
        raise _refused(415, "The content type is not application/json")
    if len(request.get_data()) > MAX_BODY_BYTES:
        raise _refused(413, "The request exceeds the maximum size of 2 MB")
    try:
        body = json.loads(request.get_data())
    except ValueError as error:
        raise _refused(400, "The request body could not be parsed as JSON") from error
    if not isinstance(body, dict):
        raise _refused(400, "The request body is not a JSON object")
    return body


def _retry_key(request: Request) -> str:
    key = request.headers.get("X-Line-Retry-Key")
    if key is None:
        return ""
    try:
        valid = str(uuid.UUID(key)) == key.lower()
    except ValueError:
        valid = False
    if not valid:
        raise _refused(400, "The X-Line-Retry-Key header is not a UUID")
    return key.lower()


def _recipients(operation: str, body: dict[str, Any]) -> list[str]:
    to = body.get("to")
    if operation == "push":
        if not isinstance(to, str) or not USER_ID.fullmatch(to):
            raise _refused(400, "The property, 'to', in the request body is invalid")
        return [to]
    if not isinstance(to, list) or not 1 <= len(to) <= MAX_RECIPIENTS:
        raise _refused(400, f"The property, 'to', must have 1 to {MAX_RECIPIENTS} user IDs")
    _refuse_if(recipient_details(to))
    if len(set(to)) != len(to):
        raise _refused(400, "The property, 'to', in the request body names a user ID twice")
    return to


def _told_to_refuse(fault: Fault, recipients: list[str]) -> list[Detail]:
    named = [i for i, user in enumerate(recipients) if user == fault.recipient]
    chosen = [i for i in fault.entries or named or (0,) if i < len(recipients)]
    return [{"message": "The value is not a valid user ID", "property": f"to[{i}]"} for i in chosen]
