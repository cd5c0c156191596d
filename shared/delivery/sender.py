"""Sender: what the send loop asks of a channel, so that it knows no provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from shared.providers.rate_limit import UNLIMITED, RateLimit
from shared.rules.catalogue import Words
from shared.rules.outcomes import Batch, Outcome, Result
from shared.rules.subscriber import Letter


@dataclass(frozen=True, slots=True)
class Addressed:
    """A letter in words, with the address it goes to."""

    letter: Letter
    address: str
    words: Words


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a provider, ready to be made: to whom, and what it costs of the rate.

    `payload` is what must be kept to repeat the call word for word, or to ask about it. `content`
    is what the channel needs besides to make it, and is kept nowhere.
    """

    recipients: tuple[Addressed, ...]
    cost: float
    payload: Mapping[str, Any] | None = None
    content: Any = None


class Sender(Protocol):
    """What a channel knows of its provider. Nothing here repeats a call by itself."""

    rate_limit: RateLimit
    """How fast the provider's account may be called."""
    in_flight: int
    """Calls that may be under way at once."""

    @property
    def batch_size(self) -> int:
        """Recipients of one call, at the most."""

    repeats: bool
    """Whether `settle` may send a batch again."""
    settling: timedelta
    """How long after the freeze an unknown outcome may still become known."""

    def calls(self, letters: Sequence[Addressed]) -> list[Call]:
        """Letters in the calls in which they can be sent."""

    async def send(self, batch: Batch, call: Call) -> list[Outcome]:
        """Make the call, once, and say what it came to for each recipient, in order."""

    def repeat_cost(self, batch: Batch) -> float:
        """What it costs of the rate to send a batch again, where `repeats`."""

    def settle(self, batch: Batch, *, now: datetime, sending: bool) -> list[Outcome]:
        """What came of a frozen batch whose outcome was never recorded: unknown where it still
        cannot be told. Only where `sending` may the same batch go out under its old key.
        """


class NoProvider:
    """Stands where nothing can be sent, and `code` says why: an account without credentials.
    Nothing is taken, so what is due goes on waiting until staff mend it, and expires in the end.
    """

    rate_limit = UNLIMITED
    in_flight = 1
    batch_size = 100
    repeats = False
    settling = timedelta(0)

    def __init__(self, code: str) -> None:
        self._code = code

    def calls(self, letters: Sequence[Addressed]) -> list[Call]:
        """All in one call that is not made."""
        return [Call(tuple(letters), cost=0)]

    async def send(self, batch: Batch, call: Call) -> list[Outcome]:  # noqa: ARG002 - the loop's signature
        """Not now."""
        return [Outcome(Result.TRY_AGAIN, self._code, for_all=True)] * len(batch.entries)

    def repeat_cost(self, batch: Batch) -> float:  # noqa: ARG002
        """Nobody is called."""
        return 0

    def settle(self, batch: Batch, *, now: datetime, sending: bool) -> list[Outcome]:  # noqa: ARG002
        """Nobody can be asked."""
        return [entry.outcome for entry in batch.entries]
