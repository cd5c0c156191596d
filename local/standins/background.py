"""What a provider does after its answer: events and callbacks, in order, in one thread."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
log = logging.getLogger(__name__)


class Background(Generic[Item]):
    """A queue whose items are handed to `work`, a few at a time, by one thread."""

    def __init__(self, work: Callable[[list[Item]], None], at_once: int = 1) -> None:
        """Prepare; the thread starts with the first item."""
        self._work = work
        self._at_once = at_once
        self._queue: queue.Queue[Item] = queue.Queue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, items: list[Item]) -> None:
        """Have `items` done soon, in this order."""
        for item in items:
            self._queue.put(item)
        with self._lock:
            if items and self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def drain(self, timeout: float = 10.0) -> bool:
        """Wait until all is done, at most `timeout` seconds, and return whether it is."""
        with self._queue.all_tasks_done:
            return self._queue.all_tasks_done.wait_for(
                lambda: not self._queue.unfinished_tasks, timeout
            )

    def _run(self) -> None:
        while True:
            items = [self._queue.get()]
            while len(items) < self._at_once and not self._queue.empty():
                items.append(self._queue.get())
            try:
                self._work(items)
            except Exception as error:  # noqa: BLE001 - one item must not stop those behind it
                log.warning("not done: %s", type(error).__name__)
            finally:
                for _ in items:
                    self._queue.task_done()
