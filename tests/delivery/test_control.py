"""Staff hold what is under way, and let it go on: within one call to a provider."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cli.unsent import unsent
from cli.why import explain
from functions.email.sender import EmailSender
from functions.line.sender import LineSender
from functions.sms.sender import SmsSender
from shared.changing import change
from shared.rules.account import Channel
from shared.rules.history import Event, Happened
from shared.rules.reckoning import Result
from shared.rules.stage import Reason
from shared.rules.subscriber import Enrolment, Subscriber
from shared.store.keys import JobId
from shared.store.ledger import Cancelled, Ledger
from shared.store.pauses import Pause
from shared.store.subscribers import Subscribers
from tests.delivery.test_failures import LATER, SENDERS, die
from tests.world import TEN, TODAY, World, bunkyo, pregnant

QUIET = TEN.replace(hour=21)
DUE = (date(2027, 1, 20), date(2027, 1, 21))


def pause(world: World, account: str | None = "bunkyo", channel: Channel | None = None) -> None:
    assert world.store.pauses.put(Pause(account, channel, TEN, "sora", "a wrong text"))


def resume(world: World) -> None:
    assert world.store.pauses.lift("bunkyo", None)


def job(channel: Channel) -> JobId:
    return JobId("bunkyo", TODAY, channel, 0)


def before(
    monkeypatch: pytest.MonkeyPatch, owner: type, method: str, act: Callable[[], None], *, call: int
) -> None:
    """Have `act` done just before that call of a method, which then goes on."""
    original = getattr(owner, method)
    calls = 0

    def hooked(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            act()
        return original(*arguments, **named)

    monkeypatch.setattr(owner, method, hooked)


def sent_to(world: World) -> list[str]:
    return [each.recipient for each in world.sent()]


# Pauses.


def test_a_pause_between_two_calls_of_one_turn_stops_before_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(number, Channel.SMS) for number in range(4)))
    before(monkeypatch, SmsSender, "send", lambda: pause(world), call=2)

    world.day()

    assert len(world.sent()) == len(world.store.ledger.batches(job(Channel.SMS))) == 2


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.LINE])
def test_a_pause_during_a_large_call_stops_before_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    monkeypatch.setattr(SENDERS[channel], "batch_size", 2)
    world.add(*(pregnant(number, channel) for number in range(5)))
    before(monkeypatch, SENDERS[channel], "send", lambda: pause(world), call=1)

    world.day()

    assert len(world.sent()) == 2


def test_a_pause_that_comes_with_the_last_look_wins_over_its_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    # Called by the last look, after all else that a turn reads.
    before(monkeypatch, EmailSender, "calls", lambda: pause(world), call=1)

    world.day()

    assert world.sent() == []
    assert world.store.ledger.batches(job(Channel.EMAIL)) == []


def test_pauses_and_people_are_looked_at_before_the_freeze_and_again_after_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    order: list[str] = []
    for owner, method in (
        (Subscribers, "get_many"),
        (type(world.store.pauses), "covering"),
        (Ledger, "freeze"),
        (EmailSender, "send"),
    ):
        original = getattr(owner, method)

        def noted(*arguments: Any, name: str = method, do: Any = original, **named: Any) -> Any:
            order.append(name)
            return do(*arguments, **named)

        monkeypatch.setattr(owner, method, noted)

    world.day()

    assert order == ["get_many", "covering", "freeze", "covering", "get_many", "send"]


def test_after_a_pause_the_rest_is_sent_and_nobody_gets_it_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    assert world.store.ledger.batches(job(Channel.EMAIL)) == []


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
    with monkeypatch.context() as patch:
        patch.setattr(LineSender, "send", die)
        with pytest.raises(SystemExit):
            world.work()
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
    with monkeypatch.context() as patch:
        patch.setattr(LineSender, "send", die)
        with pytest.raises(SystemExit):
            world.work()
    before(monkeypatch, Subscribers, "get_many", lambda: pause(world), call=1)

    world.day(LATER)

    assert world.sent() == []


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS])
def test_while_paused_what_can_be_asked_is_settled(
    world: World, monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    world.add(pregnant(1, channel))
    world.tick()
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "record", die)
        with pytest.raises(SystemExit):
            world.work()
    world.ses_reports()
    pause(world)

    world.day(LATER)

    (batch,) = world.store.ledger.batches(job(channel))
    assert (batch.settled, batch.results) == (True, {Result.ACCEPTED})
    assert world.sums().accepted == len(world.sent()) == 1


# Cancelling.


def cancel(world: World, *channels: Channel) -> None:
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    assert world.store.control.cancel(run, channels or tuple(Channel), Cancelled(TEN, "sora"))


def unrecorded(world: World, monkeypatch: pytest.MonkeyPatch, owner: type, method: str) -> None:
    """A turn dies at a method, and leaves a batch without a record."""
    with monkeypatch.context() as patch:
        patch.setattr(owner, method, die)
        with pytest.raises(SystemExit):
            world.work()


def test_a_cancel_in_the_midst_of_a_turn_silences_the_rest_and_the_sums_reconcile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(n, Channel.SMS, twins=n == 3) for n in range(4)), pregnant(5))
    world.add(pregnant(6, Channel.SMS, due=TODAY + timedelta(days=260)))  # has no message
    before(monkeypatch, SmsSender, "send", lambda: cancel(world, Channel.SMS), call=2)

    world.day()

    sums = world.sums()
    assert (sums.planned, sums.accepted, sums.reconciles) == (6, 3, True)
    assert sums.silent == {Reason.CANCELLED: 3}
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    assert run.cancelled == {Channel.SMS: Cancelled(TEN, "sora")}


def test_a_cancel_that_comes_with_the_last_look_wins_over_its_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    before(monkeypatch, EmailSender, "calls", lambda: cancel(world), call=1)

    world.day()

    assert world.sent() == world.store.ledger.batches(job(Channel.EMAIL)) == []
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
    unrecorded(world, monkeypatch, *((Ledger, "record") if taken else (SENDERS[channel], "send")))
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


def told(world: World, subscriber: str) -> tuple[str | None, str | None]:
    """What `kizuna why` says of somebody's only enrolment: the outcome, or the reason."""
    found = world.store.subscribers.get(subscriber)
    assert found is not None
    account = bunkyo()
    (answer,) = explain(world.store, found, account, account.settings[0], TODAY)
    return answer.outcome, answer.reason


# Sending again to those who did not get it.


def resend(world: World, *channels: Channel) -> None:
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    world.store.control.resend(run, channels or tuple(Channel), datetime.now(UTC))


def left(world: World) -> dict[str, int]:
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    return dict(unsent(world.store, run, tuple(Channel), LATER))


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

    assert len(world.store.ledger.batches(job(Channel.LINE))) == 2


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
    before(monkeypatch, Ledger, "record", die, call=1)
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
