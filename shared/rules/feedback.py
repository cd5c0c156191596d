"""Feedback: what becomes of a message after it was accepted, and what that says of its reader.

docs/feedback.md shows the table of this file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """What is known of one message since its provider took it."""

    ACCEPTED = "accepted"
    DELAYED = "delayed"
    """Not yet, and the provider goes on trying."""
    BOUNCED = "bounced"
    """Not delivered, for a reason that may pass: a full mailbox, a phone that is off."""
    DELIVERED = "delivered"
    RENDERING_FAILED = "rendering_failed"
    """Our own mistake: nothing was sent."""
    REJECTED = "rejected"
    """Because of its text, its sender or a setting: never the address's fault."""
    FAILED = "failed"
    """Not delivered, and nothing ever will be: there is no such address."""
    OPTED_OUT = "opted_out"
    """The reader has told the provider to stop."""
    COMPLAINED = "complained"
    """The reader has marked it as spam."""


class Told(StrEnum):
    """What a provider tells of a message: a closed set that both providers' events come to."""

    SENT = "sent"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    DELIVERED = "delivered"
    RENDERING_FAILED = "rendering_failed"
    REJECTED = "rejected"
    FAILED = "failed"
    OPTED_OUT = "opted_out"
    COMPLAINED = "complained"


class Effect(StrEnum):
    """What it means for the reader."""

    NONE = "none"
    SUCCESS = "success"
    """The address works: earlier failures are forgotten."""
    FAILURE = "failure"
    """Counts, once a day; the fifth suspends."""
    GONE = "gone"
    """The system stops everything at once."""
    UNWANTED = "unwanted"
    """The reader has stopped it, at once and like on the page."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where an event leads, and its effect."""

    state: State
    effect: Effect = Effect.NONE


_SUCCESS = Step(State.DELIVERED, Effect.SUCCESS)
_FAILURE = Step(State.BOUNCED, Effect.FAILURE)
_GONE = Step(State.FAILED, Effect.GONE)
_OPTED_OUT = Step(State.OPTED_OUT, Effect.UNWANTED)
_COMPLAINED = Step(State.COMPLAINED, Effect.UNWANTED)

TRANSITIONS: Mapping[State, Mapping[Told, Step]] = {
    State.ACCEPTED: {
        Told.SENT: Step(State.ACCEPTED),
        Told.DELAYED: Step(State.DELAYED),
        Told.BOUNCED: _FAILURE,
        Told.DELIVERED: _SUCCESS,
        Told.RENDERING_FAILED: Step(State.RENDERING_FAILED),
        Told.REJECTED: Step(State.REJECTED),
        Told.FAILED: _GONE,
        Told.OPTED_OUT: _OPTED_OUT,
        # Without a delivery before it: its event was lost, or SES knew of an earlier complaint.
        Told.COMPLAINED: _COMPLAINED,
    },
    State.DELAYED: {
        Told.SENT: Step(State.DELAYED),
        Told.DELAYED: Step(State.DELAYED),
        Told.BOUNCED: _FAILURE,
        Told.DELIVERED: _SUCCESS,
        Told.RENDERING_FAILED: Step(State.RENDERING_FAILED),
        Told.REJECTED: Step(State.REJECTED),
        Told.FAILED: _GONE,
        Told.OPTED_OUT: _OPTED_OUT,
        Told.COMPLAINED: _COMPLAINED,
    },
    State.BOUNCED: {
        Told.SENT: Step(State.BOUNCED),
        # A delay is news from before the bounce, whenever it comes.
        Told.DELAYED: Step(State.BOUNCED),
        # A day's failure was counted: another try of the same message is no second one.
        Told.BOUNCED: Step(State.BOUNCED),
        # Another try went through: so the address works.
        Told.DELIVERED: _SUCCESS,
        Told.RENDERING_FAILED: Step(State.RENDERING_FAILED),
        Told.REJECTED: Step(State.REJECTED),
        # The server first answered "later", and then "never".
        Told.FAILED: _GONE,
        Told.OPTED_OUT: _OPTED_OUT,
        Told.COMPLAINED: _COMPLAINED,
    },
    State.DELIVERED: {
        # SMS: `sent` often comes after `delivered`.
        Told.SENT: Step(State.DELIVERED),
        Told.DELAYED: Step(State.DELIVERED),
        # The server took the mail, and gave it back later.
        Told.BOUNCED: _FAILURE,
        Told.DELIVERED: Step(State.DELIVERED),
        Told.RENDERING_FAILED: Step(State.RENDERING_FAILED),
        Told.REJECTED: Step(State.REJECTED),
        Told.FAILED: _GONE,
        Told.OPTED_OUT: _OPTED_OUT,
        Told.COMPLAINED: _COMPLAINED,
    },
    State.RENDERING_FAILED: {
        # Nothing was sent, so nothing else should come. What says more of the address still counts.
        Told.SENT: Step(State.RENDERING_FAILED),
        Told.DELAYED: Step(State.RENDERING_FAILED),
        Told.BOUNCED: Step(State.RENDERING_FAILED),
        Told.DELIVERED: Step(State.RENDERING_FAILED),
        Told.RENDERING_FAILED: Step(State.RENDERING_FAILED),
        Told.REJECTED: Step(State.REJECTED),
        Told.FAILED: _GONE,
        Told.OPTED_OUT: _OPTED_OUT,
        Told.COMPLAINED: _COMPLAINED,
    },
    State.REJECTED: {
        Told.SENT: Step(State.REJECTED),
        Told.DELAYED: Step(State.REJECTED),
        # Not for its address: a failure of the same message is not counted on top.
        Told.BOUNCED: Step(State.REJECTED),
        # The server took it before it looked inside.
        Told.DELIVERED: Step(State.REJECTED),
        Told.RENDERING_FAILED: Step(State.REJECTED),
        Told.REJECTED: Step(State.REJECTED),
        Told.FAILED: _GONE,
        Told.OPTED_OUT: _OPTED_OUT,
        Told.COMPLAINED: _COMPLAINED,
    },
    State.FAILED: {
        Told.SENT: Step(State.FAILED),
        Told.DELAYED: Step(State.FAILED),
        Told.BOUNCED: Step(State.FAILED),
        # The server took the mail, gave it back for good, and the first news came last.
        Told.DELIVERED: Step(State.FAILED),
        Told.RENDERING_FAILED: Step(State.FAILED),
        Told.REJECTED: Step(State.FAILED),
        Told.FAILED: Step(State.FAILED),
        # The reader's own stop is never hidden by the system's.
        Told.OPTED_OUT: _OPTED_OUT,
        Told.COMPLAINED: _COMPLAINED,
    },
    State.OPTED_OUT: {
        Told.SENT: Step(State.OPTED_OUT),
        Told.DELAYED: Step(State.OPTED_OUT),
        Told.BOUNCED: Step(State.OPTED_OUT),
        Told.DELIVERED: Step(State.OPTED_OUT),
        Told.RENDERING_FAILED: Step(State.OPTED_OUT),
        Told.REJECTED: Step(State.OPTED_OUT),
        Told.FAILED: Step(State.OPTED_OUT),
        Told.OPTED_OUT: Step(State.OPTED_OUT),
        # Stopped already; that it was a complaint is worth knowing.
        Told.COMPLAINED: Step(State.COMPLAINED),
    },
    State.COMPLAINED: {
        Told.SENT: Step(State.COMPLAINED),
        Told.DELAYED: Step(State.COMPLAINED),
        Told.BOUNCED: Step(State.COMPLAINED),
        # Only who got a mail can complain: the delivery's own event came last.
        Told.DELIVERED: Step(State.COMPLAINED),
        Told.RENDERING_FAILED: Step(State.COMPLAINED),
        Told.REJECTED: Step(State.COMPLAINED),
        Told.FAILED: Step(State.COMPLAINED),
        Told.OPTED_OUT: Step(State.COMPLAINED),
        Told.COMPLAINED: Step(State.COMPLAINED),
    },
}
"""Every state and event. What may pass comes first in both, and what is final after it: of two
final ones the later in the list wins, in whatever order they come."""

_PASSING = ("accepted", "sent", "delayed", "bounced", "delivered")
"""States and events that a later one may undo; where time does not tell, the last one wins."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What is known of a message: its state, and the own time and the provider's code of the
    event that led there. `version` counts the writes.
    """

    state: State = State.ACCEPTED
    at: datetime | None = None
    code: str | None = None
    version: int = 0


def after(
    known: Feedback, told: Told, at: datetime | None, code: str | None = None
) -> tuple[Feedback, Effect]:
    """What is known after an event of that own time, and what the event means for the reader:
    nothing where it is older than what is known. Final news count whenever they come.
    """
    if _is_older(known, told, at):
        return known, Effect.NONE
    step = TRANSITIONS[known.state][told]
    if step.state is known.state and (told != known.state.value or not at or at == known.at):
        return known, step.effect
    # The same news again, but later: what lies between the two is older than what is known.
    return replace(known, state=step.state, at=at, code=code), step.effect


def _is_older(known: Feedback, told: Told, at: datetime | None) -> bool:
    if known.state not in _PASSING or told not in _PASSING:
        return False
    if at is not None and known.at is not None and at != known.at:
        return at < known.at
    return _PASSING.index(told) < _PASSING.index(known.state)
