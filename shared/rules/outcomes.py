"""Outcomes: what a provider's answer means for each recipient of a call, and calls as on record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from shared.rules.message import Due


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
        # Not dataclasses.replace for each: every message of a day comes through here.
        pairs = zip(self.entries, outcomes, strict=True)
        entries = [Entry(e.subscriber, e.enrolments, e.due, outcome) for e, outcome in pairs]
        return replace(self, entries=tuple(entries))

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
    def refused_for_now(self) -> bool:
        """Whether the provider has said that it takes nothing from anybody now."""
        outcomes = (entry.outcome for entry in self.entries)
        return any(each.result is Result.TRY_AGAIN and each.for_all for each in outcomes)

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
class Wave:
    """The calls that were frozen together and are recorded together: one item of the ledger.

    `revision` counts its records, so that two who record at once see each other.
    """

    id: str
    batches: tuple[Batch, ...]
    revision: int = 0

    @property
    def settled(self) -> bool:
        """Whether every call in it is settled."""
        return all(each.settled for each in self.batches)

    def taking(self, batches: Iterable[Batch]) -> Self:
        """The wave with these of its calls as they are now. What was settled once stays."""
        known = {each.id: each for each in batches}
        return replace(
            self,
            batches=tuple(
                each if each.settled else known.get(each.id, each) for each in self.batches
            ),
        )
