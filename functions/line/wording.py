"""Words of the chat: each phrase by language, dates and ages as people say them."""

import calendar
import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from shared.rules.age import ChildAge, GestationalAge
from shared.rules.changes import Refusal
from shared.rules.joining import Child
from shared.rules.subscriber import Language


def say(phrase: str, language: Language, **parts: str) -> str:
    """A phrase with its parts."""
    words: str = _wording()[language][phrase]
    return words.strip().format(**parts)


def say_why(refusal: Refusal | None, language: Language) -> str:
    """Why a date makes no sense, and what to do."""
    known: dict[str, str] = _wording()[language]["refusal"]
    return known.get(refusal or "", known["other"])


def page_words(page: str, language: Language) -> dict[str, str]:
    """The words of a page of LINE Login."""
    words: dict[str, str] = _wording()[language]["pages"][page]
    return words


def day_in_words(day: date, language: Language) -> str:
    """2027年1月20日, 20 January 2027."""
    if language is Language.ENGLISH:
        return f"{day.day} {calendar.month_name[day.month]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def age_in_words(child: Child, today: date, language: Language) -> str:
    """32週0日, 生後3か月24日, 1歳2か月: what a parent can check a date by."""
    english = language is Language.ENGLISH
    if child.due_date is not None:
        weeks, days = divmod(GestationalAge.on(today, child.due_date).days, 7)
        return f"{weeks} weeks {days} days" if english else f"{weeks}週{days}日"
    if child.birth_date is None:
        message = "a child needs a due date or a birth date"
        raise ValueError(message)
    age = ChildAge.on(today, child.birth_date)
    if age.years:
        return f"{age.years} y {age.months} m old" if english else f"{age.years}歳{age.months}か月"
    if age.months:
        return (
            f"{age.months} m {age.rest_days} d old"
            if english
            else f"生後{age.months}か月{age.rest_days}日"
        )
    return f"{age.days} days old" if english else f"生後{age.days}日"


@cache
def _wording() -> dict[str, Any]:
    text = files("functions.line").joinpath("wording.toml").read_text("utf-8")
    return tomllib.loads(text)
