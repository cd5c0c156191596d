"""What watches over the platform, in words: alarms that have gone off, and dead letters."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from shared.settings import setting

LETTERS: Mapping[str, str] = {
    "EmailDeadQueue": "メールの配信",
    "LineDeadQueue": "LINEの配信",
    "SmsDeadQueue": "SMSの配信",
    "EmailEventDeadQueue": "メールの不達の知らせ",
    "EmailNoticeDeadQueue": "メールの確認・案内",
    "LineNoticeDeadQueue": "LINEの案内",
    "SmsNoticeDeadQueue": "SMSの確認・案内",
    "LineEventDeadQueue": "LINEのトーク",
}
"""What waits in each queue of dead letters, by its name in the template."""


def troubles() -> Iterator[str]:
    """What needs an engineer, each in a line. Where the watch itself cannot be asked, that."""
    try:
        yield from (f"警報が出ています：{name}" for name in _alarms())
        for name, number in _dead():
            yield f"{LETTERS[name]}：{number:,}件が5回失敗して止まっています"
    except (ClientError, BotoCoreError):
        yield "警報と止まったものの状態を、読めませんでした"


def _alarms() -> list[str]:
    """The alarms of this stack that have gone off."""
    answer = _client("cloudwatch").describe_alarms(
        AlarmNamePrefix=setting("STACK_NAME"), StateValue="ALARM"
    )
    return [each["AlarmName"] for each in answer.get("MetricAlarms", [])]


def _dead() -> Iterator[tuple[str, int]]:
    urls = setting("DEAD_QUEUES").split(",")
    for name, url in zip(LETTERS, urls, strict=True):
        found = _client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        if number := int(found["Attributes"]["ApproximateNumberOfMessages"]):
            yield name, number


@cache
def _client(service: str) -> Any:  # noqa: ANN401 - of whichever service
    return boto3.client(service)  # type: ignore[call-overload]
