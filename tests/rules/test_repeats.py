"""What a provider tells of messages by its own ids shows which were sent twice."""

from dataclasses import replace

import pytest

from shared.rules.message import Due
from shared.rules.outcomes import UNKNOWN, Batch, Entry, Outcome, Result
from shared.rules.repeats import repeated, unexpected
from shared.rules.stage import Phase
from tests.rules.invented import jst

AT = jst("2026-11-25 09:00")
DAY, NEXT = Due(Phase.CHILDCARE, 100), Due(Phase.CHILDCARE, 101)
NOT_SEEN = Outcome(Result.TRY_AGAIN, "not_seen")


def accepted(name):
    return Outcome(Result.ACCEPTED, provider_id=name)


def batch(*outcomes, name="000001-000000", due=DAY, settled=True, known=None):
    """A call to the readers s-0, s-1, …"""
    entries = tuple(Entry(f"s-{n}", ("e1",), due, each) for n, each in enumerate(outcomes))
    made = Batch(name, "key", AT, entries, known=known or {})
    return replace(made, settled_at=AT) if settled else made


def test_the_ids_on_record_are_no_repetition():
    sent = batch(accepted("m-0"), accepted("m-1"))

    assert unexpected(sent, {0: "m-0", 1: "m-1"}) == {}
    assert repeated(sent, {0: "m-0", 1: "m-1"}, [sent]) == set()


def test_another_id_for_a_place_is_a_second_message():
    sent = batch(accepted("m-0"), accepted("m-1"))

    assert repeated(sent, {0: "m-0", 1: "m-9"}, [sent]) == {"m-9"}


@pytest.mark.parametrize(
    "outcome",
    [NOT_SEEN, Outcome(Result.REFUSED, "x"), Outcome(Result.UNKNOWN, "x"), Outcome(Result.GONE)],
)
def test_what_was_sent_though_the_record_says_no_is_repeated_if_another_call_sent_it_too(outcome):
    first = batch(outcome)
    second = batch(accepted("m-1"), name="000001-000001")

    assert unexpected(first, {0: "m-0"}) == {0: "m-0"}
    assert repeated(first, {0: "m-0"}, [first, second]) == {"m-0"}


@pytest.mark.parametrize(
    "other",
    [
        batch(NOT_SEEN, name="000001-000001"),
        batch(accepted("m-1"), name="000001-000001", due=NEXT),
        batch(NOT_SEEN, accepted("m-1"), name="000001-000001"),
    ],
    ids=["which was not taken either", "of another message", "to another reader"],
)
def test_what_was_sent_though_the_record_says_no_came_once_where_there_is_only_a_call(other):
    first = batch(NOT_SEEN)

    assert repeated(first, {0: "m-0"}, [first, other]) == set()


def test_before_a_record_is_made_the_first_id_told_is_news_and_another_is_a_second_message():
    frozen = batch(UNKNOWN, UNKNOWN, settled=False, known={"0": "m-0"})

    assert unexpected(frozen, {0: "m-0", 1: "m-1"}) == {}
    assert repeated(frozen, {0: "m-8", 1: "m-1"}, [frozen]) == {"m-8"}


def test_where_no_id_was_recorded_none_is_another():
    assert unexpected(batch(Outcome(Result.ACCEPTED)), {0: "m-0"}) == {}


@pytest.mark.parametrize("position", [-1, 1])
def test_a_place_that_the_batch_does_not_have_is_nobody_s(position):
    assert unexpected(batch(accepted("m-0")), {position: "m-9"}) == {}
