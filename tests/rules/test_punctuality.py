"""After how many minutes from the sending time how much was accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.punctuality import SHARES, minutes_until


@pytest.mark.parametrize(
    ("minutes", "half", "nearly_all", "everything"),
    [
        ({}, None, None, None),
        ({0: 1}, 0, 0, 0),
        ({7: 1}, 7, 7, 7),
        ({0: 1, 9: 1}, 0, 9, 9),
        ({0: 49, 1: 1, 2: 45, 30: 5}, 1, 2, 30),
        ({0: 49, 1: 1, 2: 44, 3: 1, 30: 5}, 1, 3, 30),
        ({30: 5, 2: 45, 0: 50}, 0, 2, 30),
        ({0: 0, 5: 3}, 5, 5, 5),
    ],
    ids=[
        "nothing was accepted",
        "all at once",
        "all late",
        "one of two is half",
        "exactly 50 and 95 of a hundred",
        "one short of 95",
        "in any order",
        "minutes in which nothing was",
    ],
)
def test_the_minute_in_which_a_share_was_reached(minutes, half, nearly_all, everything):
    assert [minutes_until(minutes, share) for share in SHARES] == [half, nearly_all, everything]


@given(st.dictionaries(st.integers(0, 720), st.integers(1, 50), min_size=1), st.integers(1, 100))
def test_by_that_minute_the_share_was_reached_and_not_a_minute_before(minutes, percent):
    reached = minutes_until(minutes, percent)

    assert reached is not None
    by_then = sum(number for minute, number in minutes.items() if minute <= reached)
    wanted = sum(minutes.values()) * percent
    assert by_then * 100 >= wanted > (by_then - minutes[reached]) * 100
