"""The words: both languages say everything, with the same parts, and nothing stands in a page."""

import re
import string
from datetime import date, time
from pathlib import Path

import pytest

from functions.register.preferences import DONE
from functions.register.wording import (
    age_words,
    day_words,
    phrases,
    say,
    time_words,
    week_words,
)
from shared.rules.account import Channel
from shared.rules.changes import Refusal
from shared.rules.history import Happened
from shared.rules.subscriber import Language

FOLDER = Path(__file__).parents[2] / "functions" / "register"
TEMPLATES = sorted((FOLDER / "templates").glob("*.j2"))
JAPANESE, ENGLISH = Language.JAPANESE, Language.ENGLISH
DAY = date(2027, 1, 20)


def parts(phrase: str) -> set[str]:
    """The places of a phrase that are filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}


def test_both_languages_have_the_same_phrases_with_the_same_parts() -> None:
    japanese, english = phrases(JAPANESE), phrases(ENGLISH)
    assert japanese.keys() == english.keys()
    for name, phrase in japanese.items():
        assert parts(phrase) == parts(english[name]), name


def test_english_is_english_but_for_what_must_be_typed_in_japanese() -> None:
    kana = {name for name, phrase in phrases(ENGLISH).items() if re.search("[ぁ-ん一-龥]", phrase)}
    assert kana == {"join.other_language", "lost.line", "me.japanese"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.name)
def test_no_page_holds_words_of_its_own(template: Path) -> None:
    assert re.findall("[ぁ-んァ-ヶ一-龥]+", template.read_text("utf-8")) == []


BUILT = {
    *(f"channel.{each}" for each in Channel),
    *(f"check.{kind}{part}" for kind in ("due", "born") for part in ("", "_stage")),
    *(f"errors.{field}{part}" for field in ("email", "phone") for part in ("", "_missing")),
    *(f"asked.{what}_{kind}" for what in ("new", "added", "same") for kind in ("due", "born")),
    *(f"asked.{what}" for what in ("corrected", "born", "name", "renamed")),
    *(f"join.invited_{kind}" for kind in ("due", "born")),
    *(f"me.{done}" for done in DONE),
    *(f"refusal.{each}" for each in Refusal),
    "refusal_joining.due_date_past",
    "refusal_joining.born_in_future",
    *(f"stored.{each}" for each in Happened),
    *(f"stored.source_{each}" for each in ("web", "line_chat", "line_login", "other")),
}
"""Phrases whose names are put together."""


def test_every_phrase_that_is_named_is_there_and_every_one_is_named() -> None:
    sources = [*TEMPLATES, *sorted(FOLDER.glob("*.py"))]
    text = "\n".join(each.read_text("utf-8") for each in sources)
    called = set(re.findall(r't\("([a-z_]+\.[a-z_]+)"[,)]', text))
    named = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', text)) & phrases(JAPANESE).keys()
    messages = set(re.findall(r'message\(\s*"([a-z_]+)"', text))
    said = {f"{group}.{part}" for group in messages for part in ("title", "text")}

    assert called | BUILT | said <= phrases(JAPANESE).keys()
    assert phrases(JAPANESE).keys() - named - BUILT - said == set()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_its_words(refusal: Refusal, language: Language) -> None:
    assert say(f"refusal.{refusal}", language)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("what", Happened)
def test_every_event_of_a_history_has_its_words(what: Happened, language: Language) -> None:
    assert say(f"stored.{what}", language, day="x", date="y")


@pytest.mark.parametrize(
    ("birth", "japanese", "english"),
    [
        ("2027-01-20", "生後0日", "0 d old"),
        ("2027-01-10", "生後10日", "10 d old"),
        ("2026-12-20", "生後1か月0日", "1 m 0 d old"),
        ("2026-10-18", "生後3か月2日", "3 m 2 d old"),
        ("2025-11-20", "1歳2か月", "1 y 2 m old"),
    ],
)
def test_an_age_is_said_as_people_say_it(birth: str, japanese: str, english: str) -> None:
    born = date.fromisoformat(birth)
    assert age_words(born, DAY, JAPANESE) == japanese
    assert age_words(born, DAY, ENGLISH) == english


def test_days_weeks_and_hours_are_said_as_people_say_them() -> None:
    assert day_words(DAY, JAPANESE) == "2027年1月20日"
    assert day_words(DAY, ENGLISH) == "20 January 2027"
    assert week_words(DAY, date(2026, 11, 25), JAPANESE) == "32週0日"
    assert week_words(DAY, date(2026, 11, 25), ENGLISH) == "32 weeks 0 days"
    assert time_words(time(9), JAPANESE) == "9時"
    assert time_words(time(9, 30), JAPANESE) == "9時30分"
    assert time_words(time(9, 5), ENGLISH) == "9:05"


def test_nothing_congratulates_and_nobody_is_sorry() -> None:
    for name, phrase in phrases(JAPANESE).items():
        for unwanted in ("おめでとう", "残念", "さみし", "またの", "アンケート"):
            assert unwanted not in phrase, name
