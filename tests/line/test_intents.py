"""What somebody in the chat wants, and what their buttons carry."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.line.chat.event import ChatEvent, Kind
from functions.line.chat.intents import IntentKind, earliest_birth, expected, intent_of, overtaken
from functions.line.chat.postback import DATA_LIMIT, Postback, Press
from functions.line.wording import age_in_words
from shared.rules import changes
from shared.rules.ending import EndOfDelivery
from shared.rules.joining import Child
from shared.rules.subscriber import Language
from shared.store.line_events import StartOrStop
from tests.line.phone import USER
from tests.world import JOINED, TEN, bunkyo, pregnant

(SETTINGS,) = bunkyo().settings
TODAY = date(2026, 11, 25)

postbacks = st.builds(
    Postback,
    st.sampled_from(Press),
    st.none() | st.sampled_from(Language),
    st.none() | st.dates(),
    st.booleans(),
)


@given(postbacks)
def test_a_button_comes_back_as_it_was_made(made: Postback) -> None:
    assert Postback.parse(str(made)) == made
    assert len(str(made)) <= DATA_LIMIT


@given(st.text())
def test_whatever_else_comes_back_is_no_button_of_ours(data: str) -> None:
    found = Postback.parse(data)

    assert found is None or str(found) == data


def event(kind: Kind = Kind.MESSAGE, at: datetime = TEN, **facts: str) -> ChatEvent:
    return ChatEvent("01E", kind, at, USER, **facts)


WORDS = {
    IntentKind.STOP: "停止 停止する 配信の停止 すべての配信を止める 止めて やめたい STOP "
    "Unsubscribe",
    IntentKind.PAGE: "変更 変更したいです 登録内容 確認 マイページ settings",
    IntentKind.WHICH_DAY: "出産 出産しました うまれました！ 無事に産まれました 生まれたよ birth",
    IntentKind.GREETING: "登録 はじめる 登録したい start",
    IntentKind.HELP: "こんにちは ？ 停止線はどこ 流産しました 👶 登録したくない",
}
"""What is written to us, apart by spaces."""


@pytest.mark.parametrize(
    ("text", "want"), [(text, want) for want, texts in WORDS.items() for text in texts.split()]
)
def test_a_word_means_what_a_reader_would_take_it_for(text: str, want: IntentKind) -> None:
    assert intent_of(event(text=text), pregnant(1), SETTINGS, TEN).kind is want


def minutes(number: int) -> datetime:
    return TEN + timedelta(minutes=number)


STOPPED = changes.stopped(pregnant(1), minutes(10))
BACK = changes.returned(STOPPED, minutes(20), "e1")
ORDER = {
    "a stop of one who joined before": (IntentKind.STOP, minutes(0), pregnant(1), None, False),
    "a block from before they joined": (
        IntentKind.STOP,
        JOINED - timedelta(1),
        pregnant(1),
        None,
        True,
    ),
    "a stop from before they returned": (IntentKind.STOP, minutes(15), BACK, None, True),
    "a stop after they returned": (IntentKind.STOP, minutes(25), BACK, None, False),
    "a stop that came to be known after a later join in the chat": (
        IntentKind.STOP,
        minutes(15),
        None,
        StartOrStop(minutes(16), minutes(17)),
        True,
    ),
    "a block soon after a join in the chat that became known late": (
        IntentKind.STOP,
        minutes(16),
        BACK,
        StartOrStop(minutes(15), minutes(20)),
        False,
    ),
    "a join of one who stopped before": (IntentKind.JOIN, minutes(15), STOPPED, None, False),
    "a join from before they stopped": (IntentKind.JOIN, minutes(5), STOPPED, None, True),
    "the same join again": (
        IntentKind.JOIN,
        minutes(5),
        pregnant(1),
        StartOrStop(minutes(5), minutes(6)),
        False,
    ),
    "a look at the page, however late": (
        IntentKind.PAGE,
        minutes(0),
        STOPPED,
        StartOrStop(minutes(9), minutes(9)),
        False,
    ),
}


@pytest.mark.parametrize(("want", "at", "subscriber", "turn", "late"), ORDER.values(), ids=ORDER)
def test_the_latest_that_happened_counts(want, at, subscriber, turn, late) -> None:
    assert overtaken(event(at=at), want, subscriber, turn) is late


def test_one_pregnancy_is_expected_also_with_twins_and_two_are_not_clear() -> None:
    (later,) = pregnant(2, due=date(2027, 8, 1)).enrolments
    two = changes.added(pregnant(1), replace(later, id="e2"))

    assert expected(pregnant(1)) == pregnant(1).enrolments[0]
    assert expected(pregnant(1, twins=True)) == pregnant(1, twins=True).enrolments[0]
    assert expected(two) is None
    assert expected(STOPPED) is None


ENDS = {
    "birthday(3)": date(2023, 11, 25),
    "birthday(18)": date(2008, 11, 25),
    "school_year_end(1)": date(2019, 4, 2),
}


@pytest.mark.parametrize(("end", "earliest"), ENDS.items())
def test_the_calendar_begins_with_the_oldest_child_to_whom_the_account_writes(
    end: str, earliest: date
) -> None:
    (settings,) = bunkyo(end_of_delivery=EndOfDelivery.parse(end)).settings

    assert earliest_birth(TODAY, settings) == earliest


AGES = [
    (Child(due_date=date(2027, 1, 20)), "32週0日", "32 weeks 0 days"),
    (Child(birth_date=date(2026, 11, 25)), "生後0日", "0 days old"),
    (Child(birth_date=date(2026, 8, 1)), "生後3か月24日", "3 m 24 d old"),
    (Child(birth_date=date(2025, 9, 20)), "1歳2か月", "1 y 2 m old"),
]


@pytest.mark.parametrize(("child", "japanese", "english"), AGES)
def test_an_age_is_told_so_that_a_parent_can_check_the_date(
    child: Child, japanese: str, english: str
) -> None:
    assert age_in_words(child, TODAY, Language.JAPANESE) == japanese
    assert age_in_words(child, TODAY, Language.ENGLISH) == english
