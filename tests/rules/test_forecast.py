"""What is known from dates, what a year has taught, and how sure the forecast is of it."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.rules.au import MONTHLY_FLOWS, Detail, Entrants, Measure
from shared.rules.dates import JST
from shared.rules.experience import Experience
from shared.rules.forecast import forecast, forecasts, together
from shared.rules.months import Month

NOVEMBER = Measure.month_end(Month(2026, 11))
PAST = len(NOVEMBER.past)
"""32 months: April 2024 to November 2026."""

NOBODY = (0,) * 37


def stays(**months):
    """Entrants by whole months: m2=120 is 120 who stay for two months."""
    counts = [0] * 37
    for name, count in months.items():
        counts[int(name[1:])] = count
    return tuple(counts)


def detail(
    *,
    au=100,
    enrolments=None,
    known=(),
    expected=(),
    entrants=None,
    past=PAST,
    series=None,
    **flows,
):
    """An account whose AU and flows were the same in every month, but where they are lists."""
    subscribers = list(series or [au] * past)
    every = {name: [0] * past for name in MONTHLY_FLOWS}
    for name, value in flows.items():
        every[name] = value if isinstance(value, list) else [value] * past
    return Detail(
        series={
            "subscribers": subscribers,
            "enrolments": [enrolments] * past if enrolments is not None else list(subscribers),
        },
        flows=every,
        weeks=(),
        ages={},
        known={"subscribers": [*known, *[0] * (36 - len(known))]},
        expected=[*expected, *[0] * (36 - len(expected))],
        graduating=[1] * 36,
        awaiting=[2] * 36,
        due=[3] * 36,
        entrants=entrants or Entrants(),
    )


def rounded(figures, digits=3):
    return [round(each, digits) for each in figures]


# What is known.


def test_what_dates_alone_know_is_handed_on_as_it_is():
    found = forecast(detail(known=[90, 80]), NOVEMBER)

    assert found.months[0] == Month(2026, 12)
    assert found.months[-1] == Month(2029, 11)
    assert found.known == (90, 80, *[0] * 34)
    assert (found.graduating, found.awaiting, found.due) == ((1,) * 36, (2,) * 36, (3,) * 36)
    assert found.now == 100


def test_with_no_registrations_and_no_stops_those_stay_whose_birth_gets_registered():
    office = Experience(born=899, awaiting=99, exposure=1000)  # (899 + 1) / (998 + 2): 0.9

    found = forecast(detail(known=[90, 80], expected=[0, 10]), NOVEMBER, office)

    assert rounded(found.middle[:3]) == [90.0, 89.0, 0.0]


# What a year has taught: births.


def test_births_of_its_own_weigh_as_much_as_the_office_once_there_are_fifty():
    office = Experience(born=899, awaiting=99, exposure=1000)  # 0.9
    born, awaiting = ([0] * (PAST - 1) + [count] for count in (40, 10))  # 0.8 of 50

    found = forecast(detail(expected=[100], born=born, awaiting_birth=awaiting), NOVEMBER, office)

    assert rounded(found.middle[:1]) == [85.0]


def test_without_an_office_the_account_learns_from_itself():
    born, awaiting = ([0] * (PAST - 1) + [count] for count in (1, 1))  # (1 + 1) / (2 + 2)

    found = forecast(detail(expected=[100], born=born, awaiting_birth=awaiting), NOVEMBER)

    assert rounded(found.middle[:1]) == [50.0]


def test_before_any_birth_half_are_taken_to_be_registered_and_the_band_is_wide():
    found = forecast(detail(expected=[100]), NOVEMBER)

    # Anything from 0 to 1 is as likely: a variance of 1/12, on top of 100 births by chance.
    assert rounded((found.low[0], found.middle[0], found.high[0]), 1) == [12.5, 50.0, 87.5]


def test_returns_count_for_births_and_stops_alike():
    last = [0] * (PAST - 1)
    found = Experience.of(
        detail(
            born=[*last, 90],
            awaiting_birth=[*last, 12],
            stopped_subscriber=[*last, 20],
            stopped_system=[*last, 4],
            returned=[*last, 18],
        ),
        NOVEMBER,
    )

    assert found == Experience(born=90, awaiting=12, stopped=24, returned=18, exposure=1200.0)
    assert (found.registered, found.births) == (96.0, 102)
    assert found.lost == 12.0


def test_more_returns_than_silences_bring_back_all_and_no_more():
    # An end of delivery that was moved brought back 400 who had graduated.
    found = Experience(born=90, awaiting=10, stopped=20, returned=400, exposure=1200.0)

    assert (found.registered, found.lost) == (100.0, 0.0)


# Stops.


def test_in_every_month_the_same_share_stops():
    # 24 stops among 100 enrolments in 12 months: 0.02 a month.
    found = forecast(detail(known=[100] * 36, stopped_system=2), NOVEMBER)

    assert rounded([found.middle[0], found.middle[11]]) == [98.02, 78.663]


def test_stops_of_its_own_weigh_as_much_as_the_office_after_1200_months_of_enrolments():
    office = Experience(stopped=600, exposure=60_000)  # 0.01

    found = forecast(detail(known=[100] * 36, stopped_system=2), NOVEMBER, office)  # 0.02

    assert rounded([found.middle[0], found.middle[11]]) == [98.511, 83.527]  # 0.015


# Registrations.


def test_newcomers_come_as_in_the_mean_of_12_months_and_as_subscribers():
    every = Entrants(stays(m36=120), NOBODY)
    new = [99] * (PAST - 12) + [4, 12] * 6  # 8 enrolments a month

    found = forecast(
        detail(au=90, enrolments=100, entrants=every, new_pregnancy=new, new_childcare=2), NOVEMBER
    )

    assert rounded([found.registrations]) == [9.0]
    assert rounded(found.middle[:3]) == [9.0, 18.0, 27.0]
    assert rounded(found.middle[-1:]) == [324.0]
    assert found.estimated_from == 12


def test_newcomers_stay_as_long_as_their_dates_let_those_before_them_stay():
    # Two months and a half in the mean: half of them are gone when two to three have passed.
    brief = Entrants(stays(m2=120), NOBODY)

    found = forecast(detail(entrants=brief, new_childcare=10), NOVEMBER)

    assert rounded(found.middle[:5]) == [10.0, 20.0, 25.0, 25.0, 25.0]


def test_newcomers_stay_past_42_weeks_where_the_birth_gets_registered():
    office = Experience(born=899, awaiting=99, exposure=1000)  # 0.9
    # 100 pregnancies with 8 months to 41w6d, and 20 children.
    mixed = Entrants(stays(m8=100, m36=20), stays(m36=100))

    found = forecast(detail(entrants=mixed, new_pregnancy=12), NOVEMBER, office)

    # All are there for 8 months; in the 9th half of 10 in 120 have left, later all 10.
    assert rounded(found.middle[7:11]) == [96.0, 107.5, 118.5, 129.5]


def test_the_incomplete_month_teaches_nothing_and_only_the_rest_of_it_is_to_come():
    middle_of_november = Measure.internal(datetime(2026, 11, 16, tzinfo=JST))
    every = Entrants(stays(m36=120), NOBODY)
    new = [99] * (PAST - 13) + [10] * 12 + [1]

    found = forecast(detail(entrants=every, new_pregnancy=new), middle_of_november)

    assert found.months[0] == Month(2026, 11)
    assert rounded([found.registrations]) == [10.0]
    assert rounded(found.middle[:2]) == [5.0, 15.0]


def test_a_younger_account_is_estimated_from_the_months_after_its_first():
    series = [0] * (PAST - 4) + [500, 100, 100, 100]
    new = [0] * (PAST - 4) + [500, 6, 9, 12]

    found = forecast(detail(series=series, new_childcare=new), NOVEMBER)

    assert (found.registrations, found.estimated_from) == (9.0, 3)


def test_an_account_in_its_first_month_is_estimated_from_that():
    series, new = [0] * (PAST - 1) + [20], [0] * (PAST - 1) + [21]

    found = forecast(detail(series=series, new_childcare=new), NOVEMBER)

    assert (found.registrations, found.estimated_from) == (21.0, 1)


# The band.


def test_the_band_holds_chance_and_the_doubt_about_the_mean():
    every = Entrants(stays(m36=120), NOBODY)

    steady = forecast(detail(entrants=every, new_pregnancy=12), NOVEMBER)
    uneven = forecast(detail(entrants=every, new_pregnancy=[0, 24] * (PAST // 2)), NOVEMBER)

    # Chance: 12 a month; the mean of twelve months: 12 / 12. In the third month 3 * 12 + 9 * 1.
    assert rounded(steady.variance[:3]) == [13.0, 28.0, 45.0]
    assert rounded((steady.low[2], steady.middle[2], steady.high[2])) == [27.403, 36.0, 44.597]
    # 144 * 12 / 11 by what the months show.
    assert rounded(uneven.variance[:1]) == [170.182]
    assert uneven.low[0] == 0.0


# The registrations that hold the AU.


def test_the_registrations_that_hold_the_au_fill_what_leaves_within_a_year():
    every = Entrants(stays(m36=120), NOBODY)

    found = forecast(detail(known=[100] * 11 + [40], entrants=every, new_childcare=1), NOVEMBER)

    assert rounded([found.remaining, found.filling, found.holding]) == [40.0, 12.0, 5.0]


def test_an_account_without_anybody_has_a_forecast_of_nobody():
    found = forecast(detail(au=0), NOVEMBER)

    assert set(found.middle) == set(found.low) == set(found.high) == {0.0}
    assert found.holding is None
    assert found.registrations == 0.0


def test_where_nobody_came_in_a_year_it_cannot_be_said_how_many_hold_the_au():
    assert forecast(detail(known=[100] * 36), NOVEMBER).holding is None


# Together.


def test_together_estimates_add_up_and_the_band_grows_more_slowly():
    every = Entrants(stays(m36=120), NOBODY)
    one = forecast(detail(known=[100], entrants=every, new_pregnancy=12), NOVEMBER)

    four = together([one] * 4)

    assert rounded(four.middle[:1]) == [448.0]
    assert (four.known[0], four.graduating[0], four.awaiting[0], four.due[0]) == (400, 4, 8, 12)
    assert (four.registrations, four.now) == (48.0, 400)
    assert rounded([four.high[0] - four.middle[0]]) == rounded([2 * (one.high[0] - one.middle[0])])
    assert rounded([four.holding]) == rounded([4 * one.holding])


def test_there_is_no_forecast_of_no_account():
    with pytest.raises(ValueError, match="there is no account to forecast"):
        together([])


def test_every_account_learns_from_all_of_them():
    large = detail(au=10_000, stopped_system=100)  # 0.01
    small = detail(au=1, known=[1] * 36)

    found = forecasts({"large": large, "small": small}, NOVEMBER)

    assert rounded([found["small"].middle[11]], 2) == [0.89]  # exp(-0.12)


# Properties.

counts = st.integers(0, 400)
measures = st.one_of(
    st.builds(Measure.month_end, st.builds(Month, st.integers(2024, 2026), st.integers(1, 12))),
    st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31)).map(  # noqa: DTZ001 - it comes below
        lambda at: Measure.internal(at.replace(tzinfo=JST))
    ),
)


@st.composite
def accounts(draw):
    """A measure, and what an account's records could say at it."""
    measure = draw(measures)
    past = len(measure.past)

    def row(size, figures=counts):
        """So many figures, of which a few come again and again."""
        few = draw(st.lists(figures, min_size=1, max_size=4))
        return [few[index % len(few)] for index in range(size)]

    enrolments = row(past)
    pregnant, children = row(9, st.integers(0, 30)), row(37, st.integers(0, 30))
    known = [n + (pregnant[i] if i < 9 else 0) for i, n in enumerate(children)]
    expected = [0] * 24 + [sum(pregnant)] + [0] * 12
    return measure, Detail(
        series={"subscribers": [n - n // 9 for n in enrolments], "enrolments": enrolments},
        flows={name: row(past, st.integers(0, 40)) for name in MONTHLY_FLOWS},
        weeks=(),
        ages={},
        known={"subscribers": sorted(row(36), reverse=True)},
        expected=row(36),
        graduating=row(36),
        awaiting=row(36),
        due=row(36),
        entrants=Entrants(tuple(known), tuple(expected)),
    )


@given(accounts())
def test_the_estimate_lies_in_its_band_and_never_below_nobody(account):
    measure, found = account
    made = forecast(found, measure)

    for low, middle, high in zip(made.low, made.middle, made.high, strict=True):
        assert 0 <= low <= middle <= high
    assert made.holding is None or made.holding >= 0
    assert 1 <= made.estimated_from <= 12


@given(accounts(), st.integers(0, 11), st.integers(1, 50))
def test_more_registrations_never_make_less_au(account, back, more):
    measure, found = account
    before = forecast(found, measure)
    new = list(found.flows["new_childcare"])
    new[len(new) - 1 - back] += more
    after = forecast(replace(found, flows={**found.flows, "new_childcare": new}), measure)

    assert all(a >= b for a, b in zip(after.middle, before.middle, strict=True))


@given(accounts())
def test_one_account_together_is_itself(account):
    made = forecast(account[1], account[0])
    alone = together([made])

    assert replace(alone, holding=None, filling=0.0) == replace(made, holding=None, filling=0.0)
    assert alone.filling == pytest.approx(made.filling)
    assert (alone.holding is None) == (made.holding is None)
    assert alone.holding is None or alone.holding == pytest.approx(made.holding)


@given(accounts())
def test_with_the_registrations_that_hold_it_the_au_in_12_months_is_what_it_is_now(account):
    measure, found = account
    made = forecast(found, measure)
    assume(made.holding)
    past, now = len(measure.past), found.series
    ratio = now["subscribers"][-1] / now["enrolments"][-1]
    held = {"new_pregnancy": [0] * past, "new_childcare": [made.holding / ratio] * past}

    again = forecast(replace(found, flows={**found.flows, **held}), measure)

    assert again.registrations == pytest.approx(made.holding)
    assert again.middle[11] == pytest.approx(made.now)
