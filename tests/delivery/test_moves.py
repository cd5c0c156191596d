"""Who moves to another channel or account on a day gets that day's message once, and gets it."""

import re
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from functions.dispatch.arrivals import look_again
from shared.office.why import explain
from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.stage import Reason
from shared.store.arrivals import Arrivals
from shared.store.ledger import Ledger
from shared.store.waves import Waves
from shared.subscribers.actions import change
from tests.world import ADDRESSES, HANDLERS, TEN, TODAY, Context, World, bunkyo, pregnant

PHONE = "+819099990001"


def moves(world: World, at: datetime, channel: Channel, address: str, account: str = "bunkyo"):
    def move(old):
        return changes.moved(old, at, account=account, channel=channel, address=address)

    assert change(world.store, "s1", move) is not None


def received(world: World) -> list[tuple[str, str]]:
    return [(each.channel, each.text.split("\n")[0]) for each in world.sent()]


def test_a_move_before_the_day_begins_brings_the_message_on_the_new_channel(world: World) -> None:
    world.add(pregnant(1))
    moves(world, TEN - timedelta(hours=3), Channel.SMS, PHONE)

    world.day()

    assert received(world) == [("sms", "【文京区】お知らせ224")]


def test_a_move_after_the_message_came_brings_no_second_one(world: World) -> None:
    world.add(pregnant(1), pregnant(2, Channel.SMS))
    world.tick()
    records = {name: world.take(name) for name in ("EmailQueue", "SmsQueue")}
    run_jobs(world, "EmailQueue", records["EmailQueue"])
    moves(world, TEN, Channel.SMS, PHONE)

    run_jobs(world, "SmsQueue", records["SmsQueue"])
    world.work()
    world.day()
    world.tick()

    assert sorted(each.recipient for each in world.sent()) == [
        "+819010000002",
        "reader10000001@example.jp",
    ]
    sums = world.sums()
    assert sums.reconciles
    assert sums.silent == {Reason.ALREADY_SENT_TODAY: 1}


def test_a_move_while_the_day_is_under_way_brings_the_message_where_they_are_now(
    world: World,
) -> None:
    world.add(pregnant(1), pregnant(2, Channel.SMS))
    world.tick()
    records = {name: world.take(name) for name in ("EmailQueue", "SmsQueue")}
    moves(world, TEN - timedelta(minutes=5), Channel.SMS, PHONE)

    run_jobs(world, "EmailQueue", records["EmailQueue"])
    run_jobs(world, "SmsQueue", records["SmsQueue"])
    world.work()
    world.day()

    assert {each.recipient for each in world.sent()} == {PHONE, "+819010000002"}
    assert world.sums().reconciles


def test_a_move_just_before_the_freeze_takes_the_old_message_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    world.tick()
    email = world.take("EmailQueue")
    freeze = Waves.freeze

    def just_before(self: Ledger, *arguments: Any) -> None:
        patch.setattr(Waves, "freeze", freeze)
        moves(world, TEN, Channel.SMS, PHONE)
        world.work()  # the new job comes to its end meanwhile
        freeze(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Waves, "freeze", just_before)
        run_jobs(world, "EmailQueue", email)
    world.tick(TEN + timedelta(minutes=15))
    world.work()
    world.tick(TEN + timedelta(minutes=30))

    assert received(world) == [("sms", "【文京区】お知らせ224")]
    assert world.sums().reconciles


def test_after_a_move_nothing_is_sent_while_the_old_message_may_be_on_its_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1, Channel.LINE))
    world.tick()
    sms = world.take("SmsQueue")

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Waves, "record", die)
        with pytest.raises(SystemExit):
            world.work()
    moves(world, TEN, Channel.SMS, PHONE)
    run_jobs(world, "SmsQueue", sms)

    assert [each.channel for each in world.sent()] == ["line"]
    world.day(TEN + timedelta(minutes=15))
    world.day(TEN.replace(hour=21))
    assert [each.channel for each in world.sent()] == ["line"]
    sums = world.sums()
    assert (sums.unknown, sums.silent) == (1, {Reason.ALREADY_SENT_TODAY: 1})


def test_a_move_to_another_account_after_the_message_came_brings_no_second_one(
    world: World,
) -> None:
    naha = replace(bunkyo(name="那覇市", send_at=time(12)), id="naha")
    world.store.accounts.put(naha)
    world.add(pregnant(1))
    world.day()
    moves(world, TEN, Channel.EMAIL, "reader10000001@example.jp", account="naha")

    world.day(TEN + timedelta(hours=3))

    assert len(world.sent()) == 1
    assert world.sums(TODAY, "naha").silent == {Reason.ALREADY_SENT_TODAY: 1}


def test_the_day_after_a_move_is_a_day_like_any_other(world: World) -> None:
    world.add(pregnant(1))
    world.day()
    moves(world, TEN, Channel.LINE, ADDRESSES[Channel.LINE].format(1))

    world.day(TEN + timedelta(days=1))

    assert [each.channel for each in world.sent()] == ["email", "line"]


def test_staff_who_ask_why_are_told_where_it_came_before_the_move(world: World) -> None:
    naha = replace(bunkyo(name="那覇市", send_at=time(12)), id="naha")
    world.store.accounts.put(naha)
    world.add(pregnant(1))
    world.day()
    moves(world, TEN, Channel.SMS, PHONE, account="naha")
    world.day(TEN + timedelta(hours=3))

    found = world.store.subscribers.get("s1")
    assert found is not None
    (answer,) = explain(world.store, found, naha, naha.settings[0], TODAY)

    assert (answer.message, answer.outcome, answer.channel) == ("妊娠224日", "accepted", "email")


def test_who_moves_to_where_the_day_is_done_gets_the_message_there_with_the_next_tick(
    world: World,
) -> None:
    world.add(pregnant(1), pregnant(2, Channel.SMS))
    world.tick()
    email = world.take("EmailQueue")
    world.work()  # all but the mails
    moves(world, TEN, Channel.SMS, PHONE)
    run_jobs(world, "EmailQueue", email)
    assert [each.recipient for each in world.sent()] == ["+819010000002"]

    world.day(TEN + timedelta(minutes=15))

    assert received(world) == [("sms", "【文京区】お知らせ224")] * 2
    assert {each.recipient for each in world.sent()} == {PHONE, "+819010000002"}
    sums = world.sums()
    assert (sums.planned, sums.accepted, sums.reconciles) == (2, 2, True)


def test_who_moves_to_an_account_whose_run_is_closed_gets_the_message_from_it(world: World) -> None:
    naha = replace(bunkyo(name="那覇市", send_at=time(12)), id="naha")
    world.store.accounts.put(naha)
    world.store.subscribers.join(replace(pregnant(1), account="naha"), {"naha": 1})
    world.day()
    moves(world, TEN, Channel.EMAIL, "reader10000001@example.jp", account="bunkyo")

    world.day(TEN + timedelta(minutes=15))
    world.day(TEN + timedelta(hours=3))

    assert received(world) == [("email", "本文224です。")]
    assert world.sums().accepted == 1
    assert world.sums(account="naha").planned == 0


def test_who_moves_to_where_a_turn_is_just_ending_is_not_passed_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1), pregnant(2, Channel.SMS))
    world.tick()
    records = {name: world.take(name) for name in ("EmailQueue", "SmsQueue")}
    finish = Ledger.finish

    def just_before(self: Ledger, *arguments: Any) -> None:
        patch.setattr(Ledger, "finish", finish)
        moves(world, TEN, Channel.SMS, PHONE)
        look_again(world.store, TEN)
        finish(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "finish", just_before)
        run_jobs(world, "SmsQueue", records["SmsQueue"])
    run_jobs(world, "EmailQueue", records["EmailQueue"])
    world.tick(TEN + timedelta(minutes=15))
    world.day(TEN + timedelta(minutes=30))

    assert {each.recipient for each in world.sent()} == {PHONE, "+819010000002"}
    assert world.sums().reconciles


def test_a_tick_that_died_before_it_forgot_an_arrival_repeats_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1), pregnant(2, Channel.SMS))
    world.tick()
    world.take("EmailQueue")
    world.work()
    moves(world, TEN, Channel.SMS, PHONE)

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Arrivals, "seen", die)
        with pytest.raises(SystemExit):
            world.tick(TEN + timedelta(minutes=15))
    world.day(TEN + timedelta(minutes=30))
    world.day(TEN + timedelta(minutes=45))

    assert sorted(each.recipient for each in world.sent()) == ["+819010000002", PHONE]
    assert list(world.store.arrivals) == []


def test_nobody_s_move_has_those_who_were_refused_tried_again(world: World) -> None:
    world.add(pregnant(1), pregnant(2, Channel.SMS))
    world.fail(provider="twilio", kind="refused", times=1, code=21617)
    world.tick()
    email = world.take("EmailQueue")
    world.work()
    moves(world, TEN, Channel.SMS, PHONE)
    run_jobs(world, "EmailQueue", email)

    world.day(TEN + timedelta(minutes=15))

    assert [each.recipient for each in world.sent()] == [PHONE]


@pytest.mark.parametrize("later", [timedelta(hours=11), timedelta(hours=20, minutes=30)])
def test_an_arrival_that_is_seen_in_the_quiet_hours_is_forgotten(
    world: World, later: timedelta
) -> None:
    world.add(pregnant(1))
    world.tick()
    email = world.take("EmailQueue")
    world.work()
    world.tick()
    moves(world, TEN, Channel.SMS, PHONE)
    run_jobs(world, "EmailQueue", email)

    world.day(TEN + later)

    assert world.sent() == []
    assert list(world.store.arrivals) == []
    assert world.sums().planned == 0


def test_what_the_metrics_were_told_of_a_job_is_not_told_again(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.add(pregnant(1), *(pregnant(n, Channel.SMS) for n in (2, 3)))
    world.tick()
    world.take("EmailQueue")
    world.work()
    moves(world, TEN, Channel.SMS, PHONE)
    world.day(TEN + timedelta(minutes=15))

    told = re.findall(r'"Accepted": ?\[(.*?)\]', capsys.readouterr().out)
    assert sum(map(float, told)) == 3 == world.sums().accepted


def run_jobs(world: World, queue: str, records: list[dict[str, object]]) -> None:
    for record in records:
        HANDLERS[queue]({"Records": [record]}, Context())
