"""The hard cases of AU, each with its figure and the reason in words."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from shared.rules.account import Account, Channel, Delivery
from shared.rules.au import Counts, Flow, Measure
from shared.rules.ending import EndOfDelivery
from shared.rules.history import Event, Happened
from shared.rules.months import Month
from shared.rules.subscriber import Earlier, Enrolment, Subscriber
from shared.rules.tally import Tally
from tests.rules.invented import BUNKYO, joined, jst

H = Happened
SECOND = timedelta(seconds=1)


def bunkyo(**changes) -> Account:
    return Account("bunkyo", (replace(BUNKYO, **changes),))


def changed_on(day, **changes) -> Account:
    """An account whose settings changed at 00:00 JST of a day."""
    return Account("bunkyo", (BUNKYO, replace(BUNKYO, valid_from=day, **changes)))


def parent(*histories, name="s", account="bunkyo", earlier=()) -> Subscriber:
    enrolments = tuple(Enrolment(f"e{n}", None, each) for n, each in enumerate(histories))
    return Subscriber(name, account, Channel.LINE, "x", None, enrolments, earlier=earlier)


def figures(people, measure, *accounts):
    tally = Tally(measure, {each.id: each for each in accounts or [bunkyo()]})
    for each in people:
        tally.add(each)
    return tally.figures()


def au(history, at, account=None) -> tuple[int, int, int]:
    """Enrolments in pregnancy, in childcare, and awaiting birth, of one enrolment."""
    found = figures([parent(history)], Measure.internal(at), account or bunkyo())["bunkyo"]
    return found.pregnancy.enrolments, found.childcare.enrolments, found.awaiting_birth


PREGNANT, CHILD, AWAITING, NOTHING = (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)
DUE = date(2026, 10, 8)
BORN = date(2023, 11, 23)


@pytest.mark.parametrize(
    ("history", "at", "expected", "because"),
    [
        (joined(due=DUE), "2026-01-28 23:59:59.999999", NOTHING, "3w6d: not yet"),
        (joined(due=DUE), "2026-01-29 00:00", PREGNANT, "4w0d: the first instant"),
        (joined(due=DUE), "2026-10-21 23:59:59", PREGNANT, "41w6d, its last second"),
        (joined(due=DUE), "2026-10-21 23:59:59.999999", PREGNANT, "41w6d, its last instant"),
        (joined(due=DUE), "2026-10-22 00:00", AWAITING, "42w0d: no birth is guessed"),
        (joined(born=BORN), "2026-11-23 23:59:59.999999", CHILD, "the birthday is a delivery day"),
        (joined(born=BORN), "2026-11-24 00:00", NOTHING, "graduated"),
        (joined(born=BORN), "2023-11-22 23:59:59", NOTHING, "the day before the birth"),
        (joined(born=BORN), "2023-11-23 00:00", CHILD, "day 0"),
        (joined(born=date(2024, 2, 29)), "2027-03-01 23:59:59", CHILD, "turns three on 1 March"),
        (joined(born=date(2024, 2, 29)), "2027-03-02 00:00", NOTHING, "the day after"),
        (joined(due=DUE, at=jst("2026-05-01 12:00")), "2026-05-01 11:59:59", NOTHING, "before"),
        (joined(due=DUE, at=jst("2026-05-01 12:00")), "2026-05-01 12:00", PREGNANT, "included"),
    ],
)
def test_an_instant_lies_inside_a_window_or_outside(history, at, expected, because):
    assert au(history, jst(at)) == expected, because


@pytest.mark.parametrize("hours", [-11, -5, 0, 5.75, 9, 14])
def test_an_instant_is_the_same_in_every_offset(hours):
    at = jst("2026-10-22 00:00").astimezone(timezone(timedelta(hours=hours)))

    assert au(joined(due=DUE), at) == AWAITING
    assert au(joined(due=DUE), at - SECOND) == PREGNANT


def test_a_due_date_corrected_later_brings_back_who_awaited_the_birth():
    history = (*joined(due=DUE), Event(jst("2026-10-25 09:00"), H.DUE_DATE, date(2026, 10, 15)))

    assert au(history, jst("2026-10-25 08:59:59")) == AWAITING
    assert au(history, jst("2026-10-25 09:00")) == PREGNANT
    assert au(history, jst("2026-10-29 00:00")) == AWAITING
    measure = Measure.internal(jst("2026-10-29 00:00"), jst("2026-10-20 00:00"))
    flow = figures([parent(history)], measure)["bunkyo"].flow
    assert flow == Flow(opening=1, returned=1, awaiting_birth=2, closing=0)


def test_a_due_date_corrected_to_before_four_weeks_takes_the_new_one_back():
    history = (
        *joined(due=DUE, at=jst("2026-01-20 12:00")),
        Event(jst("2026-02-01 12:00"), H.DUE_DATE, date(2026, 10, 22)),
    )

    assert au(history, jst("2026-02-01 11:59:59")) == PREGNANT
    assert au(history, jst("2026-02-01 12:00")) == NOTHING
    assert au(history, jst("2026-02-12 00:00")) == PREGNANT
    february = figures([parent(history)], Measure.month_end(Month(2026, 2)))["bunkyo"].flow
    assert february == Flow(opening=1, new_pregnancy=0, closing=1)
    then = Measure.internal(jst("2026-02-05 00:00"), jst("2026-01-31 00:00"))
    assert figures([parent(history)], then)["bunkyo"].flow == Flow(
        opening=1, new_pregnancy=-1, closing=0
    )


def test_a_birth_registered_late_returns_and_one_registered_in_time_is_an_internal_flow():
    late = (*joined(due=DUE), Event(jst("2026-10-30 09:00"), H.BIRTH, date(2026, 10, 10)))
    in_time = (*joined(due=DUE), Event(jst("2026-10-12 09:00"), H.BIRTH, date(2026, 10, 10)))

    october = Measure.month_end(Month(2026, 10))

    assert au(late, jst("2026-10-30 08:59:59")) == AWAITING
    assert au(late, jst("2026-10-30 09:00")) == CHILD
    assert figures([parent(late)], october)["bunkyo"].flow == Flow(
        opening=1, returned=1, awaiting_birth=1, closing=1
    )
    assert figures([parent(in_time)], october)["bunkyo"].flow == Flow(opening=1, closing=1, born=1)


def test_stop_and_return_on_the_day_of_the_count_are_both_in_the_balance():
    history = (
        *joined(due=DUE),
        Event(jst("2026-06-25 09:30"), H.STOPPED_BY_SUBSCRIBER),
        Event(jst("2026-06-25 09:59:59"), H.RETURNED),
    )
    measure = Measure.internal(jst("2026-06-25 10:00"))

    assert figures([parent(history)], measure)["bunkyo"].flow == Flow(
        opening=1, returned=1, stopped_subscriber=1, closing=1
    )
    assert au(history, jst("2026-06-25 09:30")) == NOTHING


def test_who_joined_and_stopped_inside_the_period_is_in_both():
    history = (
        *joined(due=DUE, at=jst("2026-06-02 09:00")),
        Event(jst("2026-06-20 09:00"), H.STOPPED_BY_SYSTEM),
    )

    flow = figures([parent(history)], Measure.month_end(Month(2026, 6)))["bunkyo"].flow

    assert flow == Flow(new_pregnancy=1, stopped_system=1)


def test_who_joined_and_stopped_at_one_instant_never_counted():
    at = jst("2026-06-02 09:00")
    history = (*joined(due=DUE, at=at), Event(at, H.STOPPED_BY_SUBSCRIBER))

    assert figures([parent(history)], Measure.month_end(Month(2026, 6)))["bunkyo"].flow == Flow()


def test_a_subscriber_with_a_pregnancy_and_a_child_is_one_in_the_total_and_one_in_each_phase():
    both = parent(joined(due=DUE), joined(born=date(2025, 1, 1)))

    found = figures([both], Measure.internal(jst("2026-06-25 10:00")))["bunkyo"]

    assert found.total == Counts(subscribers=1, enrolments=2)
    assert found.pregnancy == found.childcare == Counts(subscribers=1, enrolments=1)
    assert found.channels == {Channel.EMAIL: 0, Channel.LINE: 1, Channel.SMS: 0}


def test_twins_are_one_subscriber_and_two_enrolments():
    twins = parent(joined(due=DUE), joined(due=DUE))

    found = figures([twins], Measure.internal(jst("2026-06-25 10:00")))["bunkyo"]

    assert found.total == found.pregnancy == Counts(subscribers=1, enrolments=2)


def test_an_end_that_moved_later_brings_graduates_back_and_an_earlier_one_graduates():
    child = joined(born=date(2023, 1, 10))
    longer = changed_on(date(2026, 4, 1), end_of_delivery=EndOfDelivery.parse("birthday(6)"))
    shorter = changed_on(date(2025, 4, 1), end_of_delivery=EndOfDelivery.parse("birthday(1)"))

    assert au(child, jst("2026-03-31 23:59:59"), longer) == NOTHING
    assert au(child, jst("2026-04-01 00:00"), longer) == CHILD
    april = figures([parent(child)], Measure.month_end(Month(2026, 4)), longer)["bunkyo"].flow
    assert april == Flow(returned=1, closing=1)
    assert au(child, jst("2025-03-31 23:59:59"), shorter) == CHILD
    assert au(child, jst("2025-04-01 00:00"), shorter) == NOTHING
    april = figures([parent(child)], Measure.month_end(Month(2025, 4)), shorter)["bunkyo"].flow
    assert april == Flow(opening=1, graduated=1)


def test_an_account_that_turned_external_no_longer_counts_here_and_its_past_still_does():
    child = parent(joined(born=date(2025, 1, 10)))
    external = changed_on(date(2026, 4, 1), delivery=Delivery.EXTERNAL)

    before = figures([child], Measure.month_end(Month(2026, 3)), external)
    after = figures([child], Measure.month_end(Month(2026, 4)), external)

    assert before["bunkyo"].total == Counts(1, 1)
    assert after == {}


def test_an_account_that_came_back_from_another_system_has_them_moved_in():
    child = parent(joined(born=date(2025, 1, 10)))
    away = replace(BUNKYO, valid_from=date(2026, 4, 1), delivery=Delivery.EXTERNAL)
    back = replace(BUNKYO, valid_from=date(2026, 6, 1))
    account = Account("bunkyo", (BUNKYO, away, back))

    june = figures([child], Measure.month_end(Month(2026, 6)), account)["bunkyo"].flow

    assert june == Flow(moved_in=1, closing=1)


def test_who_moves_leaves_one_account_and_comes_to_the_other_at_the_same_instant():
    at = jst("2026-06-10 12:00")
    moved = parent(
        joined(born=date(2025, 1, 10)),
        account="naha",
        earlier=(Earlier(at, "bunkyo", Channel.EMAIL),),
    )
    naha = replace(bunkyo(), id="naha")
    june = figures([moved], Measure.month_end(Month(2026, 6)), bunkyo(), naha)

    assert june["bunkyo"].flow == Flow(opening=1, moved_out=1)
    assert june["naha"].flow == Flow(moved_in=1, closing=1)
    then = figures([moved], Measure.internal(at - SECOND), bunkyo(), naha)
    assert then["bunkyo"].channels[Channel.EMAIL] == 1
    assert then["naha"].total == Counts()


def test_who_joins_at_three_weeks_enters_at_four():
    history = joined(due=DUE, at=jst("2026-01-20 12:00"))

    january = figures([parent(history)], Measure.month_end(Month(2026, 1)))["bunkyo"]
    december = figures([parent(history)], Measure.month_end(Month(2025, 12)))["bunkyo"]

    assert january.flow == Flow(new_pregnancy=1, closing=1)
    assert december.flow == Flow()


def test_the_month_end_is_named_by_the_instant_that_it_does_not_hold():
    november = Measure.month_end(Month(2026, 11))

    assert november.as_of == datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
    assert november.at == datetime(2026, 11, 30, 14, 59, 59, 999999, tzinfo=UTC)
    assert november.since == datetime(2026, 10, 31, 15, 0, tzinfo=UTC)
    assert november.month == Month(2026, 11)


@pytest.mark.parametrize(
    ("as_of", "since"),
    [
        ("2026-11-25 10:00", "2026-10-25 10:00"),
        ("2026-03-31 10:00", "2026-02-28 10:00"),
        ("2026-01-25 00:00", "2025-12-25 00:00"),
    ],
)
def test_an_internal_balance_sheet_begins_a_month_before(as_of, since):
    assert Measure.internal(jst(as_of)).since == jst(since)


def test_the_months_of_a_measure():
    internal, end = Measure.internal(jst("2026-11-25 10:00")), Measure.month_end(Month(2026, 11))

    assert (internal.past[0], internal.past[-1]) == (Month(2024, 4), Month(2026, 11))
    assert (internal.ahead[0], internal.ahead[-1]) == (Month(2026, 11), Month(2029, 10))
    assert (end.past[0], end.past[-1]) == (Month(2024, 4), Month(2026, 11))
    assert (end.ahead[0], end.ahead[-1]) == (Month(2026, 12), Month(2029, 11))


def test_what_is_ahead_is_known_from_dates():
    pregnancy = parent(joined(due=date(2026, 12, 24)), name="p")
    child = parent(joined(born=date(2024, 2, 10)), name="c")

    detail = figures([pregnancy, child], Measure.month_end(Month(2026, 11)))["bunkyo"].detail

    assert detail.known["subscribers"][:4] == [2, 1, 0, 0]
    assert detail.graduating[:4] == [0, 0, 1, 0]
    assert detail.awaiting[:4] == [0, 1, 0, 0]
    assert detail.due[:4] == [1, 0, 0, 0]
    assert detail.expected[:4] == [0, 1, 1, 1]
    assert (detail.weeks[36 - 4], sum(detail.weeks), detail.ages) == (1, 1, {33: 1})
