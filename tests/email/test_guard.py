"""The bounce guard: an account whose mails bounce is paused, and staff lift it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.rules.account import Channel
from shared.store.pauses import Pause
from tests.email.news import bounce, take
from tests.world import JOINED, TEN, TODAY, World, pregnant


def test_ten_bounces_of_a_hundred_pause_the_account_s_mails(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.add(*(pregnant(number) for number in range(50)))
    world.day()

    take(*(bounce(world, n) for n in range(4)))
    assert list(world.store.pauses) == []
    take(*(bounce(world, n) for n in range(5)))

    (pause,) = world.store.pauses
    assert (pause.account, pause.channel, pause.by) == ("bunkyo", Channel.EMAIL, "guard")
    assert pause.why == ("of 50 mails in 7 days 5 bounced for good and 0 were marked as spam")
    assert pause.until_day == TODAY
    out = capsys.readouterr().out
    assert out.count('"GuardWarned":[1.0]') == 1
    assert out.count('"GuardPaused":[1.0]') == 1
    today = datetime.now(UTC)
    notes = [each.what for each in world.store.audit.of_month(today.year, today.month)]
    assert [each.partition(":")[0] for each in notes] == ["warned of email", "paused email"]


def test_while_an_account_is_paused_no_call_is_made_and_what_is_left_expires_with_the_reason(
    world: World,
) -> None:
    world.add(pregnant(1), pregnant(2, Channel.SMS))
    world.store.pauses.put(Pause("bunkyo", Channel.EMAIL, JOINED, "guard", "too many bounce"))

    world.day()
    world.day(TEN.replace(hour=21))

    assert [each.channel for each in world.sent()] == ["sms"]
    sums = world.sums()
    assert (sums.accepted, sums.expired, sums.reconciles) == (1, 1, True)
    assert sums.codes == {"paused": 1}


@pytest.mark.parametrize(
    ("account", "channel", "sent"),
    [
        (None, None, 0),
        ("bunkyo", None, 0),
        (None, Channel.EMAIL, 0),
        ("chofu", None, 1),
        (None, Channel.LINE, 1),
        ("bunkyo", Channel.SMS, 1),
    ],
)
def test_a_pause_covers_an_account_a_channel_or_everything(
    world: World, account: str | None, channel: Channel | None, sent: int
) -> None:
    world.add(pregnant(1))
    world.store.pauses.put(Pause(account, channel, JOINED, "sora", "a wrong text"))

    world.day()

    assert len(world.sent()) == sent


def test_after_a_pause_is_lifted_the_day_goes_on(world: World) -> None:
    world.add(pregnant(1))
    world.store.pauses.put(Pause("bunkyo", Channel.EMAIL, JOINED, "guard", "too many bounce"))
    world.day()

    world.store.pauses.lift("bunkyo", Channel.EMAIL)
    world.day(TEN + timedelta(hours=1))

    assert len(world.sent()) == 1
    assert world.sums().accepted == 1


def test_the_guard_counts_the_mails_of_a_run_that_is_still_open(world: World) -> None:
    world.add(*(pregnant(number) for number in range(50)))
    world.tick()
    world.work()
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    assert run.closed_at is None

    take(*(bounce(world, n) for n in range(5)))

    assert [each.why[:11] for each in world.store.pauses] == ["of 50 mails"]
