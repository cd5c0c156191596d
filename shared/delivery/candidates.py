"""Candidates: who of a job may still be due, in the order in which they are decided on."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from shared.rules.outcomes import Entry
from shared.rules.reconciliation import Reconciliation
from shared.store.due import Candidate


@dataclass(frozen=True, slots=True)
class Chunk:
    """Candidates that are decided on together. `alone`: each is sent to in a call of its own, since
    one of them may be the reason why an earlier call was not taken. `put_back` has some of them
    decided on anew.
    """

    candidates: list[Candidate]
    alone: bool
    put_back: Callable[[Iterable[Candidate]], None]


class Candidates:
    """First those about whom nothing has been done yet, then those who were tried before, last
    those of them who are sent to alone. Whoever is put back comes first.
    """

    def __init__(self, due: Iterable[Candidate], job: Reconciliation) -> None:
        self._job = job
        together, alone = job.tried()
        self._tried = {
            (each.subscriber, name) for each in (*together, *alone) for name in each.enrolments
        }
        again = sorted(map(_candidate, together), key=lambda each: each.due)
        self._together = chain(filter(self._is_open, due), again)
        self._alone: Iterator[Candidate] = map(_candidate, alone)
        self._put_back: dict[bool, deque[Candidate]] = {False: deque(), True: deque()}

    def take(self, most: int) -> Chunk | None:
        """The next ones, or None where nobody is left."""
        for alone, rest in ((False, self._together), (True, self._alone)):
            first = self._put_back[alone]
            found = [first.popleft() for _ in range(min(most, len(first)))]
            found += islice(rest, most - len(found))
            if found:
                return Chunk(found, alone, first.extend)
        return None

    def _is_open(self, candidate: Candidate) -> bool:
        """Note a candidate as planned; whether anything is still to be done about it here."""
        name = candidate.subscriber
        self._job.plan(name, candidate.enrolments)
        return not all(
            self._job.has(name, each) or (name, each) in self._tried
            for each in candidate.enrolments
        )


def _candidate(entry: Entry) -> Candidate:
    return Candidate(entry.subscriber, entry.enrolments, entry.due)
