"""Progress on standard error: a spinner with what is being done, a bar of how many are done."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Step = Callable[[str], None]
"""Says what begins now; the step before it is over."""

Counted = Callable[[str, int, int | None], None]
"""Says what is being done, how many are done, and of how many, where that is known."""


@contextmanager
def bar() -> Iterator[Counted]:
    """Show a bar of how many are done, where standard error is a terminal."""
    console = Console(stderr=True)
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with shown:
        task = shown.add_task("", total=None)

        def counted(what: str, done: int, total: int | None) -> None:
            shown.update(task, description=what, completed=done, total=total)

        yield counted


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
