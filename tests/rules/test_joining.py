"""Joining, and joining again: nothing is doubled, and nothing is guessed but what is the same."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.changes import standing
from shared.rules.history import Event, Happened, Status
from shared.rules.joining import Application, Child, joined, joined_again
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
    assert known(joined_again(member(*before), asked(*again), NOW)) == then


def test_the_same_again_adds_no_event_but_the_new_consent_and_language() -> None:
    before = member(Child(due_date=DUE))

    after = joined_again(before, asked(Child(due_date=DUE), language=Language.ENGLISH), NOW)

    assert after.enrolments == before.enrolments
    assert len(after.consents) == 2
    assert after.language is Language.ENGLISH


def test_who_had_stopped_and_joins_again_with_the_same_pregnancy_returns_to_it() -> None:
    stopped = changes.stopped(member(Child(due_date=DUE)), THEN)

    back = joined_again(stopped, asked(Child(due_date=DUE + timedelta(days=28))), NOW)

    assert [event.what for event in back.enrolments[0].history[2:]] == [
        Happened.STOPPED_BY_SUBSCRIBER,
        Happened.RETURNED,
        Happened.DUE_DATE,
    ]


def test_after_a_loss_a_new_pregnancy_is_a_new_one_and_the_old_stays_silent() -> None:
    lost = changes.stopped(member(Child(due_date=DUE)), THEN)

    later = joined_again(lost, asked(Child(due_date=DUE + timedelta(days=29))), NOW)

    assert known(later) == [
        (Status.STOPPED, DUE, None),
        (Status.ACTIVE, DUE + timedelta(days=29), None),
    ]


def test_a_family_is_kept_and_a_new_one_is_taken_over() -> None:
    before = member(Child(due_date=DUE))

    linked = joined_again(before, asked(Child(due_date=DUE, family="f1")), NOW)
    again = joined_again(linked, asked(Child(due_date=DUE, family="f2")), NOW)

    assert linked.enrolments[0].family == again.enrolments[0].family == "f1"


def test_a_nickname_that_is_given_replaces_the_old_and_none_leaves_it() -> None:
    before = member(Child(due_date=DUE, nickname="まめ"))

    assert joined_again(before, asked(Child(due_date=DUE)), NOW).enrolments[0].nickname == "まめ"
    renamed = joined_again(before, asked(Child(due_date=DUE, nickname="はな")), NOW)
    assert renamed.enrolments[0].nickname == "はな"


def test_joining_twice_at_once_ends_as_once() -> None:
    once = joined_again(member(Child(due_date=DUE)), asked(Child(birth_date=date(2024, 5, 1))), NOW)
    twice = joined_again(once, asked(Child(birth_date=date(2024, 5, 1))), NOW)

    assert replace(twice, consents=()) == replace(once, consents=())
