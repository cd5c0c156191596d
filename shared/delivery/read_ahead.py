"""Reading ahead: who is next is read while the calls of a wave are under way."""

from collections.abc import Callable, Iterable

from shared.delivery.candidates import Candidates, Chunk
from shared.store.recipients import Recipients

Group = tuple[Chunk, Callable[[], Recipients]]
"""Candidates, and the way to who they are."""


class ReadAhead:
    """Takes the candidates in groups. The next group is read while the calls of a wave are under
    way: it is then as old as that wave, and whoever changed since is found by the check after the
    freeze, as everybody else.
    """

    def __init__(
        self,
        candidates: Candidates,
        reading: Callable[[Iterable[str]], Callable[[], Recipients]],
    ) -> None:
        self._candidates, self._reading = candidates, reading
        self._next: Chunk | None = None
        self._read: Callable[[], Recipients] | None = None

    def take(self, most: int) -> Group | None:
        """The next ones, `most` at the most, or None where nobody is left."""
        self.choose_next(most)
        self.begin_next()
        if not (self._next and self._read):
            return None
        group = self._next, self._read
        self._next = self._read = None
        return group

    def choose_next(self, most: int) -> None:
        """Ask the index who is next, unless that is known."""
        self._next = self._next or self._candidates.take(most)

    def begin_next(self) -> None:
        """Begin to read those who are next, unless that is begun."""
        if self._next and not self._read:
            self._read = self._reading(each.subscriber for each in self._next.candidates)
