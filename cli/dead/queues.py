"""The queues that Lambdas read, each with its dead-letter queue: one table, from which everything
that names a queue takes the name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli.dead.letters import Job, LineEvent, Notice, SesNews, Shown, shown

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

AT_ONCE = 10
"""SQS gives ten messages a call at the most."""

EMPTY_ROUNDS = 3
"""SQS asks only some of its servers: one answer without anything new proves nothing yet."""

HELD_SECONDS = 60
"""So long a message is out of sight while it is being put back."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue, and the one where its messages wait that failed five times: by the names of the
    stack's outputs. `shows` is what may be told of such a message.
    """

    output: str
    dead_output: str
    shows: type[Shown]


QUEUES: Mapping[str, Queue] = {
    "email": Queue("EmailQueue", "EmailDeadQueue", Job),
    "line": Queue("LineQueue", "LineDeadQueue", Job),
    "sms": Queue("SmsQueue", "SmsDeadQueue", Job),
    "email-notices": Queue("EmailNoticeQueue", "EmailNoticeDeadQueue", Notice),
    "line-notices": Queue("LineNoticeQueue", "LineNoticeDeadQueue", Notice),
    "sms-notices": Queue("SmsNoticeQueue", "SmsNoticeDeadQueue", Notice),
    "email-events": Queue("EmailEventQueue", "EmailEventDeadQueue", SesNews),
    "line-events": Queue("LineEventQueue", "LineEventDeadQueue", LineEvent),
}
"""By the short words that staff use."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter, as far as it may be shown: `what` is None where it cannot be read."""

    first_sent: datetime
    received: int
    what: Shown | None


class DeadLetters:
    """One dead-letter queue of a stack.

    What is put back is received, sent and deleted here, one by one. SQS could do it by itself
    (StartMessageMoveTask), but only on AWS: the local platform does not know that call. And so it
    can be said, and noted in the audit, how many went back.
    """

    def __init__(self, sqs: "SQSClient", outputs: Mapping[str, str], queue: Queue) -> None:
        self._sqs, self._shows = sqs, queue.shows
        self._url, self._came_from = outputs[queue.dead_output], outputs[queue.output]

    def waiting(self) -> int:
        """How many messages wait, by SQS's own estimate."""
        found = self._sqs.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        return sum(map(int, found.values()))

    def look(self) -> list[Letter]:
        """The letters, the oldest first, and all of them stay in sight of everybody. Of many SQS
        may show only some: `waiting` says how many there are.
        """
        found: dict[str, Letter] = {}
        nothing_new = 0
        for some in self._receive(hidden_seconds=0):
            before = len(found)
            found |= {each["MessageId"]: self._letter(each) for each in some}
            nothing_new = 0 if len(found) > before else nothing_new + 1
            if nothing_new == EMPTY_ROUNDS:
                break
        return sorted(found.values(), key=lambda each: each.first_sent)

    def put_back(self) -> Iterator[int]:
        """Move everything to the queue it came from, telling after each message how many by now.

        A message is deleted here only once it is there: cut off in between it is in both, and
        whoever gets it twice knows it by its lease or its mark.
        """
        moved = 0
        for some in self._receive(hidden_seconds=HELD_SECONDS):
            for each in some:
                self._sqs.send_message(QueueUrl=self._came_from, MessageBody=each["Body"])
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])
                moved += 1
                yield moved

    def _receive(self, *, hidden_seconds: int) -> "Iterator[list[MessageTypeDef]]":
        """Messages, ten at a time, until there have been none for a few rounds."""
        empty = 0
        while empty < EMPTY_ROUNDS:
            some = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=AT_ONCE,
                VisibilityTimeout=hidden_seconds,
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            ).get("Messages", [])
            empty = 0 if some else empty + 1
            if some:
                yield some

    def _letter(self, message: "MessageTypeDef") -> Letter:
        facts = message["Attributes"]
        sent = datetime.fromtimestamp(int(facts["SentTimestamp"]) / 1000, UTC)
        received = int(facts["ApproximateReceiveCount"])
        return Letter(sent, received, shown(self._shows, message["Body"]))
