"""Account: the settings of a municipality or other sender, and their dated history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from enum import StrEnum

from shared.rules.ending import EndOfDelivery
from shared.rules.text import Text


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
    """Whose system sends: this platform, another one that reports its AU monthly, or none any
    more.
    """

    OWN = "own"
    EXTERNAL = "external"
    ENDED = "ended"


_ONE_DAY = timedelta(days=1)


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
    subscriber joins, since it is part of the due index's key. `farewell` goes out on the last day
    before it has ended, to everybody whom it sends to; parents are led on to `successor`.
    """

    id: str
    settings: tuple[Settings, ...]
    shards: int = 1
    farewell: Text | None = None
    successor: str | None = None

    def on(self, day: date) -> Settings | None:
        """The settings in force on `day` (JST), or None before the first."""
        return settings_on(self.settings, day)

    def farewell_on(self, day: date) -> Text | None:
        """The farewell, where `day` is the last on which the account sends."""
        now, then = self.on(day), self.on(day + _ONE_DAY)
        if now is None or then is None or now.delivery is not Delivery.OWN:
            return None
        return self.farewell if then.delivery is Delivery.ENDED else None

    def ended(
        self, last_day: date, farewell: Text | None = None, successor: str | None = None
    ) -> "Account":
        """The account that sends nothing after `last_day`, whatever was still to come; ValueError
        where it has no settings until then.
        """
        last = self.on(last_day)
        if last is None:
            raise ValueError(f"has no settings that are in force on {last_day}")
        end = replace(last, valid_from=last_day + _ONE_DAY, delivery=Delivery.ENDED)
        until = tuple(each for each in self.settings if each.valid_from <= last_day)
        return replace(self, settings=(*until, end), farewell=farewell, successor=successor)


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
