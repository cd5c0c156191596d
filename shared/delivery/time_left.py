"""Time left: how long a turn may go on before its Lambda ends."""

from collections.abc import Callable
from dataclasses import dataclass

MARGIN_SECONDS = 60.0
"""Nothing is begun when the Lambda has less than this left: longer than any provider's answer may
take (a token and a call of 23 seconds each), with its record."""


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """The time of a turn: `seconds_left` until the Lambda ends, and the way to spend some."""

    seconds_left: Callable[[], float]
    wait: Callable[[float], None]

    @property
    def is_up(self) -> bool:
        """Whether nothing more may be begun."""
        return self.seconds_left() < MARGIN_SECONDS

    @property
    def spare(self) -> float:
        """How many seconds may be spent on waiting."""
        return max(0.0, self.seconds_left() - MARGIN_SECONDS)

    def waited(self, seconds: float | None) -> bool:
        """Wait; whether there was time for it (None: there is not)."""
        if seconds:
            self.wait(seconds)
        return seconds is not None
