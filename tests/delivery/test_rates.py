"""A day at the providers' rates: who has to wait, is looked at anew before the freeze."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

import pytest

from functions.line.sender import LineSender
from shared.delivery.sender import Addressed, Call
from shared.delivery.time_left import MARGIN_SECONDS
from shared.delivery.turn import Progress, Turn
from shared.providers.rate_limit import RateLimit
from shared.rules.account import Channel
from shared.rules.outcomes import Batch, Outcome, Result
from shared.rules.stage import Reason
from shared.store import keys
from shared.store.keys import JobId
from tests.world import TEN, TODAY, World, pregnant

JOB = JobId("bunkyo", TODAY, Channel.EMAIL, 0)


@dataclass
class Slow:
    """A provider that takes everything, two in a call and a second, and lets every wave wait as
    long as told.
    """

    waits: list[float | None]
    asked: list[tuple[float, float]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    per_second: float = 2

    in_flight = 10
    batch_size = 2
    repeats = True
    settling = timedelta(0)

    @property
    def rate_limit(self) -> RateLimit:
        return RateLimit(self.wait, lambda: self.per_second)

    def wait(self, tokens: float, _per_second: float, longest: float) -> float | None:
        self.asked.append((tokens, longest))
        return self.waits.pop(0) if self.waits else 0.0

    def calls(self, letters: Sequence[Addressed]) -> list[Call]:
        pairs = [tuple(letters[n : n + 2]) for n in range(0, len(letters), 2)]
        return [Call(each, cost=len(each)) for each in pairs]

    async def send(self, batch: Batch, call: Call) -> list[Outcome]:
        self.taken += [each.address for each in call.recipients]
        return [Outcome(Result.ACCEPTED)] * len(call.recipients)

    def repeat_cost(self, batch: Batch) -> float:
        return len(batch.entries)

    def settle(self, batch: Batch, *, now: datetime, sending: bool) -> list[Outcome]:
        return [Outcome(Result.ACCEPTED)] * len(batch.entries)


Take = Callable[..., Progress]


@pytest.fixture
def take(world: World) -> Take:
    """Takes a turn at the job of the day's email, as its Lambda would."""

    def turn(
        sender: Slow,
        sleep: Callable[[float], None] = lambda _: None,
        *,
        left: Callable[[], float] = lambda: 300.0,
        clock: Callable[[], datetime] = lambda: TEN,
    ) -> Progress:
        run = world.store.ledger.run(TODAY, "bunkyo")
        world.leases_run_out()
        lease = world.store.ledger.lease(JOB, 300)
        assert run is not None
        assert lease is not None
        return Turn(
            store=world.store,
            run=run,
            lease=lease,
            sender=sender,
            clock=clock,
            seconds_left=left,
            sleep=sleep,
        ).take()

    return turn


def addresses(*numbers: int) -> list[str]:
    return [pregnant(number).address for number in numbers]


def test_a_wave_waits_for_its_turn(world: World, take: Take) -> None:
    world.add(*(pregnant(n) for n in range(4)))
    world.tick()
    slept: list[float] = []
    sender = Slow([0.0, 1.5])

    progress = take(sender, slept.append)

    assert slept == [1.5]
    assert sender.taken == addresses(0, 1, 2, 3)
    assert progress.sums is not None
    assert (progress.sums.accepted, progress.sums.reconciles) == (4, True)


def test_each_wave_is_taken_from_the_rate_once_whole(world: World, take: Take) -> None:
    world.add(*(pregnant(n) for n in range(5)))
    world.tick()
    sender = Slow([1.0, 2.0], per_second=4)

    take(sender)

    assert [tokens for tokens, _ in sender.asked] == [4, 1]


def test_the_calls_of_a_wave_are_spread_over_the_first_half_of_its_slot(
    world: World, take: Take
) -> None:
    world.add(*(pregnant(n) for n in range(8)))
    world.tick()
    reserved: list[float] = []
    made: list[float] = []

    class Noting(Slow):
        def wait(self, tokens: float, per_second: float, longest: float) -> float | None:
            reserved.append(monotonic())
            return super().wait(tokens, per_second, longest)

        async def send(self, batch: Batch, call: Call) -> list[Outcome]:
            made.append(monotonic())
            return await super().send(batch, call)

    take(Noting([], per_second=16))

    # 8 recipients are half a second: however slow the machine, none is sent to before its turn.
    first_half = [0, 2 / 32, 4 / 32, 6 / 32]
    assert all(at - reserved[0] >= begin for at, begin in zip(made, first_half, strict=True))


def test_what_is_more_than_a_second_of_the_rate_goes_in_the_next_wave(
    world: World, take: Take
) -> None:
    """Each letter costs two: at first it is not known that half as many are enough."""
    world.add(*(pregnant(n) for n in range(8)))
    world.tick()
    sender = Slow([], per_second=4)
    sender.calls = lambda letters: [Call((each,), cost=2) for each in letters]  # type: ignore[method-assign]

    progress = take(sender)

    assert [tokens for tokens, _ in sender.asked] == [4, 4, 4, 4]
    assert len(set(sender.taken)) == len(sender.taken) == 8
    assert progress.sums is not None
    assert progress.sums.reconciles


def test_who_stops_while_a_call_waits_hears_nothing(world: World, take: Take) -> None:
    world.add(pregnant(1), pregnant(2))
    world.tick()
    sender = Slow([1.0])

    progress = take(sender, lambda _: world.stop("s1", TEN))

    assert sender.taken == addresses(2)
    assert progress.sums is not None
    assert (progress.sums.accepted, progress.sums.silent) == (1, {Reason.STOPPED: 1})
    assert progress.sums.reconciles


def test_where_all_stop_while_a_call_waits_nothing_is_sent(world: World, take: Take) -> None:
    world.add(pregnant(1), pregnant(2), pregnant(3))
    world.tick()
    sender = Slow([1.0])

    def stop_two(_: float) -> None:
        for subscriber in ("s1", "s2"):
            world.stop(subscriber, TEN)

    take(sender, stop_two)

    assert sender.taken == addresses(3)


def test_what_waits_into_the_quiet_hours_expires(world: World, take: Take) -> None:
    world.add(pregnant(1))
    world.tick()
    now = [TEN.replace(hour=20, minute=59, second=59)]

    def sleep(seconds: float) -> None:
        now[0] += timedelta(seconds=seconds)

    progress = take(sender := Slow([1.0]), sleep, clock=lambda: now[0])

    assert sender.taken == []
    assert progress.sums is not None
    assert progress.sums.expired == 1


def test_nobody_waits_into_the_lambda_s_margin_but_hands_the_job_on(
    world: World, take: Take
) -> None:
    world.add(*(pregnant(n) for n in range(4)))
    world.tick()
    sender = Slow([0.0, None])

    progress = take(sender, left=lambda: MARGIN_SECONDS + 7.5)

    assert (progress.sums, progress.more) == (None, True)
    assert sender.asked == [(2, 7.5), (2, 7.5)]
    assert sender.taken == addresses(0, 1)
    take(sender)
    assert sender.taken == addresses(0, 1, 2, 3)


def test_a_batch_that_may_be_repeated_waits_for_its_turn_too(world: World, take: Take) -> None:
    world.add(pregnant(1))
    world.tick()
    unanswered = Slow([])

    async def unknown(_batch: Batch, _call: Call) -> list[Outcome]:
        return [Outcome(Result.UNKNOWN)]

    unanswered.send = unknown  # type: ignore[method-assign]
    take(unanswered)
    slept: list[float] = []

    assert take(Slow([None])).more
    progress = take(Slow([0.7]), slept.append)

    assert slept == [0.7]
    assert progress.sums is not None
    assert progress.sums.accepted == 1


def free_at(world: World, provider: str, account: str) -> int:
    """Until when an account at a provider is taken; 0 where it was never called."""
    table = world.store.rates._table
    found = table.get_item(Key={"id": keys.rate(provider, account)}).get("Item", {})
    return int(found.get("free_at", 0))  # type: ignore[arg-type]


def test_every_provider_account_that_was_called_has_its_bucket_and_no_other(world: World) -> None:
    world.add(*(pregnant(n, channel) for n, channel in enumerate(Channel)))

    world.day()

    items = world.store.rates._table.scan()["Items"]
    buckets = [str(each["id"]).split("#") for each in items if str(each["id"]).startswith("RATE#")]
    assert sorted(provider for _, provider, _ in buckets) == ["line", "ses", "twilio"]
    assert free_at(world, "ses", "ses") > 0
    for _, _, account in buckets:
        assert len(account) == 64


def test_a_throttle_uses_up_nothing_and_the_day_goes_on(world: World) -> None:
    world.add(pregnant(1, Channel.SMS))
    world.fail(provider="twilio", kind="throttle", times=3)

    for minutes in (0, 15, 30, 45):
        world.day(TEN + timedelta(minutes=minutes))

    assert (len(world.sent()), world.sums().accepted) == (1, 1)


def test_a_repeat_of_a_line_batch_is_taken_from_the_channel_s_rate(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(n, Channel.LINE) for n in range(3)))
    world.fail(provider="line", kind="disconnect", times=1, after=True)
    world.day()
    repeated: list[int] = []
    cost = LineSender.repeat_cost

    def noted(self: LineSender, batch: Batch) -> float:
        repeated.append(len(batch.entries))
        return cost(self, batch)

    monkeypatch.setattr(LineSender, "repeat_cost", noted)
    world.day(TEN + timedelta(minutes=30))

    assert repeated == [3]
    assert world.sums().accepted == 3
