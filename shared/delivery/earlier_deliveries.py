"""Earlier deliveries: what somebody who moved today has had already, where they were before.

A move to another account or channel takes effect at once. Without this, the message of the day
could come twice, or not at all: so the ledger is asked, for the few who moved on the very day.
"""

from shared.rules.dates import jst_date
from shared.rules.outcomes import Batch, Result
from shared.rules.subscriber import Earlier, Subscriber
from shared.store.keys import JobId
from shared.store.store import Store


class EarlierDeliveries:
    """The jobs of a day in which those of one job may have been before."""

    def __init__(self, store: Store, job: JobId) -> None:
        self._store, self._job = store, job

    def sent(self, subscriber: Subscriber) -> set[str] | None:
        """The enrolments about which a message of the day was sent, or may have been, before a
        move; None where that is being found out: a batch there has no record yet.

        Asked once is enough: whoever freezes a message there after the move sees the move when it
        checks again, and takes the message back.
        """
        found: set[str] = set()
        for place in subscriber.earlier:
            job = self._job_of(place, subscriber.id)
            for batch in self._store.waves.batches(job) if job else ():
                about = _about(batch, subscriber.id)
                if about and not batch.settled:
                    return None
                found |= about
        return found

    def _job_of(self, place: Earlier, subscriber_id: str) -> JobId | None:
        """The job that would have sent it at an earlier place, or None where there was none."""
        same = (place.account, place.channel) == (self._job.account, self._job.channel)
        if same or jst_date(place.until) < self._job.date:
            return None
        run = self._store.ledger.run(self._job.date, place.account, self._job.announcement)
        return run.job_of(place.channel, subscriber_id) if run else None


def _about(batch: Batch, subscriber_id: str) -> set[str]:
    """The enrolments of the subscriber about which the batch was taken, or may have been."""
    return {
        enrolment
        for entry in batch.entries
        if entry.subscriber == subscriber_id
        and entry.outcome.result in (Result.ACCEPTED, Result.UNKNOWN)
        for enrolment in entry.enrolments
    }
