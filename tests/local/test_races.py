"""Two at once, on the local platform's DynamoDB: exactly one wins, and none is overlooked."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier
from typing import Any, TypeVar

import pytest

from cli.target import connect_to
from local.platform import STACK, Platform
from shared.rules.account import Account, Channel, Delivery
from shared.rules.dates import jst_instant
from shared.rules.message import Due
from shared.rules.outcomes import Batch, Entry
from shared.rules.stage import Phase
from shared.store.keys import JobId
from shared.store.run import Lease, Run
from shared.store.store import Store
from shared.store.tables import ConflictError
from tests.store.people import at_day, subscriber
from tests.waves import wave
from tests.world import bunkyo

pytestmark = pytest.mark.platform

DAY = date(2020, 1, 1)
JOB = JobId("race", DAY, Channel.EMAIL, 0)
ERASED_AT = jst_instant(date(2026, 11, 20))
T = TypeVar("T")
Race = Callable[[Callable[[Store], Any]], list[Any]]


@pytest.fixture(scope="module")
def stores(platform: Platform) -> tuple[Store, Store]:
    """The stores of two processes."""
    one, other = (connect_to(STACK, platform.address).store for _ in range(2))
    # AU is counted on this platform too: there, nobody is without an account.
    (settings,) = bunkyo().settings
    one.accounts.put(Account("race", (replace(settings, code=None, delivery=Delivery.EXTERNAL),)))
    one.subscribers.at_addresses([("race", "x")])
    other.subscribers.at_addresses([("race", "x")])
    return one, other


@pytest.fixture(scope="module")
def race(stores: tuple[Store, Store]) -> Iterator[Callable[..., list[Any]]]:
    """Has both processes do something at the same moment; a ConflictError is given as it is."""
    barrier = Barrier(2, timeout=20)

    def one_of_two(do: Callable[[Store], T], store: Store) -> T | ConflictError:
        barrier.wait()
        try:
            return do(store)
        except ConflictError as error:
            return error

    with ThreadPoolExecutor(2) as pool:

        def both(
            do: Callable[[Store], Any], other: Callable[[Store], Any] | None = None
        ) -> list[Any]:
            return list(pool.map(one_of_two, (do, other or do), stores))

        yield both


def conflicts(results: list[Any]) -> int:
    return sum(isinstance(each, ConflictError) for each in results)


def a_run(account: str) -> Run:
    (settings,) = bunkyo().settings
    return Run(account, DAY, settings, {}, ((Channel.EMAIL, 0),), jst_instant(DAY))


def batch(name: str) -> Batch:
    entry = Entry("s1", ("e1",), Due(Phase.PREGNANCY, 224))
    return Batch(name, "key", jst_instant(DAY), (entry,))


def test_of_two_workers_exactly_one_gets_the_job(
    stores: tuple[Store, Store], race: Callable[..., list[Any]]
) -> None:
    stores[0].ledger.open_run(a_run("race"))

    for number in range(1, 201):
        leases = race(lambda store: store.ledger.lease(JOB, 300))

        (winner,) = [each for each in leases if each is not None]
        assert winner == Lease(JOB, number)
        stores[0].ledger.release(winner)


def test_of_two_ticks_exactly_one_opens_the_run(
    stores: tuple[Store, Store], race: Callable[..., list[Any]]
) -> None:
    for number in range(50):
        opened = race(lambda store: store.ledger.open_run(a_run(f"opened{number}")))  # noqa: B023

        assert sorted(opened) == [False, True]
        assert stores[0].ledger.jobs(a_run(f"opened{number}")).keys() == {
            JobId(f"opened{number}", DAY, Channel.EMAIL, 0)
        }


def test_two_who_lost_their_lease_can_freeze_nothing(
    stores: tuple[Store, Store], race: Callable[..., list[Any]]
) -> None:
    ledger, job = stores[0].ledger, JobId("frozen", DAY, Channel.EMAIL, 0)
    ledger.open_run(a_run("frozen"))
    old, new = ledger.lease(job, -2), ledger.lease(job, 300)
    assert old is not None
    assert new is not None

    for number in range(20):
        results = race(lambda store: store.waves.freeze(old, wave(batch(f"old{number}"))))  # noqa: B023

        assert conflicts(results) == 2
    waves = stores[0].waves
    assert waves.batches(job) == []
    waves.freeze(new, wave(batch("new")))
    assert waves.batches(job) == [batch("new")]


def test_of_two_who_freeze_the_same_batch_one_does(
    stores: tuple[Store, Store], race: Callable[..., list[Any]]
) -> None:
    ledger, job = stores[0].ledger, JobId("same", DAY, Channel.EMAIL, 0)
    ledger.open_run(a_run("same"))
    lease = ledger.lease(job, 300)
    assert lease is not None

    for number in range(20):
        results = race(lambda store: store.waves.freeze(lease, wave(batch(f"{number:03}"))))  # noqa: B023

        assert conflicts(results) == 1
    assert len(stores[0].waves.batches(job)) == 20


def test_what_was_frozen_in_time_is_seen_by_whoever_takes_over(
    stores: tuple[Store, Store], race: Callable[..., list[Any]]
) -> None:
    """A worker whose lease ran out freezes while another takes the job: either it is refused, or
    the other one reads the batch. Else its readers would be written to twice."""
    ledger = stores[0].ledger
    seen = []
    for number in range(50):
        job = JobId(f"over{number}", DAY, Channel.EMAIL, 0)
        ledger.open_run(a_run(job.account))
        old = ledger.lease(job, -2)
        assert old is not None

        def take_over(store: Store, job: JobId = job) -> list[Batch]:
            assert store.ledger.lease(job, 300) is not None
            return store.waves.batches(job)

        frozen, read = race(
            lambda store, old=old: store.waves.freeze(old, wave(batch("b"))), take_over
        )

        assert read == ([] if isinstance(frozen, ConflictError) else [batch("b")])
        seen.append(len(read))
    assert len(seen) == 50


def test_of_two_who_add_the_same_subscriber_one_does(
    stores: tuple[Store, Store], race: Callable[..., list[Any]]
) -> None:
    for number in range(30):
        name = f"race{number}"
        people = {
            store: subscriber(name, at_day(224), account="race", address=f"{name}-{store}@race.jp")
            for store in map(id, stores)
        }

        results = race(
            lambda store, people=people: list(
                store.subscribers.add([people[id(store)]], {"race": 1})
            )
        )

        assert conflicts(results) == 1
        assert [1] in results
        kept = stores[0].subscribers.get(name)
        assert kept is not None
        assert kept in people.values()
        pairs = [("race", each.address) for each in people.values()]
        assert stores[0].subscribers.at_addresses(pairs) == {("race", kept.address): name}


def test_of_two_who_want_the_same_address_one_gets_it(
    stores: tuple[Store, Store], race: Callable[..., list[Any]]
) -> None:
    for number in range(30):
        address = f"wanted{number}@example.jp"
        people = {
            store: subscriber(f"{name}{number}", at_day(224), account="race", address=address)
            for name, store in zip(("one", "other"), map(id, stores), strict=True)
        }

        results = race(
            lambda store, people=people: list(
                store.subscribers.add([people[id(store)]], {"race": 1})
            )
        )

        assert conflicts(results) == 1
        owner = stores[0].subscribers.at_addresses([("race", address)])
        there = stores[0].subscribers.get_many(each.id for each in people.values())
        assert list(there) == list(owner.values())


def test_of_two_changes_to_one_subscriber_one_is_kept_and_the_other_told(
    stores: tuple[Store, Store], race: Callable[..., list[Any]]
) -> None:
    known = subscriber("changing", at_day(224), account="race")
    list(stores[0].subscribers.add([known], {"race": 1}))
    for number in range(30):
        changes = {
            store: replace(known, touchpoint=f"{store} {number}") for store in map(id, stores)
        }

        results = race(
            lambda store, known=known, changes=changes: store.subscribers.update(
                known, changes[id(store)], {"race": 1}
            )
        )

        assert conflicts(results) == 1
        (kept,) = [each for each in results if not isinstance(each, ConflictError)]
        assert stores[0].subscribers.get("changing") == kept
        known = kept
    assert known.version == 30


def test_a_person_is_erased_once_by_two_at_the_same_moment(
    race: Race, stores: tuple[Store, Store]
) -> None:
    store, _ = stores
    for number in range(20):
        person = subscriber(f"race-erased-{number}", at_day(100), account="race")
        assert list(store.subscribers.add([person], {"race": 1})) == [1]
        erasures = store.subscribers.erasures()

        won = race(lambda each, old=person: each.subscribers.erase(old, ERASED_AT, {"race": 1}))

        assert sum(isinstance(each, ConflictError) for each in won) == 1
        assert store.subscribers.get(person.id) is None
        assert store.subscribers.erasures() == erasures + 1
