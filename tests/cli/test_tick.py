"""The wait behind a tick: for whatever is still to come, and for nothing else."""

import boto3
import pytest

from cli import tick
from cli.errors import FailedError
from cli.target import Target
from cli.tick import wait_for_queues
from shared.rules.account import Channel
from tests.world import TEN, TODAY, World, pregnant


@pytest.fixture
def target(world: World) -> Target:
    return Target("kizuna", world.refs, None)


@pytest.fixture
def _in_dead_hands(world: World) -> None:
    """A message that a killed Lambda took: nobody sees it for as long as that might live."""
    world.add(pregnant(1, Channel.EMAIL))
    world.tick(TEN)
    world.work()
    sqs, url = boto3.client("sqs"), world.refs["EmailQueue"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    assert sqs.receive_message(QueueUrl=url, VisibilityTimeout=900)["Messages"]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tick, "LONGEST_WAIT_SECONDS", 1.0)
    monkeypatch.setattr(tick, "SAY_AFTER_SECONDS", 0.1)
    monkeypatch.setattr(tick, "CHECK_SECONDS", 0.1)


def test_it_ends_at_once_where_nothing_waits(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    wait_for_queues(target, TODAY)

    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("_in_dead_hands")
def test_a_message_in_dead_hands_is_not_waited_for_once_all_jobs_are_done(target: Target) -> None:
    wait_for_queues(target, TODAY)


@pytest.mark.usefixtures("_in_dead_hands")
def test_it_says_what_it_waits_for_and_until_when(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(FailedError, match="did not become empty"):
        wait_for_queues(target)

    first = capsys.readouterr().err.splitlines()[0]
    assert first.startswith(
        "waiting for a Lambda that works on a message of the queue email, until "
    )
    assert first.endswith(" at the latest")


def test_what_is_not_a_job_is_waited_for_all_the_same(target: Target, world: World) -> None:
    sqs, url = boto3.client("sqs"), world.refs["LineEventQueue"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")

    with pytest.raises(FailedError, match="line-events"):
        wait_for_queues(target, TODAY)
