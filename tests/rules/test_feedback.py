"""What becomes of a message after it was accepted, and when its reader cannot be reached."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.account import Channel
from shared.rules.changes import added, moved, returned, stopped, suspended
from shared.rules.failures import (
    Counts,
    changed_by,
    concerns,
    could_be_too_many,
    counted,
    delivered,
    failed,
    is_outage,
)
from shared.rules.feedback import TRANSITIONS, Effect, Feedback, State, Told, after
from shared.rules.history import Event, Happened, Status, latest_standing
from shared.rules.subscriber import Enrolment, Subscriber

T = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
JOINED = T - timedelta(days=60)
DAY = date(2026, 11, 25)
DAYS = [date(2026, 11, 16) + timedelta(days=n) for n in range(10)]


def reader(*failed_on: date) -> Subscriber:
    history = (
        Event(JOINED, Happened.JOINED),
        Event(JOINED, Happened.DUE_DATE, date(2027, 1, 20)),
    )
    return Subscriber(
        "s1",
        "bunkyo",
        Channel.EMAIL,
        "hanako@example.jp",
        None,
        (Enrolment("e1", None, history),),
        failed_on=failed_on,
    )


def status(subscriber: Subscriber) -> Status:
    (enrolment,) = subscriber.enrolments
    return latest_standing(enrolment.history).status


def come_to(*events: tuple[Told, int | None]) -> tuple[State, list[Effect]]:
    """The state that events come to, in the order in which they come; times in minutes."""
    known, effects = Feedback(), []
    for told, minute in events:
        at = None if minute is None else T + timedelta(minutes=minute)
        known, effect = after(known, told, at)
        effects.append(effect)
    return known.state, [each for each in effects if each is not Effect.NONE]


# The table.


def test_every_pair_of_state_and_event_is_in_the_table():
    assert set(TRANSITIONS) == set(State)
    for state in State:
        assert set(TRANSITIONS[state]) == set(Told), state


@pytest.mark.parametrize(
    ("told", "state", "effect"),
    [
        (Told.SENT, State.ACCEPTED, Effect.NONE),
        (Told.DELAYED, State.DELAYED, Effect.NONE),
        (Told.BOUNCED, State.BOUNCED, Effect.FAILURE),
        (Told.DELIVERED, State.DELIVERED, Effect.SUCCESS),
        (Told.RENDERING_FAILED, State.RENDERING_FAILED, Effect.NONE),
        (Told.REJECTED, State.REJECTED, Effect.NONE),
        (Told.FAILED, State.FAILED, Effect.GONE),
        (Told.OPTED_OUT, State.OPTED_OUT, Effect.UNWANTED),
        (Told.COMPLAINED, State.COMPLAINED, Effect.UNWANTED),
    ],
)
def test_the_first_news_of_a_message_say_what_they_say(told, state, effect):
    assert after(Feedback(), told, None) == (Feedback(state), effect)


@pytest.mark.parametrize(
    ("events", "state", "effects"),
    [
        # A delay, and then it went through.
        (
            [(Told.DELAYED, 1), (Told.DELIVERED, 9)],
            State.DELIVERED,
            [Effect.SUCCESS],
        ),
        # The delay's news come late.
        ([(Told.DELIVERED, 9), (Told.DELAYED, 1)], State.DELIVERED, [Effect.SUCCESS]),
        # A second delay before the delivery, that comes after it.
        (
            [(Told.DELAYED, 1), (Told.DELIVERED, 9), (Told.DELAYED, 5)],
            State.DELIVERED,
            [Effect.SUCCESS],
        ),
        # Given up for now, and delivered by another try.
        (
            [(Told.BOUNCED, 1), (Told.DELIVERED, 9)],
            State.DELIVERED,
            [Effect.FAILURE, Effect.SUCCESS],
        ),
        # Taken by the server, and given back later.
        (
            [(Told.DELIVERED, 1), (Told.BOUNCED, 9)],
            State.BOUNCED,
            [Effect.SUCCESS, Effect.FAILURE],
        ),
        ([(Told.DELIVERED, 1), (Told.FAILED, 9)], State.FAILED, [Effect.SUCCESS, Effect.GONE]),
        # The same, but the first news come last: no success.
        ([(Told.FAILED, 9), (Told.DELIVERED, 1)], State.FAILED, [Effect.GONE]),
        ([(Told.BOUNCED, 9), (Told.DELIVERED, 1)], State.BOUNCED, [Effect.FAILURE]),
        # A complaint weighs more than whatever comes after it.
        (
            [(Told.DELIVERED, 1), (Told.COMPLAINED, 2), (Told.FAILED, 3), (Told.BOUNCED, 4)],
            State.COMPLAINED,
            [Effect.SUCCESS, Effect.UNWANTED],
        ),
        # A permanent bounce is no reader's stop, but a complaint after it is.
        (
            [(Told.FAILED, 1), (Told.COMPLAINED, 2)],
            State.COMPLAINED,
            [Effect.GONE, Effect.UNWANTED],
        ),
        # Twilio's news carry no time: what was delivered was delivered.
        ([(Told.DELIVERED, None), (Told.SENT, None)], State.DELIVERED, [Effect.SUCCESS]),
        ([(Told.DELIVERED, None), (Told.BOUNCED, None)], State.DELIVERED, [Effect.SUCCESS]),
        (
            [(Told.BOUNCED, None), (Told.SENT, None), (Told.BOUNCED, None)],
            State.BOUNCED,
            [Effect.FAILURE],
        ),
        # What is in a mail is never the address's fault.
        ([(Told.DELIVERED, 1), (Told.REJECTED, 2)], State.REJECTED, [Effect.SUCCESS]),
        ([(Told.REJECTED, 2), (Told.BOUNCED, 3)], State.REJECTED, []),
    ],
)
def test_what_a_message_comes_to(events, state, effects):
    assert come_to(*events) == (state, effects)


PASSING = (Told.SENT, Told.DELAYED, Told.BOUNCED, Told.DELIVERED)
events = st.tuples(st.sampled_from(Told), st.integers(0, 20))


@given(st.lists(events, max_size=6))
def test_an_event_that_comes_twice_has_no_second_effect(happened):
    known = Feedback()
    for told, minute in happened:
        at = T + timedelta(minutes=minute)
        known, _ = after(known, told, at)
        assert after(known, told, at) == (known, Effect.NONE)


@given(st.lists(events, max_size=4))
def test_the_order_in_which_news_arrive_does_not_change_what_they_come_to(happened):
    states = {come_to(*order)[0] for order in permutations(happened)}

    assert len(states) == 1


@given(st.lists(st.sampled_from(Told), max_size=4))
def test_nor_where_they_carry_no_time(told):
    states = {come_to(*((each, None) for each in order))[0] for order in permutations(told)}

    assert len(states) == 1


@given(st.lists(events, max_size=4))
def test_a_reader_who_wants_it_no_more_is_stopped_in_whatever_order_the_news_arrive(happened):
    wanted = {Told.OPTED_OUT, Told.COMPLAINED}.isdisjoint(told for told, _ in happened)

    for order in permutations(happened):
        _, effects = come_to(*order)
        assert effects.count(Effect.UNWANTED) == (0 if wanted else 1)


# What is counted.


@pytest.mark.parametrize(
    ("before", "now", "counts"),
    [
        (State.ACCEPTED, State.BOUNCED, Counts(failed=1)),
        (State.ACCEPTED, State.FAILED, Counts(failed=1, bounced=1)),
        (State.BOUNCED, State.FAILED, Counts(bounced=1)),
        (State.BOUNCED, State.BOUNCED, Counts()),
        (State.DELIVERED, State.COMPLAINED, Counts(complained=1)),
        (State.ACCEPTED, State.OPTED_OUT, Counts()),
        (State.ACCEPTED, State.REJECTED, Counts()),
        (State.DELAYED, State.DELIVERED, Counts()),
    ],
)
def test_a_message_is_counted_once(before, now, counts):
    assert counted(Feedback(before), Feedback(now)) == counts


# Failures, and the fifth.


def test_four_days_of_failure_suspend_nobody_and_the_fifth_does():
    subscriber = reader()
    for day in DAYS[:4]:
        subscriber = failed(subscriber, day, T, ())
    assert (status(subscriber), subscriber.failed_on) == (Status.ACTIVE, tuple(DAYS[:4]))

    assert status(failed(subscriber, DAYS[4], T, ())) is Status.SUSPENDED


def test_a_day_counts_once_however_many_of_its_messages_fail():
    subscriber = reader()
    for _ in range(9):
        subscriber = failed(subscriber, DAYS[0], T, ())

    assert subscriber == reader(DAYS[0])


def test_a_success_forgets_the_failures_before_it():
    subscriber = failed(delivered(reader(*DAYS[:4]), DAYS[4]), DAYS[5], T, ())

    assert (status(subscriber), subscriber.failed_on) == (Status.ACTIVE, (DAYS[5],))


def test_news_of_an_old_success_do_not_forget_later_failures():
    assert delivered(reader(DAYS[1], DAYS[3]), DAYS[2]).failed_on == (DAYS[3],)


def test_a_day_of_outage_counts_nobody():
    subscriber = failed(reader(*DAYS[:4]), DAYS[4], T, {DAYS[4]})
    assert (status(subscriber), subscriber.failed_on) == (Status.ACTIVE, tuple(DAYS[:4]))

    earlier = failed(reader(*DAYS[:4]), DAYS[4], T, {DAYS[1]})
    assert status(earlier) is Status.ACTIVE


def test_only_before_a_possible_fifth_must_outages_be_known():
    assert not could_be_too_many(reader(*DAYS[:3]), DAYS[3])
    assert not could_be_too_many(reader(*DAYS[:4]), DAYS[3])
    assert could_be_too_many(reader(*DAYS[:4]), DAYS[4])


@pytest.mark.parametrize(
    ("failures", "accepted", "outage"),
    [
        (19, 100, False),  # too few to tell
        (20, 200, True),  # both at their least
        (20, 201, False),  # a share below one in ten
        (500, 4_000, True),
        (20, 0, True),  # no run of the day is closed yet: nobody is blamed
    ],
)
def test_an_outage_is_many_failures_and_a_tenth_of_a_day(failures, accepted, outage):
    assert is_outage(failures, accepted) is outage


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (Effect.NONE, Status.ACTIVE),
        (Effect.SUCCESS, Status.ACTIVE),
        (Effect.FAILURE, Status.ACTIVE),
        (Effect.GONE, Status.SUSPENDED),
    ],
)
def test_what_an_effect_does_to_a_reader(effect, expected):
    assert status(changed_by(reader(), effect, DAY, T, ())) is expected


def test_a_stop_by_the_reader_is_never_hidden_by_one_of_the_system():
    subscriber = stopped(reader(*DAYS[:4]), T - timedelta(hours=1))

    for effect in (Effect.GONE, Effect.FAILURE):
        assert status(changed_by(subscriber, effect, DAY, T, ())) is Status.STOPPED


def test_to_change_a_reader_twice_is_to_change_them_once():
    for effect in Effect:
        once = changed_by(reader(*DAYS[:4]), effect, DAYS[4], T, ())
        assert changed_by(once, effect, DAYS[4], T + timedelta(minutes=1), ()) == once


# Whom news concern.


def is_concerned(subscriber: Subscriber, sent_at: datetime = T, **changes: object) -> bool:
    facts = {"account": "bunkyo", "channel": Channel.EMAIL, "address": None, **changes}
    return concerns(subscriber, sent_at=sent_at, **facts)


def test_news_concern_the_reader_to_whom_the_message_went():
    assert is_concerned(reader())
    assert is_concerned(reader(), address="Hanako@example.jp")


def test_news_of_an_address_that_was_changed_since_concern_nobody():
    at = T - timedelta(hours=1)
    same = moved(reader(), at, account="bunkyo", channel=Channel.EMAIL, address="h@example.jp")
    assert not is_concerned(same, address="hanako@example.jp")
    sms = moved(reader(), at, account="bunkyo", channel=Channel.SMS, address="+819012345678")
    assert not is_concerned(sms)
    chofu = moved(reader(), at, account="chofu", channel=Channel.EMAIL, address="hanako@example.jp")
    assert not is_concerned(chofu)


def test_news_from_before_somebody_left_and_came_back_to_the_account_concern_nobody():
    there = moved(
        reader(),
        T - timedelta(days=3),
        account="chofu",
        channel=Channel.EMAIL,
        address="hanako@example.jp",
    )
    back = moved(there, T, account="bunkyo", channel=Channel.EMAIL, address="hanako@example.jp")

    assert not is_concerned(back, T - timedelta(days=5))
    assert is_concerned(back, T + timedelta(minutes=1))


def test_news_of_a_message_from_before_the_reader_came_back_concern_nobody():
    back = returned(suspended(reader(), T - timedelta(days=2)), T, "e1")

    assert not is_concerned(back, T - timedelta(days=3))
    assert is_concerned(back, T + timedelta(minutes=1))


def test_nor_from_before_the_reader_joined_for_another_child():
    child = Enrolment("e2", None, (Event(T, Happened.JOINED),))

    assert not is_concerned(added(reader(), child), T - timedelta(hours=1))
