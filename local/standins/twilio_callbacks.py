"""The status callbacks that Twilio posts, signed, after it has taken a message."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, urldefrag

import urllib3
from pydantic import BaseModel, ConfigDict, Field
from twilio.request_validator import RequestValidator

from local.standins.background import Background
from local.standins.outbox import Outbox

TIMEOUT_SECONDS = 5.0
MOST_TRIES = 5
"""`#rc=` asks for up to five retries: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides."""
OK = range(200, 300)


class Inbound(BaseModel):
    """What a reader answers: from which number, in which words, to which account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account_sid: str
    sender: str = Field(alias="from")
    to: str = "+815000000000"
    body: str
    opt_out_type: Literal["STOP", "START", "HELP"] | None = None

    def fields(self) -> dict[str, str]:
        """The fields of Twilio's request (https://www.twilio.com/docs/messaging/twiml, 2026-11)."""
        sid = f"SM{secrets.token_hex(16)}"
        found = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": self.body,
            "From": self.sender,
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": self.to,
        }
        return {**found, **({"OptOutType": self.opt_out_type} if self.opt_out_type else {})}


@dataclass(frozen=True, slots=True)
class Callback:
    """One status change to be told: where, in which fields, signed with which token."""

    url: str
    fields: Mapping[str, str]
    auth_token: str


class TwilioCallbacks:
    """Posts status callbacks in order, again as often as the URL's fragment asks."""

    def __init__(self, outbox: Outbox) -> None:
        """Prepare; nothing is posted before the first message."""
        self._outbox = outbox
        self._http = urllib3.PoolManager(retries=False, timeout=TIMEOUT_SECONDS)
        self._background: Background[Callback] = Background(self._post_all)
        self.put = self._background.put
        self.drain = self._background.drain

    def tell(self, callback: Callback) -> int:
        """Post one request now and once, and return the status of the answer (0: none came)."""
        signature = RequestValidator(callback.auth_token).compute_signature(
            callback.url, callback.fields
        )
        return self._status(callback.url, callback.fields, signature)

    def _post_all(self, callbacks: list[Callback]) -> None:
        for callback in callbacks:
            told = self._post(callback)
            self._outbox.count_incident("callback_told" if told else "callback_lost")

    def _post(self, callback: Callback) -> bool:
        # Twilio keeps the fragment (its own settings for the call) to itself: it is not signed.
        url, overrides = urldefrag(callback.url)
        retries = int(parse_qs(overrides).get("rc", ["0"])[0])
        signature = RequestValidator(callback.auth_token).compute_signature(url, callback.fields)
        return any(
            self._post_once(url, callback.fields, signature)
            for _ in range(1 + min(retries, MOST_TRIES))
        )

    def _post_once(self, url: str, fields: Mapping[str, str], signature: str) -> bool:
        return self._status(url, fields, signature) in OK

    def _status(self, url: str, fields: Mapping[str, str], signature: str) -> int:
        try:
            answer = self._http.request_encode_body(
                "POST",
                url,
                fields=dict(fields),
                encode_multipart=False,
                headers={"X-Twilio-Signature": signature, "I-Twilio-Idempotency-Token": signature},
            )
        except urllib3.exceptions.HTTPError:
            return 0
        return answer.status
