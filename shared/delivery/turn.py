"""The one send loop that all channels share: look, freeze, look again, send, record.

It knows no provider and no table. docs/life-of-a-message.md tells the same in prose.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from itertools import groupby, islice
from uuid import uuid4

from shared.delivery.eligibility import Look
from shared.delivery.holds import Hold, hold_of
from shared.delivery.sender import Addressed, Sender
from shared.feedback.events import gone
from shared.rules.dates import jst_instant
from shared.rules.reckoning import Batch, Book, Entry, Outcome, Result, Sums
from shared.rules.stage import Reason
from shared.rules.subscriber import Subscriber
from shared.store.due import Candidate
from shared.store.pauses import Pause
from shared.store.run import Cancelled, Lease, Run
from shared.store.store import Store

MARGIN_SECONDS = 60.0
"""Nothing is begun when the Lambda has less than this left: longer than any provider's answer may
take (a token and a call of 23 seconds each), with its record."""

DELIVERY = "delivery"
"""Who notes in the audit that a channel has ended: no person did."""

CHANGED = Outcome(Result.TRY_AGAIN, "changed", for_all=True)
"""Somebody of the batch stopped, moved or corrected a date just before it was frozen."""


class Next(Enum):
    """How a turn goes on after a call, or without one."""

    CHUNK = auto()
    """With whoever is due next."""
    REST = auto()
    """Not now: the provider takes nothing, an outcome is not known yet, or staff have paused it."""
    HAND_ON = auto()
    """In another Lambda: this one has no time left."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job came: its sums where it is done, else None and somebody must go on, at once
    where there is `more` that only lacked time, and not before a `pause` is over where one holds
    it. `calls` were made in this turn, which came to `results`; `codes` are what providers said to
    those they did not take. `ended` is why the channel has ended, if it has.
    """

    sums: Sums | None
    calls: int
    results: Mapping[Result, int]
    codes: Mapping[str, int]
    more: bool = False
    ended: str | None = None
    pause: Pause | None = None


class Turn:
    """One turn at one job, under its lease."""

    def __init__(
        self,
        *,
        store: Store,
        run: Run,
        lease: Lease,
        sender: Sender,
        clock: Callable[[], datetime],
        seconds_left: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._store, self._run, self._lease, self._sender = store, run, lease, sender
        self._clock, self._seconds_left, self._sleep = clock, seconds_left, sleep
        self._look = Look(store, run, lease.job, clock)
        self._book = Book()
        self._pushed_back: deque[list[Candidate]] = deque()
        self._unsure = False
        self._ended = lease.ended
        self._pause: Pause | None = None
        self._calls = 0
        self._results: Counter[Result] = Counter()
        self._codes: Counter[str] = Counter()

    def take(self) -> Progress:
        """Go on with the job until it is done, the time is nearly up, or nothing more can be done
        now (a throttle, an outcome not known yet).
        """
        after = Next.CHUNK if self._settle_all() else Next.HAND_ON
        chunks = self._chunks()
        while after is Next.CHUNK and (
            chunk := self._pushed_back.popleft() if self._pushed_back else next(chunks, None)
        ):
            after = self._send_to(chunk)
        if after is Next.HAND_ON:
            return self._progress(None, more=True)
        if after is Next.REST or self._unsure:
            return self._progress(None)
        sends_from = jst_instant(self._run.date, self._run.settings.send_at)
        return self._progress(self._book.sums(sends_from))

    def _send_to(self, chunk: Sequence[Candidate]) -> Next:
        """Make one call to people of the chunk, where one is to be made."""
        if self._seconds_left() < MARGIN_SECONDS:
            return Next.HAND_ON
        calls = self._open_calls(chunk)
        if not calls:
            return Next.REST if self._pause else Next.CHUNK
        # Only one call is made on what was just read; the others are looked at anew.
        self._pushed_back.extend(map(_candidates, calls[1:]))
        if not self._waited(self._sender.reserve(calls[0], self._spare)):
            return Next.HAND_ON
        sent = self._send(calls[0])
        if sent is None:
            self._pushed_back.appendleft(_candidates(calls[0]))
            return Next.CHUNK
        self._unsure |= not sent.settled or Result.TRY_AGAIN in sent.results
        if sent.ended:
            self._end(sent.ended)
        nobody_now = sent.results <= {Result.TRY_AGAIN, Result.UNKNOWN} and not sent.fault_of_one
        return Next.REST if nobody_now else Next.CHUNK

    def _open_calls(self, chunk: Sequence[Candidate]) -> list[list[Addressed]]:
        """The calls to make to people of the chunk: none where nobody is to hear anything, staff
        have held it, or it is too late for today.
        """
        calls = self._last_look(chunk)
        hold = self._hold() if calls else None
        if isinstance(hold, Cancelled) or not self._look.sending:
            self._give_up(calls, hold)
            self._pause = None  # what has come to its end waits for nothing
            return []
        return [] if hold else calls

    def _progress(self, sums: Sums | None, *, more: bool = False) -> Progress:
        return Progress(
            sums, self._calls, self._results, self._codes, more, self._ended, self._pause
        )

    def _end(self, code: str) -> None:
        """Make no further call: who is still due is refused with the code. The audit comes first,
        since a job that has ended is not noted again.
        """
        job = self._lease.job
        what = f"ended {job.channel} of {job.date}: {code}"
        self._store.audit.note(self._clock(), DELIVERY, what, job.account)
        self._store.ledger.end(self._lease, code)
        self._ended = code

    @property
    def _spare(self) -> float:
        """How many seconds may be spent on waiting."""
        return max(0.0, self._seconds_left() - MARGIN_SECONDS)

    def _waited(self, wait: float | None) -> bool:
        """Wait; whether there was time for it."""
        if wait:
            self._sleep(wait)
        return wait is not None

    def _hold(self) -> Hold | None:
        """What holds the job at this moment."""
        hold = hold_of(self._store, self._lease.job)
        self._pause = hold if isinstance(hold, Pause) else None
        return hold

    def _give_up(self, calls: Sequence[Sequence[Addressed]], hold: Hold | None) -> None:
        """Note what will not be sent any more: it is cancelled, or comes too late for today."""
        for letter in (each.letter for call in calls for each in call):
            if isinstance(hold, Cancelled):
                reasons = dict.fromkeys(letter.enrolments, Reason.CANCELLED)
                self._book.silence(letter.subscriber, reasons)
            else:
                code = "paused" if hold else None
                self._book.expire(letter.subscriber, letter.enrolments, code)

    def _settle_all(self) -> bool:
        """Take in what earlier turns did, and settle what they left without a record; whether there
        was time for all of it.
        """
        for batch in self._store.ledger.batches(self._lease.job):
            if batch.settled:
                self._book.enter(batch.resent(self._lease.resent_after))
                continue
            if self._seconds_left() < MARGIN_SECONDS:
                return False
            repeating = self._look.sending
            room = self._sender.reserve_repeat(batch, self._spare) if repeating else 0.0
            if not self._waited(room):
                return False
            settled = self._settle(batch)
            self._unsure |= not settled.settled
            self._book.enter(settled.resent(self._lease.resent_after))
        return True

    def _settle(self, batch: Batch) -> Batch:
        """Find out what came of a batch that a process left without a record."""
        now, sending = self._clock(), self._look.sending
        wanted = sending and self._look.still_due(batch)
        hold = self._hold()
        may_repeat = wanted and hold is None
        outcomes = self._sender.settle(batch, now=now, sending=may_repeat)
        told = self._store.ledger.batch(self._lease.job, batch.id)
        if told and told.known != batch.known:
            # The provider told something of it meanwhile: that weighs more than its silence.
            batch, outcomes = told, self._sender.settle(told, now=now, sending=False)
        batch = batch.with_outcomes(outcomes)
        if isinstance(hold, Cancelled) and not self._sender.settling:
            sending = False  # nobody can be asked, and nothing is repeated any more
        may_become_known = sending or now - batch.frozen_at < self._sender.settling
        return self._record(batch, final=not (batch.undecided and may_become_known))

    def _chunks(self) -> Iterator[list[Candidate]]:
        """Those about whom nothing has been done yet, as many as one call can hold; last those who
        were tried before, each alone where one of them may be the reason why none was taken.
        """
        together, alone = (
            [Candidate(each.subscriber, each.enrolments, each.due) for each in tried]
            for tried in self._book.tried()
        )
        seen = {(each.subscriber, e) for each in (*together, *alone) for e in each.enrolments}
        fresh = (
            candidate for candidate in self._look.candidates() if self._is_open(candidate, seen)
        )
        together.sort(key=lambda each: each.due)
        for candidates in (fresh, together):
            yield from self._chunked(candidates)
        yield from ([each] for each in alone)

    def _is_open(self, candidate: Candidate, seen: set[tuple[str, str]]) -> bool:
        """Note a candidate as planned; whether anything is still to be done about it here."""
        self._book.plan(candidate.subscriber, candidate.enrolments)
        return not all(
            self._book.has(candidate.subscriber, each) or (candidate.subscriber, each) in seen
            for each in candidate.enrolments
        )

    def _chunked(self, candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
        runs: Iterable[Iterator[Candidate]] = [iter(candidates)]
        if self._sender.same_text:
            runs = (group for _, group in groupby(candidates, key=lambda each: each.due))
        for run in runs:
            while chunk := list(islice(run, self._sender.batch_size)):
                yield chunk

    def _last_look(self, chunk: Sequence[Candidate]) -> list[list[Addressed]]:
        """The last look: read the people of the chunk as they are at this moment, and decide.

        Returns the calls to make. Whoever is silent is in the book.
        """
        asked: dict[str, list[str]] = defaultdict(list)
        for each in chunk:
            asked[each.subscriber] += [
                e for e in each.enrolments if not self._book.has(each.subscriber, e)
            ]
        people = self._store.subscribers.get_many(asked)
        letters: list[Addressed] = []
        for subscriber_id, enrolments in asked.items():
            subscriber = people.get(subscriber_id)
            if subscriber is None:
                self._book.silence(subscriber_id, dict.fromkeys(enrolments, Reason.NO_RECORD))
            elif self._look.gone(subscriber):
                self._book.silence(subscriber_id, dict.fromkeys(enrolments, Reason.MOVED))
            elif (sent := self._look.sent_elsewhere(subscriber)) is None:
                self._unsure = True
            else:
                already = dict.fromkeys(sent & set(enrolments), Reason.ALREADY_SENT_TODAY)
                self._book.silence(subscriber_id, already)
                letters += self._letters(subscriber, [e for e in enrolments if e not in sent])
        return self._sender.calls(letters) if letters else []

    def _letters(self, subscriber: Subscriber, enrolments: Sequence[str]) -> Iterator[Addressed]:
        """What the subscriber is to be sent now; the rest is in the book."""
        decision = self._look.decide(subscriber, enrolments)
        self._book.silence(subscriber.id, decision.silent)
        for letter in decision.letters:
            if self._book.has_message(subscriber.id, letter.due):
                twins = dict.fromkeys(letter.enrolments, Reason.SENT_WITH_TWIN)
                self._book.silence(subscriber.id, twins)
            elif self._ended:
                self._book.refuse(subscriber.id, letter.enrolments, self._ended)
            else:
                yield Addressed(letter, subscriber.address, self._look.words(letter))

    def _send(self, call: Sequence[Addressed]) -> Batch | None:
        """Freeze, look again, send, record. None where somebody changed something before the freeze
        took effect: nothing was sent then, and all are to be looked at anew.
        """
        frozen = Batch(
            id=f"{self._lease.fence:06d}-{self._calls:06d}",
            key=str(uuid4()),
            frozen_at=self._clock(),
            entries=tuple(
                Entry(each.letter.subscriber, each.letter.enrolments, each.letter.due)
                for each in call
            ),
            payload=self._sender.payload(call),
        )
        self._store.ledger.freeze(self._lease, frozen)
        self._calls += 1
        held = self._hold() is not None
        if held or not self._look.unchanged(frozen, call):
            taken_back = frozen.with_outcomes([CHANGED] * len(call))
            self._store.ledger.record(self._lease.job, self._settled(taken_back))
            return None
        batch = frozen.with_outcomes(self._sender.send(frozen, call))
        batch = self._record(batch, final=not batch.undecided)
        self._book.enter(batch)
        return batch

    def _settled(self, batch: Batch) -> Batch:
        return replace(batch, settled_at=self._clock(), payload=None)

    def _record(self, batch: Batch, *, final: bool) -> Batch:
        if final:
            batch = self._settled(batch)
        # Before the record: a batch with one is never looked at again.
        gone(self._store, self._lease.job, batch, self._clock())
        self._store.ledger.record(self._lease.job, batch)
        for outcome in (entry.outcome for entry in batch.entries):
            self._results[outcome.result] += 1
            if outcome.code and outcome.result is not Result.ACCEPTED:
                self._codes[outcome.code] += 1
        return batch


def _candidates(call: Iterable[Addressed]) -> list[Candidate]:
    """Whom a call is for, to be looked at again."""
    return [
        Candidate(each.letter.subscriber, each.letter.enrolments, each.letter.due) for each in call
    ]
