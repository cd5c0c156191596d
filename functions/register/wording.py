"""Wording: every string of the pages by language, dates and ages as people say them."""

import calendar
import tomllib
from collections.abc import Mapping
from datetime import date, time
from functools import cache
from importlib.resources import files

from shared.rules.age import ChildAge, GestationalAge
from shared.rules.joining import Child
from shared.rules.subscriber import Language


def say(phrase: str, language: Language, /, **parts: object) -> str:
    """A phrase, named like `join.title`, with its parts; KeyError where there is none."""
    return phrases(language)[phrase].format(**parts)


def day_words(day: date, language: Language) -> str:
    """2027年1月20日, 20 January 2027."""
    if language is Language.ENGLISH:
        return f"{day.day} {calendar.month_name[day.month]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def time_words(at: time, language: Language) -> str:
    """9時, 9時30分; 9:00."""
    if language is Language.ENGLISH:
        return f"{at.hour}:{at.minute:02d}"
    return f"{at.hour}時{at.minute}分" if at.minute else f"{at.hour}時"


def week_words(due_date: date, today: date, language: Language) -> str:
    """32週0日, 32 weeks 0 days."""
    weeks, days = divmod(GestationalAge.on(today, due_date).days, 7)
    return say("stage.week", language, weeks=weeks, days=days)


def age_words(birth_date: date, today: date, language: Language) -> str:
    """生後5日, 生後3か月2日, 1歳2か月: as exact as people say it. Before the date, none."""
    age = ChildAge.on(today, birth_date)
    if age.years:
        return say("stage.years", language, years=age.years, months=age.months)
    if age.months:
        return say("stage.months", language, months=age.months, days=age.rest_days)
    return say("stage.days", language, days=age.rest_days)


@cache
def phrases(language: Language) -> Mapping[str, str]:
    """Every phrase of a language by its name."""
    text = files("functions.register").joinpath(f"wording/{language}.toml").read_text("utf-8")
    return {
        f"{group}.{name}": phrase.strip()
        for group, phrases_of_group in tomllib.loads(text).items()
        for name, phrase in phrases_of_group.items()
    }


def stage_words(child: Child, today: date, language: Language) -> str:
    """The week or the age of a child, without a date."""
    if child.birth_date is not None:
        return age_words(child.birth_date, today, language)
    if child.due_date is None:
        raise ValueError("a child needs a due date or a birth date")
    return week_words(child.due_date, today, language)
