"""What a day asks of DynamoDB: never a scan, and no more when many have left."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import boto3

from shared.rules.account import Channel
from tests.world import CACHED, SAME_IN_EVERY_WORLD, TEN, TODAY, World, pregnant


@contextmanager
def noted(events: Any) -> Iterator[Counter[str]]:
    """The requests that every client of this process makes of DynamoDB meanwhile."""
    made: Counter[str] = Counter()

    def note(model: Any, **_: Any) -> None:
        made[model.name] += 1

    events.register("before-call.dynamodb", note)
    for cached in (*CACHED, *SAME_IN_EVERY_WORLD):
        cached.cache_clear()  # the handlers make their clients anew, which then tell
    try:
        yield made
    finally:
        events.unregister("before-call.dynamodb", note)


def day(world: World, on: date) -> None:
    """A day by the handlers alone: the world's own ticks look into the tables."""
    now = {"now": (TEN + (on - TODAY)).isoformat()}
    world.tick_event(now)
    world.work()
    world.tick_event(now)


def test_a_day_scans_nothing_and_asks_no_more_when_many_have_left(world: World) -> None:
    """Twelve readers on two days, before and after ninety others have come and gone."""
    session = boto3.DEFAULT_SESSION
    assert session is not None
    tomorrow = TODAY + timedelta(days=1)
    world.add(*(pregnant(n, list(Channel)[n % 3], twins=n < 3) for n in range(12)))
    with noted(session.events) as before:
        day(world, TODAY)
    channels = {n: list(Channel)[n % 3] for n in range(100, 190)}
    for n, channel in channels.items():
        overdue, stopped = date(2026, 11, 1), date(2027, 1, 20)
        world.add(pregnant(n, channel, due=overdue if n % 2 else stopped))
        if not n % 2:
            world.stop(f"s{n}", TEN)

    with noted(session.events) as after:
        day(world, tomorrow)

    assert (world.sums(TODAY).accepted, world.sums(tomorrow).accepted) == (12, 12)
    assert world.sums(tomorrow).planned == 15
    assert after["Scan"] == 0
    assert after == before
    assert set(before) >= {"Query", "GetItem", "BatchGetItem", "TransactWriteItems", "UpdateItem"}
