"""How the slots of one provider account follow one another."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.rate_limit import FURTHEST, SECOND, Slot, call_size, duration, next_slot

NOW = 1_000 * SECOND


@pytest.mark.parametrize(
    ("tokens", "per_second", "lasts"),
    [
        (14, 14.0, SECOND),
        (1, 14.0, 71_429),  # never shorter than its share
        (50, 200.0, SECOND // 4),
        (2, 0.5, 4 * SECOND),
        (500, 2_000, SECOND // 4),
    ],
)
def test_a_call_keeps_the_account_to_itself_for_its_share_of_a_second(tokens, per_second, lasts):
    assert duration(tokens, per_second) == lasts


@pytest.mark.parametrize(
    ("free_at", "begins"),
    [
        (None, NOW),  # nobody ever called
        (NOW - 9 * SECOND, NOW),  # an idle while is not saved up
        (NOW - 1, NOW),
        (NOW, NOW),
        (NOW + 1, NOW + 1),
        (NOW + 3 * SECOND, NOW + 3 * SECOND),
        (NOW + FURTHEST, NOW + FURTHEST),
        (NOW + FURTHEST + 1, NOW),  # a clock that went wrong holds nobody back
    ],
)
def test_a_slot_begins_where_the_last_one_ends_or_now(free_at, begins):
    assert next_slot(free_at, NOW, 5) == Slot(begins, begins + 5)


def test_the_wait_is_told_in_seconds():
    assert Slot(NOW + 1_500_000, NOW + 2_000_000).wait(NOW) == 1.5


@pytest.mark.parametrize(
    ("limit", "per_second", "size"),
    [
        (50, 14.0, 14),
        (50, 14.9, 14),
        (50, 200.0, 50),
        (50, 1.0, 1),
        (50, 0.2, 1),
        (500, 2_000, 500),
    ],
)
def test_a_call_has_as_many_recipients_as_one_second_allows(limit, per_second, size):
    assert call_size(limit, per_second) == size


RATES = st.floats(0.5, 3_000, allow_nan=False)


@st.composite
def days(draw):
    """A rate, and calls as they come: the pauses between them, and the recipients of each."""
    per_second = draw(RATES)
    size = call_size(500, per_second)
    come = st.tuples(st.integers(0, 3 * SECOND), st.integers(1, size))
    return per_second, size, draw(st.lists(come, min_size=1, max_size=30))


def slots_of(per_second, calls):
    """The slot of each call with its recipients, taken one after another."""
    now, free_at, found = NOW, None, []
    for pause, recipients in calls:
        now += pause
        slot = next_slot(free_at, now, duration(recipients, per_second))
        if slot.wait(now) > FURTHEST / SECOND / 2:
            break  # far more than any queue of callers
        found.append((now, slot, recipients))
        free_at = slot.ends
    return found


@given(days())
def test_no_two_slots_overlap_and_none_begins_before_it_was_asked_for(day):
    per_second, _, calls = day
    slots = slots_of(per_second, calls)

    assert all(slot.begins >= now for now, slot, _ in slots)
    pairs = pairwise(slots)
    assert all(later.begins >= earlier.ends for (_, earlier, _), (_, later, _) in pairs)


@given(days())
def test_within_any_time_no_more_pass_than_the_rate_and_one_call(day):
    per_second, size, calls = day
    slots = slots_of(per_second, calls)

    for first, (_, begun, _) in enumerate(slots):
        passed = 0
        for _, slot, recipients in slots[first:]:
            passed += recipients
            seconds = (slot.begins - begun.begins) / SECOND
            assert passed <= per_second * seconds * (1 + 1e-9) + size


@given(days())
def test_whoever_asks_waits_only_for_those_who_asked_before(day):
    per_second, _, calls = day
    waits, before = [], 0
    for now, slot, recipients in slots_of(per_second, calls):
        waits.append(slot.begins - now <= before)
        before += duration(recipients, per_second)

    assert all(waits)


@given(days(), st.data())
def test_clocks_that_differ_can_lengthen_a_burst_by_their_difference_and_never_the_rate(day, data):
    per_second, size, calls = day
    off_by = st.integers(-SECOND, SECOND)
    now, free_at, made = NOW, None, []
    for pause, recipients in calls:
        now += pause
        off = data.draw(off_by)
        slot = next_slot(free_at, now + off, duration(recipients, per_second))
        if slot.wait(now) > FURTHEST / SECOND / 2:
            break
        free_at = slot.ends
        made.append((slot.begins - off, recipients))

    made.sort()
    for first, (begun, _) in enumerate(made):
        passed = 0
        for at, recipients in made[first:]:
            passed += recipients
            seconds = (at - begun + 2 * SECOND) / SECOND
            assert passed <= per_second * seconds * (1 + 1e-9) + size
