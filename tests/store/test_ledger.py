"""The ledger: runs are opened once, jobs have one worker at a time, batches stay as frozen."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.rules.account import Channel
from shared.rules.message import Due
from shared.rules.outcomes import Batch, Entry, Outcome, Result
from shared.rules.reconciliation import Sums
from shared.rules.stage import Phase, Reason
from shared.store import ledger, run
from shared.store.keys import LEDGER_DAYS, JobId
from shared.store.run import Job, Lease, Run
from shared.store.store import Store
from shared.store.tables import ConflictError
from tests.store.conftest import Items, Requests
from tests.waves import wave
from tests.world import TEN, TODAY, bunkyo

EMAIL, LINE = JobId("bunkyo", TODAY, Channel.EMAIL, 0), JobId("bunkyo", TODAY, Channel.LINE, 0)
SUMS = Sums(
    planned=3,
    accepted=1,
    expired=1,
    silent={Reason.STOPPED: 1},
    codes={"400": 1},
    minutes={75: 1},
    repeated=1,
)


def a_run(account: str = "bunkyo", day: date = TODAY, name: str = "文京区", **more: Any) -> Run:
    (settings,) = bunkyo(name=name).settings
    jobs = ((Channel.EMAIL, 0), (Channel.LINE, 0))
    facts = {"versions": {"common": "v1"}, "jobs": jobs, "opened_at": TEN, **more}
    return Run(account, day, settings, **facts)


def batch(name: str, *subscribers: str, payload: Any = None) -> Batch:
    due = Due(Phase.PREGNANCY, 224)
    return Batch(
        name, "key", TEN, tuple(Entry(each, ("e1",), due) for each in subscribers), payload
    )


@pytest.fixture
def take(store: Store) -> Callable[..., Lease]:
    """Takes a job's lease, of which the test knows that it is free."""

    def lease(job: JobId = EMAIL, seconds: float = 300) -> Lease:
        found = store.ledger.lease(job, seconds)
        assert found is not None
        return found

    store.ledger.open_run(a_run())
    return lease


def test_a_run_is_opened_once_and_what_was_frozen_first_stays(store: Store) -> None:
    assert store.ledger.open_run(a_run()) is True

    assert store.ledger.open_run(a_run(name="another name", versions={})) is False

    assert store.ledger.run(TODAY, "bunkyo") == a_run()
    assert store.ledger.jobs(a_run()) == {EMAIL: Job(), LINE: Job()}


def test_opening_a_run_again_takes_no_lease_away(store: Store, take: Callable[..., Lease]) -> None:
    take()

    assert store.ledger.open_run(a_run()) is False

    assert store.ledger.lease(EMAIL, 300) is None


def test_a_run_is_opened_with_all_its_jobs_or_not_at_all(store: Store, items: Items) -> None:
    items.ledger.put_item(Item={"pk": "RUN#2026-11-25#bunkyo", "sk": "JOB#line#0"})

    assert store.ledger.open_run(a_run()) is False

    assert store.ledger.run(TODAY, "bunkyo") is None
    assert store.ledger.job(EMAIL) is None


def test_the_runs_of_a_day_come_by_account_and_those_of_other_days_do_not(store: Store) -> None:
    for account in ("chofu", "bunkyo", "akita"):
        store.ledger.open_run(a_run(account))
    store.ledger.open_run(a_run(day=TODAY + timedelta(days=1)))

    assert list(store.ledger.runs(TODAY)) == [a_run("akita"), a_run("bunkyo"), a_run("chofu")]
    assert list(store.ledger.runs(TODAY - timedelta(days=1))) == []


def test_a_run_is_closed_with_its_sums_and_closing_twice_changes_nothing(store: Store) -> None:
    store.ledger.open_run(a_run())
    sums = {Channel.EMAIL: SUMS, Channel.LINE: Sums(planned=2, accepted=2)}

    closed = store.ledger.close_run(a_run(), sums, TEN + timedelta(hours=1))

    assert store.ledger.run(TODAY, "bunkyo") == closed
    assert store.ledger.close_run(a_run(), sums, TEN + timedelta(hours=1)) == closed
    assert store.ledger.run(TODAY, "bunkyo") == closed
    assert (closed.closed_at, closed.total()) == (
        TEN + timedelta(hours=1),
        replace(SUMS, planned=5, accepted=3),
    )


def test_everything_in_the_ledger_expires_after_a_fiscal_year_and_a_month(
    store: Store, take: Callable[..., Lease], items: Items
) -> None:
    store.waves.freeze(take(), wave(batch("b1", "s1")))
    store.ledger.close_run(a_run(), {Channel.EMAIL: SUMS}, TEN)

    found = items.ledger.scan()["Items"]

    assert len(found) == 4
    for item in found:
        assert int(str(item["expires"])) - time.time() == pytest.approx(
            LEDGER_DAYS * 86_400, abs=60
        )
    assert LEDGER_DAYS == 400


def test_a_lease_is_one_worker_s_until_it_is_given_back(
    store: Store, take: Callable[..., Lease]
) -> None:
    first = take()
    assert store.ledger.lease(EMAIL, 300) is None
    assert store.ledger.lease(LINE, 300) is not None

    store.ledger.release(first)

    second = take()
    assert (first.fence, second.fence) == (1, 2)


def test_a_lease_whose_time_has_passed_is_free(store: Store, take: Callable[..., Lease]) -> None:
    first = take(seconds=-2)

    second = take()

    assert second.fence == first.fence + 1


def test_a_lease_holds_for_the_whole_of_its_last_second(
    store: Store, take: Callable[..., Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    def clock_at(seconds: float) -> None:
        for module in (ledger, run):
            monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: seconds))

    clock_at(1_800_000_000.0)
    take(seconds=59.1)

    for seconds, leased in ((1_800_000_060.9, True), (1_800_000_061.0, False)):
        clock_at(seconds)
        job = store.ledger.job(EMAIL)
        assert job is not None
        assert job.leased is leased
        assert (store.ledger.lease(EMAIL, 300) is None) is leased


def test_a_job_that_had_to_wait_rests_until_its_message_comes_back(
    store: Store, take: Callable[..., Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = take()

    def clock_at(seconds: float) -> None:
        for module in (ledger, run):
            monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: seconds))

    clock_at(1_800_000_000.5)
    store.ledger.release(first, rest=60, waits=3)

    clock_at(1_800_000_059.9)
    assert store.ledger.lease(EMAIL, 300) is None
    clock_at(1_800_000_060.5)
    assert take() == Lease(EMAIL, first.fence + 1, waits=3)


def test_whoever_lost_the_lease_cannot_put_the_job_to_rest(
    store: Store, take: Callable[..., Lease]
) -> None:
    old = take(seconds=-2)
    new = take()

    store.ledger.release(old, rest=60, waits=5)
    store.ledger.release(new)

    assert take().waits == 0


def test_of_what_was_heard_the_newest_stays(store: Store) -> None:
    assert store.ledger.heard(Channel.EMAIL) is None

    for frozen in (1_800_000_000, 1_800_000_100, 1_800_000_050):
        store.ledger.note_heard(Channel.EMAIL, frozen)

    assert store.ledger.heard(Channel.EMAIL) == datetime.fromtimestamp(1_800_000_100, UTC)
    assert store.ledger.heard(Channel.SMS) is None


def test_whoever_gives_an_older_lease_back_takes_none_away(
    store: Store, take: Callable[..., Lease]
) -> None:
    old = take(seconds=-2)
    take()

    store.ledger.release(old)

    assert store.ledger.lease(EMAIL, 300) is None


def test_a_job_that_is_done_is_never_taken_again(store: Store, take: Callable[..., Lease]) -> None:
    store.ledger.finish(take(), SUMS)

    assert store.ledger.lease(EMAIL, 300) is None
    job = store.ledger.job(EMAIL)
    assert job is not None
    assert (job.done, job.leased, job.sums) == (True, False, SUMS)


def test_a_job_whose_run_was_never_opened_is_nobody_s(store: Store, items: Items) -> None:
    assert store.ledger.lease(EMAIL, 300) is None
    assert store.ledger.job(EMAIL) is None
    assert items.ledger.scan()["Items"] == []


def test_a_batch_is_frozen_once(store: Store, take: Callable[..., Lease]) -> None:
    lease = take()
    store.waves.freeze(lease, wave(batch("b1", "s1", payload={"to": ["x"], "text": "y"})))

    with pytest.raises(ConflictError):
        store.waves.freeze(lease, wave(batch("b1", "s2")))

    assert store.waves.batches(EMAIL) == [batch("b1", "s1", payload={"to": ["x"], "text": "y"})]


def test_batches_come_in_the_order_of_freezing_and_only_those_of_the_job(store: Store) -> None:
    jobs = [(Channel.EMAIL, shard) for shard in (0, 1, 10)]
    store.ledger.open_run(a_run(jobs=tuple(jobs)))
    leases = {
        shard: store.ledger.lease(JobId("bunkyo", TODAY, Channel.EMAIL, shard), 300)
        for _, shard in jobs
    }
    for shard, names in ((10, ["000001-000000"]), (1, ["000001-000009", "000001-000010"])):
        for name in names:
            lease = leases[shard]
            assert lease is not None
            store.waves.freeze(lease, wave(batch(name, "s1")))

    found = {
        shard: [
            each.id for each in store.waves.batches(JobId("bunkyo", TODAY, Channel.EMAIL, shard))
        ]
        for _, shard in jobs
    }

    assert found == {0: [], 1: ["000001-000009", "000001-000010"], 10: ["000001-000000"]}


def test_a_record_of_a_batch_that_was_never_frozen_writes_nothing(
    store: Store, take: Callable[..., Lease], items: Items
) -> None:
    take()
    before = len(items.ledger.scan()["Items"])

    store.waves.record(EMAIL, wave(batch("b1", "s1")))
    assert store.waves.note_known(EMAIL, "b1", {0: "id-0"}) is None

    assert len(items.ledger.scan()["Items"]) == before


def test_a_record_keeps_the_payload_until_every_outcome_is_final(
    store: Store, take: Callable[..., Lease]
) -> None:
    frozen = batch("b1", "s1", payload={"to": ["x"], "text": "y"})
    store.waves.freeze(take(), wave(frozen))
    accepted = frozen.with_outcomes([Outcome(Result.ACCEPTED, None, "id-1")])

    store.waves.record(EMAIL, wave(accepted))
    assert store.waves.batches(EMAIL) == [accepted]

    settled = Batch("b1", "key", TEN, accepted.entries, None, {}, TEN)
    store.waves.record(EMAIL, wave(settled))
    assert store.waves.batches(EMAIL) == [settled]


def test_a_job_that_ended_says_so_to_whoever_takes_it_next(
    store: Store, take: Callable[..., Lease]
) -> None:
    lease = take()
    store.ledger.end(lease, "daily_quota")
    store.ledger.release(lease)

    assert take() == Lease(EMAIL, 2, ended="daily_quota")
    found = store.ledger.job(EMAIL)
    assert found is not None
    assert (found.ended, found.done) == ("daily_quota", False)


def test_the_ending_stays_on_the_job_when_it_is_done(
    store: Store, take: Callable[..., Lease]
) -> None:
    lease = take()
    store.ledger.end(lease, "daily_quota")
    store.ledger.finish(lease, SUMS)

    found = store.ledger.job(EMAIL)
    assert found is not None
    assert (found.ended, found.sums) == ("daily_quota", SUMS)


def test_who_lost_the_lease_cannot_end_the_job(store: Store, take: Callable[..., Lease]) -> None:
    old = take(seconds=-2)
    take()

    with pytest.raises(ConflictError):
        store.ledger.end(old, "daily_quota")

    found = store.ledger.job(EMAIL)
    assert found is not None
    assert found.ended is None


def test_a_closed_run_keeps_which_channels_ended(store: Store) -> None:
    store.ledger.open_run(a_run())

    store.ledger.close_run(a_run(), {Channel.EMAIL: SUMS}, TEN, {Channel.EMAIL: "daily_quota"})

    run = store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    assert run.ended == {Channel.EMAIL: "daily_quota"}


def accepted(name: str, *ids: str) -> Batch:
    """A settled batch of readers s0, s1, … whose messages the provider gave these ids."""
    frozen = batch(name, *(f"s{n}" for n in range(len(ids))))
    outcomes = [Outcome(Result.ACCEPTED, None, each) for each in ids]
    return replace(frozen.with_outcomes(outcomes), settled_at=TEN)


def sent(store: Store, lease: Lease, settled: Batch) -> None:
    store.waves.freeze(lease, wave(replace(settled, settled_at=None)))
    store.waves.record(EMAIL, wave(settled))


def test_the_ids_on_record_cost_one_read_and_no_write(
    store: Store, take: Callable[..., Lease], requests: Requests
) -> None:
    sent(store, take(), accepted("b1", "id-0", "id-1"))
    requests.clear()

    assert store.waves.note_known(EMAIL, "b1", {0: "id-0", 1: "id-1"}) == set()

    assert requests.count() == {"BatchGetItem": 1}


def test_an_id_of_a_message_sent_twice_is_noted_on_its_job_and_told_once(
    store: Store, take: Callable[..., Lease]
) -> None:
    lease = take()
    sent(store, lease, accepted("b1", "id-0", "id-1"))
    refused = accepted("b0", "x").with_outcomes([Outcome(Result.TRY_AGAIN, "not_seen")])
    sent(store, lease, refused)

    assert store.waves.note_known(EMAIL, "b1", {0: "id-8", 1: "id-1"}) == {"id-8"}
    assert store.waves.note_known(EMAIL, "b1", {0: "id-8"}) == set()
    assert store.waves.note_known(EMAIL, "b0", {0: "id-9"}) == {"id-9"}

    job = store.ledger.job(EMAIL)
    assert job is not None
    assert job.repeats == {"id-8", "id-9"}
    assert store.waves.batches(EMAIL) == [refused, accepted("b1", "id-0", "id-1")]


def test_of_a_batch_without_a_record_the_first_id_stays_and_a_second_is_a_repetition(
    store: Store, take: Callable[..., Lease]
) -> None:
    store.waves.freeze(take(), wave(batch("b1", "s0", "s1")))

    assert store.waves.note_known(EMAIL, "b1", {0: "id-0"}) == set()
    assert store.waves.note_known(EMAIL, "b1", {0: "id-8", 1: "id-1"}) == {"id-8"}

    (found,) = store.waves.batches(EMAIL)
    assert found.known == {"0": "id-0", "1": "id-1"}


def test_what_was_written_before_there_were_minutes_and_repeats_is_still_read(
    store: Store, take: Callable[..., Lease], items: Items
) -> None:
    store.ledger.finish(take(), SUMS)
    store.ledger.close_run(a_run(), {Channel.EMAIL: SUMS}, TEN)
    old = replace(SUMS, minutes={}, repeated=0)
    for item in items.ledger.scan()["Items"]:
        found: Any = item.get("sums")
        for sums in (found, found["email"]) if found and "email" in found else (found,):
            if sums:
                sums.pop("minutes", None)
                sums.pop("repeated", None)
        items.ledger.put_item(Item=item)

    job, run = store.ledger.job(EMAIL), store.ledger.run(TODAY, "bunkyo")
    assert job is not None
    assert run is not None
    assert (job.sums, job.repeats, run.total()) == (old, frozenset(), old)


def test_a_quota_told_to_a_call_of_before_ends_no_job_that_was_reopened(
    store: Store, take: Callable[..., Lease]
) -> None:
    lease = take()
    run_of_it = store.ledger.run(TODAY, "bunkyo")
    assert run_of_it is not None
    store.control.resend(run_of_it, [Channel.EMAIL], TEN)

    with pytest.raises(ConflictError):
        store.ledger.end(lease, "daily_quota")
