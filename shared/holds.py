"""Holds: what keeps a job from its next call, by the will of staff or of the bounce guard."""

from shared.store.keys import JobId
from shared.store.pauses import Pause
from shared.store.store import Store

Hold = Pause
"""A pause keeps what is due waiting."""


def hold_of(store: Store, job: JobId) -> Hold | None:
    """What holds a job, read consistently at this moment; None where its next call may be made."""
    return store.pauses.covering(job.account, job.channel)
