"""A text as its readers would get it, by channel, with how long that is."""

from dataclasses import dataclass

from functions.console.resources import resources
from shared.office.fields import characters
from shared.rules.catalogue import COMMON_SERIES, Catalogue, Words, put_into_words
from shared.rules.message import Due
from shared.rules.sms_segments import segments
from shared.rules.subscriber import Letter
from shared.rules.text import Text

LINE_CHARACTERS, LINE_LINES = 17, 15
"""About what a phone shows of a LINE bubble without being moved: characters of a line, lines of a
screen.
"""

ANY_ACCOUNT = "団体の名前"
"""Stands for the account in the common series."""

_LINK = "x" * 40
"""As long as that of a message."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a reader gets on a day, without the sender's lines; None where that is nothing."""

    words: Words | None
    sender: str
    segments: int
    screens: int


def preview(series: str, name: str, due: Due, text: Text | None, common: Catalogue) -> Preview:
    """The text of a day with the common one, as `put_into_words` joins them for sending."""
    sender = ANY_ACCOUNT if series == COMMON_SERIES else name
    given = {due: text} if text else {}
    base, own = (given, {}) if series == COMMON_SERIES else (common, given)
    if due not in base and due not in own:
        return Preview(None, sender, 0, 0)
    letter = Letter("", (), due, None, None)
    words = put_into_words(letter, common=base, own=own, account=sender)
    line = "\n\n".join([words.title, *words.parts])
    return Preview(words, sender, segments(sms(sender, words, _LINK)), _screens(line))


def sms(sender: str, words: Words, link: str) -> str:
    """A whole SMS, with the last part of its link."""
    return f"【{sender}】{words.notice}\n{resources().public_url}/m/{link}"


def lengths(text: Text) -> dict[str, int]:
    """The characters of each of its parts as a person sees them."""
    return {
        "title": characters(text.title),
        "text": characters(text.text),
        "notice": characters(text.notice),
    }


def _screens(text: str) -> int:
    lines = sum(max(1, -(-characters(each) // LINE_CHARACTERS)) for each in text.split("\n"))
    return -(-lines // LINE_LINES)
