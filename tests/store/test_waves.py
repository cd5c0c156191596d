"""Waves: what is frozen and recorded together, also by an earlier release, and by two at once."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from pydantic import TypeAdapter

from shared.rules.account import Channel
from shared.rules.message import Due
from shared.rules.outcomes import Batch, Entry, Outcome, Result, Wave
from shared.rules.stage import Phase
from shared.store import keys
from shared.store.documents import UnreadableError
from shared.store.keys import JobId
from shared.store.run import Lease
from shared.store.store import Store
from shared.store.waves import LARGEST_BYTES, Waves, pack
from tests.store.conftest import Items
from tests.store.test_ledger import a_run
from tests.world import TEN, TODAY

EMAIL = JobId("bunkyo", TODAY, Channel.EMAIL, 0)
DUE = Due(Phase.PREGNANCY, 224)
ACCEPTED = Outcome(Result.ACCEPTED, provider_id="id-0")
_BATCH = TypeAdapter(Batch)


@pytest.fixture
def lease(store: Store) -> Lease:
    store.ledger.open_run(a_run())
    found = store.ledger.lease(EMAIL, 300)
    assert found is not None
    return found


def batch(name: str, *subscribers: str, payload: Any = None) -> Batch:
    entries = tuple(Entry(each, ("e1",), DUE) for each in subscribers)
    return Batch(name, str(uuid4()), TEN, entries, payload)


def settled(each: Batch, *outcomes: Outcome) -> Batch:
    return replace(each.with_outcomes(outcomes), settled_at=TEN, payload=None)


def frozen_by_the_release_before(items: Items, old: Batch) -> None:
    """As it froze them: one call in an item, as a map, named without a number of the call."""
    key = keys.wave(EMAIL, old.id)
    document = _BATCH.dump_python(old, mode="json", exclude_none=True)
    items.ledger.put_item(Item={"pk": key.pk, "sk": key.sk, **document, "expires": 9_999_999_999})


def test_a_call_that_the_release_before_froze_is_a_wave_of_one(
    store: Store, items: Items, lease: Lease
) -> None:
    old = batch("000001-000000", "s1", "s2", payload={"to": ["x"]})
    frozen_by_the_release_before(items, old)

    assert list(store.waves.of(EMAIL)) == [Wave(old.id, (old,))]
    assert store.waves.find([(EMAIL, old.id)]) == {(EMAIL, old.id): old}


def test_such_a_call_is_settled_and_brought_up(store: Store, items: Items, lease: Lease) -> None:
    old = batch("000001-000000", "s1", "s2", payload={"to": ["x"]})
    frozen_by_the_release_before(items, old)
    (wave,) = store.waves.of(EMAIL)
    now = settled(old, ACCEPTED, Outcome(Result.GONE, "21211"))

    store.waves.record(EMAIL, wave.taking([now]))

    assert store.waves.batches(EMAIL) == [now]
    (item,) = (i for i in items.ledger.scan()["Items"] if "#000001-000000" in str(i["sk"]))
    assert "calls" in item
    assert not {"entries", "payload"} & item.keys()


def test_what_ses_tells_of_such_a_call_is_kept_at_its_place(
    store: Store, items: Items, lease: Lease
) -> None:
    old = batch("000001-000000", "s1", "s2")
    frozen_by_the_release_before(items, old)

    assert store.waves.note_known(EMAIL, old.id, {1: "id-1"}) == set()

    (found,) = store.waves.batches(EMAIL)
    assert found.known == {"1": "id-1"}


def test_two_who_record_at_once_lose_nothing_of_each_other(
    store: Store, lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each settles another call of the same wave, from what it read before the other wrote."""
    first, second = batch("000001-000000-000", "s1"), batch("000001-000000-001", "s2")
    store.waves.freeze(lease, Wave("000001-000000", (first, second)))
    (read,) = store.waves.of(EMAIL)
    mine, theirs = settled(first, ACCEPTED), settled(second, Outcome(Result.REFUSED, "30007"))

    store.waves.record(EMAIL, read.taking([theirs]))
    store.waves.record(EMAIL, read.taking([mine]))

    assert store.waves.batches(EMAIL) == [mine, theirs]


def test_a_call_that_was_settled_once_stays_as_it_is(store: Store, lease: Lease) -> None:
    first, second = batch("000001-000000-000", "s1"), batch("000001-000000-001", "s2")
    store.waves.freeze(lease, Wave("000001-000000", (first, second)))
    (read,) = store.waves.of(EMAIL)
    store.waves.record(EMAIL, read.taking([settled(first, ACCEPTED)]))

    late = settled(first, Outcome(Result.TRY_AGAIN, "not_seen_by_ses"))
    store.waves.record(EMAIL, read.taking([late, settled(second, ACCEPTED)]))

    assert [each.results for each in store.waves.batches(EMAIL)] == [{Result.ACCEPTED}] * 2


def test_what_is_told_of_a_call_stands_at_its_own_place_in_the_wave(
    store: Store, lease: Lease
) -> None:
    calls = tuple(batch(f"000001-000000-{n:03d}", f"s{n}a", f"s{n}b") for n in range(3))
    store.waves.freeze(lease, Wave("000001-000000", calls))

    store.waves.note_known(EMAIL, "000001-000000-001", {0: "id-0", 1: "id-1"})
    store.waves.note_known(EMAIL, "000001-000000-002", {1: "id-9"})

    known = [each.known for each in store.waves.batches(EMAIL)]
    assert known == [{}, {"0": "id-0", "1": "id-1"}, {"1": "id-9"}]


def sms(number: int) -> Batch:
    """A call of an SMS, with the link by which Twilio's list is searched."""
    name = f"0192e4a0-7c3e-7000-8000-{number:012d}"
    token = "".join(uuid4().hex for _ in range(3))
    payload = {
        "to": f"+8190{number:08d}",
        "link": f"https://kizuna.example.jp/m/{token}",
        "since": "2026-11-25T01:00:00+00:00",
    }
    return batch(f"000001-000000-{number:03d}", name, payload=payload)


def line(number: int) -> Batch:
    """A multicast to 500 people."""
    people = [uuid4() for _ in range(500)]
    messages = [{"type": "text", "text": f"{number}日目です。無理をせずお過ごしください。" * 30}]
    payload = {"to": [f"U{each.hex}" for each in people], "messages": messages}
    return batch(f"000001-000000-{number:03d}", *map(str, people), payload=payload)


@pytest.mark.parametrize(
    ("calls", "most"),
    [
        ([sms(n) for n in range(50)], 20_000),
        ([sms(n) for n in range(195)], 80_000),
        ([line(n) for n in range(4)], 200_000),
    ],
    ids=["50 SMS", "the most SMS", "2,000 on LINE"],
)
def test_the_item_of_a_wave_is_small(
    store: Store, items: Items, lease: Lease, calls: list[Batch], most: int
) -> None:
    store.waves.freeze(lease, Wave("000001-000000", tuple(calls)))

    (item,) = (i for i in items.ledger.scan()["Items"] if "calls" in i)
    size = len(bytes(item["calls"].value)) + len(json.dumps(item["known"]))
    assert size < most < LARGEST_BYTES


def test_a_wave_that_cannot_be_read_names_itself_and_nothing_in_it(
    store: Store, items: Items, lease: Lease
) -> None:
    key = keys.wave(EMAIL, "000001-000000")
    broken = {"calls": b"no such thing", "known": {}, "revision": 0}
    items.ledger.put_item(Item={"pk": key.pk, "sk": key.sk, **broken})

    with pytest.raises(UnreadableError, match=r"^the wave BATCH#.* cannot be read$"):
        store.waves.batches(EMAIL)


def test_what_is_packed_is_what_is_read(store: Store, lease: Lease) -> None:
    wave = Wave("000001-000000", (sms(0), line(1)))

    store.waves.freeze(lease, wave, pack(wave))

    assert isinstance(store.waves, Waves)
    assert list(store.waves.of(EMAIL)) == [wave]
