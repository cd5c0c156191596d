"""What became of every message, and sums that must add up to all children planned."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.message import Due
from shared.rules.outcomes import UNKNOWN, Batch, Entry, Outcome, Result
from shared.rules.reconciliation import Reconciliation, Sums
from shared.rules.stage import Phase, Reason
from tests.rules.invented import jst

DAY = Due(Phase.CHILDCARE, 100)
FROZEN = jst("2026-11-23 09:00")

ACCEPTED = Outcome(Result.ACCEPTED, provider_id="m-1")
REFUSED = Outcome(Result.REFUSED, "30007")
GONE = Outcome(Result.GONE, "30005")
THROTTLED = Outcome(Result.TRY_AGAIN, "429")


def entry(subscriber="s-1", *enrolments, outcome=ACCEPTED, due=DAY):
    return Entry(subscriber, enrolments or ("e1",), due, outcome)


def batch(*entries):
    return Batch("000001-000000", "k", FROZEN, entries)


# A batch.


def test_a_frozen_batch_is_undecided_and_not_settled():
    frozen = batch(entry(outcome=UNKNOWN), entry("s-2", outcome=UNKNOWN))

    assert frozen.undecided
    assert not frozen.settled


def test_outcomes_are_for_the_recipients_in_order():
    frozen = batch(entry(outcome=UNKNOWN), entry("s-2", outcome=UNKNOWN))

    known = frozen.with_outcomes([ACCEPTED, GONE])

    assert [each.outcome for each in known.entries] == [ACCEPTED, GONE]
    assert not known.undecided
    assert [each.outcome for each in frozen.entries] == [UNKNOWN, UNKNOWN]


@pytest.mark.parametrize("outcomes", [[], [ACCEPTED], [ACCEPTED, ACCEPTED, ACCEPTED]])
def test_a_number_of_outcomes_that_is_not_the_recipients_is_an_error(outcomes):
    with pytest.raises(ValueError, match="zip"):
        batch(entry(), entry("s-2")).with_outcomes(outcomes)


def test_one_unknown_recipient_leaves_the_batch_undecided():
    assert batch(entry(), entry("s-2", outcome=UNKNOWN)).undecided


def test_a_batch_is_settled_once_it_has_the_instant():
    assert replace(batch(entry()), settled_at=FROZEN).settled


OUT_OF_QUOTA = Outcome(Result.REFUSED, "daily_quota", for_all=True)
PAUSED = Outcome(Result.TRY_AGAIN, "paused", for_all=True)


@pytest.mark.parametrize(
    ("outcomes", "ended"),
    [
        ([ACCEPTED, REFUSED], None),
        ([THROTTLED, PAUSED], None),
        ([OUT_OF_QUOTA], "daily_quota"),
        ([ACCEPTED, REFUSED, OUT_OF_QUOTA], "daily_quota"),
    ],
)
def test_what_is_refused_for_all_ends_the_channel_and_nothing_else_does(outcomes, ended):
    assert batch(*(entry(f"s-{n}", outcome=each) for n, each in enumerate(outcomes))).ended == ended


@pytest.mark.parametrize(
    ("after", "free"), [(0, []), (1, []), (2, ["s-2", "s-3"]), (12, ["s-2", "s-3"])]
)
def test_who_was_refused_or_gone_is_free_where_the_job_was_sent_again_after_that(after, free):
    outcomes = {"s-1": ACCEPTED, "s-2": REFUSED, "s-3": GONE, "s-4": UNKNOWN}
    entries = tuple(entry(name, outcome=outcome) for name, outcome in outcomes.items())
    found = Batch("000002-000000", "k", FROZEN, entries).resent(after)

    job = Reconciliation([found])

    assert [each for each in outcomes if not job.has(each, "e1")] == free
    assert [each.subscriber for each in job.tried()[0]] == free
    assert {each.outcome.code for each in job.tried()[0]} == ({"30007", "30005"} if free else set())


# Who has been dealt with.


@pytest.mark.parametrize(
    ("outcome", "dealt_with"),
    [(ACCEPTED, True), (REFUSED, True), (GONE, True), (UNKNOWN, True), (THROTTLED, False)],
)
def test_all_but_those_to_be_tried_again_are_dealt_with(outcome, dealt_with):
    job = Reconciliation([batch(entry("s-1", "e1", "e2", outcome=outcome))])

    assert job.has("s-1", "e1") is dealt_with
    assert job.has("s-1", "e2") is dealt_with
    assert job.has_message("s-1", DAY) is dealt_with


def test_enrolments_are_unique_only_within_their_subscriber():
    job = Reconciliation([batch(entry("s-1", "e1"))])

    assert not job.has("s-2", "e1")
    assert not job.has("s-1", "e2")


def test_a_twin_has_the_same_message_already_and_a_sibling_has_not():
    job = Reconciliation([batch(entry("s-1", "e1"))])

    assert job.has_message("s-1", DAY)
    assert not job.has_message("s-1", Due(Phase.PREGNANCY, 100))
    assert not job.has_message("s-2", DAY)


# The sums of a job.


def test_an_empty_job_reconciles():
    assert Reconciliation().sums() == Sums()
    assert Sums().reconciles


def test_the_sums_of_a_day():
    job = Reconciliation(
        [
            batch(
                entry("s-1"),
                entry("s-2", "e1", "e2"),
                entry("s-3", outcome=REFUSED),
                entry("s-4", outcome=GONE),
                entry("s-5", outcome=UNKNOWN),
            )
        ]
    )
    for subscriber, enrolments in {"s-6": ["e1", "e2"], "s-7": ["e1"], "s-8": ["e1"]}.items():
        job.plan(subscriber, enrolments)
    job.silence("s-6", {"e1": Reason.STOPPED, "e2": Reason.GRADUATED})
    job.silence("s-7", {"e1": Reason.STOPPED})
    job.expire("s-8", ["e1"])

    sums = job.sums()

    assert sums == Sums(
        planned=10,
        accepted=2,
        refused=1,
        gone=1,
        unknown=1,
        expired=1,
        silent={Reason.STOPPED: 2, Reason.GRADUATED: 1, Reason.SENT_WITH_TWIN: 1},
        codes={"30007": 1, "30005": 1},
    )
    assert sums.reconciles


def test_twins_that_expire_are_one_message_that_came_to_nothing():
    job = Reconciliation()
    job.plan("s-1", ["e1", "e2", "e3"])
    job.expire("s-1", ["e1", "e2", "e3"])

    sums = job.sums()

    assert (sums.planned, sums.expired, sums.silent) == (3, 1, {Reason.SENT_WITH_TWIN: 2})
    assert sums.reconciles


def test_twins_that_are_refused_without_a_call_are_one_message_with_the_code():
    job = Reconciliation([batch(entry("s-1", outcome=OUT_OF_QUOTA))])
    job.plan("s-2", ["e1", "e2"])
    job.refuse("s-2", ["e1", "e2"], "daily_quota")

    sums = job.sums()

    assert (sums.planned, sums.refused, sums.codes) == (3, 2, {"daily_quota": 2})
    assert sums.silent == {Reason.SENT_WITH_TWIN: 1}
    assert sums.reconciles


def test_an_expiry_keeps_the_code_of_the_last_try():
    job = Reconciliation([batch(entry(outcome=THROTTLED)), batch(entry("s-2", outcome=THROTTLED))])
    job.plan("s-1", ["e1"])
    job.expire("s-1", ["e1"])
    job.enter(batch(entry("s-2")))

    sums = job.sums()

    assert (sums.accepted, sums.expired, sums.codes) == (1, 1, {"429": 1})
    assert sums.reconciles


def test_a_code_of_an_accepted_message_is_no_failure():
    assert (
        Reconciliation([batch(entry(outcome=Outcome(Result.ACCEPTED, "202")))]).sums().codes == {}
    )


def test_the_same_silence_twice_is_one():
    job = Reconciliation()
    job.plan("s-1", ["e1"])
    job.silence("s-1", {"e1": Reason.STOPPED})
    job.silence("s-1", {"e1": Reason.STOPPED})

    assert job.sums() == Sums(planned=1, silent={Reason.STOPPED: 1})


# How soon, and how often.


def after(minutes, *entries, name="000001-000000"):
    """A batch that was settled so many minutes after the sending time."""
    return Batch(name, "k", FROZEN, entries, settled_at=FROZEN + timedelta(minutes=minutes))


def test_the_minutes_are_those_in_which_the_accepted_were_settled():
    job = Reconciliation(
        [
            after(0, entry("s-1"), entry("s-2")),
            after(2.99, entry("s-3"), entry("s-4", outcome=REFUSED)),
            after(-1, entry("s-5")),
        ]
    )

    assert job.sums(FROZEN).minutes == {0: 3, 2: 1}
    assert job.sums(FROZEN - timedelta(hours=1)).minutes == {60: 2, 62: 1, 59: 1}
    assert job.sums().minutes == {}


@pytest.mark.parametrize(
    ("second", "repeated"),
    [
        (entry(outcome=Outcome(Result.ACCEPTED, provider_id="m-2")), 1),
        (entry(outcome=Outcome(Result.ACCEPTED)), 1),
        (entry(outcome=ACCEPTED), 0),
        (entry(outcome=REFUSED), 0),
        (entry(outcome=UNKNOWN), 0),
        (entry("s-2", outcome=Outcome(Result.ACCEPTED, provider_id="m-2")), 0),
        (entry(due=Due(Phase.CHILDCARE, 101), outcome=Outcome(Result.ACCEPTED)), 0),
    ],
    ids=[
        "under another id",
        "under no id",
        "under the same id",
        "refused the second time",
        "unknown the second time",
        "another reader's",
        "another message",
    ],
)
def test_a_message_that_was_accepted_twice_is_repeated(second, repeated):
    job = Reconciliation(
        [after(0, entry(outcome=ACCEPTED)), after(1, second, name="000001-000001")]
    )

    assert job.sums().repeated == repeated


def test_a_message_that_was_accepted_three_times_is_one_that_was_repeated():
    ids = ("m-1", "m-2", "m-3")
    calls = [
        after(0, entry(outcome=Outcome(Result.ACCEPTED, provider_id=each)), name=each)
        for each in ids
    ]

    assert Reconciliation(calls).sums().repeated == 1


# Sums that must not reconcile.


def sent_twice(job):
    job.enter(batch(entry("s-1", "e1")))


def twin_sent_again(job):
    job.enter(batch(entry("s-1", "e2", "e1")))


def silent_as_well(job):
    job.silence("s-1", {"e1": Reason.STOPPED})


def expired_as_well(job):
    job.expire("s-1", ["e1"])


def refused_as_well(job):
    job.refuse("s-1", ["e1"], "daily_quota")


@pytest.mark.parametrize(
    "fault", [sent_twice, twin_sent_again, silent_as_well, expired_as_well, refused_as_well]
)
def test_a_child_that_is_dealt_with_twice_shows_in_the_sums(fault):
    job = Reconciliation([batch(entry("s-1", "e1"), entry("s-2", "e1"))])
    assert job.sums().reconciles

    fault(job)

    assert not job.sums().reconciles


def test_a_child_that_was_planned_and_then_forgotten_shows_in_the_sums():
    job = Reconciliation([batch(entry("s-1", "e1"))])
    job.plan("s-2", ["e1"])

    assert not job.sums().reconciles


@pytest.mark.parametrize(
    "sums",
    [
        Sums(planned=1),
        Sums(accepted=1),
        Sums(planned=2, accepted=1, silent={}),
        Sums(planned=1, accepted=1, silent={Reason.STOPPED: 1}),
        Sums(planned=1, expired=2),
    ],
)
def test_a_difference_of_one_is_a_difference(sums):
    assert not sums.reconciles


# The sums of a run are those of its jobs.


def test_sums_are_added_each_with_its_own():
    email = Sums(3, 1, 1, silent={Reason.STOPPED: 1}, codes={"550": 1}, minutes={0: 1}, repeated=1)
    line = Sums(4, 2, 0, 1, silent={Reason.STOPPED: 1}, codes={"550": 2, "404": 1})
    line = replace(line, minutes={0: 1, 12: 1}, repeated=2)

    assert email + line == Sums(
        planned=7,
        accepted=3,
        refused=1,
        gone=1,
        silent={Reason.STOPPED: 2},
        codes={"550": 3, "404": 1},
        minutes={0: 2, 12: 1},
        repeated=3,
    )


OUTCOMES = st.sampled_from([ACCEPTED, REFUSED, GONE, UNKNOWN])


@st.composite
def days(draw):
    """A day of a job: each subscriber's children end in one way, after any number of tries.

    Returns the job, and how many children there are.
    """
    job, ids, children = Reconciliation(), count(), 0
    for _ in range(draw(st.integers(0, 6))):
        entries, numbers = [], draw(st.lists(st.integers(1, 3), max_size=5))
        for number in numbers:
            subscriber = f"s-{next(ids)}"
            enrolments = tuple(f"e{n}" for n in range(1, number + 1))
            job.plan(subscriber, enrolments)
            for _ in range(draw(st.integers(0, 2))):
                job.enter(batch(entry(subscriber, *enrolments, outcome=THROTTLED)))
            match draw(st.sampled_from(["batch", "silence", "expire", "refuse"])):
                case "batch":
                    outcome = draw(OUTCOMES)
                    entries.append(entry(subscriber, *enrolments, outcome=outcome))
                case "silence":
                    reason = draw(st.sampled_from(Reason))
                    job.silence(subscriber, dict.fromkeys(enrolments, reason))
                case "expire":
                    job.expire(subscriber, enrolments)
                case "refuse":
                    job.refuse(subscriber, enrolments, "monthly_limit")
            children += number
        job.enter(batch(*entries))
    return job, children


@given(days())
def test_the_sums_of_every_day_reconcile_to_all_its_children(day):
    job, children = day

    sums = job.sums()

    assert sums.planned == children
    assert sums.reconciles


@given(st.lists(days(), max_size=4))
def test_jobs_that_reconcile_add_up_to_a_run_that_does(jobs):
    total = sum((job.sums() for job, _ in jobs), Sums())

    assert total.reconciles
    assert total.planned == sum(children for _, children in jobs)


@given(days(), st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_a_message_sent_again_never_reconciles(day, again):
    job, _ = day
    repeated = [entry(f"t-{n}", *(f"e{k}" for k in range(size))) for n, size in enumerate(again)]
    job.enter(batch(*repeated))
    assert job.sums().reconciles

    job.enter(batch(repeated[0]))

    assert not job.sums().reconciles


@given(st.lists(st.tuples(st.sampled_from(["s-1", "s-2"]), OUTCOMES), max_size=6))
def test_the_sums_reconcile_exactly_when_nobody_is_in_two_batches(sent):
    job = Reconciliation(
        [batch(entry(subscriber, outcome=outcome)) for subscriber, outcome in sent]
    )

    times = Counter(subscriber for subscriber, _ in sent)
    assert job.sums().reconciles == all(number == 1 for number in times.values())
