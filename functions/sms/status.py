"""What Twilio tells by itself: what became of an SMS, and what readers answer."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from twilio.request_validator import RequestValidator

from functions.sms.sender import CALLBACK_RETRIES
from functions.sms.twilio_api import CODES, OPTED_OUT, UNREACHED
from shared.feedback.events import News, take_in
from shared.rules.account import Channel
from shared.rules.feedback import Told
from shared.rules.outcomes import Result
from shared.secrets import MissingCredentialsError, address_key, credentials
from shared.settings import setting
from shared.store.feedback import Place
from shared.store.keys import JobId
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers import actions

logger = Logger(service="sms-status")
metrics = Metrics(namespace="Kizuna", service="sms-status")
app = APIGatewayHttpResolver()

STATUSES: Mapping[str, Told | None] = {
    "accepted": Told.SENT,
    "scheduled": Told.SENT,
    "queued": Told.SENT,
    "sending": Told.SENT,
    "sent": Told.SENT,
    "delivered": Told.DELIVERED,
    "read": Told.DELIVERED,
    # The error code says why.
    "undelivered": None,
    "failed": None,
}
"""MessageStatus (Twilio's Messages resource, November 2026)."""

MOST_BYTES = 65_536
"""Of a request: what Twilio tells of an SMS is a kilobyte or two."""

MOST_FIELDS = 200
"""Of a request: Twilio's have some 30."""

_CODE = re.compile(r"[0-9]{1,6}")
"""Twilio's error codes have five digits (https://www.twilio.com/docs/api/errors, November 2026)."""

STOP_WORDS = frozenset(
    {
        # https://help.twilio.com/articles/223134027 (read November 2026)
        *("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"),
        *("停止", "配信停止", "解除"),
    }
)
"""Whole answers that stop everything. Nothing that is answered ever starts anything."""

SOMEBODY_ELSE = re.compile(
    r"(あなた(は|って)?|これ(は|って)?|どこの)?(だれ|誰|どなた|どちら様|どちらさま)(です|でしょう)?(か)?"
    r"|(これは)?(人|ひと)(違|ちが)い(です|だと思います|ではないですか)?"
    r"|(これは)?(電話)?番号(が|を)?(違|ちが|間違|まちが)(い|って|え|います|いです|っています|えています)(ます)?"
    r"|(送|おく)り?(先|さき)(が|を)?(違|ちが|間違|まちが)(い|います|いです|っています|えています)"
    r"|(知|し)りません|(身|み)に(覚|おぼ)えが?(ない|ありません)(です)?"
    r"|whoisthis|whoareyou|wrongnumber|wrongperson|notme"
)
"""Whole answers, without signs and blanks, of people to whom a number has passed."""

_MESSAGE = re.compile(
    r"(?P<account>[a-z0-9-]{2,40})(?:~(?P<announcement>[a-z0-9-]{1,20}))?\.(?P<date>\d{4}-\d{2}-\d{2})"
    r"\.(?P<shard>\d{1,2})\.(?P<batch>[0-9-]{1,40})"
)
_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_AROUND = " \t\r\n.。!、,\"'「」"


@cache
def _store() -> Store:
    return open_store(names_from_environment(), address_key)


@app.post("/sms/status/<message>")
def status(message: str) -> Response[str]:
    """What became of an SMS."""
    found = _MESSAGE.fullmatch(message)
    try:
        day = date.fromisoformat(found["date"]) if found else None
    except ValueError:
        day = None
    if found is None or day is None:
        return _answer(404)
    form = _genuine(found["account"])
    if isinstance(form, int):
        return _answer(form)
    told = _told(form)
    if told is None:
        return _answer(200)
    job = JobId(found["account"], day, Channel.SMS, int(found["shard"]), found["announcement"])
    news = News(
        Place(job, found["batch"], 0),
        told,
        # Twilio's callbacks carry no time of their own.
        at=None,
        code=_code(form) if told not in (Told.SENT, Told.DELIVERED) else None,
        address=form.get("To"),
        provider_id=form.get("MessageSid"),
    )
    take_in(_store(), [news], datetime.now(UTC), logger=logger, metrics=metrics)
    return _answer(200)


@app.post("/sms/inbound/<account>")
def inbound(account: str) -> Response[str]:
    """What a reader answered to an SMS: a word that stops, words by which somebody else says that
    the number is theirs now, or nothing that changes anything.
    """
    form = _genuine(account)
    if isinstance(form, int):
        return _answer(form)
    stops = form.get("OptOutType", "").upper() == "STOP" or is_stop(form.get("Body", ""))
    other = not stops and is_somebody_else(form.get("Body", ""))
    if not (stops or other):
        return _answer(200)
    whose = (account, form.get("From", ""))
    subscriber = _store().subscribers.at_addresses([whose]).get(whose)
    if subscriber is not None and stops:
        actions.stop(_store(), subscriber, datetime.now(UTC))
        metrics.add_metric("Stops", MetricUnit.Count, 1)
    elif subscriber is not None:
        actions.not_theirs(_store(), subscriber, datetime.now(UTC))
        metrics.add_metric("NotTheirs", MetricUnit.Count, 1)
    return _answer(200)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of Twilio's."""
    metrics.add_metric("Callbacks", MetricUnit.Count, 1)
    return app.resolve(event, context)


def is_stop(body: str) -> bool:
    """Whether an answer is one of the words that stop, however it is written."""
    text = unicodedata.normalize("NFKC", body).casefold()
    return text.strip(_AROUND) in STOP_WORDS


def is_somebody_else(body: str) -> bool:
    """Whether whoever answers says that they do not know the sender, or that the number is not who
    is meant: a whole answer, so that a parent who writes about something else is not ended.
    """
    text = unicodedata.normalize("NFKC", body).casefold()
    return SOMEBODY_ELSE.fullmatch("".join(each for each in text if each.isalnum())) is not None


def _told(form: Mapping[str, str]) -> Told | None:
    """What a status callback tells of its message; None where it tells nothing."""
    name = form.get("MessageStatus", "")
    if name not in STATUSES:
        metrics.add_metric("SmsUnknownStatus", MetricUnit.Count, 1)
        return None
    return STATUSES[name] or told_by(_code(form) or "")


def _code(form: Mapping[str, str]) -> str | None:
    """The error code, where it is one: what is kept is Twilio's, not whatever was written there."""
    code = form.get("ErrorCode", "")
    return code if _CODE.fullmatch(code) else None


def told_by(code: str) -> Told:
    """What the code of an SMS that did not arrive means.

    An unknown one counts as a failure: alone it stops nobody, and five days of it are no chance.
    """
    number = int(code) if _CODE.fullmatch(code) else 0
    if number == OPTED_OUT:
        return Told.OPTED_OUT
    if number in UNREACHED:
        return Told.BOUNCED
    if number in CODES:
        return Told.FAILED if CODES[number] is Result.GONE else Told.REJECTED
    metrics.add_metric("SmsUnknownCode", MetricUnit.Count, 1)
    return Told.BOUNCED


def _genuine(account: str) -> dict[str, str] | int:
    """The fields of a request that Twilio signed with the account's token, or an error's status.
    Its size comes first: fields cost most to take apart, and anybody can send them.
    """
    event = app.current_event
    if len(event.body or "") > MOST_BYTES:
        return 413
    if _store().accounts.get(account) is None:
        return 404
    try:
        sid, token = credentials(account, Channel.SMS, "account_sid", "auth_token")
    except MissingCredentialsError as error:
        logger.error(str(error))  # noqa: TRY400 - the line says all there is to know
        return 404
    try:
        fields = dict(_fields(event.decoded_body or ""))
    except ValueError:  # no base64, no text in it, or far too many fields
        return 400
    query = f"?{event.raw_query_string}" if event.raw_query_string else ""
    url = f"{setting('PUBLIC_URL').rstrip('/')}{event.raw_path}{query}"
    signature = event.headers.get("x-twilio-signature") or ""
    validator = RequestValidator(token)
    # Whether Twilio signs the fragment of a callback's URL is said nowhere clearly: both are taken.
    if not any(
        validator.validate(each, fields, signature) for each in (url, url + CALLBACK_RETRIES)
    ):
        metrics.add_metric("SmsForged", MetricUnit.Count, 1)
        return 403
    return fields if fields.get("AccountSid") == sid else 400


def _fields(body: str) -> list[tuple[str, str]]:
    return parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)


def _answer(status_code: int) -> Response[str]:
    return Response(status_code=status_code, content_type="text/xml", body=_NOTHING)
