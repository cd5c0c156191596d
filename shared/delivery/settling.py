"""Settling: finds out what came of the calls that a process left without a record."""

from collections.abc import Callable
from datetime import datetime

from shared.delivery.eligibility import Eligibility
from shared.delivery.recording import settled
from shared.delivery.sender import Sender
from shared.delivery.time_left import TimeLeft
from shared.rules.outcomes import Batch, Outcome, Wave
from shared.store.keys import JobId
from shared.store.pauses import Pause
from shared.store.recipients import Recipients
from shared.store.store import Store


class Settling:
    """Settles the waves of one job, call by call."""

    def __init__(
        self,
        *,
        store: Store,
        job: JobId,
        sender: Sender,
        eligibility: Eligibility,
        clock: Callable[[], datetime],
        time: TimeLeft,
    ) -> None:
        self._store, self._job, self._sender = store, job, sender
        self._eligibility, self._clock, self._time = eligibility, clock, time
        self._found = Recipients()

    @property
    def pause(self) -> Pause | None:
        """What paused the job when that was last asked."""
        return self._found.pause

    def settle(self, wave: Wave) -> list[Batch]:
        """The unsettled calls of a wave as they are now; fewer than there are where there was not
        time for all.
        """
        self._found = self._store.recipients.people(self._job, ())
        asked: list[tuple[Batch, list[Outcome]]] = []
        for batch in wave.batches:
            if batch.settled:
                continue
            outcomes = None if self._time.is_up else self._ask(batch)
            if outcomes is None:
                break
            asked.append((batch, outcomes))
        told = self._store.waves.get(self._job, wave.id)
        now = {each.id: each for each in told.batches} if told else {}
        return [self._weighed(*each, now.get(each[0].id, each[0])) for each in asked]

    def _ask(self, batch: Batch) -> list[Outcome] | None:
        """What the provider says of a batch, or what it comes to when it is sent again; None where
        there is no time for that.
        """
        sending = self._eligibility.sending
        if sending and self._sender.repeats:
            cost = self._sender.repeat_cost(batch)
            if not self._time.waited(self._sender.rate_limit.reserve(cost, self._time.spare)):
                return None
            readers = (entry.subscriber for entry in batch.entries)
            self._found = self._store.recipients.people(self._job, readers)
            due = self._eligibility.still_due(batch, self._found.people)
            sending = due and not self._found.held
        return self._sender.settle(batch, now=self._clock(), sending=sending)

    def _weighed(self, batch: Batch, outcomes: list[Outcome], told: Batch) -> Batch:
        """The batch with its outcomes, settled where nothing more can become known."""
        now, sending = self._clock(), self._eligibility.sending
        if told.known != batch.known:
            # The provider told something of it meanwhile: that weighs more than its silence.
            batch, outcomes = told, self._sender.settle(told, now=now, sending=False)
        batch = batch.with_outcomes(outcomes)
        if self._found.cancelled and not self._sender.settling:
            sending = False  # nobody can be asked, and nothing is repeated any more
        may_become_known = sending or now - batch.frozen_at < self._sender.settling
        return batch if batch.undecided and may_become_known else settled(batch, now)
