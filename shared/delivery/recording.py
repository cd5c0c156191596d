"""Recording: what came of a wave, for good where every outcome of a call is known."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from shared.feedback.events import gone
from shared.rules.outcomes import Batch, Wave
from shared.store.keys import JobId
from shared.store.store import Store


def settled(batch: Batch, now: datetime) -> Batch:
    """A batch of which nothing more will become known; addresses in it are dropped."""
    return replace(batch, settled_at=now, payload=None)


def record(store: Store, job: JobId, wave: Wave, batches: Iterable[Batch], now: datetime) -> None:
    """Record the wave, of which `batches` are news. Whoever is gone is stopped first: a batch with
    a record is never looked into again.
    """
    for batch in batches:
        gone(store, job, batch, now)
    store.waves.record(job, wave)
