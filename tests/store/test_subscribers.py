"""Subscribers: document, due entries and address are written together, or not at all."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shared.rules.account import Channel
from shared.rules.history import Event, Happened
from shared.rules.subscriber import Enrolment, Subscriber
from shared.store.store import Names, Store, open_store
from shared.store.tables import ConflictError
from tests.aws import ENGINE, GoOn, Request
from tests.faults.wire import AwsWire
from tests.store.conftest import Items, Requests
from tests.store.people import LATER, aged, at_day, expecting, subscriber

DUE, CORRECTED, BORN = date(2027, 1, 20), date(2027, 1, 27), date(2026, 11, 24)
PREGNANT = "DUE#bunkyo#email#0#pregnancy"
CHILD = "DUE#bunkyo#email#0#childcare"
ONE_SHARD = {"bunkyo": 1, "chofu": 1}


def add(store: Store, *subscribers: Subscriber) -> None:
    assert sum(store.subscribers.add(subscribers, ONE_SHARD)) == len(subscribers)


def with_events(old: Subscriber, *events: Event, enrolment: str = "e1") -> Subscriber:
    enrolments = tuple(
        replace(each, history=(*each.history, *events)) if each.id == enrolment else each
        for each in old.enrolments
    )
    return replace(old, enrolments=enrolments)


def happened(what: Happened, day: date | None = None) -> Event:
    return Event(LATER, what, day)


STOP = happened(Happened.STOPPED_BY_SUBSCRIBER)
CHANGES = [
    ("a stop", [STOP], set()),
    ("a suspension", [happened(Happened.STOPPED_BY_SYSTEM)], set()),
    (
        "a corrected due date",
        [happened(Happened.DUE_DATE, CORRECTED)],
        {(PREGNANT, "2027-01-27#s1#e1")},
    ),
    ("a birth", [happened(Happened.BIRTH, BORN)], {(CHILD, "2026-11-24#s1#e1")}),
    (
        "a birth with the age counted from the due date",
        [happened(Happened.BIRTH, BORN), happened(Happened.CORRECTED_AGE)],
        {(CHILD, "2027-01-20#s1#e1")},
    ),
    ("a stop and a return", [STOP, happened(Happened.RETURNED)], {(PREGNANT, "2027-01-20#s1#e1")}),
    ("a birth after a stop", [STOP, happened(Happened.BIRTH, BORN)], set()),
]


@pytest.mark.parametrize(
    ("events", "entries"), [each[1:] for each in CHANGES], ids=[each[0] for each in CHANGES]
)
def test_the_due_index_follows_a_change_in_the_same_transaction(
    store: Store,
    items: Items,
    requests: Requests,
    events: list[Event],
    entries: set[tuple[str, str]],
) -> None:
    old = subscriber("s1", expecting(DUE))
    add(store, old)
    assert items.due() == {(PREGNANT, "2027-01-20#s1#e1")}
    requests.clear()

    new = store.subscribers.update(old, with_events(old, *events), {"bunkyo": 1})

    assert requests.count() == {"TransactWriteItems": 1}
    assert items.due() == entries
    assert store.subscribers.get("s1") == new
    assert (new.version, new.enrolments) == (1, with_events(old, *events).enrolments)


def test_a_stop_of_one_sibling_leaves_the_other_s_entry(store: Store, items: Items) -> None:
    old = subscriber("s1", at_day(224), aged(50))
    add(store, old)
    assert len(items.due()) == 2

    store.subscribers.update(old, with_events(old, STOP, enrolment="e1"), {"bunkyo": 1})

    assert items.due() == {(CHILD, "2026-10-06#s1#e2")}


def test_a_new_child_gets_an_entry_beside_the_first(store: Store, items: Items) -> None:
    old = subscriber("s1", aged(50))
    add(store, old)

    more = replace(old, enrolments=(*old.enrolments, Enrolment("e2", None, expecting(DUE))))
    store.subscribers.update(old, more, {"bunkyo": 1})

    assert items.due() == {(CHILD, "2026-10-06#s1#e1"), (PREGNANT, "2027-01-20#s1#e2")}


def test_another_channel_moves_the_entry_to_the_other_job(store: Store, items: Items) -> None:
    old = subscriber("s1", expecting(DUE))
    add(store, old)

    store.subscribers.update(
        old, replace(old, channel=Channel.LINE, address="U" + "0" * 32), {"bunkyo": 1}
    )

    assert items.due() == {("DUE#bunkyo#line#0#pregnancy", "2027-01-20#s1#e1")}


def test_whoever_read_an_older_version_writes_nothing(store: Store, items: Items) -> None:
    old = subscriber("s1", expecting(DUE))
    add(store, old)
    new = store.subscribers.update(old, with_events(old, STOP), {"bunkyo": 1})
    late = replace(
        with_events(old, happened(Happened.DUE_DATE, CORRECTED)), address="new@example.jp"
    )

    with pytest.raises(ConflictError):
        store.subscribers.update(old, late, {"bunkyo": 1})

    assert store.subscribers.get("s1") == new
    assert items.due() == set()
    pairs = [("bunkyo", "s1@example.jp"), ("bunkyo", "new@example.jp")]
    assert store.subscribers.at_addresses(pairs) == {("bunkyo", "s1@example.jp"): "s1"}


def test_each_write_counts_one_version_up(store: Store) -> None:
    old = subscriber("s1", expecting(DUE))
    add(store, old)

    first = store.subscribers.update(old, with_events(old, STOP), {"bunkyo": 1})
    second = store.subscribers.update(
        first, with_events(first, happened(Happened.RETURNED)), {"bunkyo": 1}
    )

    assert [old.version, first.version, second.version] == [0, 1, 2]
    assert store.subscribers.get("s1") == second


def test_an_address_belongs_to_one_subscriber_of_an_account(store: Store, items: Items) -> None:
    add(store, subscriber("s1", expecting(DUE), address="hana@example.jp"))

    with pytest.raises(ConflictError):
        add(store, subscriber("s2", expecting(DUE), address="hana@example.jp"))

    assert store.subscribers.get("s2") is None
    assert items.addresses() == ["s1"]
    assert items.due() == {(PREGNANT, "2027-01-20#s1#e1")}


def test_a_subscriber_is_added_once_also_where_the_address_is_another(
    store: Store, items: Items
) -> None:
    first = subscriber("s1", expecting(DUE), address="hana@example.jp")
    add(store, first)

    with pytest.raises(ConflictError):
        add(store, subscriber("s1", expecting(CORRECTED), address="taro@example.jp"))

    assert store.subscribers.get("s1") == first
    assert items.due() == {(PREGNANT, "2027-01-20#s1#e1")}
    assert items.addresses() == ["s1"]


def test_the_same_address_may_be_at_another_account(store: Store) -> None:
    add(
        store,
        subscriber("s1", expecting(DUE), address="hana@example.jp"),
        subscriber("s2", expecting(DUE), address="hana@example.jp", account="chofu"),
    )

    asked = [("bunkyo", "hana@example.jp"), ("chofu", "hana@example.jp"), ("chofu", "x@y.jp")]
    assert store.subscribers.at_addresses(asked) == {asked[0]: "s1", asked[1]: "s2"}


def test_an_address_is_one_however_its_letters_are_cased(store: Store) -> None:
    add(store, subscriber("s1", expecting(DUE), address="Hana@example.jp"))

    with pytest.raises(ConflictError):
        add(store, subscriber("s2", expecting(DUE), address="hana@example.jp"))

    asked = ("bunkyo", "HANA@example.jp")
    assert store.subscribers.at_addresses([asked]) == {asked: "s1"}


def test_a_new_address_is_claimed_and_the_old_one_is_free(store: Store) -> None:
    old = subscriber("s1", expecting(DUE), address="old@example.jp")
    add(store, old)

    store.subscribers.update(old, replace(old, address="new@example.jp"), {"bunkyo": 1})

    asked = [("bunkyo", "old@example.jp"), ("bunkyo", "new@example.jp")]
    assert store.subscribers.at_addresses(asked) == {asked[1]: "s1"}
    add(store, subscriber("s2", expecting(DUE), address="old@example.jp"))


def test_a_new_address_that_somebody_has_changes_nothing(store: Store, items: Items) -> None:
    old = subscriber("s1", expecting(DUE))
    add(store, old, subscriber("s2", expecting(CORRECTED), address="taken@example.jp"))
    before = items.due()

    with pytest.raises(ConflictError):
        store.subscribers.update(
            old, replace(with_events(old, STOP), address="taken@example.jp"), {"bunkyo": 1}
        )

    assert store.subscribers.get("s1") == old
    assert items.due() == before
    assert items.addresses() == ["s1", "s2"]


def test_the_directory_holds_no_address_and_no_plain_hash_of_one(
    store: Store, names: Names, items: Items
) -> None:
    add(store, subscriber("s1", expecting(DUE), address="hana@example.jp"))
    other = open_store(names, lambda: b"another key")

    assert "hana" not in str(items.directory.scan())
    assert other.subscribers.at_addresses([("bunkyo", "hana@example.jp")]) == {}


def test_subscribers_are_added_in_transactions_as_large_as_dynamodb_takes(
    store: Store, requests: Requests
) -> None:
    people = [subscriber(f"s{n}", expecting(DUE)) for n in range(40)]

    done = list(store.subscribers.add(people, ONE_SHARD))

    assert done == [33, 7]
    assert requests.count() == {"TransactWriteItems": 2}
    assert store.subscribers.get_many(each.id for each in people) == {p.id: p for p in people}


def test_a_transaction_that_meets_a_known_subscriber_adds_none_and_the_earlier_stay(
    store: Store, items: Items
) -> None:
    add(store, subscriber("s36", expecting(DUE)))
    adding = store.subscribers.add(
        (subscriber(f"s{n}", expecting(DUE)) for n in range(40)), ONE_SHARD
    )

    assert next(adding) == 33
    with pytest.raises(ConflictError):
        next(adding)

    there = store.subscribers.get_many(f"s{n}" for n in range(40))
    assert there.keys() == {*(f"s{n}" for n in range(33)), "s36"}
    assert sorted(there) == items.addresses()
    assert len(items.due()) == 34


def test_a_subscriber_with_many_children_fits_into_a_transaction(
    store: Store, items: Items
) -> None:
    add(store, subscriber("s1", *(aged(n) for n in range(98))), subscriber("s2", aged(1)))

    assert len(items.due()) == 99


def test_hundreds_are_read_in_calls_of_a_hundred_and_unknown_ones_are_left_out(
    store: Store, requests: Requests
) -> None:
    people = [subscriber(f"s{n}", expecting(DUE)) for n in range(230)]
    add(store, *people)
    requests.clear()

    asked = [*(each.id for each in people), "s1", "nobody", "s229"]
    found = store.subscribers.get_many(asked)

    assert found == {each.id: each for each in people}
    assert requests.count() == {"BatchGetItem": 3}
    assert store.subscribers.get_many([]) == {}


def test_what_does_not_fit_into_one_answer_is_asked_for_again(
    store: Store, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer holds 16 MB; what is beyond comes back as unprocessed. Here: each second half."""
    people = [subscriber(f"s{n}", expecting(DUE)) for n in range(16)]
    add(store, *people)
    requests.clear()

    def in_halves(service: str, operation: str, request: Request, go_on: GoOn) -> Any:
        wire = AwsWire(service, request, go_on)
        several = operation == "BatchGetItem" and request.body.count(b'{"id"') > 1
        return wire.partial() if several else wire.go_on()

    monkeypatch.setattr(ENGINE, "between", in_halves)
    found = store.subscribers.get_many(each.id for each in people)

    assert found == {each.id: each for each in people}
    assert requests.count()["BatchGetItem"] == 5


def test_a_subscriber_comes_back_as_it_was_stored(store: Store) -> None:
    full = Subscriber(
        "s1",
        "bunkyo",
        Channel.SMS,
        "+819012345678",
        "母子手帳交付",
        (
            Enrolment("e1", "はな", (*expecting(DUE), happened(Happened.BIRTH, BORN), STOP)),
            Enrolment("e2", None, aged(800)),
        ),
    )
    add(store, full)

    assert store.subscribers.get("s1") == full
    assert list(store.subscribers) == [full]
    assert store.subscribers.get("nobody") is None


def test_a_record_that_cannot_be_read_stops_nobody_else_and_is_not_logged(
    store: Store, items: Items, caplog: pytest.LogCaptureFixture
) -> None:
    add(store, subscriber("s1", expecting(DUE)))
    items.subscribers.put_item(Item={"id": "s2", "address": "hana@example.jp", "channel": "はな"})

    assert store.subscribers.get_many(["s1", "s2"]).keys() == {"s1"}

    assert "the subscriber s2 cannot be read" in caplog.text
    assert "channel" in caplog.text
    for secret in ("hana", "はな"):
        assert secret not in caplog.text


def test_reading_people_is_always_consistent(store: Store, requests: Requests) -> None:
    add(store, subscriber("s1", expecting(DUE)))
    requests.clear()

    store.subscribers.get("s1")
    store.subscribers.get_many(["s1"])
    list(store.subscribers)

    assert [name for name, _ in requests.made] == ["GetItem", "BatchGetItem", "Scan"]
    assert all(b'"ConsistentRead": true' in body_of(params) for _, params in requests.made)


def body_of(params: Any) -> bytes:
    body: bytes = params["body"]
    return body


def test_an_address_may_change_the_case_of_its_letters(store: Store, items: Items) -> None:
    old = subscriber("s1", expecting(DUE), address="Hana@example.jp")
    add(store, old)

    store.subscribers.update(old, replace(old, address="hana@example.jp"), {"bunkyo": 1})

    assert items.addresses() == ["s1"]


def test_two_of_one_address_however_cased_are_a_conflict(store: Store) -> None:
    one = subscriber("s1", expecting(DUE), address="Hana@example.jp")
    other = subscriber("s2", expecting(DUE), address="hana@example.jp")

    with pytest.raises(ConflictError):
        add(store, one, other)

    assert store.subscribers.get("s1") == one
    assert store.subscribers.get("s2") is None


def test_every_spelling_of_an_address_finds_its_subscriber(store: Store) -> None:
    add(store, subscriber("s1", expecting(DUE), address="Hana@example.jp"))
    spellings = [("bunkyo", "Hana@example.jp"), ("bunkyo", "hana@example.jp")]

    assert store.subscribers.at_addresses(spellings) == dict.fromkeys(spellings, "s1")


def test_a_move_to_an_account_with_other_shards_leaves_no_due_entry_behind(
    store: Store, items: Items
) -> None:
    old = subscriber("s1", expecting(DUE))
    add(store, old)

    store.subscribers.update(old, replace(old, account="chofu"), {"bunkyo": 1, "chofu": 3})

    assert len(items.due()) == 1
