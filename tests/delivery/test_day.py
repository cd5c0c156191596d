"""A day from the tick to the inboxes, with the real handlers."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import boto3
import pytest

from functions.dispatch.tick import BadEventError, handler
from shared.rules import changes
from shared.rules.account import Channel, Delivery
from shared.rules.dates import JST
from shared.rules.ending import DEFAULT_END
from shared.rules.history import Event, Happened
from shared.rules.stage import Reason
from shared.rules.subscriber import Enrolment
from shared.store.keys import JobId
from shared.subscribers.actions import change
from tests.world import HANDLERS, JOINED, TEN, TODAY, Context, World, bunkyo, pregnant, texts


def a_town(world: World) -> None:
    """Twenty on each channel, every tenth with twins, a few of them with a nickname."""
    world.add(
        *(
            pregnant(
                number,
                list(Channel)[number % 3],
                due=date(2026, 12, 1) + timedelta(days=number % 40),
                nickname="はなちゃん" if number % 7 == 0 else None,
                twins=number % 10 == 0,
            )
            for number in range(60)
        )
    )


def test_every_reader_gets_the_message_of_the_day_once_and_the_sums_reconcile(world: World) -> None:
    a_town(world)

    world.day()

    sums = world.sums()
    assert sums.reconciles
    assert (sums.planned, sums.accepted) == (66, 60)
    assert sums.silent == {Reason.SENT_WITH_TWIN: 6}
    assert len({each.recipient for each in world.sent()}) == len(world.sent()) == 60


def test_the_second_dispatch_of_a_day_sends_nothing(world: World) -> None:
    a_town(world)
    world.day()
    sent = len(world.sent())

    world.day()
    world.day(TEN + timedelta(hours=2))

    assert len(world.sent()) == sent


def test_the_same_job_delivered_twice_sends_once(world: World) -> None:
    a_town(world)
    world.tick()
    world.tick()

    world.work()

    assert len(world.sent()) == 60


def test_before_the_sending_time_no_run_is_opened(world: World) -> None:
    world.add(pregnant(1))

    world.day(TEN.replace(hour=8, minute=45))

    assert world.sent() == []
    assert world.store.ledger.run(TODAY, "bunkyo") is None


def test_a_missed_tick_is_made_up_for_by_the_next(world: World) -> None:
    world.add(pregnant(1))

    world.day(TEN.replace(hour=20, minute=45))

    assert len(world.sent()) == 1


def test_in_the_quiet_hours_nothing_is_sent_and_what_is_left_expires(world: World) -> None:
    world.add(pregnant(1), pregnant(2, Channel.LINE), pregnant(3, Channel.SMS, twins=True))
    world.tick()

    for queue in ("EmailQueue", "LineQueue", "SmsQueue"):
        world.take(queue)  # every job is lost on its way
    world.day(TEN.replace(hour=21))

    sums = world.sums()
    assert world.sent() == []
    assert (sums.planned, sums.expired, sums.silent) == (4, 3, {Reason.SENT_WITH_TWIN: 1})
    assert sums.reconciles


def test_a_run_that_nobody_closed_is_closed_the_next_morning_and_sends_nothing_late(
    world: World,
) -> None:
    world.add(pregnant(1))
    world.tick()
    world.take("EmailQueue")

    world.day((TEN + timedelta(days=1)).replace(hour=6))

    assert world.sent() == []
    assert world.sums().expired == 1


def test_who_stopped_after_planning_and_before_the_freeze_hears_nothing(world: World) -> None:
    world.add(pregnant(1), pregnant(2))
    world.tick()

    world.stop("s1", TEN)
    world.work()

    assert [each.recipient for each in world.sent()] == ["reader10000002@example.jp"]


def test_a_stop_counts_at_once_even_where_its_clock_runs_ahead_of_ours(world: World) -> None:
    world.add(pregnant(1))
    world.tick()
    (queued,) = world.take("EmailQueue")

    world.stop("s1", TEN + timedelta(minutes=5))
    # The due entry was read before the stop took it away: the last look is what counts.
    partition = "DUE#bunkyo#email#0#pregnancy"
    table = boto3.resource("dynamodb").Table(world.refs["DirectoryTable"])
    table.put_item(Item={"pk": partition, "sk": "2027-01-20#s1#e1"})
    HANDLERS["EmailQueue"]({"Records": [queued]}, Context())
    world.tick()

    assert world.sent() == []
    job = JobId("bunkyo", TODAY, Channel.EMAIL, 0)
    found = world.store.ledger.job(job)
    assert found is not None
    assert found.sums is not None
    assert found.sums.silent == {Reason.STOPPED: 1}


def test_a_job_that_runs_out_of_time_is_handed_on_and_ends_complete(world: World) -> None:
    a_town(world)
    world.tick()

    world.work(Context(seconds=30), rounds=1)
    assert world.sent() == []
    world.day()

    assert len(world.sent()) == 60
    assert world.sums().reconciles


def test_before_any_text_is_published_the_run_of_the_day_waits_for_one(world: World) -> None:
    world.add(pregnant(1))
    directory = boto3.resource("dynamodb").Table(world.refs["DirectoryTable"])
    directory.delete_item(Key={"pk": "CONTENT", "sk": "common"})

    assert world.tick()["opened"] == 0
    world.store.content.publish("common", texts())
    world.day()

    assert len(world.sent()) == 1


def test_an_external_account_has_no_runs(world: World) -> None:
    world.store.accounts.put(bunkyo(delivery=Delivery.EXTERNAL))

    assert world.tick()["opened"] == 0


@pytest.mark.parametrize(
    "event",
    [{"now": "2026-11-25T10:00:00"}, {"now": "yesterday"}, {"when": "now"}],
    ids=["no offset", "no instant", "unknown name"],
)
def test_a_bad_tick_event_is_refused_with_what_would_be_right(
    world: World, event: dict[str, str]
) -> None:
    with pytest.raises(BadEventError, match="a tick takes"):
        handler(event, Context())


def test_a_stack_on_the_real_clock_is_not_told_the_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOCK", "real")

    with pytest.raises(BadEventError, match="real clock"):
        handler({"now": TEN.isoformat()}, Context())


def test_twins_born_on_two_days_get_one_message_a_day(world: World) -> None:
    at = datetime(2026, 11, 20, 12, 0, tzinfo=JST)
    due = (Event(JOINED, Happened.JOINED), Event(JOINED, Happened.DUE_DATE, date(2026, 11, 30)))
    twins = tuple(
        Enrolment(name, None, (*due, Event(at, Happened.BIRTH, day)))
        for name, day in (("e1", date(2026, 11, 18)), ("e2", date(2026, 11, 19)))
    )
    world.add(replace(pregnant(1), enrolments=twins))

    world.day()
    world.day(TEN + timedelta(days=1))

    assert [re.findall(r"(\d)日目", each.text) for each in world.sent()] == [["7"], ["8"]]
    assert world.sums().reconciles


def test_a_birth_corrected_twice_after_the_message_brings_no_second_one(world: World) -> None:
    world.add(pregnant(1, due=date(2026, 11, 27)))
    for day in (20, 22):
        change(
            world.store,
            "s1",
            lambda old, born=date(2026, 11, day): changes.birth_registered(
                old, TEN - timedelta(hours=2), "e1", born, end=DEFAULT_END
            ),
        )
    world.day()
    change(
        world.store,
        "s1",
        lambda old: changes.birth_registered(old, TEN, "e1", date(2026, 11, 21), end=DEFAULT_END),
    )
    world.day(TEN + timedelta(hours=1))
    world.day(TEN + timedelta(days=1))

    assert [each.text.split("の")[1][:3] for each in world.sent()] == ["3日目", "5日目"]
