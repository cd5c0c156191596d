"""Jobs on the queues: what a message carries: which job, and nothing of any person."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.rules.account import Channel
from shared.store.keys import JobId

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class JobMessage(BaseModel):
    """A job on a queue. `at` is the time when it was queued, as the tick saw it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str
    date: date
    channel: Channel
    shard: int
    at: AwareDatetime
    announcement: str | None = None

    @classmethod
    def of(cls, job: JobId, at: datetime) -> Self:
        """The message for a job."""
        return cls(**asdict(job), at=at)

    @property
    def job(self) -> JobId:
        """The job that the message is about."""
        return JobId(self.account, self.date, self.channel, self.shard, self.announcement)


class Queues:
    """The queue of each channel."""

    def __init__(self, sqs: "SQSClient", urls: Mapping[Channel, str]) -> None:
        self._sqs, self._urls = sqs, urls

    def put(self, job: JobId, at: datetime, *, delay: int = 0) -> None:
        """Queue a job, visible after `delay` seconds (900 at the most)."""
        self._sqs.send_message(
            QueueUrl=self._urls[job.channel],
            MessageBody=JobMessage.of(job, at).model_dump_json(exclude_none=True),
            DelaySeconds=delay,
        )
