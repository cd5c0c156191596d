"""The recipients of a job as they are at this moment, and whatever holds the job, in one read."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field

from pydantic import TypeAdapter

from shared.rules.subscriber import Subscriber
from shared.store import keys
from shared.store.documents import UnreadableError, read
from shared.store.keys import JobId
from shared.store.pauses import Pause
from shared.store.reads import Reads, Wanted
from shared.store.run import Cancelled
from shared.store.subscribers import ERASED_AT, read_subscriber
from shared.store.tables import GET_LIMIT, Item

log = logging.getLogger(__name__)

_PAUSE = TypeAdapter(Pause)
_CANCELLED = TypeAdapter(dict[str, Cancelled])

HOLD_KEYS = 5
"""Keys of a read that are no recipients': the run's, and those of the four pauses that can cover a
job. So a request of 100 keys has room for 95 recipients, and each further one for 100."""


@dataclass(slots=True)
class Recipients:
    """What was read: `people` by id, of whom those who are not there, were erased or cannot be read
    are left out; or only the `versions` of their records. `cancelled` and `pause` are what keeps
    the job from its next call.
    """

    people: dict[str, Subscriber] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    cancelled: Cancelled | None = None
    pause: Pause | None = None

    @property
    def held(self) -> bool:
        """Whether no call may be made now."""
        return self.cancelled is not None or self.pause is not None


class RecipientReads:
    """Reads from three tables at once: subscribers, directory (pauses), ledger (the run)."""

    def __init__(self, reads: Reads, *, subscribers: str, directory: str, ledger: str) -> None:
        self._reads = reads
        self._subscribers, self._directory, self._ledger = subscribers, directory, ledger

    def people(self, job: JobId, ids: Iterable[str]) -> Recipients:
        """The recipients with these ids. A record that cannot be read is logged: the others must
        not wait for it.
        """
        return self.reading(job, ids)()

    def versions(self, job: JobId, ids: Iterable[str]) -> Recipients:
        """Only the versions of their records: whoever has the version of before has not changed."""
        return self.reading(job, ids, ("id", "version", ERASED_AT))()

    def reading(
        self, job: JobId, ids: Iterable[str], only: tuple[str, ...] = ()
    ) -> Callable[[], Recipients]:
        """Begin to read the recipients; what is returned waits for them. Where they are so few that
        their requests are made one after another, none is made before.
        """
        wanted = [*self._holds(job)]
        wanted += [Wanted(self._subscribers, {"id": each}, only) for each in dict.fromkeys(ids)]
        items = self._reads.get_many(wanted)

        def read_in() -> Recipients:
            found, pauses = Recipients(), []
            for table, item in items:
                if table == self._ledger:
                    cancelled = _CANCELLED.validate_python(item.get("cancelled", {}))
                    found.cancelled = cancelled.get(job.channel)
                elif table == self._directory:
                    pauses.append(read(_PAUSE, item, f"the pause {item['sk']}"))
                elif ERASED_AT in item:
                    continue
                elif only:
                    found.versions[item["id"]] = int(item.get("version", 0))
                else:
                    _take(item, found.people)
            found.pause = min(pauses, key=lambda each: each.since, default=None)
            return found

        return read_in

    def _holds(self, job: JobId) -> Iterable[Wanted]:
        yield Wanted(self._ledger, asdict(keys.run(job.date, job.run)), ("cancelled",))
        for account in (None, job.account):
            for channel in (None, job.channel):
                yield Wanted(self._directory, asdict(keys.pause(account, channel)))


def _take(item: Item, people: dict[str, Subscriber]) -> None:
    try:
        people[item["id"]] = read_subscriber(item)
    except UnreadableError as error:
        log.error("%s", error)  # noqa: TRY400 - it says all there is to say


def in_whole_requests(recipients: int) -> int:
    """`recipients`, or the most that fewer requests hold, where the last would not be full."""
    requests = max(1, (recipients + HOLD_KEYS) // GET_LIMIT)
    return min(recipients, requests * GET_LIMIT - HOLD_KEYS)
