"""Postbacks: what a button says that comes back to us, whole: the chat itself remembers nothing."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self
from urllib.parse import parse_qsl, urlencode

from shared.rules.subscriber import Language

DATA_LIMIT = 300
"""Characters of a postback's data."""

_VERSION = "1"
"""Buttons stay in a chat for years: a new meaning is a new version."""


class Press(StrEnum):
    """What a button is for."""

    GREETING = "greeting"
    """The beginning, in the language of the button."""
    DUE_DATE = "due_date"
    """The date that was chosen is a due date, to be shown back."""
    BIRTH_DATE = "birth_date"
    """The date that was chosen is that of a child's birth, to be shown back."""
    JOIN_DUE = "join_due"
    JOIN_BORN = "join_born"
    BIRTH = "birth"
    """A birth is to be registered: which date?"""
    BIRTH_DAY = "birth_day"
    """The date that was chosen is that of the birth of who was expected, to be shown back."""
    BIRTH_RIGHT = "birth_right"
    PAGE = "page"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Postback:
    """What a button says: `day` is the date that was shown back, with `twins` two have it."""

    press: Press
    language: Language | None = None
    day: date | None = None
    twins: bool = False

    def __str__(self) -> str:
        """As the button carries it."""
        parts = {"v": _VERSION, "do": self.press.value}
        if self.language:
            parts["in"] = self.language.value
        if self.day:
            parts["day"] = self.day.isoformat()
        if self.twins:
            parts["twins"] = "1"
        return urlencode(parts)

    @classmethod
    def parse(cls, data: str) -> Self | None:
        """What a button of ours says, or None where none of ours ever said it so."""
        if len(data) > DATA_LIMIT:
            return None
        parts = dict(parse_qsl(data))
        try:
            found = cls(
                Press(parts.get("do", "")),
                Language(parts["in"]) if "in" in parts else None,
                date.fromisoformat(parts["day"]) if "day" in parts else None,
                "twins" in parts,
            )
        except ValueError:
            return None
        return found if str(found) == data else None
