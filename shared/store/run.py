"""A run of the ledger, its jobs, and the leases under which they are worked on."""

import time
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.rules.account import Channel, Settings
from shared.rules.announcement import Audience
from shared.rules.message import Schedule, every_day
from shared.rules.reconciliation import Sums
from shared.rules.text import Text
from shared.store.keys import JobId, run_name, shard


@dataclass(frozen=True, slots=True)
class Cancelled:
    """When staff cancelled what a run had not sent yet, and who did."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Run:
    """The run of an account on a date, with all that was frozen when it was opened."""

    account: str
    date: date
    settings: Settings
    versions: dict[str, str]
    """The catalogue version of each series: the common one, and the account's if it has one."""
    jobs: tuple[tuple[Channel, int], ...]
    opened_at: datetime
    closed_at: datetime | None = None
    sums: dict[Channel, Sums] | None = None
    ended: dict[Channel, str] = field(default_factory=dict)
    """Channels on which the provider took nothing more, with its code."""
    cancelled: dict[Channel, Cancelled] = field(default_factory=dict)
    """The channels that staff cancelled."""
    reopened: int = 0
    """How often it was reopened: for those who did not get it, or who moved here."""
    reopened_at: datetime | None = None
    """When that was last."""
    enclosure: Text | None = None
    """What goes to everybody besides, once: the farewell of an account that sends for the last
    time, or an announcement.
    """
    announcement: str | None = None
    """The id of the announcement that the run is of; None: of the day's messages."""
    audience: Audience | None = None
    """Whom the announcement concerns."""

    @property
    def name(self) -> str:
        """What tells the run from the others of its day."""
        return run_name(self.account, self.announcement)

    @property
    def enclosed_on(self) -> Schedule | None:
        """The days on which the enclosure reaches somebody; None where there is none."""
        if self.enclosure is None:
            return None
        end = self.settings.end_of_delivery
        return self.audience.schedule(end) if self.audience else every_day(end)

    def job_ids(self) -> list[JobId]:
        """The jobs of the run."""
        return [
            JobId(self.account, self.date, channel, shard, self.announcement)
            for channel, shard in self.jobs
        ]

    def job_of(self, channel: Channel, subscriber_id: str) -> JobId | None:
        """The job that sends to a subscriber on a channel; None where the run has none there."""
        shards = sum(1 for each, _ in self.jobs if each is channel)
        if not shards:
            return None
        number = shard(subscriber_id, shards)
        return JobId(self.account, self.date, channel, number, self.announcement)

    def total(self) -> Sums:
        """The sums of all channels; of nothing while the run is open."""
        return sum((self.sums or {}).values(), Sums())


@dataclass(frozen=True, slots=True)
class Job:
    """A job: `leased_until` in seconds of the wall clock, `sums` once it is done, `ended` with the
    provider's code where it takes nothing more of this job.

    A job that had to wait (`waits` times in a row) rests under its last lease until its message
    comes back, so that neither a tick nor a second message wakes it before. `repeats` are the ids
    by which a provider told of messages that it sent twice. `progress_at` is when a turn last came
    further, by the clock of the job.
    """

    leased_until: int = 0
    fence: int = 0
    waits: int = 0
    sums: Sums | None = None
    ended: str | None = None
    repeats: frozenset[str] = frozenset()
    progress_at: datetime | None = None
    resent_after: int = 0
    """Whoever was refused under a lease up to this one is to be sent to again."""
    reopened_after: int = 0
    """A lease up to this one began before the job was reopened, and can no longer finish it."""
    counted: Sums | None = None
    """What the metrics were told when it was last done."""

    @property
    def leased(self) -> bool:
        """Whether a process may be working on the job, or it rests."""
        return self.leased_until >= int(time.time())

    @property
    def done(self) -> bool:
        """Whether every recipient of the job has been dealt with."""
        return self.sums is not None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job. `fence` grows with every lease, so an older one is refused;
    `waits` is how many turns in a row had to wait before this one, `ended` the code with which the
    provider ended the job in one of them, `resent_after` and `counted` those of the job.
    """

    job: JobId
    fence: int
    waits: int = 0
    ended: str | None = None
    resent_after: int = 0
    counted: Sums | None = None

    @property
    def first(self) -> bool:
        """Whether nobody has worked on the job before: nothing of it was ever frozen."""
        return self.fence == 1
