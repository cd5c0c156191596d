"""Twilio: the Messages calls through Twilio's own package, and what the answers mean.

Source: Twilio's OpenAPI document and error catalogue, read November 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from twilio.base import values
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from functions.sms.http import ProviderHttpClient
from shared.providers.http import NoAnswerError, NotConnectedError
from shared.rules.outcomes import UNKNOWN, Outcome, Result

BODY_LIMIT = 1_600
"""Characters of one message."""

IN_FLIGHT = 16
"""Calls under way at once: at 150 ms an answer, 100 a second. Each has a connection to pay for."""

LONGEST_VALIDITY_SECONDS = 36_000
"""How long Twilio may keep a message that it cannot deliver yet."""

SHORTEST_VALIDITY_SECONDS = 60
"""A message accepted just before the quiet hours is dropped soon, not sent in them."""

LOOKED_AT = 50
"""How many of a number's newest messages are looked through for one that may have been sent."""

CODES: Mapping[int, Result] = {
    21211: Result.GONE,  # not a valid number
    21614: Result.GONE,  # not a mobile number
    21610: Result.GONE,  # the recipient replied STOP
    30005: Result.GONE,  # unknown or inactive number
    30006: Result.GONE,  # landline or unreachable carrier
    30007: Result.REFUSED,  # filtered by the carrier: the text, not the number
    21617: Result.REFUSED,  # longer than 1,600 characters
    20429: Result.TRY_AGAIN,
    30001: Result.TRY_AGAIN,
    30003: Result.TRY_AGAIN,
    30008: Result.TRY_AGAIN,
    21611: Result.TRY_AGAIN,
    30450: Result.TRY_AGAIN,
    # Ours to mend, never the number's fault: the day goes on trying, and staff are told.
    20003: Result.TRY_AGAIN,
    21408: Result.TRY_AGAIN,
    21606: Result.TRY_AGAIN,
    21612: Result.TRY_AGAIN,
}
"""Twilio's error codes. An unknown one is tried again."""

OPTED_OUT = 21610
"""The one of them that is the recipient's own wish."""

UNREACHED = frozenset({30001, 30003, 30004, 30008})
"""What a status callback may say of a phone that was not reached, perhaps for a while: a full queue
on the way, a phone that is off, blocked by the carrier or the phone (ambiguous), unknown."""

FOR_ALL = frozenset({20429, 20003, 21606})
"""Codes that say nothing of the one number: too many requests, a refused key, a bad sender."""

_UNAUTHORIZED, _TOO_MANY, _SERVER_FAILED = 401, 429, 500


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """An account's Twilio account, and the number or name its messages come from."""

    account_sid: str
    auth_token: str
    sender: str


class TwilioApi:
    """One account's access to Twilio. No call is ever repeated here."""

    def __init__(self, base_url: str, credentials: Credentials) -> None:
        http = ProviderHttpClient()
        self._client = Client(credentials.account_sid, credentials.auth_token, http_client=http)
        self._client.api.base_url = base_url
        self._sender = credentials.sender

    async def create(
        self, *, to: str, body: str, validity_seconds: int, status_callback: str | None = None
    ) -> Outcome:
        """Send one SMS, which Twilio drops if it is not delivered within `validity_seconds`, and
        of which it tells the URL `status_callback` more.
        """
        validity = max(SHORTEST_VALIDITY_SECONDS, min(validity_seconds, LONGEST_VALIDITY_SECONDS))
        try:
            message = await self._client.messages.create_async(
                to=to,
                from_=self._sender,
                body=body,
                validity_period=validity,
                status_callback=status_callback or values.unset,
            )
        except TwilioRestException as error:
            return _outcome(error)
        except NotConnectedError:
            return Outcome(Result.TRY_AGAIN, "not_connected", for_all=True)
        except (NoAnswerError, TwilioException, ValueError):
            return UNKNOWN
        return Outcome(Result.ACCEPTED, provider_id=message.sid)

    async def accepted_since(self, *, to: str, containing: str, since: datetime) -> str | None:
        """The SID of a message to this number whose text contains this link, created since then,
        or None. The link alone is compared, because Twilio may change a text (smart encoding).

        The list is asked by number alone: a message still queued has no DateSent, so a filter by
        it could overlook just the one in question. OSError where Twilio gives no clear answer.
        """
        try:
            found = await self._client.messages.list_async(
                to=to, limit=LOOKED_AT, page_size=LOOKED_AT
            )
        except (NotConnectedError, NoAnswerError, TwilioException, ValueError) as error:
            message = "Twilio's list could not be read"
            raise OSError(message) from error
        for each in found:
            if containing in (each.body or "") and each.date_created and each.date_created >= since:
                return str(each.sid)
        return None


def _outcome(error: TwilioRestException) -> Outcome:
    """What a refusal means; a server's failure may come after it took the message."""
    if error.status >= _SERVER_FAILED:
        return UNKNOWN
    code = error.code or error.status
    for_all = code in FOR_ALL or error.status in (_UNAUTHORIZED, _TOO_MANY)
    return Outcome(CODES.get(code, Result.TRY_AGAIN), str(code), for_all=for_all)
