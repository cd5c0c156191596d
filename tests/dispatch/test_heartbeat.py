"""The heartbeat: a tick that failed is not counted, and a run that comes no further is told."""

import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.dispatch import tick as dispatch_tick
from functions.dispatch.heartbeat import at_a_standstill
from shared.rules.account import Channel
from shared.rules.reconciliation import Sums
from shared.store.keys import JobId
from shared.store.pauses import Pause
from shared.store.run import Job, Run
from tests.world import TEN, TODAY, World, bunkyo, pregnant

NINE = TEN.replace(hour=9)
EMAIL, LINE = (JobId("bunkyo", TODAY, channel, 0) for channel in (Channel.EMAIL, Channel.LINE))
DONE = Job(sums=Sums())


def at(hour: int, minute: int = 0) -> datetime:
    return TEN.replace(hour=hour, minute=minute)


def a_run(**changes: Any) -> Run:
    """A run of two jobs, opened at nine."""
    (settings,) = bunkyo(**changes).settings
    return Run("bunkyo", TODAY, settings, {}, ((Channel.EMAIL, 0), (Channel.LINE, 0)), NINE)


@pytest.mark.parametrize(
    ("now", "email", "line", "standing"),
    [
        (at(9, 44), Job(), Job(), set()),
        (at(9, 45), Job(), Job(), {Channel.EMAIL, Channel.LINE}),
        (at(9, 45), DONE, Job(), {Channel.LINE}),
        (at(9, 45), DONE, DONE, set()),
        (at(9, 45), Job(), Job(progress_at=at(9, 1)), {Channel.EMAIL}),
        (at(12), DONE, Job(progress_at=at(11, 16)), set()),
        (at(12), DONE, Job(progress_at=at(11, 15)), {Channel.LINE}),
        (at(12), DONE, Job(leased_until=9_999_999_999), {Channel.LINE}),
        (at(20, 59), DONE, Job(), {Channel.LINE}),
        (at(21), DONE, Job(), set()),
        (at(10) + timedelta(days=1), DONE, Job(), set()),
    ],
    ids=[
        "opened a moment ago",
        "nothing in 45 minutes",
        "one channel is done",
        "both are",
        "one came further",
        "came further within 45 minutes",
        "came no further since",
        "works or rests, and comes no further",
        "the last minute of the sending hours",
        "in the quiet hours, when it only has to expire",
        "another day's",
    ],
)
def test_a_channel_is_at_a_standstill_where_a_job_came_no_further_while_it_could(
    now: datetime, email: Job, line: Job, standing: set[Channel]
) -> None:
    assert at_a_standstill(a_run(), {EMAIL: email, LINE: line}, now) == standing


def stuck(capsys: pytest.CaptureFixture[str]) -> float:
    """How many stuck runs the last tick counted."""
    told = capsys.readouterr().out
    _, _, after = told.rpartition('"StuckRuns":[')
    return float(after.partition("]")[0])


def test_a_run_whose_provider_takes_nothing_is_told_after_45_minutes(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.add(pregnant(1, Channel.LINE), pregnant(2))
    world.fail(provider="line", kind="throttle", times=99)
    counted = []

    for minute in range(0, 60, 15):
        world.tick(at(9, minute))
        counted.append(stuck(capsys))
        world.work()

    assert counted == [0, 0, 0, 1]


def test_a_run_that_came_further_starts_its_45_minutes_anew(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """One number cannot be reached today; another reader's SMS goes out at half past nine."""
    world.add(pregnant(1, Channel.SMS))
    first = world.store.subscribers.get("s1")
    assert first is not None
    world.fail(provider="twilio", kind="refused", times=99, code=21612, recipient=first.address)
    world.tick(at(9))
    world.work()
    world.add(pregnant(2, Channel.SMS))
    world.tick(at(9, 30))
    world.work()
    job = world.store.ledger.job(JobId("bunkyo", TODAY, Channel.SMS, 0))
    assert job is not None
    assert job.progress_at is not None
    assert at(9, 30) <= job.progress_at < at(9, 31)
    counted = []

    for now in (at(9, 45), at(10), at(10, 30)):
        world.tick(now)
        counted.append(stuck(capsys))
        world.work()

    assert counted == [0, 0, 1]


def test_a_paused_run_is_told_neither_meanwhile_nor_when_the_pause_is_lifted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.add(pregnant(1, Channel.LINE))
    world.store.pauses.put(Pause("bunkyo", Channel.LINE, NINE, "佐藤", "a wrong text"))
    counted = []

    for now in (at(9), at(9, 45), at(11)):
        world.tick(now)
        counted.append(stuck(capsys))
        world.work()
    world.store.pauses.lift("bunkyo", Channel.LINE)
    world.tick(at(11, 15))
    counted.append(stuck(capsys))

    assert counted == [0, 0, 0, 0]


def test_a_pause_of_one_channel_hides_no_other(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.tick(at(9))
    world.store.pauses.put(Pause("bunkyo", Channel.LINE, NINE, "佐藤", "a wrong text"))

    world.tick(at(9, 45))

    assert stuck(capsys) == 1


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    written = io.StringIO()
    (stream,) = logging.getLogger("dispatch").handlers
    monkeypatch.setattr(stream, "stream", written)
    return written


def test_the_log_names_the_run_that_is_stuck(world: World, log: io.StringIO) -> None:
    world.tick(at(9))
    world.tick(at(9, 45))

    (line,) = [each for each in log.getvalue().splitlines() if "comes no further" in each]
    assert '"account":"bunkyo","date":"2026-11-25"' in line


def test_a_tick_is_counted_once_it_has_succeeded(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.tick(at(9))
    assert '"Ticks":[1.0]' in capsys.readouterr().out

    def fails(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(dispatch_tick, "hand_on", fails)
    with pytest.raises(RuntimeError):
        world.tick(at(9, 15))

    told = capsys.readouterr().out
    assert '"TicksBegun":[1.0]' in told
    assert '"Ticks"' not in told


def test_what_is_sent_again_has_its_time_from_then_on() -> None:
    again = replace(a_run(), reopened_at=at(14))

    assert at_a_standstill(again, {EMAIL: Job(progress_at=at(10))}, at(14, 44)) == set()
    assert at_a_standstill(again, {EMAIL: Job(progress_at=at(10))}, at(14, 45)) == {Channel.EMAIL}
