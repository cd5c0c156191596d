"""Where a child stands on a day, and the one instant at which a pregnancy becomes a child."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.rules.dates import jst_date, jst_instant
from shared.rules.ending import DEFAULT_END, EndKind, EndOfDelivery
from shared.rules.history import Event, Happened, standing_at
from shared.rules.message import stage_on
from shared.rules.stage import Phase, Reason, childcare_stage, pregnancy_stage
from tests.rules.invented import jst

ENDS = st.sampled_from(
    [
        EndOfDelivery(EndKind.BIRTHDAY, 1),
        DEFAULT_END,
        EndOfDelivery(EndKind.BIRTHDAY, 6),
        EndOfDelivery(EndKind.SCHOOL_YEAR_END, 1),
    ]
)
BIRTH_DATES = st.dates(date(2000, 1, 1), date(2080, 12, 31))

# A child's window.


@pytest.mark.parametrize(
    ("day", "label", "reason", "because"),
    [
        ("2023-11-22", "-1d", Reason.NOT_YET, "the day before birth"),
        ("2023-11-23", "0y0m0d", None, "the birth date is day 0"),
        ("2024-03-02", "0y3m8d", None, "day 100"),
        ("2026-11-22", "2y11m30d", None, "the day before the birthday"),
        ("2026-11-23", "3y0m0d", None, "the birthday is itself a delivery day"),
        ("2026-11-24", "3y0m1d", Reason.GRADUATED, "and the last"),
    ],
)
def test_a_child_is_accompanied_from_birth_to_the_last_day(day, label, reason, because):
    stage = childcare_stage(date.fromisoformat(day), date(2023, 11, 23), DEFAULT_END)

    assert (stage.label, stage.reason) == (label, reason), because
    assert stage.phase is (None if reason else Phase.CHILDCARE), because


@settings(max_examples=15)
@given(BIRTH_DATES, ENDS)
def test_the_window_of_a_child_is_one_unbroken_run(born, end):
    last = (end.last_day(born) - born).days
    for offset in range(-400, last + 400):
        stage = childcare_stage(born + timedelta(days=offset), born, end)

        assert (stage.phase is None) != (stage.reason is None)
        assert stage.open == (0 <= offset <= last)
        assert stage.day == offset
        if offset < 0:
            assert stage.reason is Reason.NOT_YET
        if offset > last:
            assert stage.reason is Reason.GRADUATED


@settings(max_examples=15)
@given(BIRTH_DATES, ENDS, st.integers(1, 120))
def test_the_corrected_age_moves_the_day_and_never_the_window(born, end, early):
    due_date = born + timedelta(days=early)
    for offset in range(-10, (end.last_day(born) - born).days + 10):
        day = born + timedelta(days=offset)
        plain = childcare_stage(day, born, end)
        corrected = childcare_stage(day, born, end, counted_from=due_date)

        assert (corrected.phase, corrected.reason) == (plain.phase, plain.reason)
        assert corrected.day == (offset - early if plain.open else offset)


def test_the_corrected_age_counts_from_the_due_date():
    stage = childcare_stage(
        date(2026, 11, 23), date(2026, 8, 1), DEFAULT_END, counted_from=date(2026, 9, 23)
    )

    assert (stage.day, stage.label, stage.open) == (61, "0y2m0d", True)


def test_until_the_due_date_the_corrected_age_is_below_zero():
    stage = childcare_stage(
        date(2026, 9, 20), date(2026, 8, 1), DEFAULT_END, counted_from=date(2026, 9, 23)
    )

    assert (stage.day, stage.label, stage.open) == (-3, "-3d", True)


# The change of phase.

DUE = date(2026, 10, 8)
BORN = date(2026, 10, 2)
REGISTERED = jst("2026-10-05 14:30")
A_BIRTH = (
    Event(jst("2026-03-01 09:00"), Happened.JOINED),
    Event(jst("2026-03-01 09:00"), Happened.DUE_DATE, DUE),
    Event(REGISTERED, Happened.BIRTH, BORN),
)


@pytest.mark.parametrize(
    ("instant", "phase", "label", "because"),
    [
        ("2026-10-02 12:00", Phase.PREGNANCY, "39w1d", "born, but nobody has said so"),
        ("2026-10-05 14:29", Phase.PREGNANCY, "39w4d", "the minute before the registration"),
        ("2026-10-05 14:30", Phase.CHILDCARE, "0y0m3d", "the instant itself counts"),
        ("2026-10-05 14:31", Phase.CHILDCARE, "0y0m3d", "and every one after it"),
    ],
)
def test_the_phase_changes_at_the_instant_of_the_registration(instant, phase, label, because):
    now = jst(instant)
    stage = stage_on(standing_at(A_BIRTH, now), jst_date(now), DEFAULT_END)

    assert (stage.phase, stage.label) == (phase, label), because


@given(
    born=BIRTH_DATES,
    early=st.integers(-13, 120),
    delay=st.timedeltas(timedelta(0), timedelta(days=60)),
    before=st.timedeltas(timedelta(microseconds=1), timedelta(days=300)),
    later=st.timedeltas(timedelta(0), timedelta(days=2000)),
    end=ENDS,
)
def test_no_instant_falls_between_the_phases_and_none_into_both(
    *, born, early, delay, before, later, end
):
    due_date = born + timedelta(days=early)
    registered = jst_instant(born) + delay
    history = (
        Event(registered - timedelta(days=400), Happened.JOINED),
        Event(registered - timedelta(days=400), Happened.DUE_DATE, due_date),
        Event(registered, Happened.BIRTH, born),
    )

    def stage_at(now: datetime):
        return stage_on(standing_at(history, now), jst_date(now), end)

    for now in (registered - before, registered - timedelta(microseconds=1)):
        assert stage_at(now) == pregnancy_stage(jst_date(now), due_date)
    for now in (registered, registered + later):
        assert stage_at(now) == childcare_stage(jst_date(now), born, end)


def test_a_birth_is_never_guessed():
    overdue = standing_at(A_BIRTH[:2], jst("2027-10-08 10:00"))

    stage = stage_on(overdue, date(2027, 10, 8), DEFAULT_END)

    assert (stage.phase, stage.reason) == (None, Reason.AWAITING_BIRTH)


def test_an_early_birth_drops_the_rest_of_the_pregnancy():
    history = (*A_BIRTH[:2], Event(jst("2026-08-01 20:00"), Happened.BIRTH, date(2026, 7, 30)))

    stage = stage_on(standing_at(history, jst("2026-08-02 09:00")), date(2026, 8, 2), DEFAULT_END)

    assert (stage.phase, stage.day) == (Phase.CHILDCARE, 3)


def test_a_birth_registered_late_starts_at_the_message_of_the_day():
    history = (*A_BIRTH[:2], Event(jst("2026-12-24 20:00"), Happened.BIRTH, date(2026, 10, 10)))

    before = stage_on(
        standing_at(history, jst("2026-12-24 19:59")), date(2026, 12, 24), DEFAULT_END
    )
    after = stage_on(standing_at(history, jst("2026-12-24 20:00")), date(2026, 12, 24), DEFAULT_END)

    assert before.reason is Reason.AWAITING_BIRTH
    assert (after.phase, after.day) == (Phase.CHILDCARE, 75)


def test_without_any_date_there_is_no_stage():
    nothing_known = standing_at(A_BIRTH[:1], jst("2026-04-01 10:00"))

    with pytest.raises(ValueError, match="a due date or a birth date"):
        stage_on(nothing_known, date(2026, 4, 1), DEFAULT_END)
