"""Shares a reviewed snapshot with all staff: a mail to each with the figures and a link."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from pydantic import BaseModel, ConfigDict
from pydantic import ValidationError as BadShapeError

from shared.letterhead import Letterhead
from shared.providers import ses_rate
from shared.providers.rate_limit import RateLimit
from shared.rules.au import Kind
from shared.rules.dates import JST, jst_date
from shared.rules.review import NotNowError, shared
from shared.rules.snapshot import OwnLine, Review, Snapshot
from shared.secrets import platform_keys
from shared.settings import setting
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.links import Links

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

logger = Logger(service="au-share")
metrics = Metrics(namespace="Kizuna", service="au-share")

_CONFIG = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard"})


MARGIN_SECONDS = 25.0
"""A mail is begun only with so much time left: longer than SES's answer may take."""


class BadEventError(ValueError):
    """The event is not one that is taken here, or the snapshot cannot be shared now."""


class ShareEvent(BaseModel):
    """Which snapshot, and who shares it."""

    model_config = ConfigDict(extra="forbid")

    snapshot: str
    by: str


@cache
def _store() -> Store:
    return open_store(names_from_environment())


@cache
def _ses() -> "SESV2Client":
    return boto3.client("sesv2", config=_CONFIG)


@cache
def _rate_limit() -> RateLimit:
    return ses_rate.rate_limit(_store().rates, _ses(), logger.warning)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Mail the figures to each of the staff, then note that the snapshot is shared.

    In this order: after a crash it is shared again, and a colleague reads the same mail twice,
    which is better than never.
    """
    metrics.add_metric("AuShares", MetricUnit.Count, 1)
    try:
        asked = ShareEvent.model_validate(event)
    except BadShapeError:
        raise BadEventError('takes {"snapshot": "month_end-2026-11", "by": "…"}') from None
    found = _store().snapshots.get(asked.snapshot)
    if found is None:
        raise BadEventError(f"there is no snapshot {asked.snapshot!r}")
    snapshot, review = found
    now = datetime.now(UTC)
    try:
        after = shared(review, asked.by, now)
    except NotNowError as error:
        raise BadEventError(str(error)) from None

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS

    mailed = _mail(snapshot, after, now, seconds_left)
    noted = _store().snapshots.update(review, after)
    logger.info("snapshot shared", extra={"snapshot": snapshot.snapshot, "mailed": mailed})
    return {"snapshot": snapshot.snapshot, "state": noted.state.value, "mailed": mailed}


def _mail(
    snapshot: Snapshot, review: Review, now: datetime, seconds_left: Callable[[], float]
) -> int:
    """Send the mail to each of the staff by itself, no faster than SES allows all of us together,
    and return to how many. TimeoutError where its rate has no room in the seconds that are left.
    """
    links = Links(setting("PUBLIC_URL"), platform_keys("LINK_KEY"))
    letterhead = Letterhead.from_environment()
    text = "\n".join(_lines(snapshot, review, links.snapshot(snapshot.snapshot, now), letterhead))
    mailed = 0
    for colleague in _store().staff:
        left = seconds_left()
        wait = _rate_limit().reserve(1, left) if left > 0 else None
        if wait is None:
            message = f"SES's rate left no time for more than {mailed} mails: share it again"
            raise TimeoutError(message)
        time.sleep(wait)
        _ses().send_email(
            FromEmailAddress=f"au@{setting('MAIL_DOMAIN')}",
            Destination={"ToAddresses": [colleague.email]},
            Content={
                "Simple": {
                    "Subject": {"Data": _subject(snapshot), "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
                }
            },
        )
        mailed += 1
    return mailed


def _subject(snapshot: Snapshot) -> str:
    restated = "【訂正】" if snapshot.restates else ""
    return f"{restated}【AU】{_title(snapshot)} {snapshot.total.subscribers:,}人"


def _title(snapshot: Snapshot) -> str:
    if snapshot.kind is Kind.MONTH_END:
        day = jst_date(snapshot.measure.at)
        return f"{day.year}年{day.month}月末"
    return f"{snapshot.as_of.astimezone(JST):%Y年%-m月%-d日 %-H:%M}時点"


def _lines(snapshot: Snapshot, review: Review, link: str, letterhead: Letterhead) -> Iterator[str]:
    yield f"{_title(snapshot)}のAU（アクティブユーザー数）をお知らせします。"
    yield ""
    own = snapshot.own
    yield f"合計 {snapshot.total.subscribers:,}人"
    yield f"　自システム {own.subscribers:,}人（登録 {own.enrolments:,}件）"
    yield f"　団体以外のシステム {snapshot.external:,}人"
    if snapshot.missing_external:
        names = "、".join(snapshot.about[each].name for each in snapshot.missing_external)
        yield f"　※未報告の団体があり、合計に含まれていません: {names}"
    yield ""
    for line in snapshot.accounts:
        name = snapshot.about[line.account].name
        change = "報告による"
        if isinstance(line, OwnLine):
            before = snapshot.detail[line.account].series["subscribers"][-2]
            change = f"{line.subscribers - before:+,}"
        yield f"{name}　{line.subscribers:,}人（{change}）"
    yield ""
    yield "（　）内は、前の月の末日からの増減です。"
    yield f"グラフと収支の内訳: {link}"
    yield "このリンクは90日間有効です。事務局の外へは転送しないでください。"
    if review.comments:
        yield ""
        yield "確認のときのコメント:"
        yield from (f"・{comment.text}（{comment.by}）" for comment in review.comments)
    yield ""
    yield f"計測 {snapshot.snapshot}　依頼 {review.requested_by}　確認 {review.reviewed_by}"
    if snapshot.restates:
        yield f"この計測は {snapshot.restates} を訂正するものです。"
    yield f"ハッシュ {snapshot.sha256}"
    yield f"{letterhead.office}　{letterhead.contact}"
