"""Holds: what keeps a job from its next call, by the will of staff or of the bounce guard."""

from shared.store.keys import JobId
from shared.store.pauses import Pause
from shared.store.run import Cancelled
from shared.store.store import Store

Hold = Cancelled | Pause
"""What is cancelled ends; what is paused waits."""


def hold_of(store: Store, job: JobId) -> Hold | None:
    """What holds a job, read consistently at this moment; None where its next call may be made."""
    run = store.ledger.run(job.date, job.account)
    if run is not None and job.channel in run.cancelled:
        return run.cancelled[job.channel]
    return store.pauses.covering(job.account, job.channel)
