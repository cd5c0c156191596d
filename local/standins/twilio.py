"""Twilio's Messages resource for SMS: create, list and fetch, strictly; and its accounts: fetch."""

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from werkzeug.wrappers import Request, Response

from local.standins.answers import json_answer
from local.standins.config import Settings, TwilioAccount
from local.standins.faults import Fault
from local.standins.outbox import Message, Outbox
from local.standins.pace import Pace
from local.standins.segments import segments
from local.standins.twilio_callbacks import Callback, TwilioCallbacks
from local.standins.twilio_errors import LATER_FROM, error_answer, message_of, refused

MAX_BODY = 1_600
VALIDITY_SECONDS = range(1, 36_001)
PAGE_SIZE, MAX_PAGE_SIZE = 50, 1_000
"""https://www.twilio.com/docs/messaging/api/message-resource (read 2026-11)."""

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_TRUNK_ZERO = re.compile(r"\+810")
"""+81 and then the national 0 is the commonest wrong number in Japan."""
_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_API = "/2010-04-01/Accounts"

_SINCE = format_datetime(datetime(2026, 4, 1, tzinfo=UTC))
"""Since when every account is there."""

_FAILURES = {"throttle": 20429, "unauthorized": 20003, "server_error": 20500}


class Twilio:
    """The Twilio SMS stand-in."""

    name = "twilio"
    routes = (
        ("POST", f"{_API}/<account_sid>/Messages.json", "create"),
        ("GET", f"{_API}/<account_sid>/Messages.json", "list"),
        ("GET", f"{_API}/<account_sid>/Messages/<sid>.json", "fetch"),
        ("GET", f"{_API}/<account_sid>.json", "account"),
    )

    def __init__(self, settings: Settings, outbox: Outbox) -> None:
        """Start with what the outbox holds."""
        self._settings = settings
        self._outbox = outbox
        self.callbacks = TwilioCallbacks(outbox)
        self.reset()

    def reset(self) -> None:
        """Forget how fast callers went; all else that Twilio remembers is in the outbox."""
        self._paces: dict[str, Pace] = {}

    def answer(
        self, operation: str, request: Request, fault: Fault | None, path: Mapping[str, str]
    ) -> Response:
        """Answer one call; raises Refused."""
        account_sid = path["account_sid"]
        account = self._account(account_sid, request)
        if operation == "account":
            return json_answer(_account_as_twilio(account_sid, account))
        if operation == "list":
            hidden = fault is not None and fault.kind == "not_listed"
            return self._list(account_sid, request, hidden=hidden)
        if operation == "fetch":
            return self._fetch(account_sid, path["sid"])
        return self._create(account_sid, account, request, fault)

    def failure(self, fault: Fault) -> Response:
        """Return the answer to a call that fails whole."""
        return error_answer(_FAILURES[fault.kind])

    def stamp(self, response: Response) -> None:
        """Put on an answer what every answer of Twilio has."""
        response.headers["Twilio-Request-Id"] = f"RQ{secrets.token_hex(16)}"

    def _account(self, account_sid: str, request: Request) -> TwilioAccount:
        account = self._settings.current.twilio.accounts.get(account_sid)
        given = request.authorization
        if account is None or given is None or given.type != "basic":
            raise refused(20003)
        secret = {account_sid: account.auth_token, **account.api_keys}.get(given.username or "")
        if secret is None or given.password != secret:
            raise refused(20003)
        return account

    def _create(
        self, account_sid: str, account: TwilioAccount, request: Request, fault: Fault | None
    ) -> Response:
        form = request.form
        if code := _problem(form, account):
            raise refused(code)
        to = form["To"]
        code = fault.code if fault else self._settings.current.twilio.refuse.get(to, 0)
        if 0 < code < LATER_FROM:
            raise refused(code)
        pace = self._paces.setdefault(account_sid, Pace())
        if not pace.take(segments(form["Body"]), self._settings.current.twilio.segments_per_second):
            raise refused(20429)
        service = form.get("MessagingServiceSid", "")
        ending = self._settings.current.twilio.endings.get(to)
        outcome = f"undelivered {code}" if code else "delivered"
        if ending is not None:
            outcome = f"{ending.status} {ending.code or ''}".rstrip()
        message = Message(
            channel="sms",
            provider_id=f"SM{secrets.token_hex(16)}",
            sender=form.get("From") or account.messaging_services.get(service, service),
            recipient=to,
            text=form["Body"],
            headers={"AccountSid": account_sid, "MessagingServiceSid": service},
            outcome=outcome,
            accepted_at=_instant(datetime.now(UTC)),
        )
        self._outbox.accept([message])
        self._call_back(form.get("StatusCallback", ""), message, account.auth_token)
        return json_answer({**_as_twilio(message), **_just_created(service)}, 201)

    def _call_back(self, url: str, message: Message, auth_token: str) -> None:
        if not url or not self._settings.current.twilio.status_callbacks:
            return
        last, _, code = message.outcome.partition(" ")
        common = {
            "AccountSid": message.headers["AccountSid"],
            "ApiVersion": "2010-04-01",
            "From": message.sender,
            "MessageSid": message.provider_id,
            "SmsSid": message.provider_id,
            "To": message.recipient,
        }
        changes: list[dict[str, str]] = [
            {"MessageStatus": "sent", "SmsStatus": "sent"},
            {"MessageStatus": last, "SmsStatus": last, **({"ErrorCode": code} if code else {})},
        ]
        self.callbacks.put([Callback(url, {**common, **change}, auth_token) for change in changes])

    def _fetch(self, account_sid: str, sid: str) -> Response:
        found = self._outbox.messages(
            "provider_id = ? AND json_extract(headers, '$.AccountSid') = ?", [sid, account_sid]
        )
        if not found:
            raise refused(20404)
        return json_answer(_as_twilio(found[0]))

    def _list(self, account_sid: str, request: Request, *, hidden: bool) -> Response:
        asked = request.args
        page = max(0, asked.get("Page", 0, type=int))
        size = max(1, min(asked.get("PageSize", PAGE_SIZE, type=int), MAX_PAGE_SIZE))
        where, values = _filter(account_sid, asked)
        tail = f"ORDER BY id DESC LIMIT {size + 1} OFFSET {page * size}"
        found = [] if hidden else self._outbox.messages(where, values, tail=tail)
        path = f"{_API}/{account_sid}/Messages.json"
        kept = {n: v for n, v in asked.items() if n not in ("Page", "PageToken", "PageSize")}

        def uri(number: int) -> str:
            return f"{path}?{urlencode({**kept, 'PageSize': size, 'Page': number})}"

        return json_answer(
            {
                "first_page_uri": uri(0),
                "uri": uri(page),
                "next_page_uri": uri(page + 1) if len(found) > size else None,
                "previous_page_uri": uri(page - 1) if page else None,
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(0, min(len(found), size) - 1),
                "messages": [_as_twilio(message) for message in found[:size]],
            }
        )


def _problem(form: Mapping[str, str], account: TwilioAccount) -> int:
    to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    service = form.get("MessagingServiceSid", "")
    callback = urlsplit(form.get("StatusCallback", "http://none"))
    validity = form.get("ValidityPeriod", "1")
    # In the order in which Twilio would stumble over them; the first one answers.
    checks = (
        (21604, bool(to)),
        (21211, bool(_E164.fullmatch(to)) and not _TRUNK_ZERO.match(to)),
        (21603, bool(sender or service)),
        (21212, not sender or bool(_SENDER.fullmatch(sender))),
        (21606, not sender or account.senders is None or sender in account.senders),
        (21606, not service or bool(_SERVICE.fullmatch(service))),
        (21602, bool(body)),
        (21617, len(body) <= MAX_BODY),
        (20001, validity.isdecimal() and int(validity) in VALIDITY_SECONDS),
        (21609, callback.scheme in ("http", "https") and bool(callback.hostname)),
    )
    return next((code for code, fine in checks if not fine), 0)


def _filter(account_sid: str, asked: Mapping[str, str]) -> tuple[str, list[str]]:
    terms = ["channel = 'sms'", "json_extract(headers, '$.AccountSid') = ?"]
    values = [account_sid]
    for name, column in (("To", "recipient"), ("From", "sender")):
        if name in asked:
            terms.append(f"{column} = ?")
            values.append(asked[name])
    if "DateSent" in asked:
        day = _date(asked["DateSent"]).date()
        terms.append("accepted_at >= ? AND accepted_at < ?")
        values += [day.isoformat(), (day + timedelta(days=1)).isoformat()]
    # The twilio package asks with "DateSent>" and "DateSent<"; Twilio's words say >= and <=.
    if "DateSent>" in asked:
        terms.append("accepted_at >= ?")
        values.append(_instant(_date(asked["DateSent>"])))
    if "DateSent<" in asked:
        terms.append("accepted_at <= ?")
        values.append(_instant(_date(asked["DateSent<"])))
    return " AND ".join(terms), values


def _date(text: str) -> datetime:
    try:
        if len(text) == len("2026-11-23"):
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise refused(20001) from error


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _account_as_twilio(sid: str, account: TwilioAccount) -> dict[str, Any]:
    """The account by itself (`api.v2010.account` of Twilio's OpenAPI document, read 2026-11)."""
    uri = f"{_API}/{sid}"
    parts = ("applications", "calls", "incoming_phone_numbers", "messages", "recordings", "usage")
    names = {part: "".join(word.capitalize() for word in part.split("_")) for part in parts}
    return {
        "auth_token": account.auth_token,
        "date_created": _SINCE,
        "date_updated": _SINCE,
        "friendly_name": "kizuna",
        "owner_account_sid": sid,
        "sid": sid,
        "status": account.status,
        "subresource_uris": {part: f"{uri}/{name}.json" for part, name in names.items()},
        "type": "Full",
        "uri": f"{uri}.json",
    }


def _just_created(service: str) -> dict[str, Any]:
    # With a messaging service the sender is not chosen yet, so neither From nor segments are known.
    unsent: dict[str, Any] = {"date_sent": None, "error_code": None, "error_message": None}
    if service:
        return {**unsent, "status": "accepted", "from": None, "num_segments": "0"}
    return {**unsent, "status": "queued"}


def _as_twilio(message: Message) -> dict[str, Any]:
    at = format_datetime(datetime.fromisoformat(message.accepted_at))
    sid, account_sid = message.provider_id, message.headers["AccountSid"]
    status, _, code = message.outcome.partition(" ")
    uri = f"{_API}/{account_sid}/Messages/{sid}"
    return {
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": message.text,
        "date_created": at,
        "date_sent": at,
        "date_updated": at,
        "direction": "outbound-api",
        "error_code": int(code) if code else None,
        "error_message": message_of(int(code)) if code else None,
        "from": message.sender,
        "messaging_service_sid": message.headers["MessagingServiceSid"] or None,
        "num_media": "0",
        "num_segments": str(segments(message.text)),
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "status": status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.recipient,
        "uri": f"{uri}.json",
    }
