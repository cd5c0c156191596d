"""An account's settings: their dated history, its hours, its code."""

from dataclasses import replace
from datetime import date, time
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.rules.account import Account, municipality_code_is_valid, settings_on
from tests.rules.invented import BUNKYO

CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))

# 全国地方公共団体コード


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("011002", "札幌市: a leading zero"),
        ("131059", "文京区"),
        ("141500", "相模原市: remainder 1, so 10, so 0"),
        ("470007", "沖縄県"),
        ("131130", "渋谷区"),
        ("472018", "那覇市"),
        ("141011", "横浜市鶴見区: wards of designated cities too"),
    ],
)
def test_a_code_ends_in_its_check_digit(code, name):
    assert municipality_code_is_valid(code), name


@pytest.mark.parametrize(
    ("code", "because"),
    [
        ("011003", "wrong check digit"),
        ("131095", "two digits exchanged"),
        ("141501", "remainder 1 ends in 0, not 1"),
        ("11002", "the leading zero was lost"),
        ("0110020", "seven digits"),
        ("01100", "no check digit"),
        ("", "nothing"),
        ("01100a", "a letter"),
        ("１３１０５９", "full-width digits"),
        ("131059 ", "a space"),
    ],
)
def test_what_is_no_code_is_told(code, because):
    assert not municipality_code_is_valid(code), because


@given(st.text("0123456789", min_size=5, max_size=5))
def test_each_five_digits_have_exactly_one_check_digit(five):
    assert [municipality_code_is_valid(f"{five}{digit}") for digit in range(10)].count(True) == 1


@given(st.text("0123456789", min_size=5, max_size=5), st.integers(0, 4), st.integers(1, 9))
def test_a_mistyped_digit_seldom_passes(five, place, shift):
    def check(digits):
        return next(d for d in "0123456789" if municipality_code_is_valid(digits + d))

    wrong = str((int(five[place]) + shift) % 10)
    mistyped = five[:place] + wrong + five[place + 1 :]
    # Remainders 0 and 1 are told apart (1 and 0); 10 and 0 share the digit 1: the code's own limit.
    if check(mistyped) == check(five):
        assert check(five) == "1"


# Settings change from a day on, and what was stays.

EARLIER = replace(BUNKYO, valid_from=date(2024, 4, 1), send_at=time(9))
LATER = replace(BUNKYO, valid_from=date(2026, 11, 23), send_at=time(12))


@pytest.mark.parametrize(
    ("day", "in_force"),
    [
        (date(2024, 3, 31), None),
        (date(2024, 4, 1), EARLIER),
        (date(2026, 11, 22), EARLIER),
        (date(2026, 11, 23), LATER),
        (date(2040, 1, 1), LATER),
    ],
)
def test_the_settings_of_a_day_are_the_latest_that_had_begun(day, in_force):
    assert Account("bunkyo", (EARLIER, LATER)).on(day) == in_force
    assert settings_on([LATER, EARLIER], day) == in_force, "whatever the order of record"


def test_an_account_without_settings_has_none():
    assert Account("bunkyo", ()).on(date(2026, 11, 23)) is None


@given(
    st.lists(st.dates(date(2019, 1, 1), date(2030, 1, 1)), unique=True),
    st.dates(date(2019, 1, 1), date(2030, 1, 1)),
    st.dates(date(2019, 1, 1), date(2030, 1, 1)),
)
def test_a_later_setting_changes_nothing_before_it(begins, day, later):
    assume(later > day)
    history = [replace(BUNKYO, valid_from=begin) for begin in begins]

    assert settings_on([*history, replace(BUNKYO, valid_from=later)], day) == settings_on(
        history, day
    )


# The hours of a day.


@pytest.mark.parametrize(
    ("send_at", "quiet", "clock", "is_quiet", "sending", "because"),
    [
        ("09:00", "21:00-06:00", "08:59", False, False, "the day's sending is to come"),
        ("09:00", "21:00-06:00", "09:00", False, True, "it begins at the sending time"),
        ("09:00", "21:00-06:00", "20:59", False, True, "to the last minute"),
        ("09:00", "21:00-06:00", "21:00", True, False, "the quiet hours begin: it expires"),
        ("09:00", "21:00-06:00", "23:59", True, False, "quiet until midnight"),
        ("09:00", "21:00-06:00", "00:00", True, False, "quiet after midnight: a new day"),
        ("09:00", "21:00-06:00", "05:59", True, False, "to the last quiet minute"),
        ("09:00", "21:00-06:00", "06:00", False, False, "awake, but not yet time"),
        ("09:00", "01:00-06:00", "00:30", False, False, "late evening of the day before"),
        ("09:00", "01:00-06:00", "01:00", True, False, "quiet hours after midnight"),
        ("09:00", "01:00-06:00", "23:59", False, True, "sending until midnight, no later"),
        ("09:00", "00:00-06:00", "23:59", False, True, "quiet from midnight"),
        ("09:00", "00:00-06:00", "00:00", True, False, "… exactly"),
        ("00:30", "01:00-06:00", "00:45", False, True, "sent before night begins"),
        ("00:30", "01:00-06:00", "12:00", False, False, "what was left has expired"),
    ],
)
def test_messages_go_out_between_the_sending_time_and_the_quiet_hours(
    *, send_at, quiet, clock, is_quiet, sending, because
):
    quiet_from, quiet_to = (time.fromisoformat(each) for each in quiet.split("-"))
    settings = replace(
        BUNKYO, send_at=time.fromisoformat(send_at), quiet_from=quiet_from, quiet_to=quiet_to
    )
    now = time.fromisoformat(clock)

    assert settings.quiet(now) is is_quiet, because
    assert settings.sending(now) is sending, because


@given(CLOCKS, CLOCKS, CLOCKS, CLOCKS)
def test_nothing_is_sent_in_the_quiet_hours(send_at, quiet_from, quiet_to, clock):
    settings = replace(BUNKYO, send_at=send_at, quiet_from=quiet_from, quiet_to=quiet_to)
    assume(quiet_from != quiet_to)
    assume(not settings.quiet(send_at))

    assert settings.sending(send_at)
    assert not (settings.sending(clock) and settings.quiet(clock))


@given(CLOCKS, CLOCKS, CLOCKS)
def test_a_day_has_one_unbroken_time_of_sending(send_at, quiet_from, quiet_to):
    settings = replace(BUNKYO, send_at=send_at, quiet_from=quiet_from, quiet_to=quiet_to)
    assume(quiet_from != quiet_to)
    assume(not settings.quiet(send_at))
    states = [settings.sending(time(minute // 60, minute % 60)) for minute in range(1440)]

    changes = sum(one is not other for one, other in pairwise(states))
    assert changes <= 2
    assert states.index(True) == send_at.hour * 60 + send_at.minute
