"""A wave's calls side by side: what one comes to says nothing of the others."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from functions.sms.sender import SmsSender
from shared.delivery import side_by_side as module
from shared.delivery import wave as wave_module
from shared.delivery.sender import Call
from shared.delivery.side_by_side import NotMadeError, side_by_side
from shared.rules.account import Channel
from shared.rules.outcomes import UNKNOWN, Batch, Outcome, Result
from shared.rules.stage import Reason
from shared.store.keys import JobId
from shared.store.reads import Reads
from tests.waves import calls_a_wave
from tests.world import TEN, TODAY, World, pregnant

SMS = JobId("bunkyo", TODAY, Channel.SMS, 0)
LATER = TEN + timedelta(minutes=30)


async def answer() -> str:
    return "an answer"


async def fail() -> str:
    raise ValueError("of one call")


async def die() -> str:
    raise SystemExit


def test_what_one_call_raises_is_its_own() -> None:
    first, second, third = side_by_side([answer, fail, answer], [0, 0, 0], in_flight=2)

    assert (first, third) == ("an answer", "an answer")
    assert str(second) == "of one call"


def test_a_call_whose_turn_comes_too_late_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LATEST_SECONDS", 0.05)
    made = []

    async def slow() -> str:
        made.append("slow")
        await asyncio.sleep(0.2)
        return "an answer"

    first, second = side_by_side([slow, slow], [0, 0], in_flight=1)

    assert first == "an answer"
    assert isinstance(second, NotMadeError)
    assert made == ["slow"]


def test_after_a_death_no_call_is_begun_and_the_process_ends() -> None:
    made = []

    async def note() -> str:
        made.append("made")
        return "an answer"

    with pytest.raises(SystemExit):
        side_by_side([answer, die, note, note], [0, 0, 0, 0], in_flight=1)

    assert made == []


def test_no_more_calls_are_under_way_than_allowed() -> None:
    under_way, most = [0], [0]

    async def count() -> str:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        await asyncio.sleep(0)
        under_way[0] -= 1
        return "an answer"

    side_by_side([count] * 20, [0.0] * 20, in_flight=3)

    assert most == [3]


Send = Callable[[SmsSender, Batch, Call], Awaitable[list[Outcome]]]


def of_each(monkeypatch: pytest.MonkeyPatch, do: dict[str, Send]) -> None:
    """What happens at the calls to some readers; the others are sent to."""
    send = SmsSender.send

    async def sent(self: SmsSender, batch: Batch, call: Call) -> list[Outcome]:
        return await do.get(batch.entries[0].subscriber, send)(self, batch, call)

    monkeypatch.setattr(SmsSender, "send", sent)


def outcomes(world: World) -> dict[str, Outcome]:
    found = world.store.waves.batches(SMS)
    return {each.entries[0].subscriber: each.entries[0].outcome for each in found}


async def unanswered(_self: SmsSender, batch: Batch, _call: Call) -> list[Outcome]:
    return [UNKNOWN] * len(batch.entries)


def test_each_call_of_a_wave_is_recorded_and_only_the_unclear_ones_are_settled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(n, Channel.SMS) for n in range(6)))
    with monkeypatch.context() as patch:
        of_each(patch, {"s1": unanswered, "s4": unanswered})
        world.day()

    first = outcomes(world)
    assert len(list(world.store.waves.of(SMS))) == 1
    assert {name for name, each in first.items() if each == UNKNOWN} == {"s1", "s4"}

    world.day(LATER)

    assert len(world.sent()) == 6
    assert (world.sums().accepted, world.sums().reconciles) == (6, True)
    assert {n: e for n, e in outcomes(world).items() if n not in ("s1", "s4")} == {
        n: e for n, e in first.items() if n not in ("s1", "s4")
    }


def test_a_process_that_dies_between_two_calls_of_a_wave_loses_and_repeats_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(n, Channel.SMS) for n in range(4)))
    world.tick()

    async def dies(_self: SmsSender, _batch: Batch, _call: Call) -> list[Outcome]:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(SmsSender, "in_flight", 1)
        of_each(patch, {"s2": dies})
        with pytest.raises(SystemExit):
            world.work()
    assert len(world.sent()) == 2

    world.day(LATER)

    assert len(world.sent()) == 4
    assert len({each.recipient for each in world.sent()}) == 4
    assert (world.sums().accepted, world.sums().reconciles) == (4, True)


def test_a_call_that_raised_leaves_the_record_of_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(n, Channel.SMS) for n in range(3)))
    world.tick()

    async def raises(_self: SmsSender, _batch: Batch, _call: Call) -> list[Outcome]:
        raise RuntimeError("of one call")

    with monkeypatch.context() as patch:
        of_each(patch, {"s1": raises})
        with pytest.raises(RuntimeError, match="of one call"):
            world.work()

    results = {name: each.result for name, each in outcomes(world).items()}
    assert results == {"s0": Result.ACCEPTED, "s1": Result.UNKNOWN, "s2": Result.ACCEPTED}
    world.day(LATER)
    assert len(world.sent()) == 3


def test_a_call_that_was_not_made_is_decided_on_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(n, Channel.SMS) for n in range(3)))
    waves = iter([True])
    made = wave_module.side_by_side

    def too_late(calls: list[Callable[[], Awaitable[object]]], *rest: object, **more: object):
        if next(waves, False):
            first, *others = made(calls[:1], [0.0], in_flight=1), *calls[1:]
            return [*first, *(NotMadeError() for _ in others)]
        return made(calls, *rest, **more)

    monkeypatch.setattr(wave_module, "side_by_side", too_late)
    world.day()

    assert len(world.sent()) == 3
    assert (world.sums().accepted, world.sums().reconciles) == (3, True)
    taken_back = [each for each in world.store.waves.batches(SMS) if "not_made" in codes(each)]
    assert len(taken_back) == 2


def codes(batch: Batch) -> set[str | None]:
    return {each.outcome.code for each in batch.entries}


def test_what_one_item_does_not_hold_is_frozen_in_parts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(n, Channel.SMS) for n in range(8)))
    monkeypatch.setattr(wave_module, "LARGEST_BYTES", 500)

    world.day()

    sizes = [len(each.batches) for each in world.store.waves.of(SMS)]
    assert len(sizes) > 1
    assert sum(sizes) == 8
    assert len({each.recipient for each in world.sent()}) == len(world.sent()) == 8


def test_a_wave_makes_no_more_calls_than_one_item_names(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(n, Channel.SMS) for n in range(5)))
    calls_a_wave(monkeypatch, 2)

    world.day()

    assert [len(each.batches) for each in world.store.waves.of(SMS)] == [2, 2, 1]


def test_whoever_stops_after_being_read_ahead_gets_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(n, Channel.SMS) for n in range(3)))
    calls_a_wave(monkeypatch, 1)
    get_many, send = Reads.get_many, SmsSender.send
    monkeypatch.setattr(Reads, "get_many", lambda *asked: iter([*get_many(*asked)]))

    async def stopping(self: SmsSender, batch: Batch, call: Call) -> list[Outcome]:
        world.stop("s1", TEN)
        return await send(self, batch, call)

    of_each(monkeypatch, {"s0": stopping})

    world.day()

    taken_back = next(
        batch for batch in world.store.waves.batches(SMS) if batch.entries[0].subscriber == "s1"
    )
    assert codes(taken_back) == {"changed"}
    assert len(world.sent()) == 2
    assert world.sums().silent == {Reason.STOPPED: 1}
    assert world.sums().reconciles
