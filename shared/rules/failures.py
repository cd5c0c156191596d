"""Failures: the days on which a reader could not be reached, and when they are too many.

One failure a day counts at most, a success resets, five suspend; an outage counts nobody.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.rules.account import Channel
from shared.rules.changes import suspended
from shared.rules.feedback import Effect, Feedback, State
from shared.rules.history import Happened
from shared.rules.subscriber import Subscriber

FAILURES_THAT_SUSPEND = 5
"""Days without a success between them: a full mailbox or a phone that is off for a weekend is no
reason to give a family up; a whole working week of it is."""

LEAST_FAILED_OF_AN_OUTAGE = 20
"""Messages of a day, on one channel of the whole platform: below it, chance explains a bad day."""

OUTAGE_PERCENT = 10
"""Of a day's accepted messages: dead addresses alone stay far below it, since a sender with half as
many of them would be reviewed by SES."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages of one day, account and channel of which the provider told something bad.

    `failed` were not delivered, at first or for good; `bounced` are those for good; `complained`
    are those that readers marked as spam. `forgiven_…` of them lie before staff lifted a pause.
    """

    failed: int = 0
    bounced: int = 0
    complained: int = 0
    forgiven_bounced: int = 0
    forgiven_complained: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """The counts of both."""
        return Counts(
            self.failed + other.failed,
            self.bounced + other.bounced,
            self.complained + other.complained,
            self.forgiven_bounced + other.forgiven_bounced,
            self.forgiven_complained + other.forgiven_complained,
        )


_UNDELIVERED = (State.BOUNCED, State.FAILED)


def counted(before: Feedback, now: Feedback) -> Counts:
    """What a message adds to its day's counts with what was learned of it: each once."""
    if before.state is now.state:
        return Counts()
    return Counts(
        failed=int(now.state in _UNDELIVERED and before.state not in _UNDELIVERED),
        bounced=int(now.state is State.FAILED),
        complained=int(now.state is State.COMPLAINED),
    )


def is_outage(failed: int, accepted: int) -> bool:
    """Whether so many messages of a day failed, on a channel of the whole platform, that it was
    the provider or a carrier, and no reader's address.
    """
    return failed >= LEAST_FAILED_OF_AN_OUTAGE and failed * 100 >= OUTAGE_PERCENT * accepted


def concerns(
    subscriber: Subscriber,
    *,
    sent_at: datetime,
    account: str,
    channel: Channel,
    address: str | None = None,
) -> bool:
    """Whether news of a message still say something of a subscriber: not where they are at another
    address by now, nor where they came back, or joined, after it was sent.
    """
    if (account, channel) != (subscriber.account, subscriber.channel):
        return False
    if address is not None and address.casefold() != subscriber.address.casefold():
        return False
    here_since = [each.until for each in subscriber.earlier]
    wanted_since = [
        event.at
        for enrolment in subscriber.enrolments
        for event in enrolment.history
        if event.what in (Happened.JOINED, Happened.RETURNED)
    ]
    return all(at <= sent_at for at in (*here_since, *wanted_since))


def could_be_too_many(subscriber: Subscriber, day: date) -> bool:
    """Whether a failure on `day` could be the one that suspends: then outages must be known."""
    return len({*subscriber.failed_on, day}) >= FAILURES_THAT_SUSPEND


def failed(
    subscriber: Subscriber, day: date, at: datetime, outages: Collection[date]
) -> Subscriber:
    """The subscriber once a message of `day` could not be delivered, which became known at `at`:
    suspended where it is the fifth day in a row that was no outage.
    """
    days = tuple(sorted({*subscriber.failed_on, day} - set(outages)))
    changed = replace(subscriber, failed_on=days)
    return suspended(changed, at) if len(days) >= FAILURES_THAT_SUSPEND else changed


def delivered(subscriber: Subscriber, day: date) -> Subscriber:
    """The subscriber once a message of `day` was delivered: earlier failures are forgotten."""
    return replace(subscriber, failed_on=tuple(each for each in subscriber.failed_on if each > day))


def changed_by(
    subscriber: Subscriber, effect: Effect, day: date, at: datetime, outages: Collection[date]
) -> Subscriber:
    """The subscriber once news of a message of `day` came, but for a stop of their own."""
    match effect:
        case Effect.SUCCESS:
            return delivered(subscriber, day)
        case Effect.FAILURE:
            return failed(subscriber, day, at, outages)
        case Effect.GONE:
            return suspended(subscriber, at)
        case _:
            return subscriber
