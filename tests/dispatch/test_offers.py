"""Who follows the same pregnancy is offered the same action: once, by day, and not told why."""

from datetime import date, timedelta

from shared.rules.account import Channel
from shared.rules.changes import birth_registered, linked
from shared.rules.ending import DEFAULT_END
from shared.subscribers.actions import stop
from tests.world import TEN, World, pregnant


def a_couple(world: World) -> None:
    """A mother on email and a father on LINE who follow the same pregnancy, and a stranger."""
    mother, father = pregnant(1), pregnant(2, Channel.LINE)
    world.add(
        linked(mother, "e1", "family1"), linked(father, "e1", "family1"), pregnant(3, Channel.SMS)
    )


def test_a_stop_of_the_mother_is_offered_to_the_father_and_to_nobody_else(world: World) -> None:
    a_couple(world)

    stop(world.store, "s1", TEN)
    world.tick(TEN)
    world.work()

    (message,) = [each for each in world.sent() if "いつでも止められます" in each.text]
    assert message.recipient == pregnant(2, Channel.LINE).address
    assert "/me/s2." in message.text


def test_the_offer_says_nothing_of_a_reason_or_of_the_other_person(world: World) -> None:
    a_couple(world)

    stop(world.store, "s1", TEN)
    world.tick(TEN.replace(hour=8))
    world.work()

    (message,) = world.sent(Channel.LINE)
    for unwanted in ("流産", "死産", "ご家族", "妊娠", "予定日", "お母", "パートナー", "残念"):
        assert unwanted not in message.text


def test_an_offer_waits_until_the_night_is_over(world: World) -> None:
    a_couple(world)

    stop(world.store, "s1", TEN)
    world.tick(TEN.replace(hour=21))
    world.work()
    assert world.sent(Channel.LINE) == []

    world.tick(TEN.replace(hour=6) + timedelta(days=1))
    world.work()
    assert len(world.sent(Channel.LINE)) == 1


def test_an_offer_is_sent_once_whatever_is_handed_on_again(world: World) -> None:
    a_couple(world)
    stop(world.store, "s1", TEN)
    (offer,) = world.store.offers

    for _ in range(2):
        world.tick(TEN.replace(hour=8))
        world.work()
        table = world.store.offers._table
        table.put_item(Item={"pk": "OFFERS", "sk": offer.subscriber, "mark": offer.mark})

    assert len(world.sent(Channel.LINE)) == 1


def test_a_second_stop_and_the_fathers_own_offer_nothing_more(world: World) -> None:
    a_couple(world)
    stop(world.store, "s1", TEN)
    world.tick(TEN.replace(hour=8))
    world.work()

    stop(world.store, "s1", TEN)
    stop(world.store, "s2", TEN)
    world.tick(TEN.replace(hour=8))
    world.work()

    assert len(world.sent()) == 1


def test_a_father_who_stops_first_is_offered_nothing(world: World) -> None:
    a_couple(world)
    stop(world.store, "s2", TEN)
    list(map(world.store.offers.handed_on, world.store.offers))

    stop(world.store, "s1", TEN)

    assert list(world.store.offers) == []


def test_a_stop_of_a_child_that_is_born_concerns_nobody_else(world: World) -> None:
    born = [
        birth_registered(
            linked(pregnant(number), "e1", "family1"),
            TEN,
            "e1",
            date(2026, 11, 20),
            end=DEFAULT_END,
        )
        for number in (1, 2)
    ]
    world.add(*born)

    stop(world.store, "s1", TEN)

    assert list(world.store.offers) == []
