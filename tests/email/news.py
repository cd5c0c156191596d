"""News of SES about the mails of a world's day: how they read, and what they made of a reader."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.rules.account import Channel
from shared.rules.failures import Counts
from shared.rules.feedback import State
from shared.rules.history import Status, latest_standing
from shared.rules.subscriber import Subscriber
from shared.store.feedback import Place
from tests.email import test_feedback as sends
from tests.email.test_feedback import JOB, event, stored
from tests.world import TEN, TODAY, World, pregnant

MINUTE = timedelta(minutes=1)


def told(
    world: World,
    kind: str,
    position: int = 0,
    *,
    at: datetime = TEN + MINUTE,
    **detail: Any,
) -> str:
    """An event of SES about a mail that was delivered to a reader of the day."""
    body = json.loads(event(kind, position, batch=stored(world).id))
    reader = world.store.subscribers.get(stored(world).entries[position].subscriber)
    body["mail"]["destination"] = [reader.address if reader else "gone@example.jp"]
    part = "deliveryDelay" if kind == "DeliveryDelay" else kind.lower()
    body[part] = {"timestamp": at.astimezone(UTC).isoformat(), **detail}
    return json.dumps(body)


def bounce(world: World, position: int = 0, kind: str = "Permanent", sub: str = "General") -> str:
    return told(world, "Bounce", position, bounceType=kind, bounceSubType=sub)


def take(*bodies: str) -> None:
    assert sends.take_in(*bodies) == []


def person(world: World, name: str = "s1") -> Subscriber:
    found = world.store.subscribers.get(name)
    assert found is not None
    return found


def status(world: World, name: str = "s1") -> Status:
    return latest_standing(person(world, name).enrolments[0].history).status


def known(world: World, position: int = 0) -> State | None:
    place = Place(JOB, stored(world).id, position)
    found = world.store.feedback.known([place]).get(place)
    return found and found.state


def counts(world: World, day: date = TODAY) -> Counts:
    return world.store.feedback.counts([day], Channel.EMAIL, "bunkyo").get(day, Counts())


def failing(number: int, *days: int) -> Subscriber:
    """A reader whose mails failed on these days of November."""
    failed_on = tuple(date(2026, 11, day) for day in days)
    one = pregnant(number)
    return Subscriber(
        one.id, one.account, one.channel, one.address, None, one.enrolments, failed_on=failed_on
    )
