"""Letterhead: who stands behind every message, and how to reach them."""

from dataclasses import dataclass
from typing import Self

from shared.settings import setting


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The office's name and how to reach it, as every message says."""

    office: str
    contact: str

    @classmethod
    def from_environment(cls) -> Self:
        """The letterhead that the template's parameters give."""
        return cls(setting("OFFICE_NAME"), setting("OFFICE_CONTACT"))
