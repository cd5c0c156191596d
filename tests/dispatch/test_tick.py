"""The tick: what it answers, when it opens which account, what it freezes, what it makes up for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from shared.delivery.jobs import Queues
from shared.rules.account import Account, Channel
from shared.rules.text import Text
from shared.store.keys import JobId
from shared.store.ledger import Ledger
from tests.world import TEN, TODAY, World, bunkyo, pregnant, texts

TOMORROW = TEN + timedelta(days=1)


def at(hour: int, minute: int = 0) -> datetime:
    return TEN.replace(hour=hour, minute=minute)


def answer(now: datetime, opened: int, queued: int, closed: int, open_: int) -> dict[str, object]:
    return {
        "now": now.isoformat(),
        "opened": opened,
        "queued": queued,
        "closed": closed,
        "open": open_,
    }


def account(name: str, **changes: object) -> Account:
    return replace(bunkyo(**changes), id=name)


def another_tick(world: World, now: datetime) -> dict[str, object]:
    """A tick on the heels of what was done before: leases still hold."""
    return world.tick_event({"now": now.isoformat()})


def runs(world: World, day: date = TODAY) -> list[str]:
    return [run.account for run in world.store.ledger.runs(day)]


def test_a_tick_answers_what_it_did(world: World) -> None:
    world.add(pregnant(1))

    assert world.tick(at(8, 45)) == answer(at(8, 45), 0, 0, 0, 0)
    assert world.tick(at(9)) == answer(at(9), 1, 3, 0, 1)
    assert world.tick(at(9, 15)) == answer(at(9, 15), 0, 3, 0, 1)
    world.work()
    assert world.tick(at(9, 30)) == answer(at(9, 30), 0, 0, 1, 0)
    assert world.tick(at(9, 45)) == answer(at(9, 45), 0, 0, 0, 0)


def test_a_tick_that_is_told_nothing_goes_by_the_real_clock(world: World) -> None:
    before = datetime.now(UTC)

    now = datetime.fromisoformat(world.tick_event({})["now"])

    assert before <= now <= datetime.now(UTC)


def test_a_job_in_work_is_not_queued_again(world: World) -> None:
    world.tick(at(9))
    lease = world.store.ledger.lease(JobId("bunkyo", TODAY, Channel.LINE, 0), 300)
    assert lease is not None

    assert another_tick(world, at(9, 15)) == answer(at(9, 15), 0, 2, 0, 1)

    world.store.ledger.release(lease)
    assert another_tick(world, at(9, 30)) == answer(at(9, 30), 0, 3, 0, 1)


def test_a_job_that_rests_is_not_queued_before_its_time(world: World) -> None:
    world.tick(at(9))
    job = JobId("bunkyo", TODAY, Channel.LINE, 0)
    lease = world.store.ledger.lease(job, 300)
    assert lease is not None

    world.store.ledger.release(lease, rest=60, waits=1)
    assert another_tick(world, at(9, 15)) == answer(at(9, 15), 0, 2, 0, 1)

    world.leases_run_out()
    assert another_tick(world, at(9, 30)) == answer(at(9, 30), 0, 3, 0, 1)


def test_every_account_is_opened_at_its_own_time(world: World) -> None:
    world.store.accounts.put(account("early", send_at=time(7)))
    world.store.accounts.put(account("odd", send_at=time(10, 20)))
    world.store.accounts.put(account("late", send_at=time(19, 45)))
    world.store.accounts.put(account("night", send_at=time(20, 30), quiet_from=time(20, 45)))
    world.store.accounts.put(account("coming", valid_from=date(2026, 11, 26), send_at=time(6)))

    opened: dict[str, time] = {}
    for clock in ("06:45", "07:00", "08:45", "09:00", "10:15", "10:30", "19:30", "19:45", "20:30"):
        hour, minute = map(int, clock.split(":"))
        world.tick(at(hour, minute))
        opened |= {name: time(hour, minute) for name in runs(world) if name not in opened}

    assert opened == {
        "early": time(7),
        "bunkyo": time(9),
        "odd": time(10, 30),
        "late": time(19, 45),
        "night": time(20, 30),
    }
    assert {run.opened_at for run in world.store.ledger.runs(TODAY) if run.account == "odd"} == {
        at(10, 30)
    }


@pytest.mark.parametrize(
    ("send_at", "quiet_from", "first", "last"),
    [
        (time(9), time(21), at(9), at(20, 59)),
        (time(9), time(20, 30), at(9), at(20, 29)),
        (time(22), time(0, 30), at(22), at(23, 59)),
    ],
    ids=["until nine in the evening", "until half past eight", "quiet after midnight"],
)
def test_a_run_is_opened_only_while_the_day_s_messages_may_go_out(
    world: World, send_at: time, quiet_from: time, first: datetime, last: datetime
) -> None:
    changed = bunkyo(send_at=send_at, quiet_from=quiet_from)

    for now, opened in (
        (first - timedelta(minutes=1), 0),
        (last + timedelta(minutes=1), 0),
        (first, 1),
        (last + timedelta(days=1), 1),
    ):
        world.store.accounts.put(changed)
        assert world.tick(now)["opened"] == opened, now


def test_settings_are_those_of_the_opening_even_where_they_change_at_noon(world: World) -> None:
    world.add(pregnant(1), pregnant(2, Channel.LINE))
    world.tick(at(10))
    world.store.accounts.put(
        bunkyo(name="新しい名", channels=frozenset({Channel.SMS}), quiet_from=time(11))
    )

    world.work()
    world.tick(at(12))

    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    assert run.settings == bunkyo().settings[0]
    assert (world.sums().accepted, world.sums().planned) == (2, 2)
    assert all("文京区" in each.text and "新しい名" not in each.text for each in world.sent())


def test_the_next_day_has_the_new_settings(world: World) -> None:
    world.add(pregnant(1), pregnant(2, Channel.LINE))
    world.day(at(10))
    world.store.accounts.put(bunkyo(name="新しい名", channels=frozenset({Channel.LINE})))

    world.day(TOMORROW)

    run = world.store.ledger.run(TOMORROW.date(), "bunkyo")
    assert run is not None
    assert (run.settings.name, run.jobs) == ("新しい名", ((Channel.LINE, 0),))
    assert [each.channel for each in world.sent()[2:]] == ["line"]
    assert "新しい名" in world.sent()[2].text


def test_a_run_takes_the_texts_in_force_on_its_day(world: World) -> None:
    world.add(pregnant(1))
    old = world.store.content.published("common")
    changed = {
        due: Text(each.title, "あすからの本文です。", each.notice) for due, each in texts().items()
    }
    eve = TEN - timedelta(hours=2)
    new = world.store.content.publish("common", changed, since=TOMORROW.date(), now=eve)

    world.day(TEN)
    world.day(TOMORROW)

    runs = [world.store.ledger.run(day, "bunkyo") for day in (TODAY, TOMORROW.date())]
    assert [each.versions for each in runs if each] == [{"common": old}, {"common": new}]
    first, second = world.sent()
    assert "本文224です。" in first.text
    assert "あすからの本文です。" in second.text


def test_texts_are_those_of_the_opening_even_where_others_are_published(world: World) -> None:
    world.add(pregnant(1))
    old = world.store.content.published("common")
    world.tick(at(10))
    changed = {
        due: Text(each.title, "直した本文です。", each.notice) for due, each in texts().items()
    }
    new = world.store.content.publish("common", changed)
    world.store.content.publish("bunkyo", changed)

    world.work()
    world.day(TOMORROW)

    first, second = world.sent()
    assert "本文224です。" in first.text
    assert "直した" not in first.text
    assert second.text.count("直した本文です。") == 2
    run = world.store.ledger.run(TODAY, "bunkyo")
    next_run = world.store.ledger.run(TOMORROW.date(), "bunkyo")
    assert run is not None
    assert next_run is not None
    assert run.versions == {"common": old}
    assert next_run.versions == {"common": new, "bunkyo": new}


def test_an_account_of_two_shards_reaches_everybody_once(world: World) -> None:
    world.store.accounts.put(replace(bunkyo(), shards=2))
    people = [pregnant(n, list(Channel)[n % 3], twins=n % 5 == 0) for n in range(30)]
    assert sum(world.store.subscribers.add(people, {"bunkyo": 2})) == 30

    assert world.tick()["queued"] == 6
    world.work()
    world.tick()

    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    assert run.jobs == tuple((channel, n) for channel in Channel for n in range(2))
    sums = [job.sums.accepted for job in world.store.ledger.jobs(run).values() if job.sums]
    assert len(sums) == 6
    assert all(sums)
    assert sum(sums) == world.sums().accepted == 30
    assert world.sums().planned == 36
    assert len({each.recipient for each in world.sent()}) == len(world.sent()) == 30


def test_yesterday_s_open_run_is_finished_beside_today_s_and_sends_nothing_late(
    world: World,
) -> None:
    world.add(pregnant(1), pregnant(2, Channel.LINE))
    world.tick(at(20, 45))
    for queue in ("EmailQueue", "LineQueue", "SmsQueue"):
        world.take(queue)

    assert world.tick(TOMORROW) == answer(TOMORROW, 1, 6, 0, 2)
    world.work()
    assert world.tick(TOMORROW) == answer(TOMORROW, 0, 0, 2, 0)

    assert (world.sums().expired, world.sums().accepted) == (2, 0)
    assert world.sums(TOMORROW.date()).accepted == len(world.sent()) == 2


@pytest.mark.parametrize(("days", "open_"), [(2, 2), (7, 2), (8, 1)])
def test_runs_that_nobody_closed_are_closed_for_a_week(world: World, days: int, open_: int) -> None:
    world.tick(at(20, 45))
    for queue in ("EmailQueue", "LineQueue", "SmsQueue"):
        world.take(queue)

    later = TEN + timedelta(days=days)

    assert world.tick(later) == answer(later, 1, 3 * open_, 0, open_)
    world.work()
    assert world.tick(later) == answer(later, 0, 0, open_, 0)


def die(*_: object, **__: object) -> None:
    """The process ends here."""
    raise SystemExit


@pytest.mark.parametrize("survived", [0, 1, 2])
def test_a_tick_that_died_after_opening_is_made_up_for_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    world.add(*(pregnant(n, channel) for n, channel in enumerate(Channel)))
    with monkeypatch.context() as patch:
        patch.setattr(Queues, "put", after(survived, Queues.put, die))
        with pytest.raises(SystemExit):
            world.tick(at(9))

    assert world.tick(at(9, 15)) == answer(at(9, 15), 0, 3, 0, 1)
    world.work()
    world.tick(at(9, 30))

    assert world.sums().accepted == len(world.sent()) == 3


def test_a_tick_that_died_between_two_accounts_is_made_up_for_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.store.accounts.put(account("chofu"))
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "open_run", after(1, Ledger.open_run, die))
        with pytest.raises(SystemExit):
            world.tick(at(9))
    assert runs(world) == ["bunkyo"]

    assert world.tick(at(9, 15)) == answer(at(9, 15), 1, 6, 0, 2)
    assert runs(world) == ["bunkyo", "chofu"]


def test_a_tick_that_died_before_closing_is_made_up_for_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    world.tick(at(9))
    world.work()
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "close_run", die)
        with pytest.raises(SystemExit):
            world.tick(at(9, 15))

    assert world.tick(at(9, 30)) == answer(at(9, 30), 0, 0, 1, 0)
    assert world.sums().accepted == 1


def test_another_tick_that_was_first_is_not_hindered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two ticks at once: the one that comes second opens nothing, and both queue what is open."""
    ours = Ledger.open_run
    answers = []

    def overtaken(self: Ledger, *arguments: object) -> bool:
        monkeypatch.setattr(Ledger, "open_run", ours)
        answers.append(world.tick(at(9)))
        return ours(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Ledger, "open_run", overtaken)
    world.add(pregnant(1))

    answers.append(world.tick(at(9)))
    world.work()

    assert answers == [answer(at(9), 1, 3, 0, 1), answer(at(9), 0, 0, 0, 0)]
    assert len(world.sent()) == 1


def test_how_soon_a_run_s_messages_were_accepted_is_on_the_run_and_in_the_metrics(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.add(*(pregnant(n, channel) for n, channel in enumerate(Channel)))
    world.tick(at(9, 30))
    world.work()
    capsys.readouterr()

    world.tick(at(10))

    assert world.sums().minutes == {30: 3}
    told = capsys.readouterr().out
    for share in (50, 95, 100):
        assert f'"MinutesTo{share}":[30.0]' in told


def test_without_texts_a_run_closes_with_nothing_planned(world: World) -> None:
    world.store.accounts.put(account("chofu", channels=frozenset({Channel.LINE})))
    someone = replace(pregnant(1, Channel.LINE), account="chofu")
    assert sum(world.store.subscribers.add([someone], {"chofu": 1})) == 1
    world.store.content.publish("common", {})

    world.day()

    assert world.sums(account="chofu").planned == 0
    assert world.sent() == []


def after(times: int, first: Callable[..., object], then: Callable[..., object]) -> object:
    """`first` that many times, and `then` what comes after."""
    calls = iter(range(times))

    def called(*arguments: object, **named: object) -> object:
        chosen = first if next(calls, None) is not None else then
        return chosen(*arguments, **named)

    return called


def test_a_day_without_an_open_run_is_not_read_again_until_the_clock_is_set_back(
    world: World,
) -> None:
    """A rehearsal may say any time: what it opens on an earlier day is closed all the same."""
    yesterday = TEN - timedelta(days=1)
    world.add(pregnant(1))
    world.tick(TEN)
    world.tick(yesterday)
    run = world.store.ledger.run(yesterday.date(), "bunkyo")
    assert run is not None
    assert run.closed_at is None

    world.work()
    world.tick(TEN)

    run = world.store.ledger.run(yesterday.date(), "bunkyo")
    assert run is not None
    assert run.closed_at is not None
