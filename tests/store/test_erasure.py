"""Erasing a person: nothing that identifies is left anywhere, and past AU stays as it was."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.rules.account import Channel
from shared.rules.changes import anonymous
from shared.rules.dates import JST
from shared.rules.history import Event, Happened, Status, latest_standing, standing_at
from shared.rules.subscriber import Earlier, Enrolment, Subscriber
from shared.store.store import Store
from shared.store.tables import ConflictError
from tests.store.conftest import Items, Requests
from tests.store.people import JOINED, LATER, aged, expecting, subscriber

ONE_SHARD = {"bunkyo": 1}
ERASED = datetime(2026, 11, 26, 9, 0, tzinfo=JST)
STOPPED = Event(ERASED, Happened.STOPPED_BY_SUBSCRIBER)
A_MOMENT = timedelta(microseconds=1)

HANA = Subscriber(
    id="s-hana-1",
    account="bunkyo",
    channel=Channel.SMS,
    address="+819012345678",
    touchpoint="両親学級の受付",
    enrolments=(
        Enrolment("hana-older", "はなちゃん", aged(800)),
        Enrolment("hana-younger", "そらくん", expecting(date(2027, 1, 20))),
    ),
    earlier=(Earlier(datetime(2026, 10, 10, tzinfo=JST), "chofu", Channel.EMAIL),),
)
PERSONAL = (
    "s-hana-1",
    "+819012345678",
    "両親学級",
    "はなちゃん",
    "そらくん",
    "hana-older",
    "hana-younger",
)


def add(store: Store, *people: Subscriber) -> None:
    assert sum(store.subscribers.add(people, ONE_SHARD)) == len(people)


# What is left, by the rules.


def test_what_is_left_of_a_person_names_nobody_and_keeps_every_event() -> None:
    left = anonymous(HANA, ERASED, "erased-1")

    assert left == Subscriber(
        id="erased-1",
        account="bunkyo",
        channel=Channel.SMS,
        address="",
        touchpoint=None,
        enrolments=(
            Enrolment("e1", None, (*aged(800), STOPPED)),
            Enrolment("e2", None, (*expecting(date(2027, 1, 20)), STOPPED)),
        ),
        earlier=HANA.earlier,
    )
    assert left.erased
    assert not HANA.erased


def test_what_was_true_of_an_enrolment_before_is_true_of_what_is_left() -> None:
    left = anonymous(HANA, ERASED, "erased-1")

    for before, after in zip(HANA.enrolments, left.enrolments, strict=True):
        for at in (JOINED - A_MOMENT, JOINED, LATER, ERASED - A_MOMENT):
            assert standing_at(after.history, at) == standing_at(before.history, at)
        assert standing_at(after.history, ERASED).status is Status.STOPPED
    assert [left.where(at) for at in (JOINED, LATER)] == [HANA.where(at) for at in (JOINED, LATER)]


def test_who_had_stopped_before_has_no_second_stop() -> None:
    gone = Event(LATER, Happened.STOPPED_BY_SUBSCRIBER)
    old = subscriber("s1", (*aged(50), gone))

    assert anonymous(old, ERASED, "erased-1").enrolments[0].history == (*aged(50), gone)


def test_a_history_that_runs_ahead_of_the_clock_does_not_go_on_without_its_person() -> None:
    ahead = Event(ERASED + timedelta(days=30), Happened.RETURNED)
    old = subscriber("s1", (*aged(50), STOPPED, ahead), aged(50))

    left = anonymous(old, ERASED, "erased-1")

    assert {latest_standing(each.history).status for each in left.enrolments} == {Status.STOPPED}


# What is left, in the tables.


def test_nothing_that_identifies_is_left_in_any_table_but_the_id_on_the_tombstone(
    store: Store, items: Items
) -> None:
    other = subscriber("s2", aged(50), nickname="ゆき")
    add(store, HANA, other)
    everything = str([t.scan()["Items"] for t in (items.subscribers, items.directory)])
    assert all(each in everything for each in PERSONAL)

    left = store.subscribers.erase(HANA, ERASED, ONE_SHARD)

    documents = {item["id"]: item for item in items.subscribers.scan()["Items"]}
    assert documents.keys() == {"s-hana-1", "s2", left.id}
    assert documents.pop("s-hana-1") == {
        "id": "s-hana-1",
        "erased_at": ERASED.astimezone(UTC).isoformat(),
    }
    rest = str([documents, items.directory.scan()["Items"], items.ledger.scan()["Items"]])
    assert [each for each in PERSONAL if each in rest] == []
    assert items.addresses() == ["s2"]
    assert {entry for _, entry in items.due()} == {"2026-10-06#s2#e1"}


def test_the_anonymous_history_is_under_an_id_that_nobody_can_guess(
    store: Store,
) -> None:
    add(store, HANA)

    left = store.subscribers.erase(HANA, ERASED, ONE_SHARD)

    assert left.id.startswith("erased-")
    assert len(left.id) == len("erased-") + 32
    assert left == anonymous(HANA, ERASED, left.id)
    assert store.subscribers.get(left.id) == left


def test_an_erased_person_is_nobody_but_still_counts_in_the_past(store: Store) -> None:
    other = subscriber("s2", aged(50))
    add(store, HANA, other)

    left = store.subscribers.erase(HANA, ERASED, ONE_SHARD)

    assert store.subscribers.get("s-hana-1") is None
    assert store.subscribers.get_many(["s-hana-1", "s2", "s3"]) == {"s2": other}
    everybody = sorted(store.subscribers, key=lambda each: each.id)
    assert everybody == sorted([left, other], key=lambda each: each.id)


def test_who_was_erased_is_told_by_the_same_read_that_finds_the_others(
    store: Store, requests: Requests
) -> None:
    other = subscriber("s2", aged(50))
    add(store, HANA, other)
    store.subscribers.erase(HANA, ERASED, ONE_SHARD)
    requests.clear()

    found = store.subscribers.look_up(["s-hana-1", "s2", "s3"])

    assert (found.people, found.erased) == ({"s2": other}, {"s-hana-1"})
    assert requests.count() == {"BatchGetItem": 1}


def test_the_address_is_free_again_and_the_id_never(store: Store) -> None:
    add(store, HANA)
    store.subscribers.erase(HANA, ERASED, ONE_SHARD)

    with pytest.raises(ConflictError):
        add(store, HANA)

    add(store, replace(HANA, id="s9"))
    assert store.subscribers.get("s-hana-1") is None


def test_an_erasure_is_one_transaction_however_many_children_there_are(
    store: Store, requests: Requests, items: Items
) -> None:
    old = subscriber("s1", *(aged(n) for n in range(90)))
    add(store, old)
    requests.clear()

    store.subscribers.erase(old, ERASED, ONE_SHARD)

    assert requests.count() == {"TransactWriteItems": 1}
    assert items.due() == set()


def test_the_due_entries_of_an_account_with_several_shards_are_gone_too(
    store: Store, items: Items
) -> None:
    assert list(store.subscribers.add([HANA], {"bunkyo": 7})) == [1]
    assert len(items.due()) == 2

    store.subscribers.erase(HANA, ERASED, {"bunkyo": 7})

    assert items.due() == set()


# Others who write at the same time.


def test_of_two_who_read_the_same_person_one_erases_it(store: Store, items: Items) -> None:
    add(store, HANA)
    left = store.subscribers.erase(HANA, ERASED, ONE_SHARD)

    with pytest.raises(ConflictError):
        store.subscribers.erase(HANA, ERASED + A_MOMENT, ONE_SHARD)

    assert list(store.subscribers) == [left]
    assert len(items.subscribers.scan()["Items"]) == 2
    assert store.subscribers.erasures() == 1


def test_nobody_writes_to_a_person_who_was_erased_meanwhile(store: Store) -> None:
    add(store, HANA)
    store.subscribers.erase(HANA, ERASED, ONE_SHARD)

    with pytest.raises(ConflictError):
        store.subscribers.update(HANA, replace(HANA, touchpoint=None), ONE_SHARD)

    assert store.subscribers.get("s-hana-1") is None


def test_whoever_erases_an_older_version_erases_nothing(store: Store, items: Items) -> None:
    add(store, HANA)
    new = store.subscribers.update(HANA, replace(HANA, touchpoint=None), ONE_SHARD)
    due = items.due()

    with pytest.raises(ConflictError):
        store.subscribers.erase(HANA, ERASED, ONE_SHARD)

    assert store.subscribers.get("s-hana-1") == new
    assert items.due() == due
    assert items.addresses() == ["s-hana-1"]
    assert len(items.subscribers.scan()["Items"]) == 1
    assert store.subscribers.erasures() == 0


# Whoever counts everybody sees that somebody was erased meanwhile.


def test_erasures_are_counted_from_none(store: Store, requests: Requests) -> None:
    assert store.subscribers.erasures() == 0
    people = [subscriber(f"s{n}", aged(n)) for n in range(3)]
    add(store, *people)
    for done, each in enumerate(people, 1):
        store.subscribers.erase(each, ERASED, ONE_SHARD)
        assert store.subscribers.erasures() == done
    name, params = requests.made[-1]
    assert name == "GetItem"
    assert b'"ConsistentRead": true' in params["body"]
