"""Reconciliation: what became of every message of a job, and sums that must reconcile."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern

from shared.rules.message import Due
from shared.rules.outcomes import Batch, Entry, Result
from shared.rules.stage import Reason


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of a job or a run. They reconcile when `planned` is what the others add up to."""

    planned: int = 0
    accepted: int = 0
    refused: int = 0
    gone: int = 0
    unknown: int = 0
    expired: int = 0
    silent: Mapping[Reason, int] = field(default_factory=dict)
    codes: Mapping[str, int] = field(default_factory=dict)
    """How often each provider code stands behind a refusal, an expiry or an address gone."""
    minutes: Mapping[int, int] = field(default_factory=dict)
    """How many were accepted in each whole minute after the run's sending time."""
    repeated: int = 0
    """Messages that were accepted twice."""

    @property
    def reconciles(self) -> bool:
        """Planned = accepted + refused + gone + unknown + expired + silent (all reasons)."""
        outcomes = self.accepted + self.refused + self.gone + self.unknown + self.expired
        return self.planned == outcomes + sum(self.silent.values())

    @property
    def figures(self) -> dict[str, int]:
        """The sums under the names that staff know, with silence as one figure."""
        return {
            "planned": self.planned,
            "accepted": self.accepted,
            "refused": self.refused,
            "gone": self.gone,
            "unknown": self.unknown,
            "expired": self.expired,
            "silent": sum(self.silent.values()),
            "repeated": self.repeated,
        }

    def __add__(self, other: "Sums") -> "Sums":
        """The sums of both."""
        return Sums(
            planned=self.planned + other.planned,
            accepted=self.accepted + other.accepted,
            refused=self.refused + other.refused,
            gone=self.gone + other.gone,
            unknown=self.unknown + other.unknown,
            expired=self.expired + other.expired,
            silent=dict(Counter(self.silent) + Counter(other.silent)),
            codes=dict(Counter(self.codes) + Counter(other.codes)),
            minutes=dict(Counter(self.minutes) + Counter(other.minutes)),
            repeated=self.repeated + other.repeated,
        )


Child = tuple[str, str]
"""(subscriber, enrolment): enrolment ids are unique only within their subscriber."""

_Message = tuple[str, Due]


class Reconciliation:
    """Who of a job has been dealt with: read from its batches, kept up while it goes on.

    It holds a few hundred bytes for each child, since a large job has a hundred thousand.
    """

    def __init__(self, batches: Iterable[Batch] = ()) -> None:
        self._children: dict[Child, bool] = {}
        """Whether each child that was planned, or is in a batch, has been dealt with in a batch."""
        self._messages: dict[_Message, int] = {}
        """Each message in a batch, with a hash of the name under which it was accepted, or 0."""
        self._repeated: set[_Message] = set()
        self._results: Counter[Result] = Counter()
        self._with_twin = 0
        self._failures: Counter[str] = Counter()
        self._accepted_at: Counter[datetime] = Counter()
        self._silent: dict[Child, Reason] = {}
        self._expired: set[Child] = set()
        self._refused: dict[Child, str] = {}
        self._codes: dict[Child, str] = {}
        self._tried: dict[Child, Entry] = {}
        self._alone: set[Child] = set()
        self._dues: dict[Due, Due] = {}
        for batch in batches:
            self.enter(batch)

    def enter(self, batch: Batch) -> None:
        """Take in a batch: all its recipients but those to be tried again are dealt with."""
        for entry in batch.entries:
            children = _children(entry.subscriber, entry.enrolments)
            if entry.outcome.result is Result.TRY_AGAIN:
                for child in children:
                    self._children.setdefault(child, False)
                self._codes[children[0]] = entry.outcome.code or ""
                self._tried |= dict.fromkeys(children, entry)
                if batch.fault_of_one:
                    self._alone.update(children)
                continue
            self._children |= dict.fromkeys(children, True)
            self._enter(entry, batch)

    def _enter(self, entry: Entry, batch: Batch) -> None:
        outcome = entry.outcome
        self._results[outcome.result] += 1
        self._with_twin += len(entry.enrolments) - 1
        message = (entry.subscriber, self._dues.setdefault(entry.due, entry.due))
        accepted = self._messages.setdefault(message, 0)
        if outcome.result is Result.ACCEPTED:
            self._accepted_at[batch.settled_at or batch.frozen_at] += 1
            name = hash(outcome.provider_id or batch.id) or 1
            if accepted not in (0, name):
                self._repeated.add(message)
            self._messages[message] = accepted or name
        elif outcome.code and outcome.result in (Result.REFUSED, Result.GONE):
            self._failures[outcome.code] += 1

    def plan(self, subscriber: str, enrolments: Iterable[str]) -> None:
        """Note that these are due today, before anything is decided about them."""
        for child in _children(subscriber, enrolments):
            self._children.setdefault(child, False)

    def tried(self) -> tuple[list[Entry], list[Entry]]:
        """Those who were tried and are still to be sent to: together, and each alone. Of twins it
        is enough that one is left.
        """
        left = {child: each for child, each in self._tried.items() if not self._children[child]}
        alone = dict.fromkeys(each for child, each in left.items() if child in self._alone)
        together = dict.fromkeys(each for each in left.values() if each not in alone)
        return list(together), list(alone)

    def has(self, subscriber: str, enrolment: str) -> bool:
        """Whether a message about this child is in a batch."""
        return self._children.get((subscriber, enrolment), False)

    def has_message(self, subscriber: str, due: Due) -> bool:
        """Whether the subscriber has this very message in a batch: then a twin's is the same."""
        return (subscriber, due) in self._messages

    def silence(self, subscriber: str, reasons: Mapping[str, Reason]) -> None:
        """Note why the subscriber hears nothing about each of these enrolments."""
        self._silent |= {(subscriber, each): reason for each, reason in reasons.items()}

    def expire(self, subscriber: str, enrolments: Iterable[str], code: str | None = None) -> None:
        """Note that the message came to nothing before the quiet hours began; `code` says what
        held it back last, where that was no provider.
        """
        first, *twins = _children(subscriber, enrolments)
        if code:
            self._codes[first] = code
        self._expired.add(first)
        self._silent |= dict.fromkeys(twins, Reason.SENT_WITH_TWIN)

    def refuse(self, subscriber: str, enrolments: Iterable[str], code: str) -> None:
        """Note that the message is refused without a call, since the channel has ended."""
        first, *twins = _children(subscriber, enrolments)
        self._refused[first] = code
        self._silent |= dict.fromkeys(twins, Reason.SENT_WITH_TWIN)

    def sums(self, sends_from: datetime | None = None) -> Sums:
        """The sums, with `planned` counted on its own: children, each once, as they were read; and
        the minutes since the run's sending time, where that is given.

        So a child that was planned and then forgotten, one in two batches, or one that is both
        silent and sent, shows as sums that do not reconcile.
        """
        silent = Counter(self._silent.values())
        if self._with_twin:
            silent[Reason.SENT_WITH_TWIN] += self._with_twin
        codes = self._failures.copy()
        codes.update(self._codes[child] for child in self._expired if self._codes.get(child))
        codes.update(self._refused.values())
        minutes: Counter[int] = Counter()
        if sends_from:
            for at, number in self._accepted_at.items():
                minutes[_minute(at, sends_from)] += number
        return Sums(
            planned=len(self._children),
            accepted=self._results[Result.ACCEPTED],
            refused=self._results[Result.REFUSED] + len(self._refused),
            gone=self._results[Result.GONE],
            unknown=self._results[Result.UNKNOWN],
            expired=len(self._expired),
            silent=dict(silent),
            codes=dict(codes),
            minutes=dict(minutes),
            repeated=len(self._repeated),
        )


def _children(subscriber: str, enrolments: Iterable[str]) -> list[Child]:
    """Enrolment ids are few and come again and again: one copy of each is kept."""
    return [(subscriber, intern(each)) for each in enrolments]


def _minute(at: datetime, since: datetime) -> int:
    """Whole minutes; a clock that runs behind counts as none."""
    return max(0, int((at - since).total_seconds() // 60))
