"""The due index: who is on a day that has a message, in few and always the same requests."""

import threading
from collections.abc import Iterable
from datetime import timedelta
from itertools import chain, count, groupby

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.rules.account import Channel
from shared.rules.history import Event, Happened
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.subscriber import Subscriber
from shared.store import due
from shared.store.due import Candidate
from shared.store.keys import JobId, shard
from shared.store.store import Store
from tests.store.conftest import Items, Requests
from tests.store.people import LATER, TODAY, aged, at_day, born, subscriber

P, C = Phase.PREGNANCY, Phase.CHILDCARE
JOB = JobId("bunkyo", TODAY, Channel.EMAIL, 0)
ONCE_A_DAY = frozenset((P, day) for day in range(28, 294)) | frozenset((C, d) for d in range(101))


def add(store: Store, *subscribers: Subscriber, shards: int = 1) -> None:
    accounts = {each.account for each in subscribers}
    done = sum(store.subscribers.add(subscribers, dict.fromkeys(accounts, shards)))
    assert done == len(subscribers)


def days(phase: Phase, *numbers: int) -> frozenset[tuple[Phase, int]]:
    return frozenset((phase, day) for day in numbers)


def names(candidates: Iterable[Candidate]) -> list[str]:
    return [each.subscriber for each in candidates]


def test_those_on_a_day_with_a_message_are_found_with_its_day(store: Store) -> None:
    add(
        store,
        *(subscriber(f"p{day}", at_day(day)) for day in (27, 28, 29, 223, 224, 225, 292, 293, 294)),
        *(subscriber(f"c{day}", aged(day)) for day in (-1, 0, 1, 99, 100, 101)),
    )
    schedule = days(P, 28, 224, 293) | days(C, 0, 100)

    found = list(store.due.candidates(JOB, schedule))

    assert sorted(found, key=lambda each: each.due) == [
        Candidate("c0", ("e1",), Due(C, 0)),
        Candidate("c100", ("e1",), Due(C, 100)),
        Candidate("p28", ("e1",), Due(P, 28)),
        Candidate("p224", ("e1",), Due(P, 224)),
        Candidate("p293", ("e1",), Due(P, 293)),
    ]


def test_days_without_a_message_are_read_over_where_few_are_there(
    store: Store, requests: Requests
) -> None:
    add(store, *(subscriber(f"c{day}", aged(day)) for day in range(20)))
    requests.clear()

    found = list(store.due.candidates(JOB, days(C, 2, 3, 10, 15)))

    # The first asks for days 2 and 3 alone: it is not known yet how many are there.
    assert requests.count() == {"Query": 2}
    assert sorted(names(found)) == ["c10", "c15", "c2", "c3"]


COMMON = (
    days(P, *range(28, 294))
    | days(C, *range(101), *range(103, 366, 3), *range(367, 731, 7))
    | days(C, *range(744, 1_096, 14))
)
"""Daily in pregnancy and to day 100, every 3 days to a year, every 7 to two, every 14 to three."""


def test_a_small_town_is_read_in_a_few_requests(store: Store, requests: Requests) -> None:
    add(store, *(subscriber(f"c{day}", aged(day)) for day in range(0, 1_096, 10)))
    requests.clear()

    found = list(store.due.candidates(JOB, COMMON))

    # Both phases, and the two-year-olds, of whom it is known by then that they are few.
    assert requests.count() == {"Query": 3}
    assert len(found) == sum((C, day) in COMMON for day in range(0, 1_096, 10))


def test_what_fills_several_pages_comes_whole_and_once(
    store: Store, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "PAGE", 3)
    add(store, *(subscriber(f"c{n}", aged(5)) for n in range(10)))
    requests.clear()

    found = list(store.due.candidates(JOB, days(C, 5)))

    assert sorted(names(found)) == sorted(f"c{n}" for n in range(10))
    assert requests.count() == {"Query": 4}


def test_the_next_page_is_asked_for_while_one_is_worked_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "PAGE", 3)
    add(store, *(subscriber(f"c{n}", aged(5)) for n in range(10)))
    second = threading.Event()
    asked = count(1)

    def note(**_: object) -> None:
        if next(asked) == 2:
            second.set()

    store.due._reads.client.meta.events.register("before-call.dynamodb.Query", note)
    found = store.due.candidates(JOB, days(C, 5))
    next(found)

    assert second.wait(10)
    assert len(list(found)) == 9


def test_where_many_are_born_each_day_days_without_a_message_are_asked_around(
    store: Store, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a hundred a day, whom it takes long to invent: the limit is lower instead."""
    monkeypatch.setattr(due, "READ_OVER_ENTRIES", 1)
    add(store, *(subscriber(f"c{day}", aged(day)) for day in range(30)))
    requests.clear()

    found = list(store.due.candidates(JOB, days(C, *range(10), 11, 14, 16, 20)))

    # One a day, so that one day may be read over, but not two.
    assert requests.count() == {"Query": 1 + 3}
    assert len(found) == 14


def test_the_number_of_requests_is_the_same_however_many_have_left(
    store: Store, requests: Requests, items: Items
) -> None:
    add(store, *(subscriber(f"s{n}", at_day(28 + n)) for n in range(10)))
    requests.clear()
    before_names = names(store.due.candidates(JOB, ONCE_A_DAY))
    before = requests.count()
    add(store, *(subscriber(f"graduated{n}", aged(1_200 + n)) for n in range(60)))
    add(store, *(subscriber(f"overdue{n}", at_day(294 + n)) for n in range(60)))
    requests.clear()

    after_names = names(store.due.candidates(JOB, ONCE_A_DAY))

    assert len(items.due()) == 130
    assert before_names == after_names
    assert requests.count() == before == {"Query": 2}


def test_a_stopped_enrolment_is_not_in_the_index_at_all(store: Store, items: Items) -> None:
    stopped = (*at_day(224), Event(LATER, Happened.STOPPED_BY_SUBSCRIBER))
    suspended = (*at_day(224), Event(LATER, Happened.STOPPED_BY_SYSTEM))
    add(store, subscriber("s1", stopped), subscriber("s2", suspended))

    assert items.due() == set()


def test_twins_are_one_candidate_and_siblings_are_several(store: Store) -> None:
    add(
        store,
        subscriber("twins", aged(3), aged(3)),
        subscriber("siblings", aged(3), aged(50), at_day(100)),
        subscriber("triplets", aged(3), aged(3), aged(3)),
    )

    found = set(store.due.candidates(JOB, ONCE_A_DAY))

    assert found == {
        Candidate("twins", ("e1", "e2"), Due(C, 3)),
        Candidate("triplets", ("e1", "e2", "e3"), Due(C, 3)),
        Candidate("siblings", ("e1",), Due(C, 3)),
        Candidate("siblings", ("e2",), Due(C, 50)),
        Candidate("siblings", ("e3",), Due(P, 100)),
    }


def test_names_that_begin_alike_do_not_come_between_twins(store: Store) -> None:
    add(
        store,
        *(
            subscriber(name, aged(3), aged(3), address=f"{number}@example.jp")
            for number, name in enumerate(("s1", "s10", "s1-0", "s1_0", "S1"))
        ),
    )

    found = list(store.due.candidates(JOB, days(C, 3)))

    assert {each.enrolments for each in found} == {("e1", "e2")}
    assert sorted(names(found)) == ["S1", "s1", "s1-0", "s10", "s1_0"]


def test_the_last_day_of_a_range_is_read_whole(store: Store) -> None:
    every = ["0", "9", "A", "Z", "_", "-", "a", "z", "zzzzzzzz", "z" * 40]
    people = (
        subscriber(name, aged(0), address=f"{number}@example.jp")
        for number, name in enumerate(every)
    )
    add(store, *people)

    assert sorted(names(store.due.candidates(JOB, days(C, 0)))) == sorted(every)


def test_those_of_the_same_message_come_in_a_row(store: Store) -> None:
    add(store, *(subscriber(f"s{n}", at_day(200 + n % 3), aged(n % 4)) for n in range(24)))

    found = [due for due, _ in groupby(each.due for each in store.due.candidates(JOB, ONCE_A_DAY))]

    assert len(found) == len(set(found)) == 7


def test_a_job_sees_only_its_own_account_channel_and_shard(store: Store) -> None:
    people = [subscriber(f"s{n}", at_day(224)) for n in range(12)]
    add(store, *people, shards=3)
    add(store, subscriber("other", at_day(224), account="bunkyo2"), shards=3)
    add(store, subscriber("line", at_day(224), channel=Channel.LINE), shards=3)

    found = [
        names(store.due.candidates(JobId("bunkyo", TODAY, Channel.EMAIL, number), days(P, 224)))
        for number in range(3)
    ]

    assert sorted(chain(*found)) == sorted(each.id for each in people)
    for number, each in enumerate(found):
        assert each
        assert {shard(name, 3) for name in each} == {number}


def test_an_entry_holds_nothing_but_its_key(store: Store, items: Items) -> None:
    add(store, subscriber("s1", at_day(224), nickname="はなちゃん", address="hanako@example.jp"))

    found = items.directory.scan()["Items"]

    assert [each.keys() for each in found if str(each["pk"]).startswith("DUE#")] == [{"pk", "sk"}]
    assert "hanako" not in str(found)
    assert "はな" not in str(found)


fresh = count()
PEOPLE = st.lists(
    st.lists(st.tuples(st.sampled_from(Phase), st.integers(-3, 30)), min_size=1, max_size=3),
    max_size=12,
)
SCHEDULES = st.frozensets(st.tuples(st.sampled_from(Phase), st.integers(0, 28)), max_size=20)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(people=PEOPLE, schedule=SCHEDULES)
def test_whatever_the_schedule_exactly_those_are_found_whose_day_has_a_message(
    store: Store, people: list[list[tuple[Phase, int]]], schedule: frozenset[tuple[Phase, int]]
) -> None:
    account = f"a{next(fresh)}"
    add(
        store,
        *(
            subscriber(
                f"{account}-{n}",
                *(
                    at_day(day) if phase is P else born(TODAY - timedelta(day))
                    for phase, day in own
                ),
                account=account,
            )
            for n, own in enumerate(people)
        ),
    )

    found = list(store.due.candidates(JobId(account, TODAY, Channel.EMAIL, 0), schedule))

    reached = [(each.subscriber, e, each.due) for each in found for e in each.enrolments]
    expected = [
        (f"{account}-{n}", f"e{number}", Due(phase, day))
        for n, own in enumerate(people)
        for number, (phase, day) in enumerate(own, 1)
        if (phase, day) in schedule
    ]
    assert sorted(reached) == sorted(expected)
