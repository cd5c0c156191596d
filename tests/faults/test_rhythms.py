"""Queues, the scheduler and events as they may behave: twice, late, out of order, not at all."""

from collections import Counter
from itertools import islice

import pytest

from tests.faults.cases import AFTER, Figures, Kind, Trial
from tests.faults.search import RHYTHMS, SEED


@pytest.mark.parametrize("name", RHYTHMS)
def test_however_queues_ticks_and_events_behave_each_message_comes_once(
    trial: Trial, name: str
) -> None:
    assert trial.run((), RHYTHMS[name]) == Figures(cases=1)


def test_two_faults_in_one_day_lose_and_repeat_nothing(trial: Trial) -> None:
    cases = list(islice(trial.pairs(SEED), 40))

    assert sum(map(trial.run, cases), Figures()) == Figures(cases=40)


def test_what_a_stop_leaves_unknown_beside_a_line_call_without_an_answer_is_counted_apart(
    trial: Trial,
) -> None:
    line = next(each for each in trial.points if each.call.operation == "multicast")
    later = next(each for each in reversed(trial.points) if each.function == "SmsQueue")

    found = trial.run(((line, Kind.KEEPS_FAILING), (later, Kind.STOP)))

    assert found == Figures(cases=1, unknown=1)


def test_the_small_day_has_all_that_a_day_can_have(trial: Trial) -> None:
    """Else the search would prove less than it says."""
    calls = Counter(point.call.operation for point in trial.points)

    assert {channel for channel, _, _ in trial.planned} == {"email", "line", "sms"}
    assert sum(trial.planned.values()) == 15
    assert trial.sums is not None
    assert trial.sums.silent == {"sent_with_twin": 3}
    assert (calls["send_bulk_email"], calls["multicast"], calls["push"], calls["create"]) == (
        *(3, 1, 3),
        5,
    )
    # Pages of two, so that who is due comes in several, also within one batch.
    assert calls["Query"] > 15
    kinds = {kind for point in trial.points for kind in point.kinds()}
    assert kinds == set(Kind)


def test_a_fault_after_the_call_is_tried_only_where_it_differs_from_one_before(
    trial: Trial,
) -> None:
    reads = [point for point in trial.points if not point.call.takes_effect]

    assert {kind for point in reads for kind in point.kinds()} & AFTER == set()
