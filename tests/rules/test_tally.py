"""AU counted in one pass is AU as it is defined, instant by instant."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.rules.account import Channel
from shared.rules.au import Flow, Measure
from shared.rules.changes import anonymous
from shared.rules.dates import jst_date
from shared.rules.months import Month
from shared.rules.spells import stand
from shared.rules.stage import Phase, Reason
from shared.rules.subscriber import Subscriber
from shared.rules.tally import Tally, united, without
from tests.rules.lives import all_accounts, moments, subscribers

crowds = st.lists(subscribers(), max_size=4)
months = st.builds(Month, st.integers(2021, 2027), st.integers(1, 12))
measures = st.one_of(
    st.builds(Measure.month_end, months),
    st.builds(Measure.internal, moments),
    st.lists(moments, min_size=2, max_size=2, unique=True).map(
        lambda two: Measure.internal(max(two), min(two))
    ),
)


def tally_of(crowd, accounts, measure):
    tally = Tally(measure, accounts)
    for subscriber in crowd:
        tally.add(subscriber)
    return tally.figures()


def defined(crowd, accounts, at, account, phase=None):
    """Subscribers and enrolments of an account at an instant, as the definition has it."""
    people = enrolments = 0
    for subscriber in crowd:
        if subscriber.where(at)[0] != account:
            continue
        stood = [stand(subscriber, each, accounts, at) for each in subscriber.enrolments]
        counts = [each for each in stood if isinstance(each, Phase) and phase in {None, each}]
        people += bool(counts)
        enrolments += len(counts)
    return people, enrolments


@given(crowds, all_accounts(), measures)
def test_every_figure_is_that_of_the_definition(crowd, accounts, measure):
    at = measure.at
    for account, figures in tally_of(crowd, accounts, measure).items():
        for phase, counts in (
            (None, figures.total),
            (Phase.PREGNANCY, figures.pregnancy),
            (Phase.CHILDCARE, figures.childcare),
        ):
            expected = defined(crowd, accounts, at, account, phase)
            assert (counts.subscribers, counts.enrolments) == expected
        assert sum(figures.channels.values()) == figures.total.subscribers
        for channel in Channel:
            own = [each for each in crowd if each.where(at)[1] is channel]
            assert figures.channels[channel] == defined(own, accounts, at, account)[0]
        assert figures.awaiting_birth == sum(
            stand(each, enrolment, accounts, at) is Reason.AWAITING_BIRTH
            for each in crowd
            if each.where(at)[0] == account
            for enrolment in each.enrolments
        )


@given(crowds, all_accounts(), measures)
def test_the_balance_sheet_balances_for_every_account_and_every_pair_of_instants(
    crowd, accounts, measure
):
    for account, figures in tally_of(crowd, accounts, measure).items():
        flow = figures.flow
        assert flow.balances
        assert flow.opening == defined(crowd, accounts, measure.opening_at, account)[1]
        assert flow.closing == figures.total.enrolments


@given(crowds, all_accounts(), measures)
def test_past_months_are_what_was_counted_then(crowd, accounts, measure):
    found = tally_of(crowd, accounts, measure)
    past = measure.instants[1 : len(measure.past) + 1]
    for account, figures in found.items():
        series = figures.detail.series
        for index, at in enumerate(past):
            people, enrolments = defined(crowd, accounts, at, account)
            assert (series["subscribers"][index], series["enrolments"][index]) == (
                people,
                enrolments,
            )
            assert (
                series["childcare"][index]
                == (defined(crowd, accounts, at, account, Phase.CHILDCARE)[0])
            )


@given(crowds, all_accounts(), measures)
def test_the_flows_of_the_months_lead_from_each_month_to_the_next(crowd, accounts, measure):
    for figures in tally_of(crowd, accounts, measure).values():
        series, flows = figures.detail.series["enrolments"], figures.detail.flows
        for index in range(1, len(series)):
            month = Flow(
                opening=series[index - 1],
                closing=series[index],
                **{name: values[index] for name, values in flows.items()},
            )
            assert month.balances


@given(crowds, all_accounts(), measures)
def test_phases_balance_with_the_births_between_them(crowd, accounts, measure):
    for figures in tally_of(crowd, accounts, measure).values():
        detail = figures.detail
        assert sum(detail.weeks) == figures.pregnancy.enrolments
        assert sum(detail.ages.values()) == figures.childcare.enrolments
        assert sum(detail.due) == figures.pregnancy.enrolments


@given(crowds, all_accounts(), measures)
def test_a_count_is_the_same_whenever_the_records_are_read(crowd, accounts, measure):
    """Without what happened after the instant, and with it: the same figures, to the last one."""
    at = measure.at

    def until_then(subscriber: Subscriber) -> Subscriber:
        account, channel = subscriber.where(at)
        return replace(
            subscriber,
            account=account,
            channel=channel,
            earlier=tuple(each for each in subscriber.earlier if each.until <= at),
            enrolments=tuple(
                replace(each, history=tuple(e for e in each.history if e.at <= at))
                for each in subscriber.enrolments
            ),
        )

    then = {
        name: replace(
            account,
            settings=tuple(s for s in account.settings if s.valid_from <= jst_date(at)),
        )
        for name, account in accounts.items()
    }
    assert tally_of(map(until_then, crowd), then, measure) == tally_of(crowd, accounts, measure)


@given(crowds, all_accounts(), measures, st.timedeltas(timedelta(seconds=1), timedelta(days=400)))
def test_erasing_people_changes_no_figure_of_before(crowd, accounts, measure, later):
    erased = [anonymous(each, measure.at + later, f"erased-{n}") for n, each in enumerate(crowd)]

    assert tally_of(erased, accounts, measure) == tally_of(crowd, accounts, measure)


@given(st.lists(subscribers(), max_size=6), all_accounts(), measures, st.integers(0, 6))
def test_parts_counted_side_by_side_add_up_to_the_whole(crowd, accounts, measure, cut):
    one, other = Tally(measure, accounts), Tally(measure, accounts)
    for subscriber in crowd[:cut]:
        one.add(subscriber)
    for subscriber in crowd[cut:]:
        other.add(subscriber)
    one += other

    assert one.figures() == tally_of(crowd, accounts, measure)
    assert one.subscribers == len(crowd)


ranges = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=6)


@given(ranges, ranges)
def test_ranges_are_sets_of_indices(some, others):
    def indices(given):
        return {i for first, after in given for i in range(first, after)}

    rest = without(united(some), united(others))

    assert indices(united(some)) == indices(some)
    assert indices(rest) == indices(some) - indices(others)
    assert all(
        one[1] < other[0] for one, other in zip(united(some), united(some)[1:], strict=False)
    )
