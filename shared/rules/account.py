"""Account: the settings of a municipality or other sender, and their dated history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from shared.rules.ending import EndOfDelivery


class Channel(StrEnum):
    """The ways in which a message can reach a subscriber."""

    EMAIL = "email"
    LINE = "line"
    SMS = "sms"


class AccountKind(StrEnum):
    """What an account is: a municipality (with a code), or a hospital and others (without)."""

    MUNICIPALITY = "municipality"
    OTHER = "other"


class Delivery(StrEnum):
    """Whose system sends: this platform, or another one that reports its AU monthly."""

    OWN = "own"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an account has chosen, from 00:00 JST of `valid_from` on. Times are JST."""

    valid_from: date
    name: str
    code: str | None
    kind: AccountKind
    delivery: Delivery
    channels: frozenset[Channel]
    send_at: time
    quiet_from: time
    quiet_to: time
    end_of_delivery: EndOfDelivery

    def quiet(self, clock: time) -> bool:
        """Whether `clock` lies in the quiet hours; they may span midnight."""
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= clock < self.quiet_to
        return clock >= self.quiet_from or clock < self.quiet_to

    def sending(self, clock: time) -> bool:
        """Whether messages of the day may go out at `clock`: from the sending time until the
        quiet hours begin. What is left then expires; it never goes out late.
        """
        if self.quiet_from > self.send_at:
            return self.send_at <= clock < self.quiet_from
        return clock >= self.send_at


@dataclass(frozen=True, slots=True)
class Account:
    """A contracting account with its settings' history.

    `shards` is how many jobs share a channel's work of a day: 1 serves some 15,000 messages, and 32
    are the most, so that a run with its jobs fits one transaction. It is chosen before the first
    subscriber joins, since it is part of the due index's key.
    """

    id: str
    settings: tuple[Settings, ...]
    shards: int = 1

    def on(self, day: date) -> Settings | None:
        """The settings in force on `day` (JST), or None before the first."""
        return settings_on(self.settings, day)


def settings_on(history: Sequence[Settings], day: date) -> Settings | None:
    """The settings in force on `day`, or None before the first."""
    in_force = [settings for settings in history if settings.valid_from <= day]
    return max(in_force, key=lambda settings: settings.valid_from, default=None)


CODE_WEIGHTS = (6, 5, 4, 3, 2)


def municipality_code_is_valid(code: str) -> bool:
    """Whether the six digits end in the right check digit (全国地方公共団体コード: the last
    digit of 11 minus the weighted sum of the first five modulo 11).
    """
    if len(code) != len(CODE_WEIGHTS) + 1 or not (code.isascii() and code.isdigit()):
        return False
    total = sum(w * int(digit) for w, digit in zip(CODE_WEIGHTS, code, strict=False))
    return int(code[-1]) == (11 - total % 11) % 10
