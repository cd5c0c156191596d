"""Which message is due on a day, or the one reason for silence."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.account import Channel, Delivery
from shared.rules.dates import jst_date, jst_instant
from shared.rules.ending import DEFAULT_END
from shared.rules.history import Event, Happened, Standing, Status, standing_at
from shared.rules.message import Due, days_ranges, due_message, stage_on
from shared.rules.stage import Phase, Reason
from tests.rules.invented import BUNKYO, EVERY_DAY, joined, jst

DUE = date(2026, 10, 8)
EXPECTING = Standing(Status.ACTIVE, due_date=DUE)


def message(standing=EXPECTING, day=DUE, *, account=BUNKYO, channel=Channel.LINE, on=EVERY_DAY):
    return due_message(standing, day, settings=account, channel=channel, schedule=on)


# The message of the day.


@pytest.mark.parametrize(
    ("standing", "day", "due", "because"),
    [
        (EXPECTING, "2026-01-29", Due(Phase.PREGNANCY, 28), "4w0d: the first message"),
        (EXPECTING, "2026-06-01", Due(Phase.PREGNANCY, 151), "a late joiner starts today"),
        (EXPECTING, "2026-10-21", Due(Phase.PREGNANCY, 293), "41w6d: the last one"),
        (
            Standing(Status.ACTIVE, birth_date=date(2026, 10, 2)),
            "2026-10-02",
            Due(Phase.CHILDCARE, 0),
            "the birth date is day 0",
        ),
        (
            Standing(Status.ACTIVE, due_date=DUE, birth_date=date(2026, 10, 2)),
            "2026-10-10",
            Due(Phase.CHILDCARE, 8),
            "with both dates the birth date counts",
        ),
        (
            Standing(Status.ACTIVE, DUE, date(2026, 8, 1), corrected_age=True),
            "2026-10-10",
            Due(Phase.CHILDCARE, 2),
            "the corrected age counts from the due date",
        ),
    ],
)
def test_the_message_is_that_of_the_day(standing, day, due, because):
    assert message(standing, date.fromisoformat(day)) == due, because


# Silence, and its reason.


@pytest.mark.parametrize(
    ("standing", "day", "reason"),
    [
        (Standing(Status.NOT_JOINED, DUE), "2026-06-01", Reason.NOT_JOINED),
        (Standing(Status.STOPPED, DUE), "2026-06-01", Reason.STOPPED),
        (Standing(Status.SUSPENDED, DUE), "2026-06-01", Reason.SUSPENDED),
        (EXPECTING, "2026-01-28", Reason.NOT_YET),
        (EXPECTING, "2026-10-22", Reason.AWAITING_BIRTH),
        (Standing(Status.ACTIVE, None, date(2023, 11, 23)), "2026-11-24", Reason.GRADUATED),
        (Standing(Status.ACTIVE, None, date(2026, 11, 23)), "2026-11-22", Reason.NOT_YET),
        (
            Standing(Status.ACTIVE, DUE, date(2026, 8, 1), corrected_age=True),
            "2026-10-07",
            Reason.NO_MESSAGE_TODAY,
        ),
        (Standing(Status.STOPPED, DUE), "2027-06-01", Reason.STOPPED),
    ],
)
def test_silence_has_its_reason(standing, day, reason):
    assert message(standing, date.fromisoformat(day)) is reason


def test_an_account_that_sends_through_another_system_sends_nothing_here():
    external = replace(BUNKYO, delivery=Delivery.EXTERNAL)

    assert message(account=external) is Reason.EXTERNAL


def test_an_account_that_has_ended_sends_nothing():
    ended = replace(BUNKYO, delivery=Delivery.ENDED)

    assert message(account=ended) is Reason.ACCOUNT_ENDED


def test_a_channel_that_the_account_does_not_offer_is_silent():
    email_only = replace(BUNKYO, channels=frozenset({Channel.EMAIL}))

    assert message(account=email_only, channel=Channel.LINE) is Reason.CHANNEL_NOT_OFFERED
    assert message(account=email_only, channel=Channel.EMAIL) == Due(Phase.PREGNANCY, 280)


def test_a_day_that_the_schedule_lacks_has_no_message():
    assert message(on=EVERY_DAY - {(Phase.PREGNANCY, 280)}) is Reason.NO_MESSAGE_TODAY
    assert message(on=frozenset()) is Reason.NO_MESSAGE_TODAY


def test_the_day_of_the_other_phase_is_not_this_ones():
    assert message(on=frozenset({(Phase.CHILDCARE, 280)})) is Reason.NO_MESSAGE_TODAY


def test_a_stop_is_the_first_reason_whatever_else_holds():
    external = replace(BUNKYO, delivery=Delivery.EXTERNAL, channels=frozenset())

    assert message(Standing(Status.STOPPED), account=external) is Reason.STOPPED


# What holds for every standing and day.

STANDINGS = st.builds(
    Standing,
    st.sampled_from(Status),
    st.dates(date(2025, 1, 1), date(2028, 1, 1)),
    st.none() | st.dates(date(2025, 1, 1), date(2028, 1, 1)),
    st.booleans(),
)
DAYS = st.dates(date(2024, 1, 1), date(2032, 1, 1))
ACCOUNTS = st.builds(
    replace,
    st.just(BUNKYO),
    delivery=st.sampled_from(Delivery),
    channels=st.frozensets(st.sampled_from(Channel)),
)
SCHEDULES = st.sampled_from(
    [EVERY_DAY, frozenset(each for each in EVERY_DAY if each[1] % 3 == 0), frozenset()]
)


@given(STANDINGS, DAYS, ACCOUNTS, st.sampled_from(Channel), SCHEDULES)
def test_a_message_comes_only_when_nothing_speaks_against_it(
    standing, day, account, channel, schedule
):
    due = message(standing, day, account=account, channel=channel, on=schedule)

    stage = stage_on(standing, day, account.end_of_delivery)
    assert isinstance(due, Due) == (
        standing.status is Status.ACTIVE
        and account.delivery is Delivery.OWN
        and channel in account.channels
        and stage.open
        and (stage.phase, stage.day) in schedule
    )
    if isinstance(due, Due):
        assert (due.phase, due.day) == (stage.phase, stage.day)


@given(STANDINGS, DAYS)
def test_the_message_of_the_next_day_is_one_day_further(standing, day):
    today, tomorrow = message(standing, day), message(standing, day + timedelta(days=1))

    if isinstance(today, Due) and isinstance(tomorrow, Due):
        assert tomorrow == Due(today.phase, today.day + 1)


@given(
    due_date=st.dates(date(2026, 8, 1), date(2026, 12, 1)),
    corrected=st.dates(date(2026, 8, 1), date(2026, 12, 1)),
    at=st.timedeltas(timedelta(0), timedelta(days=100)),
)
def test_a_correction_takes_effect_the_same_day_and_replays_nothing(due_date, corrected, at):
    corrected_at = jst("2026-06-01 00:00") + at
    history = (*joined(due=due_date), Event(corrected_at, Happened.DUE_DATE, corrected))
    for offset in range(-20, 20):
        day = jst_date(corrected_at) + timedelta(days=offset)
        evening = jst_instant(day) + timedelta(hours=23, minutes=59, seconds=59, milliseconds=999)
        counts = corrected if corrected_at <= evening else due_date

        assert message(standing_at(history, evening), day) == message(
            Standing(Status.ACTIVE, due_date=counts), day
        )


@given(st.dates(date(2020, 1, 1), date(2032, 1, 1)), st.integers(-13, 100))
def test_a_child_is_told_of_each_day_once(due_date, early):
    born = due_date - timedelta(days=early)
    registered = jst_instant(born + timedelta(days=2))
    history = (*joined(due=due_date), Event(registered, Happened.BIRTH, born))
    sent = []
    for offset in range(-300, 60):
        day = born + timedelta(days=offset)
        due = message(standing_at(history, jst_instant(day) + timedelta(hours=9)), day)
        if isinstance(due, Due):
            sent.append(due)

    assert len(sent) == len(set(sent))
    assert sent == sorted(sent, key=lambda due: (due.phase is Phase.CHILDCARE, due.day))


def test_the_last_message_of_a_child_arrives_on_the_birthday():
    child = Standing(Status.ACTIVE, birth_date=date(2023, 11, 23))

    assert message(child, DEFAULT_END.last_day(date(2023, 11, 23))) == Due(Phase.CHILDCARE, 1096)


# Which days are read together.


@pytest.mark.parametrize(
    ("days", "largest_gap", "ranges", "because"),
    [
        ([], 7, [], "nothing to read"),
        ([5], 7, [(5, 5)], "a single day"),
        ([1, 2, 3], 0, [(1, 3)], "neighbours have no gap"),
        ([1, 3], 0, [(1, 1), (3, 3)], "one day lies between"),
        ([1, 3], 1, [(1, 3)], "one day may lie between"),
        ([372, 379, 386], 6, [(372, 386)], "six days lie between"),
        ([372, 379, 386], 5, [(372, 372), (379, 379), (386, 386)], "six are too many"),
        ([3, 1, 2, 2], 0, [(1, 3)], "in any order, twice or not"),
        ([0, 1, 50, 51, 100], 10, [(0, 1), (50, 51), (100, 100)], "far apart"),
    ],
)
def test_days_near_each_other_are_read_together(days, largest_gap, ranges, because):
    assert days_ranges(days, largest_gap=largest_gap) == ranges, because


@given(st.lists(st.integers(0, 500)), st.integers(0, 20))
def test_the_ranges_cover_every_day_and_begin_and_end_on_one(days, largest_gap):
    ranges = days_ranges(days, largest_gap=largest_gap)

    covered = {day for first, last in ranges for day in range(first, last + 1)}
    assert set(days) <= covered
    assert {end for both in ranges for end in both} <= set(days)
    for first, last in ranges:
        inside = sorted(day for day in set(days) if first <= day <= last)
        steps = pairwise(inside)
        assert all(later - earlier - 1 <= largest_gap for earlier, later in steps)
    for (_, last), (first, _) in pairwise(ranges):
        assert first - last - 1 > largest_gap
