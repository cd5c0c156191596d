"""Staff cancel a run: what was not frozen yet is silent, and the sums reconcile."""

from datetime import timedelta

import pytest

from functions.email.sender import EmailSender
from functions.line.sender import LineSender
from functions.sms.sender import SmsSender
from shared.rules.account import Channel
from shared.rules.stage import Reason
from shared.store.ledger import Ledger
from shared.store.run import Cancelled
from shared.store.waves import Waves
from tests.delivery.staff import QUIET, before, cancel, job, pause, told, unrecorded
from tests.delivery.test_failures import LATER, SENDERS
from tests.waves import calls_a_wave
from tests.world import TEN, TODAY, World, pregnant


def test_a_cancel_in_the_midst_of_a_turn_silences_the_rest_and_the_sums_reconcile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(n, Channel.SMS, twins=n == 3) for n in range(4)), pregnant(5))
    world.add(pregnant(6, Channel.SMS, due=TODAY + timedelta(days=260)))  # has no message
    calls_a_wave(monkeypatch, 1)
    before(monkeypatch, SmsSender, "send", lambda: cancel(world, Channel.SMS), call=2)

    world.day()

    sums = world.sums()
    assert (sums.planned, sums.accepted, sums.reconciles) == (6, 3, True)
    assert sums.silent == {Reason.CANCELLED: 3}
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    assert run.cancelled == {Channel.SMS: Cancelled(TEN, "sora")}


def test_a_cancel_that_comes_after_the_decision_and_before_the_freeze_takes_the_call_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    before(monkeypatch, EmailSender, "calls", lambda: cancel(world), call=1)

    world.day()

    assert world.sent() == []
    (taken_back,) = world.store.waves.batches(job(Channel.EMAIL))
    assert [each.outcome.code for each in taken_back.entries] == ["changed"]
    assert world.sums().silent == {Reason.CANCELLED: 1}


def test_a_cancelled_run_that_is_paused_closes_all_the_same(world: World) -> None:
    world.add(pregnant(1), pregnant(2))
    world.tick()
    world.stop("s2", TEN)
    pause(world)
    cancel(world)
    world.day(LATER)

    assert world.sums().silent == {Reason.CANCELLED: 1}


def test_what_was_cancelled_does_not_expire_as_well(world: World) -> None:
    world.add(pregnant(1))
    world.tick()
    cancel(world)

    world.day(QUIET)

    assert (world.sums().expired, world.sums().silent) == (0, {Reason.CANCELLED: 1})


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not taken"])
@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS])
def test_a_call_without_a_record_is_asked_about_after_a_cancel(
    world: World, monkeypatch: pytest.MonkeyPatch, channel: Channel, taken: bool
) -> None:
    world.add(pregnant(1, channel))
    world.tick()
    unrecorded(world, monkeypatch, *((Waves, "record") if taken else (SENDERS[channel], "send")))
    cancel(world)

    world.ses_reports()
    for minutes in (30, 45, 60):
        world.day(TEN + timedelta(minutes=minutes))
        world.ses_reports()

    sums = world.sums()
    assert len(world.sent()) == sums.accepted == (1 if taken else 0)
    assert (sums.silent.get(Reason.CANCELLED, 0), sums.reconciles) == (0 if taken else 1, True)


def test_a_line_call_without_a_record_is_not_repeated_after_a_cancel_and_stays_unknown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1, Channel.LINE))
    world.tick()
    unrecorded(world, monkeypatch, LineSender, "send")
    cancel(world)

    world.day(LATER)

    assert world.sent() == []
    assert (world.sums().unknown, world.sums().reconciles) == (1, True)


def test_a_cancel_made_while_the_tick_closes_the_run_is_not_wiped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    world.tick()
    world.work()
    before(monkeypatch, Ledger, "close_run", lambda: cancel(world), call=1)

    world.tick()

    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    assert run.closed_at is not None
    assert run.cancelled.keys() == set(Channel)


def test_a_closed_run_cannot_be_cancelled(world: World) -> None:
    world.add(pregnant(1))
    world.tick()
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    world.work()
    world.tick()

    assert not world.store.control.cancel(run, [Channel.EMAIL], Cancelled(TEN, "sora"))

    closed = world.store.ledger.run(TODAY, "bunkyo")
    assert closed is not None
    assert closed.cancelled == {}


def test_staff_who_ask_why_are_told_that_it_was_cancelled(world: World) -> None:
    world.add(pregnant(1), pregnant(2, Channel.LINE))
    world.tick()
    cancel(world, Channel.EMAIL)

    for _ in range(2):
        assert [told(world, each) for each in ("s1", "s2")] == [
            (None, Reason.CANCELLED),
            ("planned" if not world.sent() else "accepted", None),
        ]
        world.day(LATER)
