"""How fast a provider lets a caller go."""

import threading
import time
from collections import deque

DAY_SECONDS = 86_400.0


class Pace:
    """A rate that may be overdrawn: while one is left a call passes whole, and the next wait.

    AWS describes its sending rate so: with one message a second left, five recipients pass at
    once, and the next five seconds are refused (https://github.com/django-ses/django-ses/issues/59).
    """

    def __init__(self) -> None:
        """Start full."""
        self._lock = threading.Lock()
        self._spent = 0.0
        self._at = time.monotonic()

    def take(self, number: float, per_second: float) -> bool:
        """Count `number` at `per_second` (0 is no limit), or return that it may not go now."""
        if not per_second:
            return True
        with self._lock:
            now = time.monotonic()
            self._spent = max(0.0, self._spent - (now - self._at) * per_second)
            self._at = now
            if per_second - self._spent < min(1, per_second):
                return False
            self._spent += number
            return True


class LastDay:
    """How many recipients were accepted in the last 24 hours."""

    def __init__(self) -> None:
        """Start at none."""
        self._lock = threading.Lock()
        self._taken: deque[tuple[float, int]] = deque()
        self._sum = 0

    def add(self, number: int) -> None:
        """Count `number` recipients now."""
        with self._lock:
            self._taken.append((time.monotonic(), number))
            self._sum += number

    def total(self) -> int:
        """Return the recipients of the last 24 hours."""
        with self._lock:
            while self._taken and self._taken[0][0] < time.monotonic() - DAY_SECONDS:
                self._sum -= self._taken.popleft()[1]
            return self._sum
