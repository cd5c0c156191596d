"""What subscribers change: each a new dated event, and nothing that happened is lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.changes import Refusal, RefusedError, standing
from shared.rules.ending import DEFAULT_END
from shared.rules.history import Event, Happened, Status
from shared.rules.subscriber import Earlier, Enrolment, Subscriber

JOINED = datetime(2026, 9, 1, 3, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
DUE = date(2027, 1, 20)
BORN = date(2026, 11, 20)


def pregnant(*ids: str, due: date = DUE) -> Subscriber:
    history = (Event(JOINED, Happened.JOINED), Event(JOINED, Happened.DUE_DATE, due))
    enrolments = tuple(Enrolment(each, None, history) for each in ids or ("e1",))
    return Subscriber("s1", "bunkyo", Channel.EMAIL, "a@example.jp", None, enrolments)


def born(subscriber: Subscriber, day: date = BORN, **more: Any) -> Subscriber:
    return changes.birth_registered(subscriber, NOW, "e1", day, end=DEFAULT_END, **more)


def last(subscriber: Subscriber) -> dict[str, Event]:
    return {each.id: each.history[-1] for each in subscriber.enrolments}


def test_a_stop_is_a_new_event_of_everything_that_went_on() -> None:
    stopped = changes.stopped(pregnant("e1", "e2"), NOW)

    event = Event(NOW, Happened.STOPPED_BY_SUBSCRIBER)
    assert last(stopped) == {"e1": event, "e2": event}
    assert changes.stopped(stopped, NOW + timedelta(hours=1)) == stopped


def test_one_child_alone_can_be_stopped() -> None:
    stopped = changes.stopped(pregnant("e1", "e2"), NOW, only={"e2"})

    assert [standing(each).status for each in stopped.enrolments] == [
        Status.ACTIVE,
        Status.STOPPED,
    ]


def test_a_stop_by_the_subscriber_follows_one_by_the_system_and_not_the_other_way_round() -> None:
    suspended = changes.suspended(pregnant(), NOW)
    stopped = changes.stopped(suspended, NOW)

    assert standing(stopped.enrolments[0]).status is Status.STOPPED
    assert changes.suspended(stopped, NOW) == stopped
    assert changes.suspended(suspended, NOW) == suspended


def test_a_return_is_the_subscribers_own_act_and_forgets_failures() -> None:
    suspended = replace(changes.suspended(pregnant(), NOW), failed_on=(date(2026, 11, 20),))

    returned = changes.returned(suspended, NOW, "e1")

    assert standing(returned.enrolments[0]).status is Status.ACTIVE
    assert returned.failed_on == ()
    assert changes.returned(returned, NOW, "e1") == returned


def test_a_corrected_due_date_is_that_of_both_twins() -> None:
    corrected = changes.due_date_corrected(pregnant("e1", "e2"), NOW, "e2", date(2027, 1, 27))

    event = Event(NOW, Happened.DUE_DATE, date(2027, 1, 27))
    assert last(corrected) == {"e1": event, "e2": event}


@pytest.mark.parametrize(
    ("due", "refusal"),
    [
        (date(2027, 9, 1), None),  # 0w0d today
        (date(2027, 9, 2), Refusal.DUE_DATE_TOO_FAR),
        (date(2026, 11, 12), None),  # 41w6d today
        (date(2026, 11, 11), Refusal.DUE_DATE_PAST),
    ],
)
def test_a_due_date_is_taken_from_0w0d_to_41w6d(due: date, refusal: Refusal | None) -> None:
    assert refused(lambda: changes.due_date_corrected(pregnant(), NOW, "e1", due)) is refusal


@pytest.mark.parametrize(
    ("birth", "refusal"),
    [
        (date(2026, 11, 25), None),
        (date(2026, 11, 26), Refusal.BORN_IN_FUTURE),
        (date(2023, 11, 25), None),  # the third birthday is today
        (date(2023, 11, 24), Refusal.TOO_OLD),
    ],
)
def test_a_birth_is_registered_when_it_has_happened_and_before_the_end(
    birth: date, refusal: Refusal | None
) -> None:
    assert refused(lambda: born(pregnant(), birth)) is refusal


def test_a_birth_is_that_of_both_twins_who_were_expected() -> None:
    registered = born(pregnant("e1", "e2"), twins=True)

    assert last(registered) == dict.fromkeys(("e1", "e2"), Event(NOW, Happened.BIRTH, BORN))


def test_twins_who_were_not_expected_become_two_with_the_due_date_of_one() -> None:
    registered = born(pregnant("e1"), twins=True)

    assert [each.id for each in registered.enrolments] == ["e1", "e2"]
    assert registered.enrolments[1].history == (
        Event(NOW, Happened.JOINED),
        Event(NOW, Happened.DUE_DATE, DUE),
        Event(NOW, Happened.BIRTH, BORN),
    )


def test_a_birth_leaves_an_older_child_as_it_is() -> None:
    older = Enrolment(
        "e2",
        None,
        (Event(JOINED, Happened.JOINED), Event(JOINED, Happened.BIRTH, date(2024, 5, 1))),
    )
    registered = born(changes.added(pregnant(), older))

    assert registered.enrolments[1] == older


def test_a_birth_date_can_be_corrected_and_the_same_one_again_changes_nothing() -> None:
    registered = born(pregnant())

    assert born(registered) == registered
    assert last(born(registered, date(2026, 11, 21)))["e1"].day == date(2026, 11, 21)


def test_only_a_child_born_before_its_due_date_has_a_corrected_age() -> None:
    early = born(pregnant())
    counted = changes.age_counted(early, NOW, "e1", corrected=True)

    assert standing(counted.enrolments[0]).counted_from == DUE
    assert changes.age_counted(counted, NOW, "e1", corrected=True) == counted
    back = changes.age_counted(counted, NOW, "e1", corrected=False)
    assert standing(back.enrolments[0]).counted_from is None
    late = born(pregnant(due=date(2026, 11, 18)))
    for subscriber, refusal in ((late, Refusal.NOT_EARLY), (pregnant(), Refusal.NOT_BORN)):
        asked = subscriber
        assert (
            refused(lambda asked=asked: changes.age_counted(asked, NOW, "e1", corrected=True))
            is refusal
        )


def test_a_move_keeps_the_history_and_says_where_the_person_was() -> None:
    moved = changes.moved(
        pregnant(), NOW, account="naha", channel=Channel.SMS, address="+819012345678"
    )

    assert moved.enrolments == pregnant().enrolments
    assert moved.earlier == (Earlier(NOW, "bunkyo", Channel.EMAIL),)
    assert moved.where(NOW - timedelta(seconds=1)) == ("bunkyo", Channel.EMAIL)
    assert moved.where(NOW) == ("naha", Channel.SMS)


def test_another_address_on_the_same_channel_is_no_move() -> None:
    moved = changes.moved(
        pregnant(), NOW, account="bunkyo", channel=Channel.EMAIL, address="b@example.jp"
    )

    assert (moved.address, moved.earlier) == ("b@example.jp", ())


def test_there_is_no_change_of_a_child_that_is_not_followed() -> None:
    for change in (
        lambda: changes.returned(pregnant(), NOW, "e9"),
        lambda: changes.due_date_corrected(pregnant(), NOW, "e9", DUE),
        lambda: changes.renamed(pregnant(), "e9", "まめ"),
        lambda: changes.linked(pregnant(), "e9", "f"),
    ):
        assert refused(change) is Refusal.NO_SUCH_CHILD


def test_nobody_follows_more_children_than_a_family_has() -> None:
    full = pregnant(*(f"e{n}" for n in range(1, 13)))

    assert refused(lambda: born(pregnant(*(f"e{n}" for n in range(1, 12))), twins=True)) is None
    assert refused(lambda: changes.added(full, pregnant().enrolments[0])) is Refusal.TOO_MANY


def test_an_event_never_comes_before_the_last_so_that_a_stop_counts_at_once() -> None:
    ahead = changes.due_date_corrected(pregnant(), NOW + timedelta(days=1), "e1", date(2027, 1, 27))

    stopped = changes.stopped(ahead, NOW)

    assert last(stopped)["e1"].at == NOW + timedelta(days=1)
    assert standing(stopped.enrolments[0]).status is Status.STOPPED


STEPS: list[Callable[[Subscriber, datetime], Subscriber]] = [
    changes.stopped,
    changes.suspended,
    lambda who, at: changes.returned(who, at, "e1"),
    lambda who, at: changes.due_date_corrected(who, at, "e1", date(2027, 1, 27)),
    lambda who, at: changes.birth_registered(
        who, at, "e1", BORN, end=DEFAULT_END, twins=at.second == 1
    ),
    lambda who, at: changes.age_counted(who, at, "e1", corrected=True),
    lambda who, at: changes.moved(
        who, at, account="naha", channel=Channel.SMS, address="+819012345678"
    ),
]


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), max_size=12))
def test_whatever_is_done_what_had_happened_stays_and_order_is_kept(
    steps: list[tuple[Callable[[Subscriber, datetime], Subscriber], int]],
) -> None:
    subscriber = pregnant()
    for step, seconds in steps:
        before = {each.id: each.history for each in subscriber.enrolments}
        try:
            subscriber = step(subscriber, NOW + timedelta(seconds=seconds))
        except RefusedError:
            continue
        for each in subscriber.enrolments:
            known = before.get(each.id, ())
            assert each.history[: len(known)] == known
            instants = [event.at for event in each.history]
            assert instants == sorted(instants)


def refused(change: Callable[[], object]) -> Refusal | None:
    try:
        change()
    except RefusedError as error:
        return error.refusal
    return None


def test_twins_can_be_born_on_two_days_expected_as_one_or_as_two() -> None:
    later = BORN + timedelta(days=1)
    for expecting, more in ((pregnant("e1"), {"twins": True}), (pregnant("e1", "e2"), {})):
        two = born(expecting, second_birth_date=later, **more)
        assert [standing(each).birth_date for each in two.enrolments] == [BORN, later]
        corrected = born(two, BORN - timedelta(days=1))
        assert standing(corrected.enrolments[1]).birth_date == later, "each is corrected alone"


def test_the_second_date_is_held_to_the_same_rules() -> None:
    with pytest.raises(RefusedError) as refused:
        born(pregnant("e1", "e2"), second_birth_date=date(2026, 11, 26))

    assert refused.value.refusal is Refusal.BORN_IN_FUTURE


def test_a_birth_corrected_twice_is_known_as_it_was_said_last() -> None:
    child = born(pregnant())
    for day in (BORN - timedelta(days=2), BORN):
        child = born(child, day)

    (enrolment,) = child.enrolments
    assert standing(enrolment).birth_date == BORN
    assert [each.what for each in enrolment.history].count(Happened.BIRTH) == 3


def test_who_leaves_a_family_leaves_it_with_both_twins() -> None:
    mother = changes.linked(pregnant("e1", "e2"), "e1", "f1")

    assert {each.family for each in changes.unlinked(mother, "e2").enrolments} == {None}
