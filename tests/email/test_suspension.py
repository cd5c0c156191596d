"""Mails that fail for a while: the fifth day suspends, and an outage counts nobody."""

from datetime import date, timedelta

import pytest

from shared.rules.account import Channel
from tests.email.news import bounce, failing, person, status, take
from tests.email.test_feedback import JOB, event, stored
from tests.world import TEN, TODAY, World, pregnant


def test_the_fifth_day_of_failure_suspends(world: World) -> None:
    world.add(failing(1, 20, 21, 22, 23), failing(2, 20, 21, 22))
    world.day()

    take(*(bounce(world, n, "Transient") for n in (0, 1)))

    assert (status(world, "s1"), status(world, "s2")) == ("suspended", "active")


@pytest.mark.parametrize(("failures", "expected"), [(20, "active"), (19, "suspended")])
def test_an_outage_counts_nobody(world: World, failures: int, expected: str) -> None:
    world.add(*(failing(number, 20, 21, 22, 23) for number in range(25)))
    world.day()

    take(*(bounce(world, n, "Transient") for n in range(failures)))

    assert {status(world, stored(world).entries[n].subscriber) for n in range(failures)} == {
        expected
    }


def test_an_outage_on_an_earlier_day_counts_nobody_later(world: World) -> None:
    world.add(*(pregnant(number) for number in range(25)))
    yesterday = TEN - timedelta(days=1)
    world.day(yesterday)
    (batch,) = world.store.waves.batches(type(JOB)("bunkyo", yesterday.date(), Channel.EMAIL, 0))
    take(
        *(
            event("Bounce", n, batch=batch.id, date="2026-11-24").replace(
                "hanako@example.jp", person(world, batch.entries[n].subscriber).address
            )
            for n in range(25)
        )
    )
    # The next ones fail on other days than this, but for s25.
    world.add(failing(30, 20, 21, 22, 24), failing(31, 20, 21, 22, 23))
    world.day()
    places = {each.subscriber: n for n, each in enumerate(stored(world).entries)}

    take(*(bounce(world, places[name], "Transient") for name in ("s30", "s31")))

    assert (status(world, "s30"), status(world, "s31")) == ("active", "suspended")
    assert person(world, "s30").failed_on == (
        *(date(2026, 11, day) for day in (20, 21, 22)),
        TODAY,
    )
