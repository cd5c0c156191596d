"""Sender: what the send loop asks of a channel, so that it knows no provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from shared.rules.catalogue import Words
from shared.rules.reckoning import Batch, Outcome, Result
from shared.rules.subscriber import Letter


@dataclass(frozen=True, slots=True)
class Addressed:
    """A letter in words, with the address it goes to."""

    letter: Letter
    address: str
    words: Words


class Sender(Protocol):
    """What a channel knows of its provider. Nothing here repeats a call by itself."""

    @property
    def batch_size(self) -> int:
        """Recipients of one call at the most."""

    same_text: bool
    """Whether all recipients of a call get the same text."""
    settling: timedelta
    """How long after the freeze an unknown outcome may still become known."""

    def calls(self, letters: Sequence[Addressed]) -> list[list[Addressed]]:
        """Letters in the groups in which they can be sent, one call each."""

    def payload(self, call: Sequence[Addressed]) -> dict[str, Any] | None:
        """What must be kept to repeat this call word for word, or to ask about it."""

    def reserve(self, call: Sequence[Addressed], longest: float) -> float | None:
        """Take from the provider's rate what a call costs: the seconds to wait before it, or None,
        and nothing is taken, where they are more than `longest`.
        """

    def reserve_repeat(self, batch: Batch, longest: float) -> float | None:
        """The same for what `settle` may send again: no wait where it never does."""

    def send(self, batch: Batch, call: Sequence[Addressed]) -> list[Outcome]:
        """Make the call, once, and say what it came to for each recipient, in order."""

    def settle(self, batch: Batch, *, now: datetime, sending: bool) -> list[Outcome]:
        """What came of a frozen batch whose outcome was never recorded: unknown where it still
        cannot be told. Only where `sending` may the same batch go out under its old key.
        """


class NoProvider:
    """Stands where nothing can be sent, and `code` says why: an account without credentials.
    Nothing is taken, so what is due goes on waiting until staff mend it, and expires in the end.
    """

    batch_size = 100
    same_text = False
    settling = timedelta(0)

    def __init__(self, code: str) -> None:
        self._code = code

    def calls(self, letters: Sequence[Addressed]) -> list[list[Addressed]]:
        """All in one call that is not made."""
        return [list(letters)]

    def payload(self, call: Sequence[Addressed]) -> None:  # noqa: ARG002 - the loop's signature
        """Nothing."""
        return

    def reserve(self, call: Sequence[Addressed], longest: float) -> float:  # noqa: ARG002
        """Nobody is called."""
        return 0.0

    def reserve_repeat(self, batch: Batch, longest: float) -> float:  # noqa: ARG002
        """Nobody is called."""
        return 0.0

    def send(self, batch: Batch, call: Sequence[Addressed]) -> list[Outcome]:  # noqa: ARG002
        """Not now."""
        return [Outcome(Result.TRY_AGAIN, self._code, for_all=True)] * len(batch.entries)

    def settle(self, batch: Batch, *, now: datetime, sending: bool) -> list[Outcome]:  # noqa: ARG002
        """Nobody can be asked."""
        return [entry.outcome for entry in batch.entries]
