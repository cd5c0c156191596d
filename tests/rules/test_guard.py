"""When an account's mails bounce too much to go on."""

from datetime import date

import pytest

from shared.rules.failures import Counts
from shared.rules.guard import Reputation, Verdict, reputation, verdict, window


@pytest.mark.parametrize(
    ("accepted", "bounced", "expected"),
    [
        (49, 49, Verdict.FINE),  # too few mails to tell
        (50, 2, Verdict.FINE),
        (50, 3, Verdict.WARN),
        (50, 4, Verdict.WARN),
        (50, 5, Verdict.PAUSE),
        (1_000, 49, Verdict.FINE),
        (1_000, 50, Verdict.WARN),
        (1_000, 99, Verdict.WARN),
        (1_000, 100, Verdict.PAUSE),
        (0, 3, Verdict.FINE),
    ],
)
def test_five_in_a_hundred_bounces_warn_and_ten_pause(accepted, bounced, expected):
    assert verdict(Reputation(accepted, bounced)) is expected


@pytest.mark.parametrize(
    ("accepted", "complained", "expected"),
    [
        (999, 9, Verdict.FINE),  # a single complaint would be a rate
        (1_000, 0, Verdict.FINE),
        (1_000, 1, Verdict.WARN),
        (1_000, 4, Verdict.WARN),
        (1_000, 5, Verdict.PAUSE),
    ],
)
def test_one_complaint_in_a_thousand_warns_and_five_pause(accepted, complained, expected):
    assert verdict(Reputation(accepted, 0, complained)) is expected


def test_the_worse_of_the_two_counts():
    assert verdict(Reputation(1_000, 50, 5)) is Verdict.PAUSE
    assert verdict(Reputation(1_000, 100, 1)) is Verdict.PAUSE


def test_a_week_is_looked_at_with_its_last_day():
    assert window(date(2026, 11, 25)) == [date(2026, 11, day) for day in range(19, 26)]


def test_what_was_forgiven_counts_no_more():
    counts = [Counts(9, 7, 2, 7, 2), Counts(5, 4, 3, 1, 0), Counts(2, 2, 1)]

    assert reputation(100, counts) == Reputation(100, 5, 4)


def test_rates_are_shares_of_what_was_accepted():
    assert (Reputation(200, 10, 1).bounce_rate, Reputation(200, 10, 1).complaint_rate) == (
        0.05,
        0.005,
    )
    assert Reputation(0, 3).bounce_rate == 0.0
