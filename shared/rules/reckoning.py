"""Reckoning: what became of every message of a job, and sums that must reconcile."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from shared.rules.message import Due
from shared.rules.stage import Reason


class Result(StrEnum):
    """What a provider's answer means for one recipient: a closed set."""

    ACCEPTED = "accepted"
    TRY_AGAIN = "try_again"
    """Not accepted, and may be sent again today: the recipient is free for a new batch."""
    REFUSED = "refused"
    """Will not be accepted today, whatever is done; the code says why."""
    GONE = "gone"
    """The address does not exist any more."""
    UNKNOWN = "unknown"
    """It cannot be told whether the provider accepted it: never sent again blindly."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result for one recipient, with the provider's own code and message id if it gave one.

    `for_all`: the provider takes nothing from anybody now (a throttle, a refused key, no
    connection), so there is no use in going on at once. What is refused for all ends the channel
    for the day (a quota that is used up).
    """

    result: Result
    code: str | None = None
    provider_id: str | None = None
    for_all: bool = False


UNKNOWN = Outcome(Result.UNKNOWN)
"""It may still become known; an unknown outcome with a code is final."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One recipient of a batch: which message, about which enrolments, and what came of it."""

    subscriber: str
    enrolments: tuple[str, ...]
    due: Due
    outcome: Outcome = UNKNOWN


@dataclass(frozen=True, slots=True)
class Batch:
    """One provider call, frozen before it is made.

    `key` makes a repeat recognisable (LINE's retry key, the tag of SES's events). `payload` is
    what a repeat or an inquiry needs word for word; it may hold addresses, so it is dropped when
    the batch is settled. `known` are the message ids that the provider reported by itself, by
    position (SES's Send events).
    """

    id: str
    key: str
    frozen_at: datetime
    entries: tuple[Entry, ...]
    payload: Mapping[str, Any] | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    settled_at: datetime | None = None

    @property
    def settled(self) -> bool:
        """Whether the outcome of every recipient is final."""
        return self.settled_at is not None

    def with_outcomes(self, outcomes: Iterable[Outcome]) -> Self:
        """The batch with one outcome for each recipient, in order."""
        pairs = zip(self.entries, outcomes, strict=True)
        return replace(self, entries=tuple(replace(e, outcome=outcome) for e, outcome in pairs))

    @property
    def undecided(self) -> bool:
        """Whether any recipient's outcome is unknown, and may still become known."""
        return any(entry.outcome == UNKNOWN for entry in self.entries)

    @property
    def ended(self) -> str | None:
        """Why the provider takes nothing more today from anybody, if it said so: its code."""
        outcomes = (entry.outcome for entry in self.entries)
        ended = (each for each in outcomes if each.result is Result.REFUSED and each.for_all)
        return next((each.code for each in ended), None)

    @property
    def results(self) -> set[Result]:
        """The results there are in the batch."""
        return {entry.outcome.result for entry in self.entries}

    @property
    def fence(self) -> int:
        """The fence of the lease under which it was frozen: its name begins with it."""
        return int(self.id.partition("-")[0])

    def resent(self, after: int) -> Self:
        """The batch as it counts where staff have the job sent again, `after` that fence: whoever
        was refused or gone up to then is free, and nobody else ever is.
        """
        if not after or self.fence > after:
            return self
        return self.with_outcomes(
            replace(each.outcome, result=Result.TRY_AGAIN, for_all=True)
            if each.outcome.result in (Result.REFUSED, Result.GONE)
            else each.outcome
            for each in self.entries
        )

    @property
    def fault_of_one(self) -> bool:
        """Whether nobody was accepted, perhaps because of one of them: they are then sent alone."""
        return self.results == {Result.TRY_AGAIN} and not any(
            entry.outcome.for_all for entry in self.entries
        )


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


class Book:
    """Who of a job has been dealt with: read from its batches, kept up while it goes on."""

    def __init__(self, batches: Iterable[Batch] = ()) -> None:
        self._entries: list[Entry] = []
        self._planned: set[Child] = set()
        self._children: set[Child] = set()
        self._messages: set[tuple[str, Due]] = set()
        self._silent: dict[Child, Reason] = {}
        self._expired: set[Child] = set()
        self._refused: dict[Child, str] = {}
        self._codes: dict[Child, str] = {}
        self._tried: dict[Child, Entry] = {}
        self._alone: set[Child] = set()
        self._accepted_at: list[datetime] = []
        self._accepted: dict[tuple[str, Due], set[str]] = defaultdict(set)
        for batch in batches:
            self.enter(batch)

    def enter(self, batch: Batch) -> None:
        """Take in a batch: all its recipients but those to be tried again are dealt with."""
        for entry in batch.entries:
            children = {(entry.subscriber, each) for each in entry.enrolments}
            if entry.outcome.result is Result.TRY_AGAIN:
                self._planned |= children
                self._codes[entry.subscriber, entry.enrolments[0]] = entry.outcome.code or ""
                self._tried |= dict.fromkeys(children, entry)
                if batch.fault_of_one:
                    self._alone |= children
                continue
            self._entries.append(entry)
            self._children |= children
            self._messages.add((entry.subscriber, entry.due))
            if entry.outcome.result is Result.ACCEPTED:
                self._accepted_at.append(batch.settled_at or batch.frozen_at)
                name = entry.outcome.provider_id or batch.id
                self._accepted[entry.subscriber, entry.due].add(name)

    def plan(self, subscriber: str, enrolments: Iterable[str]) -> None:
        """Note that these are due today, before anything is decided about them."""
        self._planned |= {(subscriber, each) for each in enrolments}

    def tried(self) -> tuple[list[Entry], list[Entry]]:
        """Those who were tried and are still to be sent to: together, and each alone. Of twins it
        is enough that one is left.
        """
        left = {child: each for child, each in self._tried.items() if child not in self._children}
        alone = dict.fromkeys(each for child, each in left.items() if child in self._alone)
        together = dict.fromkeys(each for each in left.values() if each not in alone)
        return list(together), list(alone)

    def has(self, subscriber: str, enrolment: str) -> bool:
        """Whether a message about this child is in a batch."""
        return (subscriber, enrolment) in self._children

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
        first, *twins = enrolments
        if code:
            self._codes[subscriber, first] = code
        self._expired.add((subscriber, first))
        self._silent |= {(subscriber, each): Reason.SENT_WITH_TWIN for each in twins}

    def refuse(self, subscriber: str, enrolments: Iterable[str], code: str) -> None:
        """Note that the message is refused without a call, since the channel has ended."""
        first, *twins = enrolments
        self._refused[subscriber, first] = code
        self._silent |= {(subscriber, each): Reason.SENT_WITH_TWIN for each in twins}

    def sums(self, sends_from: datetime | None = None) -> Sums:
        """The sums, with `planned` counted on its own: children, each once, as they were read; and
        the minutes since the run's sending time, where that is given.

        So a child that was planned and then forgotten, one in two batches, or one that is both
        silent and sent, shows as sums that do not reconcile.
        """
        results = Counter(entry.outcome.result for entry in self._entries)
        with_twin = sum(len(entry.enrolments) - 1 for entry in self._entries)
        silent = Counter(self._silent.values())
        if with_twin:
            silent[Reason.SENT_WITH_TWIN] += with_twin
        codes = Counter(
            entry.outcome.code
            for entry in self._entries
            if entry.outcome.code and entry.outcome.result in (Result.REFUSED, Result.GONE)
        )
        codes.update(self._codes[child] for child in self._expired if self._codes.get(child))
        codes.update(self._refused.values())
        minutes = Counter(_minute(at, sends_from) for at in self._accepted_at if sends_from)
        return Sums(
            planned=len(self._planned | self._children),
            accepted=results[Result.ACCEPTED],
            refused=results[Result.REFUSED] + len(self._refused),
            gone=results[Result.GONE],
            unknown=results[Result.UNKNOWN],
            expired=len(self._expired),
            silent=dict(silent),
            codes=dict(codes),
            minutes=dict(minutes),
            repeated=sum(len(names) > 1 for names in self._accepted.values()),
        )


def _minute(at: datetime, since: datetime) -> int:
    """Whole minutes; a clock that runs behind counts as none."""
    return max(0, int((at - since).total_seconds() // 60))
