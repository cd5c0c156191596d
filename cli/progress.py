"""Progress on standard error: a spinner with what is being done, a line for what is done."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

Step = Callable[[str], None]
"""Says what begins now; the step before it is over."""


@contextmanager
def steps() -> Iterator[Step]:
    """Show steps while they are done, with the seconds that each took."""
    console = Console(stderr=True, highlight=False)
    begun: list[tuple[str, float]] = []

    def finish() -> None:
        if begun:
            name, since = begun.pop()
            console.print(f"  {time.monotonic() - since:5.1f} s  {name}")

    with console.status("") as status:

        def step(name: str) -> None:
            finish()
            begun.append((name, time.monotonic()))
            status.update(name)

        yield step
        finish()
