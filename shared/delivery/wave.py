"""A wave: calls that are frozen together, checked again, made side by side, recorded together."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import compress
from math import ceil
from uuid import uuid4

from shared.delivery.eligibility import Eligibility
from shared.delivery.recording import record, settled
from shared.delivery.sender import Call, Sender
from shared.delivery.side_by_side import NotMadeError, side_by_side
from shared.rules.outcomes import Batch, Entry, Outcome, Result, Wave
from shared.rules.rate_limit import spread
from shared.store.run import Lease
from shared.store.store import Store
from shared.store.waves import LARGEST_BYTES, pack

IN_FLIGHT_OF_EACH = 0.3
"""Calls of a wave are made within half a second, and are answered in 150 ms: that many are under
way at once for each. A wave of few calls opens few connections."""

CHANGED = Outcome(Result.TRY_AGAIN, "changed", for_all=True)
"""Somebody of the batch stopped, moved or corrected a date just before it was frozen, or staff
held the job."""

NOT_MADE = Outcome(Result.TRY_AGAIN, "not_made", for_all=True)
"""The call came too late to be made: the provider let others wait for long."""


@dataclass(slots=True)
class Sent:
    """What came of a wave: the `batches` that were sent, the calls that were `not_made`, and what
    one of them `raised`, if any did.
    """

    batches: list[Batch] = field(default_factory=list)
    not_made: list[Call] = field(default_factory=list)
    raised: Exception | None = None


class Waves:
    """Sends the waves of one job, under its lease."""

    def __init__(
        self,
        *,
        store: Store,
        lease: Lease,
        sender: Sender,
        eligibility: Eligibility,
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._lease, self._sender = store, lease, sender
        self._eligibility, self._clock = eligibility, clock
        self._number = 0

    def send(
        self, calls: Sequence[Call], versions: Mapping[str, int], meanwhile: Callable[[], None]
    ) -> Sent:
        """Send calls, whose rate is reserved from this moment on, to people whose records had these
        `versions` when it was decided. Whoever changed something before the freeze took effect, or
        is held by then, is sent nothing. `meanwhile` is begun when nothing but the calls is left.
        """
        began = time.monotonic()
        wave = self._freeze(calls)
        number = len(wave.batches)
        changed = self._changed(calls[:number], versions)
        sent = Sent(not_made=[*compress(calls, changed), *calls[number:]])
        per_second = self._sender.rate_limit.per_second()
        begins = spread([each.cost for each in calls[:number]], per_second)
        unchanged = [not each for each in changed]
        frozen = list(compress(wave.batches, unchanged))
        meanwhile()
        late = time.monotonic() - began
        answers = side_by_side(
            list(map(partial(partial, self._sender.send), frozen, compress(calls, unchanged))),
            [begin - late for begin in compress(begins, unchanged)],
            in_flight=min(self._sender.in_flight, ceil(IN_FLIGHT_OF_EACH * number)),
        )
        taken_back = [self._taken_back(each, CHANGED) for each in compress(wave.batches, changed)]
        for call, batch, answer in zip(compress(calls, unchanged), frozen, answers, strict=True):
            match answer:
                case NotMadeError():
                    taken_back.append(self._taken_back(batch, NOT_MADE))
                    sent.not_made.append(call)
                case Exception():
                    sent.raised = answer
                    sent.batches.append(batch)
                case _:
                    sent.batches.append(self._answered(batch, answer))
        wave = wave.taking([*sent.batches, *taken_back])
        record(self._store, self._lease.job, wave, sent.batches, self._clock())
        return sent

    def _freeze(self, calls: Sequence[Call]) -> Wave:
        """Freeze the calls, or the first of them where they are more than one item holds."""
        name = f"{self._lease.fence:06d}-{self._number:06d}"
        self._number += 1
        frozen_at = self._clock()
        while True:
            wave = Wave(
                name, tuple(_frozen(name, n, each, frozen_at) for n, each in enumerate(calls))
            )
            packed = pack(wave)
            if len(packed) <= LARGEST_BYTES or len(calls) == 1:
                self._store.waves.freeze(self._lease, wave, packed)
                return wave
            calls = calls[: len(calls) // 2]

    def _changed(self, calls: Sequence[Call], versions: Mapping[str, int]) -> list[bool]:
        """Of each call, whether anybody is not surely to get just what was decided any more."""
        readers = [[each.letter.subscriber for each in call.recipients] for call in calls]
        now = self._store.recipients.versions(
            self._lease.job, (name for names in readers for name in names)
        )
        if now.held or not self._eligibility.sending:
            return [True] * len(calls)
        return [any(now.versions.get(n) != versions[n] for n in names) for names in readers]

    def _answered(self, batch: Batch, outcomes: list[Outcome]) -> Batch:
        """The batch with what came of it, settled where that is known of everybody."""
        batch = batch.with_outcomes(outcomes)
        return batch if batch.undecided else settled(batch, self._clock())

    def _taken_back(self, batch: Batch, why: Outcome) -> Batch:
        """A batch that was frozen and not sent."""
        return settled(batch.with_outcomes([why] * len(batch.entries)), self._clock())


def _frozen(wave: str, number: int, call: Call, at: datetime) -> Batch:
    return Batch(
        id=f"{wave}-{number:03d}",
        key=str(uuid4()),
        frozen_at=at,
        entries=tuple(
            Entry(each.letter.subscriber, each.letter.enrolments, each.letter.due)
            for each in call.recipients
        ),
        payload=call.payload,
    )
