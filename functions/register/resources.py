"""What the pages need, opened once for each process."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import boto3

from shared.letterhead import Letterhead
from shared.rules.account import Channel
from shared.secrets import address_key, platform_keys
from shared.settings import setting
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.links import Links
from shared.subscribers.notices import NoticeQueues

_QUEUES = {
    Channel.EMAIL: "EMAIL_NOTICE_QUEUE",
    Channel.LINE: "LINE_NOTICE_QUEUE",
    Channel.SMS: "SMS_NOTICE_QUEUE",
}


@dataclass(frozen=True, slots=True)
class Resources:
    """The records, the links, who speaks, and the way to send something at once."""

    store: Store
    links: Links
    letterhead: Letterhead
    notices: NoticeQueues


@cache
def resources() -> Resources:
    """The resources of this process."""
    return Resources(
        open_store(names_from_environment(), address_key),
        Links(setting("PUBLIC_URL"), platform_keys("LINK_KEY")),
        Letterhead.from_environment(),
        NoticeQueues(
            boto3.client("sqs"), {channel: setting(name) for channel, name in _QUEUES.items()}
        ),
    )


def now() -> datetime:
    """The instant of this request."""
    return datetime.now(UTC)
