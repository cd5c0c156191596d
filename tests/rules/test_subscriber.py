"""The letters of one person's day: twins, siblings, and why nothing comes."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.account import Channel, Delivery
from shared.rules.dates import JST
from shared.rules.ending import EndKind, EndOfDelivery
from shared.rules.history import Event, Happened
from shared.rules.message import Due, every_day
from shared.rules.stage import Phase, Reason
from shared.rules.subscriber import Enrolment, decide
from tests.rules.invented import BUNKYO, EVERY_DAY, joined, jst, parent

NOW = jst("2026-11-23 09:00")
TODAY = date(2026, 11, 23)
ALL = {"e1", "e2", "e3"}


def decision(subscriber, asked=None, *, now=NOW, account=BUNKYO, schedule=EVERY_DAY):
    if asked is None:
        asked = [each.id for each in subscriber.enrolments]
    return decide(subscriber, asked, now, settings=account, schedule=schedule)


def letters(subscriber, **kwargs):
    return [
        (letter.enrolments, letter.due, letter.child, letter.about)
        for letter in decision(subscriber, **kwargs).letters
    ]


# One child.


def test_one_child_brings_one_letter_that_need_not_say_whom_it_is_about():
    mother = parent(Enrolment("e1", "はなちゃん", joined(born=date(2026, 10, 1))))

    assert letters(mother) == [(("e1",), Due(Phase.CHILDCARE, 53), "はなちゃん", None)]


def test_a_child_without_a_nickname_has_none_in_the_letter():
    mother = parent(Enrolment("e1", None, joined(due=date(2026, 11, 24))))

    assert letters(mother) == [(("e1",), Due(Phase.PREGNANCY, 279), None, None)]


def test_the_day_is_tokyos():
    mother = parent(Enrolment("e1", None, joined(born=date(2026, 11, 23))))
    midnight = datetime.combine(TODAY, time.min, JST)

    assert decision(mother, now=midnight).letters[0].due == Due(Phase.CHILDCARE, 0)
    assert decision(mother, now=midnight - timedelta(seconds=1)).silent == {"e1": Reason.NOT_YET}


# Twins: two children, the same date, one message.


def test_twins_share_one_letter_that_names_both():
    mother = parent(
        Enrolment("e1", "はなちゃん", joined(born=date(2026, 10, 1))),
        Enrolment("e2", "そらくん", joined(born=date(2026, 10, 1))),
    )

    assert letters(mother) == [
        (("e1", "e2"), Due(Phase.CHILDCARE, 53), "はなちゃんとそらくん", None)
    ]
    assert decision(mother).silent == {}


def test_unborn_twins_share_one_letter_too():
    mother = parent(
        Enrolment("e1", None, joined(due=date(2026, 12, 24))),
        Enrolment("e2", None, joined(due=date(2026, 12, 24))),
    )

    assert letters(mother) == [(("e1", "e2"), Due(Phase.PREGNANCY, 249), None, None)]


def test_triplets_share_one_letter_as_well():
    mother = parent(
        *(
            Enrolment(f"e{n}", name, joined(born=date(2026, 10, 1)))
            for n, name in enumerate(["はな", "そら", "うみ"], 1)
        )
    )

    assert letters(mother) == [
        (("e1", "e2", "e3"), Due(Phase.CHILDCARE, 53), "はなとそらとうみ", None)
    ]


def test_a_twin_that_is_stopped_is_not_named():
    stopped = Event(jst("2026-11-01 10:00"), Happened.STOPPED_BY_SUBSCRIBER)
    mother = parent(
        Enrolment("e1", "はなちゃん", joined(due=date(2026, 12, 24))),
        Enrolment("e2", "そらくん", (*joined(due=date(2026, 12, 24)), stopped)),
    )

    assert letters(mother) == [(("e1",), Due(Phase.PREGNANCY, 249), "はなちゃん", None)]
    assert decision(mother).silent == {"e2": Reason.STOPPED}


def test_only_the_twin_that_is_asked_about_is_in_the_letter():
    mother = parent(
        Enrolment("e1", "はなちゃん", joined(born=date(2026, 10, 1))),
        Enrolment("e2", "そらくん", joined(born=date(2026, 10, 1))),
    )

    assert letters(mother, asked=["e2"]) == [(("e2",), Due(Phase.CHILDCARE, 53), "そらくん", None)]


# Siblings: each their own letter, which says whom it is about.


def test_siblings_of_different_ages_get_each_their_own_letter():
    mother = parent(
        Enrolment("e1", "はなちゃん", joined(born=date(2025, 10, 1))),
        Enrolment("e2", "まめちゃん", joined(due=date(2026, 12, 24))),
    )

    assert letters(mother) == [
        (("e1",), Due(Phase.CHILDCARE, 418), "はなちゃん", "はなちゃんのこと"),
        (("e2",), Due(Phase.PREGNANCY, 249), "まめちゃん", "まめちゃんのこと"),
    ]


def test_an_overdue_pregnancy_and_a_child_of_the_same_date_are_different():
    # The base dates are equal: one is a due date, the other a birth date.
    mother = parent(
        Enrolment("e1", None, joined(due=date(2026, 11, 20))),
        Enrolment("e2", None, joined(born=date(2026, 11, 20))),
    )

    assert [(letter.due, letter.about is None) for letter in decision(mother).letters] == [
        (Due(Phase.PREGNANCY, 283), False),
        (Due(Phase.CHILDCARE, 3), False),
    ]


@pytest.mark.parametrize(
    ("born", "about"),
    [
        ("2024-11-23", "2歳のお子さんのこと"),
        ("2025-11-23", "1歳のお子さんのこと"),
        ("2025-11-24", "11か月のお子さんのこと"),
        ("2026-10-23", "1か月のお子さんのこと"),
        ("2026-10-24", "生まれて間もないお子さんのこと"),
    ],
)
def test_a_sibling_without_a_nickname_is_told_by_age(born, about):
    mother = parent(
        Enrolment("e1", None, joined(born=date.fromisoformat(born))),
        Enrolment("e2", None, joined(due=date(2026, 12, 24))),
    )

    assert [letter.about for letter in decision(mother).letters] == [
        about,
        "おなかの赤ちゃんのこと",
    ]


def test_a_letter_says_whom_it_is_about_even_when_the_sibling_has_none_today():
    mother = parent(
        Enrolment("e1", "はなちゃん", joined(born=date(2025, 10, 1))),
        Enrolment("e2", "まめちゃん", joined(due=date(2026, 12, 24))),
    )
    schedule = EVERY_DAY - {(Phase.CHILDCARE, 418)}

    assert letters(mother, schedule=schedule) == [
        (("e2",), Due(Phase.PREGNANCY, 249), "まめちゃん", "まめちゃんのこと")
    ]
    assert decision(mother, schedule=schedule).silent == {"e1": Reason.NO_MESSAGE_TODAY}


def test_a_letter_about_one_asks_for_no_other_but_still_says_whom():
    mother = parent(
        Enrolment("e1", "はなちゃん", joined(born=date(2025, 10, 1))),
        Enrolment("e2", "まめちゃん", joined(due=date(2026, 12, 24))),
    )

    assert [each[3] for each in letters(mother, asked=["e1"])] == ["はなちゃんのこと"]


@pytest.mark.parametrize(
    "elder",
    [
        joined(born=date(2020, 1, 1)),
        joined(due=date(2025, 1, 1)),
        (*joined(born=date(2025, 1, 1)), Event(NOW, Happened.STOPPED_BY_SUBSCRIBER)),
    ],
    ids=["graduated", "awaiting birth", "stopped"],
)
def test_a_sibling_that_is_not_accompanied_now_makes_no_label_necessary(elder):
    mother = parent(
        Enrolment("e1", "はなちゃん", elder),
        Enrolment("e2", "まめちゃん", joined(due=date(2026, 12, 24))),
    )

    assert letters(mother) == [(("e2",), Due(Phase.PREGNANCY, 249), "まめちゃん", None)]


def test_twins_with_an_elder_sibling_share_theirs():
    mother = parent(
        Enrolment("e1", "はなちゃん", joined(born=date(2025, 10, 1))),
        Enrolment("e2", "そらくん", joined(born=date(2026, 11, 1))),
        Enrolment("e3", "うみちゃん", joined(born=date(2026, 11, 1))),
    )

    assert [(each.enrolments, each.about) for each in decision(mother).letters] == [
        (("e1",), "はなちゃんのこと"),
        (("e2", "e3"), "そらくんとうみちゃんのこと"),
    ]


def test_the_corrected_age_decides_the_message_of_the_day():
    asked = Event(jst("2026-08-10 10:00"), Happened.CORRECTED_AGE)
    mother = parent(
        Enrolment("e1", None, (*joined(due=date(2026, 10, 1), born=date(2026, 8, 1)), asked)),
    )

    assert [letter.due for letter in decision(mother).letters] == [Due(Phase.CHILDCARE, 53)]


# Silence.


def test_an_enrolment_that_the_subscriber_has_not_is_not_joined():
    mother = parent(Enrolment("e1", None, joined(due=date(2026, 12, 24))))

    assert decision(mother, asked=["e9"]).silent == {"e9": Reason.NOT_JOINED}
    assert decision(mother, asked=["e9"]).letters == ()


def test_asked_about_nobody_nothing_comes():
    mother = parent(Enrolment("e1", None, joined(due=date(2026, 12, 24))))

    assert decision(mother, asked=[]) == decision(parent(), asked=[])


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        (joined(due=date(2026, 12, 24), at=NOW + timedelta(seconds=1)), Reason.NOT_JOINED),
        ((*joined(due=TODAY), Event(NOW, Happened.STOPPED_BY_SUBSCRIBER)), Reason.STOPPED),
        ((*joined(due=TODAY), Event(NOW, Happened.STOPPED_BY_SYSTEM)), Reason.SUSPENDED),
        (joined(due=date(2027, 8, 3)), Reason.NOT_YET),
        (joined(due=date(2026, 11, 9)), Reason.AWAITING_BIRTH),
        (joined(born=date(2023, 11, 22)), Reason.GRADUATED),
    ],
)
def test_silence_has_its_reason(history, reason):
    assert decision(parent(Enrolment("e1", None, history))).silent == {"e1": reason}


def test_a_stop_between_planning_and_sending_wins():
    history = (*joined(due=TODAY), Event(NOW, Happened.STOPPED_BY_SUBSCRIBER))
    mother = parent(Enrolment("e1", None, history))

    assert len(decision(mother, now=NOW - timedelta(seconds=1)).letters) == 1
    assert decision(mother, now=NOW).letters == ()


# What holds for every family.


@st.composite
def families(draw):
    enrolments = []
    for n in range(1, draw(st.integers(0, 3)) + 1):
        near = st.sampled_from([-400, -60, -40, 0, 20, 200, 300]).map(
            lambda days: TODAY + timedelta(days=days)
        )
        due = draw(near)
        born = draw(st.none() | near.filter(lambda day: day <= TODAY))
        history = joined(due=due, born=born)
        for what in draw(
            st.lists(
                st.sampled_from(
                    [
                        Happened.STOPPED_BY_SUBSCRIBER,
                        Happened.STOPPED_BY_SYSTEM,
                        Happened.RETURNED,
                        Happened.CORRECTED_AGE,
                    ]
                ),
                max_size=2,
            )
        ):
            history = (*history, Event(jst("2026-11-01 10:00"), what))
        nickname = draw(st.sampled_from([None, "はなちゃん", "そらくん"]))
        enrolments.append(Enrolment(f"e{n}", nickname, history))
    return parent(*enrolments, channel=draw(st.sampled_from(Channel)))


ACCOUNTS = st.sampled_from(
    [
        BUNKYO,
        replace(BUNKYO, end_of_delivery=EndOfDelivery(EndKind.BIRTHDAY, 1)),
        replace(BUNKYO, channels=frozenset({Channel.LINE})),
        replace(BUNKYO, delivery=Delivery.EXTERNAL),
    ]
)


@given(families(), st.sets(st.sampled_from(sorted(ALL))), ACCOUNTS)
def test_each_child_is_in_one_letter_or_has_one_reason(family, asked, account):
    made = decision(family, asked, account=account)

    told = Counter(each for letter in made.letters for each in letter.enrolments)
    told.update(made.silent.keys())
    assert told == Counter(asked)


@given(families(), ACCOUNTS)
def test_no_two_letters_of_a_day_are_the_same_message(family, account):
    made = decision(family, account=account)

    dues = [letter.due for letter in made.letters]
    assert len(dues) == len(set(dues))
    assert all(letter.subscriber == family.id for letter in made.letters)


@given(families(), ACCOUNTS)
def test_several_letters_of_a_day_all_say_whom_they_are_about(family, account):
    made = decision(family, account=account)

    if len(made.letters) > 1:
        assert all(letter.about for letter in made.letters)
    if len(family.enrolments) == 1:
        assert not any(letter.about for letter in made.letters)


@given(families(), ACCOUNTS)
def test_asking_about_one_child_or_all_makes_no_difference_to_it(family, account):
    together = decision(family, account=account)
    for each in family.enrolments:
        alone = decision(family, [each.id], account=account)
        assert alone.silent == {k: v for k, v in together.silent.items() if k == each.id}
        assert [letter.due for letter in alone.letters] == [
            letter.due for letter in together.letters if each.id in letter.enrolments
        ]


# What is enclosed, like the farewell of an account that ends: once to everybody in a window.


def enclosures(subscriber, asked=None, schedule=EVERY_DAY):
    if asked is None:
        asked = [each.id for each in subscriber.enrolments]
    found = decide(
        subscriber,
        asked,
        NOW,
        settings=BUNKYO,
        schedule=schedule,
        enclosure=every_day(BUNKYO.end_of_delivery),
    )
    return [(each.enrolments, each.enclosure) for each in found.letters], found.silent


def test_an_enclosure_goes_with_the_first_letter_alone():
    mother = parent(
        Enrolment("e1", "はなちゃん", joined(born=date(2025, 10, 1))),
        Enrolment("e2", "まめちゃん", joined(due=date(2026, 12, 24))),
    )

    assert enclosures(mother) == ([(("e1",), True), (("e2",), False)], {})
    assert enclosures(mother, ["e2"]) == ([(("e2",), False)], {})


def test_whoever_has_no_message_that_day_gets_the_enclosure_by_itself_and_once():
    mother = parent(
        Enrolment("e1", None, joined(born=date(2025, 10, 1))),
        Enrolment("e2", None, joined(due=date(2026, 12, 24))),
    )
    nothing = frozenset()

    assert enclosures(mother, schedule=nothing) == (
        [(("e1",), True)],
        {"e2": Reason.NO_MESSAGE_TODAY},
    )
    assert enclosures(mother, ["e2"], nothing) == ([], {"e2": Reason.NO_MESSAGE_TODAY})


def test_twins_get_one_enclosure():
    mother = parent(
        Enrolment("e1", None, joined(born=date(2025, 10, 1))),
        Enrolment("e2", None, joined(born=date(2025, 10, 1))),
    )

    assert enclosures(mother, schedule=frozenset()) == ([(("e1", "e2"), True)], {})


def test_a_child_below_day_zero_of_the_corrected_age_gets_the_enclosure():
    at = jst("2026-11-20 10:00")
    early = joined(due=date(2027, 1, 5), born=date(2026, 11, 10), at=at)
    mother = parent(Enrolment("e1", None, (*early, Event(at, Happened.CORRECTED_AGE))))

    assert enclosures(mother, schedule=frozenset()) == ([(("e1",), True)], {})


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        ((*joined(born=date(2025, 10, 1)), Event(NOW, Happened.STOPPED_BY_SUBSCRIBER)), "stopped"),
        (joined(born=date(2023, 11, 22)), "graduated"),
        (joined(due=date(2026, 11, 1)), "awaiting_birth"),
    ],
    ids=["stopped", "graduated", "awaiting"],
)
def test_whoever_hears_nothing_any_more_hears_no_enclosure_either(history, reason):
    assert enclosures(parent(Enrolment("e1", None, history))) == ([], {"e1": reason})


# Twins who were born on two days.


def twins_born(first: date, second: date, *, due: date = date(2026, 11, 30)):
    history = joined(due=due, born=first)
    return parent(
        Enrolment("e1", "そらくん", history),
        Enrolment("e2", "うみちゃん", joined(due=due, born=second)),
    )


def test_twins_born_on_two_days_share_the_message_of_the_elder():
    mother = twins_born(date(2026, 10, 1), date(2026, 10, 2))

    assert letters(mother) == [
        (("e1", "e2"), Due(Phase.CHILDCARE, 53), "そらくんとうみちゃん", None)
    ]
    assert letters(mother, asked=["e2"]) == [
        (("e2",), Due(Phase.CHILDCARE, 53), "うみちゃん", None)
    ]


def test_once_the_elder_twin_is_stopped_the_younger_goes_by_its_own_day():
    mother = twins_born(date(2026, 10, 1), date(2026, 10, 2))
    elder, younger = mother.enrolments
    stop = Event(jst("2026-11-01 10:00"), Happened.STOPPED_BY_SUBSCRIBER)
    mother = replace(mother, enrolments=(replace(elder, history=(*elder.history, stop)), younger))

    assert letters(mother) == [(("e2",), Due(Phase.CHILDCARE, 52), "うみちゃん", None)]


@pytest.mark.parametrize(
    "mother",
    [
        twins_born(date(2026, 10, 1), date(2026, 10, 5)),
        parent(
            Enrolment("e1", None, joined(due=date(2026, 11, 30), born=date(2026, 10, 1))),
            Enrolment("e2", None, joined(born=date(2026, 10, 2))),
        ),
    ],
    ids=["many days apart", "not of one pregnancy by the record"],
)
def test_other_children_born_near_each_other_get_each_their_own(mother):
    assert len(letters(mother)) == 2
