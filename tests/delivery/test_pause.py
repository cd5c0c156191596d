"""Staff pause what is under way: it counts from the next call to a provider on."""

from typing import Any

import pytest

from functions.email.sender import EmailSender
from functions.line.sender import LineSender
from functions.sms.sender import SmsSender
from shared.rules.account import Channel
from shared.rules.outcomes import Result
from shared.store.recipients import RecipientReads
from shared.store.waves import Waves
from tests.delivery.staff import QUIET, before, job, pause, resume, sent_to, unrecorded, why
from tests.delivery.test_failures import LATER, SENDERS
from tests.waves import calls_a_wave
from tests.world import TEN, World, pregnant


def test_a_pause_between_two_calls_of_one_turn_stops_before_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls_a_wave(monkeypatch, 1)
    world.add(*(pregnant(number, Channel.SMS) for number in range(4)))
    before(monkeypatch, SmsSender, "send", lambda: pause(world), call=2)

    world.day()

    assert len(world.sent()) == len(world.store.waves.batches(job(Channel.SMS))) == 2


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.LINE])
def test_a_pause_during_a_large_call_stops_before_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    monkeypatch.setattr(SENDERS[channel], "batch_size", 2)
    calls_a_wave(monkeypatch, 1)
    world.add(*(pregnant(number, channel) for number in range(5)))
    before(monkeypatch, SENDERS[channel], "send", lambda: pause(world), call=1)

    world.day()

    assert len(world.sent()) == 2


def test_a_pause_that_comes_after_the_decision_and_before_the_freeze_takes_the_call_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    # Called once it is decided who is sent what, after all that a wave reads before its freeze.
    before(monkeypatch, EmailSender, "calls", lambda: pause(world), call=1)

    world.day()

    assert world.sent() == []
    (taken_back,) = world.store.waves.batches(job(Channel.EMAIL))
    assert [each.outcome.code for each in taken_back.entries] == ["changed"]


def test_pauses_and_people_are_looked_at_before_the_freeze_and_again_after_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    order: list[str] = []
    for owner, method in (
        (RecipientReads, "reading"),
        (RecipientReads, "versions"),
        (Waves, "freeze"),
        (EmailSender, "send"),
    ):
        original = getattr(owner, method)

        def noted(*arguments: Any, name: str = method, do: Any = original, **named: Any) -> Any:
            order.append(name)
            return do(*arguments, **named)

        monkeypatch.setattr(owner, method, noted)

    world.day()

    assert order == ["reading", "freeze", "versions", "reading", "send"]


def test_after_a_pause_the_rest_is_sent_and_nobody_gets_it_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls_a_wave(monkeypatch, 1)
    world.add(*(pregnant(number, Channel.SMS) for number in range(4)), pregnant(5))
    before(monkeypatch, SmsSender, "send", lambda: pause(world), call=2)
    world.day()

    resume(world)
    world.day(LATER)

    assert len(set(sent_to(world))) == len(sent_to(world)) == 5
    assert (world.sums().accepted, world.sums().reconciles) == (5, True)


def test_a_paused_job_has_no_message_of_its_own_and_comes_back_with_each_tick(
    world: World,
) -> None:
    world.add(pregnant(1))
    pause(world)
    world.tick()

    for _ in range(3):
        world.work()
        assert world.tick_event({"now": TEN.isoformat()})["queued"] == 1
    assert world.store.waves.batches(job(Channel.EMAIL)) == []


def test_staff_who_ask_why_are_told_that_it_is_paused(world: World) -> None:
    world.add(pregnant(1))
    world.tick()
    assert (why(world, "s1").outcome, why(world, "s1").code) == ("planned", None)
    pause(world)
    world.work()

    answer = why(world, "s1")
    assert (answer.outcome, answer.code, answer.at) == ("planned", "paused", None)

    resume(world)
    world.day()
    assert (why(world, "s1").outcome, why(world, "s1").code) == ("accepted", None)


@pytest.mark.parametrize("twins", [False, True])
def test_what_a_pause_holds_until_the_quiet_hours_expires_with_its_code(
    world: World, twins: bool
) -> None:
    world.add(pregnant(1, twins=twins))
    world.fail(provider="ses", kind="throttle", times=1)
    world.day()
    pause(world)
    world.day(LATER)

    world.day(QUIET)

    assert world.sent() == []
    sums = world.sums()
    assert (sums.expired, sums.codes, sums.reconciles) == (1, {"paused": 1}, True)


def test_while_paused_a_line_call_without_an_answer_is_not_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1, Channel.LINE))
    world.tick()
    unrecorded(world, monkeypatch, LineSender, "send")
    pause(world)
    world.day(LATER)
    assert world.sent() == []

    resume(world)
    world.day(LATER)

    assert len(world.sent()) == 1
    assert world.sums().accepted == 1


def test_a_pause_that_comes_while_a_line_call_is_looked_into_wins_over_its_repeat(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1, Channel.LINE))
    world.tick()
    unrecorded(world, monkeypatch, LineSender, "send")
    before(monkeypatch, RecipientReads, "people", lambda: pause(world), call=2)

    world.day(LATER)

    assert world.sent() == []


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS])
def test_while_paused_what_can_be_asked_is_settled(
    world: World, monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    world.add(pregnant(1, channel))
    world.tick()
    unrecorded(world, monkeypatch, Waves, "record")
    world.ses_reports()
    pause(world)

    world.day(LATER)

    (batch,) = world.store.waves.batches(job(channel))
    assert (batch.settled, batch.results) == (True, {Result.ACCEPTED})
    assert world.sums().accepted == len(world.sent()) == 1
