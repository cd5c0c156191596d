"""Staff have a run sent again: to those who did not get it, and to nobody twice."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from functions.sms.sender import SmsSender
from shared.rules.account import Channel
from shared.rules.history import Event, Happened
from shared.rules.stage import Reason
from shared.rules.subscriber import Enrolment, Subscriber
from shared.store.ledger import Ledger
from shared.store.waves import Waves
from shared.subscribers.actions import change
from tests.delivery.staff import DUE, QUIET, before, cancel, job, left, resend, sent_to, told
from tests.delivery.test_failures import LATER, die
from tests.waves import calls_a_wave
from tests.world import TEN, TODAY, World, pregnant


@pytest.fixture(autouse=True)
def small_waves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wave for each call, so that something can happen between two."""
    calls_a_wave(monkeypatch, 1)


def test_who_was_refused_gets_it_and_who_got_it_does_not_get_it_twice(world: World) -> None:
    world.add(*(pregnant(n, Channel.LINE, due=DUE[n % 2]) for n in range(6)), pregnant(7))
    world.fail(provider="line", kind="monthly_limit", times=1)
    world.day()
    # Three were in the call that LINE refused; for the others none was made any more.
    assert (world.sums().refused, world.sums().accepted) == (6, 1)
    assert {told(world, f"s{n}") for n in range(6)} == {("refused", None)}
    assert left(world) == {"monthly_limit": 6}

    resend(world)
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    assert (run.closed_at, run.sums) == (None, None)
    world.day(LATER)

    assert len(set(sent_to(world))) == len(sent_to(world)) == 7
    sums = world.sums()
    assert (sums.planned, sums.accepted, sums.codes, sums.reconciles) == (7, 7, {}, True)
    assert {told(world, f"s{n}") for n in range(6)} == {("accepted", None)}
    assert left(world) == {}


def test_those_refused_are_sent_to_together_and_not_one_by_one(world: World) -> None:
    world.add(*(pregnant(n, Channel.LINE) for n in range(5)))
    world.fail(provider="line", kind="monthly_limit", times=1)
    world.day()

    resend(world)
    world.day(LATER)

    assert len(world.store.waves.batches(job(Channel.LINE))) == 2


def test_what_was_cancelled_is_sent_after_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(n, Channel.SMS) for n in range(4)))
    before(monkeypatch, SmsSender, "send", lambda: cancel(world), call=2)
    world.day()
    assert left(world) == {"cancelled": 2}

    resend(world)
    world.day(LATER)

    assert len(set(sent_to(world))) == len(sent_to(world)) == 4
    assert (world.sums().accepted, world.sums().silent) == (4, {})
    assert told(world, "s0") == ("accepted", None)


def test_only_the_channel_that_is_asked_for_is_sent_again(world: World) -> None:
    world.add(pregnant(1, Channel.SMS), pregnant(2))
    world.tick()
    cancel(world)
    world.work()
    world.tick()

    resend(world, Channel.SMS)
    world.day(LATER)

    assert [each.channel for each in world.sent()] == ["sms"]
    assert (world.sums().accepted, world.sums().silent) == (1, {Reason.CANCELLED: 1})


def test_who_joined_after_the_run_was_closed_gets_it_with_the_rest(world: World) -> None:
    world.add(pregnant(1))
    world.day()
    world.add(pregnant(2))
    assert left(world) == {"not_sent": 1}

    resend(world)
    world.day(LATER)

    assert len(world.sent()) == 2
    assert (world.sums().planned, world.sums().accepted) == (2, 2)


def test_the_last_look_decides_anew_for_who_was_refused(world: World) -> None:
    world.add(pregnant(1, Channel.LINE), pregnant(2, Channel.LINE))
    world.fail(provider="line", kind="monthly_limit", times=1)
    world.day()
    world.stop("s1", TEN)
    assert left(world) == {"monthly_limit": 1}

    resend(world)
    world.day(LATER)

    assert (len(world.sent()), world.sums().accepted) == (1, 1)
    assert world.sums().silent == {Reason.STOPPED: 1}
    assert told(world, "s1") == (None, "stopped")


def test_who_is_gone_and_has_a_new_number_gets_it(world: World) -> None:
    world.add(pregnant(1, Channel.SMS))
    world.fail(provider="twilio", kind="refused", times=1, code=21211)
    world.day()
    assert (world.sums().gone, left(world)) == (1, {})  # suspended: nobody to send to

    def corrected(old: Subscriber) -> Subscriber:
        enrolments = tuple(returned(each, TEN + timedelta(minutes=5)) for each in old.enrolments)
        return replace(old, address="+819099990001", enrolments=enrolments)

    assert change(world.store, "s1", corrected)
    assert left(world) == {"21211": 1}
    resend(world)
    world.day(LATER)

    assert sent_to(world) == ["+819099990001"]
    assert (world.sums().gone, world.sums().accepted) == (0, 1)


def returned(enrolment: Enrolment, at: datetime) -> Enrolment:
    return replace(enrolment, history=(*enrolment.history, Event(at, Happened.RETURNED)))


def test_what_may_have_been_taken_is_never_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1, Channel.LINE), pregnant(2, Channel.LINE, due=DUE[1]))
    world.tick()
    before(monkeypatch, Waves, "record", die, call=1)
    with pytest.raises(SystemExit):
        world.work()
    cancel(world)
    world.day(LATER)
    assert (world.sums().unknown, world.sums().silent) == (1, {Reason.CANCELLED: 1})
    assert left(world) == {"cancelled": 1}

    for _ in range(2):
        resend(world)
        world.day(LATER)

    assert len(set(sent_to(world))) == len(sent_to(world)) == 2
    assert (world.sums().unknown, world.sums().accepted) == (1, 1)


def test_sending_again_twice_repeats_nothing(world: World) -> None:
    world.add(*(pregnant(n, list(Channel)[n % 3]) for n in range(9)))
    world.fail(provider="line", kind="monthly_limit", times=1)
    world.day()

    for _ in range(3):
        resend(world)
        resend(world)
        world.day(LATER)

    assert len(set(sent_to(world))) == len(sent_to(world)) == 9
    assert (world.sums().accepted, world.sums().reconciles) == (9, True)


def test_a_refusal_after_it_was_sent_again_counts_until_the_next_time(world: World) -> None:
    world.add(pregnant(1, Channel.LINE))
    world.fail(provider="line", kind="monthly_limit", times=2)
    world.day()
    resend(world)
    world.day(LATER)
    assert (world.sums().refused, world.sums().codes) == (1, {"monthly_limit": 1})
    world.day(LATER)
    assert world.sent() == []

    resend(world)
    world.day(LATER)

    assert len(world.sent()) == 1


def test_a_turn_under_way_cannot_end_a_job_that_is_reopened_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1), pregnant(2, Channel.LINE))
    world.tick()
    cancel(world)
    before(monkeypatch, Ledger, "finish", lambda: resend(world), call=1)

    world.work()
    assert world.tick_event({"now": TEN.isoformat()})["queued"] > 0
    world.work()
    world.tick()

    assert len(world.sent()) == 2
    assert (world.sums().accepted, world.sums().silent) == (2, {})


def test_a_run_that_is_reopened_while_the_tick_closes_it_stays_open(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    world.tick()
    cancel(world)
    world.work()
    before(monkeypatch, Ledger, "close_run", lambda: resend(world), call=1)

    assert world.tick()["open"] == 1
    world.day(LATER)

    assert len(world.sent()) == world.sums().accepted == 1


def test_what_is_sent_again_too_late_expires_with_its_code(world: World) -> None:
    world.add(pregnant(1, Channel.LINE))
    world.fail(provider="line", kind="monthly_limit", times=1)
    world.day()

    resend(world)
    world.day(QUIET)

    assert world.sent() == []
    assert (world.sums().expired, world.sums().codes) == (1, {"monthly_limit": 1})
    assert told(world, "s1") == ("expired", None)
