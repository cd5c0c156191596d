"""A quota that is used up ends the channel for the day: no further call, and staff are told."""

import io
from datetime import date, timedelta

import pytest
from rich.console import Console

from cli.runs import runs_table
from local.standins.outbox_questions import counts
from shared.office.runs import day_report
from shared.office.why import Answer, explain
from shared.rules.account import Channel
from shared.rules.stage import Reason
from shared.store.keys import JobId
from shared.store.ledger import Ledger
from tests.delivery.test_failures import die
from tests.waves import calls_a_wave
from tests.world import HANDLERS, TEN, TODAY, Context, World, bunkyo, pregnant

LATER = TEN + timedelta(minutes=30)
each_quota = pytest.mark.parametrize(
    ("channel", "provider", "code"),
    [(Channel.LINE, "line", "monthly_limit"), (Channel.EMAIL, "ses", "daily_quota")],
)


@pytest.fixture(autouse=True)
def small_waves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wave for each call, so that there is a next one when the quota has ended."""
    calls_a_wave(monkeypatch, 1)


def a_town(world: World, channel: Channel) -> None:
    """Readers of four different days, so that LINE gets four calls; one of them has twins."""
    for number in range(4):
        due = date(2027, 1, 20) - timedelta(days=number)
        world.add(pregnant(number, channel, due=due, twins=number == 3))


def calls_to_send(world: World) -> int:
    """How many calls were made that were to send something."""
    sending = {"send_bulk_email", "push", "multicast", "create"}
    found = counts(world.standins.outbox)["calls"]
    return sum(each["number"] for each in found if each["operation"] in sending)


def answers(world: World, subscriber: str) -> list[Answer]:
    """What `kizuna why` says."""
    found = world.store.subscribers.get(subscriber)
    assert found is not None
    account = bunkyo()
    return list(explain(world.store, found, account, account.settings[0], TODAY))


def channels_ended(capsys: pytest.CaptureFixture[str]) -> int:
    """How often the metric was raised."""
    return capsys.readouterr().out.replace(" ", "").count('"ChannelsEnded":[1.0]')


@each_quota
def test_after_a_used_up_quota_no_further_call_is_made_and_all_are_refused_with_its_code(
    world: World, channel: Channel, provider: str, code: str
) -> None:
    a_town(world, channel)
    world.fail(provider=provider, kind=code, times=1)

    world.day()
    world.day(LATER)

    assert (world.sent(), calls_to_send(world)) == ([], 1)
    sums = world.sums()
    assert (sums.planned, sums.refused, dict(sums.codes)) == (5, 4, {code: 4})
    assert sums.silent == {Reason.SENT_WITH_TWIN: 1}
    assert sums.reconciles


@each_quota
def test_the_job_and_the_closed_run_keep_that_the_channel_ended(
    world: World, channel: Channel, provider: str, code: str
) -> None:
    a_town(world, channel)
    world.fail(provider=provider, kind=code, times=1)

    world.day()

    job = world.store.ledger.job(JobId("bunkyo", TODAY, channel, 0))
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert job is not None
    assert run is not None
    assert (job.ended, run.ended) == (code, {channel: code})


def test_staff_are_told_by_the_log_a_metric_and_the_audit(
    world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    a_town(world, Channel.LINE)
    world.fail(provider="line", kind="monthly_limit", times=1)

    world.day()
    world.day(LATER)

    (entry,) = world.store.audit.of_month(2026, 11)
    told = "ended line of 2026-11-25: monthly_limit"
    assert (entry.by, entry.what, entry.about) == ("delivery", told, "bunkyo")
    assert channels_ended(capsys) == 1
    assert caplog.messages.count("ended: the provider takes nothing more") == 1


def test_of_a_bulk_mail_that_used_up_the_day_the_part_that_was_taken_counts(world: World) -> None:
    a_town(world, Channel.EMAIL)
    world.fail(provider="ses", kind="daily_quota", times=1, entries=[2])

    world.day()

    sums = world.sums()
    assert (sums.accepted, sums.refused, dict(sums.codes)) == (3, 1, {"daily_quota": 1})
    assert sums.reconciles
    assert len(world.sent()) == 3


def test_other_channels_go_on(world: World) -> None:
    world.add(*(pregnant(n, channel) for n, channel in enumerate(Channel)))
    world.fail(provider="line", kind="monthly_limit", times=1)

    world.day()

    assert sorted(each.channel for each in world.sent()) == ["email", "sms"]


def test_who_stopped_after_the_channel_ended_is_silent_and_not_refused(world: World) -> None:
    a_town(world, Channel.LINE)
    world.fail(provider="line", kind="monthly_limit", times=1)
    world.tick()
    world.stop("s1", TEN)

    world.work()
    world.tick()

    sums = world.sums()
    assert (sums.refused, sums.reconciles) == (3, True)
    assert [each.outcome for each in answers(world, "s1")] == [None]


def test_a_job_that_ended_and_then_died_makes_no_call_when_it_is_taken_up_again_and_tells(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_town(world, Channel.LINE)
    world.fail(provider="line", kind="monthly_limit", times=1)
    world.tick()
    (job,) = world.take("LineQueue")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "finish", die)
        with pytest.raises(SystemExit):
            HANDLERS["LineQueue"]({"Records": [job]}, Context())
    assert calls_to_send(world) == 1
    world.day(LATER)

    assert calls_to_send(world) == 1
    assert (world.sums().refused, world.sums().reconciles) == (4, True)
    assert channels_ended(capsys) == 1
    assert len(list(world.store.audit.of_month(2026, 11))) == 1


def test_who_was_tried_before_the_channel_ended_is_refused_too(world: World) -> None:
    a_town(world, Channel.EMAIL)
    world.fail(provider="ses", kind="throttle", times=1)
    world.day()
    world.fail(provider="ses", kind="daily_quota", times=1)

    world.day(LATER)

    sums = world.sums()
    assert (sums.refused, dict(sums.codes), sums.reconciles) == (4, {"daily_quota": 4}, True)


def test_a_job_from_which_the_ending_was_taken_away_goes_on(world: World) -> None:
    a_town(world, Channel.LINE)
    world.fail(provider="line", kind="monthly_limit", times=1)
    world.tick()
    world.work()
    world.store.ledger._table.update_item(
        Key={"pk": "RUN#2026-11-25#bunkyo", "sk": "JOB#line#0"},
        UpdateExpression="REMOVE ended, sums",
    )

    world.day(LATER)

    sums = world.sums()
    assert (sums.accepted, sums.refused, sums.reconciles) == (3, 1, True)


@each_quota
def test_the_runs_of_the_day_show_the_channel_as_ended_with_its_code(
    world: World, channel: Channel, provider: str, code: str
) -> None:
    a_town(world, channel)
    world.fail(provider=provider, kind=code, times=1)
    world.tick()
    world.work()

    reports = [day_report(world.store, TODAY)]
    world.tick()
    reports.append(day_report(world.store, TODAY))

    assert [report["runs"][0]["state"] for report in reports] == ["open", "closed"]
    for report in reports:
        assert report["runs"][0]["ended"] == {channel: code}
        text = io.StringIO()
        Console(file=text, width=120).print(runs_table(report))
        assert f"{channel} (ended: {code})" in text.getvalue()
        assert text.getvalue().count("ended") == 1


@pytest.mark.parametrize("closed", [False, True])
def test_staff_who_ask_why_are_told_that_it_was_refused_and_with_which_code(
    world: World, closed: bool
) -> None:
    a_town(world, Channel.LINE)
    world.fail(provider="line", kind="monthly_limit", times=1)
    world.tick()
    world.work()
    if closed:
        world.tick()

    for number in range(3):
        (answer,) = answers(world, f"s{number}")
        assert (answer.outcome, answer.code) == ("refused", "monthly_limit")
    first, twin = answers(world, "s3")
    assert (first.outcome, first.code) == ("refused", "monthly_limit")
    assert (twin.outcome, twin.reason) == (None, Reason.SENT_WITH_TWIN)


def test_a_run_that_was_closed_before_there_was_an_ending_can_still_be_read(world: World) -> None:
    a_town(world, Channel.LINE)
    world.day()
    world.store.ledger._table.update_item(
        Key={"pk": "RUNS#2026-11-25", "sk": "bunkyo"}, UpdateExpression="REMOVE ended"
    )

    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    assert run.ended == {}
