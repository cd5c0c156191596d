"""Touchpoint: a place where parents learn of the service, and how far they came from there."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

WEB, LINE = "web", "line"
"""The touchpoints that every account has without adding them: a link on its own home page, and the
chat of its LINE account.
"""

BUILT_IN = {WEB: "ホームページ", LINE: "LINEのトーク"}

ID_RULE = "must be 2 to 40 of a-z, 0-9 and -"
_ID = re.compile(r"[a-z0-9-]{2,40}", re.ASCII)


class Step(StrEnum):
    """How far somebody came who followed a touchpoint's link, in this order."""

    OPENED = "opened"
    """The page was opened."""
    STARTED = "started"
    """The form was sent; the address is yet to be confirmed."""
    CONFIRMED = "confirmed"
    """The address was confirmed: a subscriber has joined."""


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """A place where an account tells parents of the service: 母子手帳交付, a clinic, a flyer.

    One that was closed keeps its counts; its link only says that it has ended.
    """

    account: str
    id: str
    name: str
    closed_at: datetime | None = None

    @property
    def closed(self) -> bool:
        """Whether its link has ended."""
        return self.closed_at is not None


@dataclass(frozen=True, slots=True)
class Funnel:
    """How often each step was reached."""

    opened: int = 0
    started: int = 0
    confirmed: int = 0

    @property
    def share(self) -> float | None:
        """The share of the openings that led to a subscriber; None where nobody opened it.

        It may exceed 1 by itself: who opens the page late on the last of a month confirms in the
        next.
        """
        return self.confirmed / self.opened if self.opened else None

    def __add__(self, other: "Funnel") -> "Funnel":
        """Both together."""
        return Funnel(
            self.opened + other.opened,
            self.started + other.started,
            self.confirmed + other.confirmed,
        )


def is_touchpoint_id(text: str) -> bool:
    """Whether a touchpoint can be called so: it is a part of a link, a key and a file's name."""
    return _ID.fullmatch(text) is not None


def built_in(account: str) -> list[Touchpoint]:
    """The touchpoints that an account has without adding them."""
    return [Touchpoint(account, each, name) for each, name in BUILT_IN.items()]


def link(public_url: str, account: str, touchpoint: str) -> str:
    """The page on which parents join. It tells of nobody, so it is not signed."""
    return f"{public_url.rstrip('/')}/join/{account}/{touchpoint}"
