"""What staff do to a day that is under way, and what they are told of it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.office.unsent import unsent
from shared.office.why import Answer, explain
from shared.rules.account import Channel
from shared.store.keys import JobId
from shared.store.pauses import Pause
from shared.store.run import Cancelled
from tests.delivery.test_failures import LATER, die
from tests.world import TEN, TODAY, World, bunkyo

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


def why(world: World, subscriber: str) -> Answer:
    """What `kizuna why` says of somebody's only enrolment."""
    found = world.store.subscribers.get(subscriber)
    assert found is not None
    account = bunkyo()
    (answer,) = explain(world.store, found, account, account.settings[0], TODAY)
    return answer


def told(world: World, subscriber: str) -> tuple[str | None, str | None]:
    """The outcome in it, or the reason."""
    answer = why(world, subscriber)
    return answer.outcome, answer.reason


def resend(world: World, *channels: Channel) -> None:
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    world.store.control.resend(run, channels or tuple(Channel), datetime.now(UTC))


def left(world: World) -> dict[str, int]:
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    return dict(unsent(world.store, run, tuple(Channel), LATER))
