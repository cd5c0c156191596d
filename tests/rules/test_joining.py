"""Joining, and joining again: nothing is doubled, and nothing is guessed but what is the same."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.changes import standing
from shared.rules.history import Event, Happened, Status
from shared.rules.joining import Application, Child, What, additions, joined, joined_again
from shared.rules.subscriber import Consent, Language, Subscriber

THEN = datetime(2026, 10, 1, 3, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
DUE = date(2027, 1, 20)


def asked(*children: Child, at: datetime = NOW, language: Language = Language.JAPANESE):
    consent = Consent(at, "2026-11", language, "web")
    return Application("bunkyo", Channel.EMAIL, "boshi", children, language, consent)


def member(*children: Child) -> Subscriber:
    return joined(asked(*children, at=THEN), "s1", "a@example.jp", THEN)


def known(subscriber: Subscriber) -> list[tuple[Status, date | None, date | None]]:
    standings = map(standing, subscriber.enrolments)
    return [(each.status, each.due_date, each.birth_date) for each in standings]


def test_who_joins_has_a_history_for_each_child_and_what_they_agreed_to() -> None:
    new = joined(
        asked(Child(due_date=DUE), Child(birth_date=date(2024, 5, 1), nickname="はな")),
        "s1",
        "a@example.jp",
        NOW,
    )

    assert [(each.id, each.nickname, each.history) for each in new.enrolments] == [
        ("e1", None, (Event(NOW, Happened.JOINED), Event(NOW, Happened.DUE_DATE, DUE))),
        (
            "e2",
            "はな",
            (Event(NOW, Happened.JOINED), Event(NOW, Happened.BIRTH, date(2024, 5, 1))),
        ),
    ]
    assert (new.touchpoint, new.consents[0].version, new.address) == (
        "boshi",
        "2026-11",
        "a@example.jp",
    )


AGAIN = [
    (
        "the same again changes nothing",
        [Child(due_date=DUE)],
        [Child(due_date=DUE)],
        [(Status.ACTIVE, DUE, None)],
    ),
    (
        "a date that differs is a correction, since nobody has two pregnancies",
        [Child(due_date=DUE)],
        [Child(due_date=date(2027, 4, 1))],
        [(Status.ACTIVE, date(2027, 4, 1), None)],
    ),
    (
        "one that awaited its birth long ago is another pregnancy",
        [Child(due_date=date(2026, 10, 20))],
        [Child(due_date=date(2027, 6, 1))],
        [(Status.ACTIVE, date(2026, 10, 20), None), (Status.ACTIVE, date(2027, 6, 1), None)],
    ),
    (
        "a child born near the due date is the one who was expected",
        [Child(due_date=date(2026, 12, 20))],
        [Child(birth_date=date(2026, 11, 20))],
        [(Status.ACTIVE, date(2026, 12, 20), date(2026, 11, 20))],
    ),
    (
        "an older child is another one",
        [Child(due_date=DUE)],
        [Child(birth_date=date(2024, 5, 1))],
        [(Status.ACTIVE, DUE, None), (Status.ACTIVE, None, date(2024, 5, 1))],
    ),
    (
        "twins of whom one was known",
        [Child(birth_date=date(2026, 5, 1))],
        [Child(birth_date=date(2026, 5, 1)), Child(birth_date=date(2026, 5, 1))],
        [(Status.ACTIVE, None, date(2026, 5, 1))] * 2,
    ),
    (
        "both twins again",
        [Child(due_date=DUE), Child(due_date=DUE)],
        [Child(due_date=DUE), Child(due_date=DUE)],
        [(Status.ACTIVE, DUE, None)] * 2,
    ),
]


@pytest.mark.parametrize(
    ("before", "again", "then"), [case[1:] for case in AGAIN], ids=[c[0] for c in AGAIN]
)
def test_who_joins_again_adds_to_what_is_there(
    before: list[Child], again: list[Child], then: list[tuple[Status, date | None, date | None]]
) -> None:
    assert known(joined_again(member(*before), asked(*again), NOW, start=True)) == then


def test_the_same_again_adds_no_event_but_the_new_consent_and_language() -> None:
    before = member(Child(due_date=DUE))

    after = joined_again(
        before, asked(Child(due_date=DUE), language=Language.ENGLISH), NOW, start=True
    )

    assert after.enrolments == before.enrolments
    assert len(after.consents) == 2
    assert after.language is Language.ENGLISH


def test_who_had_stopped_and_joins_again_with_the_same_pregnancy_returns_to_it() -> None:
    stopped = changes.stopped(member(Child(due_date=DUE)), THEN)

    back = joined_again(stopped, asked(Child(due_date=DUE + timedelta(days=28))), NOW, start=True)

    assert [event.what for event in back.enrolments[0].history[2:]] == [
        Happened.STOPPED_BY_SUBSCRIBER,
        Happened.RETURNED,
        Happened.DUE_DATE,
    ]


def test_after_a_loss_a_new_pregnancy_is_a_new_one_and_the_old_stays_silent() -> None:
    lost = changes.stopped(member(Child(due_date=DUE)), THEN)

    later = joined_again(lost, asked(Child(due_date=DUE + timedelta(days=29))), NOW, start=True)

    assert known(later) == [
        (Status.STOPPED, DUE, None),
        (Status.ACTIVE, DUE + timedelta(days=29), None),
    ]


def test_a_family_is_kept_and_a_new_one_is_taken_over() -> None:
    before = member(Child(due_date=DUE))

    linked = joined_again(before, asked(Child(due_date=DUE, family="f1")), NOW, start=True)
    again = joined_again(linked, asked(Child(due_date=DUE, family="f2")), NOW, start=True)

    assert linked.enrolments[0].family == again.enrolments[0].family == "f1"


def test_a_nickname_that_is_given_replaces_the_old_and_none_leaves_it() -> None:
    before = member(Child(due_date=DUE, nickname="まめ"))

    assert (
        joined_again(before, asked(Child(due_date=DUE)), NOW, start=True).enrolments[0].nickname
        == "まめ"
    )
    renamed = joined_again(before, asked(Child(due_date=DUE, nickname="はな")), NOW, start=True)
    assert renamed.enrolments[0].nickname == "はな"


def test_joining_twice_at_once_ends_as_once() -> None:
    once = joined_again(
        member(Child(due_date=DUE)), asked(Child(birth_date=date(2024, 5, 1))), NOW, start=True
    )
    twice = joined_again(once, asked(Child(birth_date=date(2024, 5, 1))), NOW, start=True)

    assert replace(twice, consents=()) == replace(once, consents=())


# What an application alone starts: nothing.

STOPPED = changes.stopped(member(Child(due_date=DUE), Child(birth_date=date(2024, 5, 1))), THEN)
ONE_LOST = changes.stopped(
    member(Child(due_date=DUE), Child(birth_date=date(2024, 5, 1))), THEN, only={"e1"}
)


@pytest.mark.parametrize(
    "child",
    [
        Child(due_date=DUE, nickname="x"),
        Child(due_date=DUE + timedelta(days=20)),
        Child(due_date=DUE + timedelta(days=60)),
        Child(birth_date=NOW.date()),
        Child(birth_date=date(2024, 5, 1)),
        Child(birth_date=date(2025, 5, 1)),
    ],
    ids=["the same", "nearly the same", "another pregnancy", "its birth", "the child", "another"],
)
@pytest.mark.parametrize("twins", [1, 2])
def test_an_application_alone_starts_nothing_of_a_record_that_stopped(
    child: Child, twins: int
) -> None:
    application = asked(*[child] * twins, language=Language.ENGLISH)

    assert joined_again(STOPPED, application, NOW, start=False) == STOPPED
    assert all(each.starts for each in additions(STOPPED, application.children, NOW))


def test_after_a_loss_the_birth_of_that_pregnancy_starts_nothing_while_an_older_child_goes_on() -> (
    None
):
    application = asked(Child(birth_date=NOW.date()), Child(birth_date=date(2025, 5, 1)))

    after = joined_again(ONE_LOST, application, NOW, start=False)

    assert known(after) == [
        (Status.STOPPED, DUE, None),
        (Status.ACTIVE, None, date(2024, 5, 1)),
        (Status.ACTIVE, None, date(2025, 5, 1)),
    ]
    assert [each.starts for each in additions(ONE_LOST, application.children, NOW)] == [
        True,
        False,
    ]


def test_what_would_become_of_each_child_is_told_as_it_is_done() -> None:
    before = member(Child(due_date=DUE, nickname="まめ"), Child(birth_date=date(2024, 5, 1)))
    children = (
        Child(due_date=DUE + timedelta(days=7), nickname="そら"),
        Child(birth_date=date(2024, 5, 1)),
        Child(birth_date=date(2025, 5, 1), nickname="はな"),
    )

    assert [
        (each.what, each.starts, each.renamed) for each in additions(before, children, NOW)
    ] == [
        (What.CORRECTED, False, True),
        (What.SAME, False, False),
        (What.ADDED, False, False),
    ]
    born = additions(before, [Child(birth_date=NOW.date())], NOW)
    assert [each.what for each in born] == [What.BORN]
