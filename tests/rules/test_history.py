"""What was true at an instant, whenever it is asked."""

from datetime import UTC, date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.history import Event, Happened, Standing, Status, standing_at
from tests.rules.invented import jst

START = jst("2026-01-01 00:00")
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=1000)).map(lambda since: START + since)
DATED = {Happened.DUE_DATE, Happened.BIRTH}


@st.composite
def events(draw):
    what = draw(st.sampled_from(list(Happened)))
    day = draw(st.dates(date(2025, 1, 1), date(2029, 1, 1))) if what in DATED else None
    return Event(draw(INSTANTS), what, day)


HISTORIES = st.lists(events(), max_size=8)
ORDERS = st.lists(events(), max_size=8, unique_by=lambda event: event.at).flatmap(
    lambda history: st.tuples(st.just(history), st.permutations(history))
)

# What an event does.

JOINED = Event(jst("2026-03-01 09:00"), Happened.JOINED)
STOPPED = Event(jst("2026-05-01 09:00"), Happened.STOPPED_BY_SUBSCRIBER)
BOUNCED = Event(jst("2026-05-01 09:00"), Happened.STOPPED_BY_SYSTEM)
RETURNED = Event(jst("2026-07-01 09:00"), Happened.RETURNED)


@pytest.mark.parametrize(
    ("history", "instant", "status", "because"),
    [
        ((), "2026-03-01 09:00", Status.NOT_JOINED, "nothing happened yet"),
        ((JOINED,), "2026-03-01 08:59", Status.NOT_JOINED, "the minute before joining"),
        ((JOINED,), "2026-03-01 09:00", Status.ACTIVE, "joined_at is included"),
        ((JOINED, STOPPED), "2026-05-01 08:59", Status.ACTIVE, "the minute before the stop"),
        ((JOINED, STOPPED), "2026-05-01 09:00", Status.STOPPED, "stopped_at is excluded"),
        ((JOINED, BOUNCED), "2026-05-01 09:00", Status.SUSPENDED, "a stop by the system"),
        ((JOINED, STOPPED), "2036-05-01 09:00", Status.STOPPED, "time alone brings nobody back"),
        ((JOINED, STOPPED, RETURNED), "2026-07-01 08:59", Status.STOPPED, "not yet back"),
        ((JOINED, STOPPED, RETURNED), "2026-07-01 09:00", Status.ACTIVE, "returned_at is included"),
        ((JOINED, BOUNCED, RETURNED), "2026-07-01 09:00", Status.ACTIVE, "back after bounces"),
    ],
)
def test_an_enrolment_is_active_from_joining_to_stopping_and_from_returning(
    history, instant, status, because
):
    assert standing_at(history, jst(instant)).status is status, because


def test_a_corrected_due_date_counts_from_its_correction():
    history = (
        JOINED,
        Event(JOINED.at, Happened.DUE_DATE, date(2026, 10, 8)),
        Event(jst("2026-04-10 15:00"), Happened.DUE_DATE, date(2026, 10, 15)),
    )

    assert standing_at(history, jst("2026-04-10 14:59")).base_date == date(2026, 10, 8)
    assert standing_at(history, jst("2026-04-10 15:00")).base_date == date(2026, 10, 15)


def test_from_the_registration_only_the_birth_date_counts():
    history = (
        JOINED,
        Event(JOINED.at, Happened.DUE_DATE, date(2026, 10, 8)),
        Event(jst("2026-10-05 14:30"), Happened.BIRTH, date(2026, 10, 2)),
    )

    assert standing_at(history, jst("2026-10-05 14:29")).base_date == date(2026, 10, 8)
    assert standing_at(history, jst("2026-10-05 14:30")).base_date == date(2026, 10, 2)


def test_a_stop_keeps_the_dates_so_that_a_return_goes_on_where_the_child_is():
    history = (JOINED, Event(JOINED.at, Happened.DUE_DATE, date(2026, 10, 8)), STOPPED, RETURNED)

    assert standing_at(history, RETURNED.at) == Standing(Status.ACTIVE, date(2026, 10, 8))


def test_at_the_same_instant_the_order_of_record_counts():
    again = Event(STOPPED.at, Happened.RETURNED)

    assert standing_at((JOINED, STOPPED, again), STOPPED.at).status is Status.ACTIVE
    assert standing_at((JOINED, again, STOPPED), STOPPED.at).status is Status.STOPPED


# The corrected age (修正月齢).

ASKED = Happened.CORRECTED_AGE


@pytest.mark.parametrize(
    ("due", "born", "asked", "base", "because"),
    [
        ("2026-10-08", "2026-08-01", [ASKED], "2026-10-08", "born early, and asked for"),
        ("2026-10-08", "2026-08-01", [], "2026-08-01", "born early, not asked for"),
        ("2026-10-08", "2026-08-01", [ASKED, Happened.BIRTH_AGE], "2026-08-01", "taken back"),
        ("2026-10-08", "2026-10-12", [ASKED], "2026-10-12", "born late: nothing to correct"),
        ("2026-10-08", "2026-10-08", [ASKED], "2026-10-08", "born on the day"),
        (None, "2026-08-01", [ASKED], "2026-08-01", "no due date is known"),
        ("2026-10-08", None, [ASKED], "2026-10-08", "not born yet: the due date anyway"),
    ],
)
def test_the_corrected_age_counts_only_for_a_child_born_early_who_asked(
    due, born, asked, base, because
):
    dates = [(Happened.DUE_DATE, due), (Happened.BIRTH, born)]
    history = [
        JOINED,
        *(Event(JOINED.at, what, date.fromisoformat(day)) for what, day in dates if day),
        *(Event(JOINED.at, what) for what in asked),
    ]

    assert standing_at(history, JOINED.at).base_date == date.fromisoformat(base), because


# What holds for every history.


@given(HISTORIES, HISTORIES, INSTANTS)
def test_what_happens_later_changes_nothing_before(history, more, instant):
    later = [event for event in more if event.at > instant]

    assert standing_at(history + later, instant) == standing_at(history, instant)
    assert standing_at(later + history, instant) == standing_at(history, instant)


@given(ORDERS, INSTANTS)
def test_the_order_of_record_changes_nothing(orders, instant):
    history, shuffled = orders

    assert standing_at(shuffled, instant) == standing_at(history, instant)


@given(HISTORIES)
def test_between_two_events_nothing_changes(history):
    instants = sorted({event.at for event in history})
    for earlier, later in pairwise(instants):
        just_before = later - timedelta(microseconds=1)
        assert standing_at(history, just_before) == standing_at(history, earlier)


@given(HISTORIES)
def test_before_the_first_event_nobody_is_there(history):
    assert standing_at(history, START - timedelta(microseconds=1)) == Standing()


@given(HISTORIES, INSTANTS)
def test_an_instant_is_the_same_in_every_time_zone(history, instant):
    utc = instant.astimezone(UTC)

    assert standing_at(history, utc) == standing_at(history, instant)


def test_a_bounce_that_comes_late_does_not_hide_that_the_subscriber_had_stopped():
    history = (
        Event(jst("2026-10-01 09:00"), Happened.JOINED),
        Event(jst("2026-11-01 09:00"), Happened.STOPPED_BY_SUBSCRIBER),
        Event(jst("2026-11-01 10:00"), Happened.STOPPED_BY_SYSTEM),
    )

    assert standing_at(history, jst("2026-11-02 00:00")).status is Status.STOPPED
