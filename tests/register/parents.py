"""What parents do on their pages, in the words of the tests."""

import html
import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3

from functions.register.resources import resources as opened
from shared.rules.account import Channel
from shared.rules.dates import jst_date
from shared.rules.subscriber import Subscriber
from shared.subscribers.links import Links
from tests.register.test_pages import request
from tests.world import World

JOIN = "/join/bunkyo/web"
TABLES = ("SubscriberTable", "DirectoryTable", "PendingTable")


def today() -> date:
    """The pages ask the real clock: so dates are told from the day of the test."""
    return jst_date(datetime.now(UTC))


def days(number: int) -> str:
    """A date so many days from today, as a form has it."""
    return (today() + timedelta(days=number)).isoformat()


def expecting(**changes: str) -> dict[str, str]:
    """The form of somebody who is at 32w0d and chose email."""
    filled = {
        "step": "check",
        "rows": "1",
        "kind-1": "due",
        "day-1": days(56),
        "channel": "email",
        "email": "hana@example.jp",
        "consent": "yes",
    }
    return {**filled, **changes}


def links() -> Links:
    """The links of the pages under test."""
    return opened().links


def path_of(link: str) -> str:
    """A link without the host."""
    return link.removeprefix(links().url)


def own_path(subscriber: str, at: datetime | None = None, generation: int = 0) -> str:
    """The path of a subscriber's own page."""
    return path_of(links().preferences(subscriber, generation, at or datetime.now(UTC)))


def stop_path(subscriber: str, at: datetime | None = None, generation: int = 0) -> str:
    """The path of the page that stops everything."""
    return path_of(links().stop(subscriber, generation, at or datetime.now(UTC)))


def location(answer: dict[str, Any]) -> str:
    """Where an answer leads on to."""
    assert answer["statusCode"] == 303, answer["statusCode"]
    return path_of(answer["headers"]["Location"])


def text_of(answer: dict[str, Any]) -> str:
    """What a page says, without its markup."""
    body = re.sub(r"(?s)<style>.*?</style>|<[^>]+>", " ", answer["body"])
    return re.sub(r"\s+", " ", html.unescape(body))


def confirmations(world: World, queue: str = "EmailNoticeQueue") -> list[str]:
    """The ids of the confirmations that were queued."""
    return [json.loads(each["body"])["id"] for each in world.take(queue)]


def join_by_mail(world: World, **changes: str) -> Subscriber:
    """Somebody joins, from the form to the confirmation, and is a subscriber."""
    assert request("POST", JOIN, form=expecting(step="send", **changes))["statusCode"] == 200
    (confirmation,) = confirmations(world)
    path = path_of(links().confirm(confirmation))
    assert request("POST", path)["statusCode"] == 200
    place = ("bunkyo", changes.get("email", "hana@example.jp"))
    return subscriber_at(world, *place)


def subscriber_at(world: World, account: str, address: str) -> Subscriber:
    """The subscriber at an address."""
    found = world.store.subscribers.at_addresses([(account, address)])
    subscriber = world.store.subscribers.get(found[account, address])
    assert subscriber is not None
    return subscriber


def stored(world: World, subscriber: str) -> Subscriber:
    """A subscriber as it is stored."""
    found = world.store.subscribers.get(subscriber)
    assert found is not None
    return found


def everything(world: World) -> dict[str, Any]:
    """All that is stored of people, accounts and what waits, but for the brakes' counters."""
    return {
        name: sorted(
            json.dumps(item, default=str, sort_keys=True)
            for item in boto3.resource("dynamodb").Table(world.refs[name]).scan()["Items"]
            if not str(item.get("id", "")).startswith("BRAKE#")
        )
        for name in TABLES
    }


def queued(world: World) -> list[str]:
    """What lies on the queues of the notices."""
    return [
        each["body"] for channel in Channel for each in world.take(f"{channel.title()}NoticeQueue")
    ]
