"""What is there for a short time only: confirmations that are good once, brakes, what was seen."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.joining import Application, Child
from shared.rules.subscriber import Consent, Language
from shared.store.brakes import Brake
from shared.store.confirmations import Confirmation
from shared.store.store import Store
from shared.store.tables import AddressTakenError
from shared.subscribers.joining import UsedError, confirm
from tests.world import World, pregnant

ADDRESS = "a@example.jp"


def waiting(name: str = "c1", *, days: float = 1, mover: str | None = None) -> Confirmation:
    now = datetime.now(UTC)
    consent = Consent(now, "2026-11", Language.JAPANESE, "web")
    asked = Application(
        "bunkyo",
        Channel.EMAIL,
        "web",
        (Child(due_date=date(2027, 1, 20)),),
        Language.JAPANESE,
        consent,
    )
    return Confirmation(
        name,
        "bunkyo",
        Channel.EMAIL,
        ADDRESS,
        Language.JAPANESE,
        now + timedelta(days=days),
        application=None if mover else asked,
        mover=mover,
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The wall clock, to be moved on."""
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def test_what_waits_is_read_back_whole(store: Store) -> None:
    one = waiting()
    store.confirmations.put(one)

    assert store.confirmations.get("c1") == one


def test_a_confirmation_that_has_expired_is_not_there_though_its_item_still_is(
    store: Store,
) -> None:
    store.confirmations.put(waiting(days=-0.1))

    assert store.confirmations.get("c1") is None
    assert not store.confirmations.try_code("c1")
    assert not store.confirmations.send_again("c1")


def test_a_code_has_five_tries_whoever_makes_them(store: Store) -> None:
    store.confirmations.put(waiting())

    assert [store.confirmations.try_code("c1") for _ in range(6)] == [True] * 5 + [False]


def test_a_link_is_sent_and_sent_again_three_times(store: Store) -> None:
    store.confirmations.put(waiting())

    assert [store.confirmations.send_again("c1") for _ in range(5)] == [True] * 4 + [False]


def test_what_is_confirmed_is_done_once(world: World) -> None:
    one = waiting()
    world.store.confirmations.put(one)

    new = confirm(world.store, one, ADDRESS, datetime.now(UTC))

    assert world.store.subscribers.get(new.id) == new
    with pytest.raises(UsedError):
        confirm(world.store, one, ADDRESS, datetime.now(UTC))


def test_a_stop_is_not_undone_by_a_link_that_was_used_before(world: World) -> None:
    one = waiting()
    world.store.confirmations.put(one)
    new = confirm(world.store, one, ADDRESS, datetime.now(UTC))
    world.stop(new.id, datetime.now(UTC))

    with pytest.raises(UsedError):
        confirm(world.store, one, ADDRESS, datetime.now(UTC))

    stopped = world.store.subscribers.get(new.id)
    assert stopped is not None
    assert not any(map(changes.active, stopped.enrolments))


def test_who_is_known_at_the_address_is_added_to_and_not_doubled(world: World) -> None:
    for name in ("c1", "c2"):
        world.store.confirmations.put(waiting(name))

    first = confirm(world.store, waiting("c1"), ADDRESS, datetime.now(UTC))
    second = confirm(world.store, waiting("c2"), ADDRESS.upper(), datetime.now(UTC))

    assert second.id == first.id
    assert len(second.enrolments) == 1
    assert len(second.consents) == 2


def test_somebody_moves_once_and_not_to_an_address_of_another(world: World) -> None:
    world.add(pregnant(1), pregnant(2))
    for name in ("c1", "c2"):
        world.store.confirmations.put(waiting(name, mover="s1"))
    before = world.store.subscribers.get("s1")

    taken = pregnant(2).address
    with pytest.raises(AddressTakenError):
        confirm(world.store, waiting("c1", mover="s1"), taken, datetime.now(UTC))
    assert world.store.subscribers.get("s1") == before
    assert world.store.confirmations.get("c1") is not None

    moved = confirm(world.store, waiting("c2", mover="s1"), ADDRESS, datetime.now(UTC))
    place = ("bunkyo", ADDRESS)
    assert world.store.subscribers.at_addresses([place]) == {place: "s1"}
    assert moved.address == ADDRESS
    with pytest.raises(UsedError):
        confirm(world.store, waiting("c2", mover="s1"), "b@example.jp", datetime.now(UTC))


def test_a_brake_lets_so_many_pass_for_each_subject_and_window(
    store: Store, clock: list[float]
) -> None:
    brake = Brake("address", 2, 3600)

    assert [store.brakes.allow(brake, ADDRESS) for _ in range(3)] == [True, True, False]
    assert store.brakes.allow(brake, "b@example.jp")
    clock[0] += 3600
    assert store.brakes.allow(brake, ADDRESS)


def test_a_brake_keeps_no_address(store: Store) -> None:
    store.brakes.allow(Brake("address", 2, 3600), ADDRESS)

    (item,) = store.brakes._table.scan()["Items"]
    assert ADDRESS not in str(item)


def test_what_was_seen_is_known_until_it_is_forgotten_or_long_past(
    store: Store, clock: list[float]
) -> None:
    assert store.seen.first_time("notice", "m1", seconds=60)
    assert not store.seen.first_time("notice", "m1", seconds=60)
    assert store.seen.first_time("event", "m1", seconds=60)
    store.seen.forget("event", "m1")
    assert store.seen.first_time("event", "m1", seconds=60)
    clock[0] += 61
    assert store.seen.first_time("notice", "m1", seconds=60)


def test_what_was_stored_before_links_carried_a_generation_is_read_and_confirmed(
    world: World,
) -> None:
    world.add(pregnant(1))
    people = world.store.subscribers._people
    old = people.get_item(Key={"id": "s1"})["Item"]
    people.put_item(Item={name: old[name] for name in old if name != "generation"})
    world.store.confirmations.put(waiting(mover="s1"))
    pending = world.store.confirmations._table
    item = pending.get_item(Key={"id": "CONFIRM#c1"})["Item"]
    later = {"generation", "tell_old", "verified"}
    of_line = {"address": ""}
    pending.put_item(Item={name: item[name] for name in item if name not in later} | of_line)

    assert world.store.confirmations.verified("c1", ADDRESS)
    found = world.store.confirmations.get("c1")
    assert found is not None
    moved = confirm(world.store, found, ADDRESS, datetime.now(UTC))

    assert (moved.address, moved.generation) == (ADDRESS, 1)


def test_an_address_that_was_shown_to_be_one_person_s_is_nobody_else_s(store: Store) -> None:
    store.confirmations.put(replace(waiting(), address=""))

    assert store.confirmations.verified("c1", "U1")
    assert store.confirmations.verified("c1", "U1")
    assert not store.confirmations.verified("c1", "U2")
    assert not store.confirmations.verified("c9", "U1")
