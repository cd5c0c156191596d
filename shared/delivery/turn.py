"""The one send loop that all channels share: a turn at a job, in waves.

A wave: decide on those who are next, reserve the rate, freeze, check again, send, record. It knows
no provider and no table. docs/life-of-a-message.md tells the same in prose.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from functools import partial
from math import floor

from shared.delivery.candidates import Candidates, Chunk
from shared.delivery.eligibility import Eligibility
from shared.delivery.read_ahead import ReadAhead
from shared.delivery.recording import record
from shared.delivery.sender import Addressed, Call, Sender
from shared.delivery.settling import Settling
from shared.delivery.time_left import TimeLeft
from shared.delivery.wave import Waves
from shared.rules.dates import jst_instant
from shared.rules.outcomes import Batch, Result
from shared.rules.reconciliation import Reconciliation, Sums
from shared.rules.stage import Reason
from shared.rules.subscriber import Subscriber
from shared.store.due import Candidate
from shared.store.pauses import Pause
from shared.store.recipients import Recipients, in_whole_requests
from shared.store.run import Lease, Run
from shared.store.store import Store

MOST_RECIPIENTS = in_whole_requests(2_000)
"""Of a wave: a second of LINE's rate, the highest there is."""

MOST_CALLS = in_whole_requests(200)
"""Of a wave. One item holds them whatever their texts, and they are soon under way."""

DELIVERY = "delivery"
"""Who notes in the audit that a channel has ended: no person did."""


class Next(Enum):
    """How a turn goes on after a wave, or without one."""

    WAVE = auto()
    """With whoever is next."""
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
        self._clock, self._time = clock, TimeLeft(seconds_left, sleep)
        self._eligibility = Eligibility(store, run, lease.job, clock)
        self._job = Reconciliation()
        self._unsure = False
        self._ended = lease.ended
        self._pause: Pause | None = None
        self._waves = Waves(
            store=store,
            lease=lease,
            sender=sender,
            eligibility=self._eligibility,
            clock=clock,
        )
        self._settling = Settling(
            store=store,
            job=lease.job,
            sender=sender,
            eligibility=self._eligibility,
            clock=clock,
            time=self._time,
        )
        self._calls = 0
        self._results: Counter[Result] = Counter()
        self._codes: Counter[str] = Counter()
        self._cost_of_one, self._of_a_call = 1.0, 0.0

    def take(self) -> Progress:
        """Go on with the job until it is done, the time is nearly up, or nothing more can be done
        now (a throttle, an outcome not known yet).
        """
        after = Next.WAVE if self._settle_all() else Next.HAND_ON
        ahead = ReadAhead(
            Candidates(self._eligibility.candidates(), self._job),
            partial(self._store.recipients.reading, self._lease.job),
        )
        while after is Next.WAVE and (group := ahead.take(self._wave_size())):
            after = self._send_to(*group, ahead)
        if after is Next.HAND_ON:
            return self._progress(None, more=True)
        if after is Next.REST or self._unsure:
            return self._progress(None)
        sends_from = jst_instant(self._run.date, self._run.settings.send_at)
        return self._progress(self._job.sums(sends_from))

    def _settle_all(self) -> bool:
        """Take in what earlier turns did, and settle what they left without a record; whether there
        was time for all of it.
        """
        job, settling = self._lease.job, self._settling
        if self._lease.first:
            return True
        for stored in self._store.waves.of(job):
            wave = stored
            if not stored.settled:
                found = settling.settle(stored)
                self._pause = settling.pause
                wave = stored.taking(found)
                if found:
                    record(self._store, job, wave, found, self._clock())
                    self._count(found)
                if len(found) < sum(not each.settled for each in stored.batches):
                    return False
            self._take_in(wave.batches)
        return True

    def _take_in(self, batches: Iterable[Batch]) -> None:
        for batch in batches:
            self._unsure |= not batch.settled
            self._job.enter(batch.resent(self._lease.resent_after))

    def _wave_size(self) -> int:
        """How many recipients are likely to fit into a wave, by those of the last one: as many as
        the rate lets out in a second, and as can be sent to at once.
        """
        in_a_second = self._sender.rate_limit.per_second() / self._cost_of_one
        at_once = MOST_CALLS * (self._of_a_call or self._sender.batch_size)
        return in_whole_requests(max(1, floor(min(MOST_RECIPIENTS, in_a_second, at_once))))

    def _send_to(self, chunk: Chunk, read: Callable[[], Recipients], ahead: ReadAhead) -> Next:
        """Make the calls to people of the chunk, where any are to be made; read on meanwhile."""
        if self._time.is_up:
            return Next.HAND_ON
        found = read()
        letters = list(self._letters(self._undecided(chunk.candidates), found.people))
        if not letters:
            return Next.WAVE
        if found.cancelled or not self._eligibility.sending:
            self._give_up(letters, found)
            self._pause = None  # what has come to its end waits for nothing
            return Next.WAVE
        self._pause = found.pause
        if found.pause:
            return Next.REST
        calls = self._in_a_second(self._calls_to(letters, chunk), chunk)
        cost = sum(each.cost for each in calls)
        recipients = sum(len(each.recipients) for each in calls)
        self._cost_of_one, self._of_a_call = max(1e-9, cost / recipients), recipients / len(calls)
        ahead.choose_next(self._wave_size())
        if not self._time.waited(self._sender.rate_limit.reserve(cost, self._time.spare)):
            return Next.HAND_ON
        return self._send(calls, found, chunk, ahead)

    def _undecided(self, candidates: Iterable[Candidate]) -> dict[str, list[str]]:
        """By subscriber, the enrolments about which there is no message in a batch yet."""
        asked: dict[str, list[str]] = defaultdict(list)
        for each in candidates:
            has = self._job.has
            asked[each.subscriber] += [e for e in each.enrolments if not has(each.subscriber, e)]
        return asked

    def _letters(
        self, asked: Mapping[str, Sequence[str]], people: Mapping[str, Subscriber]
    ) -> Iterator[Addressed]:
        """What the people are to be sent, as they are at this moment. A stop or a correction made
        after planning wins. Whoever is silent is reconciled with the reason.
        """
        for name, enrolments in asked.items():
            subscriber = people.get(name)
            if subscriber is None:
                self._job.silence(name, dict.fromkeys(enrolments, Reason.NO_RECORD))
            elif self._eligibility.moved(subscriber):
                self._job.silence(name, dict.fromkeys(enrolments, Reason.MOVED))
            elif (sent := self._eligibility.sent_before_moving(subscriber)) is None:
                self._unsure = True
            else:
                already = dict.fromkeys(sent & set(enrolments), Reason.ALREADY_SENT_TODAY)
                self._job.silence(name, already)
                yield from self._decided(subscriber, [e for e in enrolments if e not in sent])

    def _decided(self, subscriber: Subscriber, enrolments: Sequence[str]) -> Iterator[Addressed]:
        decision = self._eligibility.decide(subscriber, enrolments)
        self._job.silence(subscriber.id, decision.silent)
        for letter in decision.letters:
            if self._job.has_message(subscriber.id, letter.due):
                twins = dict.fromkeys(letter.enrolments, Reason.SENT_WITH_TWIN)
                self._job.silence(subscriber.id, twins)
            elif self._ended:
                self._job.refuse(subscriber.id, letter.enrolments, self._ended)
            else:
                words = self._eligibility.words(letter)
                yield Addressed(letter, subscriber.address, words)

    def _give_up(self, letters: Iterable[Addressed], found: Recipients) -> None:
        """Note what will not be sent any more: it is cancelled, or comes too late for today."""
        for letter in (each.letter for each in letters):
            if found.cancelled:
                reasons = dict.fromkeys(letter.enrolments, Reason.CANCELLED)
                self._job.silence(letter.subscriber, reasons)
            else:
                code = "paused" if found.pause else None
                self._job.expire(letter.subscriber, letter.enrolments, code)

    def _calls_to(self, letters: Sequence[Addressed], chunk: Chunk) -> list[Call]:
        groups = [[each] for each in letters] if chunk.alone else [letters]
        return [call for group in groups for call in self._sender.calls(group)]

    def _in_a_second(self, calls: Sequence[Call], chunk: Chunk) -> list[Call]:
        """The calls of the wave: as many as the rate lets out in a second, one at the least. The
        recipients of the others are decided on anew.
        """
        left = self._sender.rate_limit.per_second()
        taken: list[Call] = []
        for call in calls:
            left -= call.cost
            if taken and (left < 0 or len(taken) == MOST_CALLS):
                chunk.put_back(_candidates([call]))
                left = 0
            else:
                taken.append(call)
        return taken

    def _send(
        self, calls: Sequence[Call], found: Recipients, chunk: Chunk, ahead: ReadAhead
    ) -> Next:
        """Send a wave, and say how the turn goes on."""
        versions = {name: each.version for name, each in found.people.items()}
        sent = self._waves.send(calls, versions, ahead.begin_next)
        chunk.put_back(_candidates(sent.not_made))
        self._calls += len(sent.batches)
        self._count(sent.batches)
        self._take_in(sent.batches)
        self._unsure |= any(Result.TRY_AGAIN in each.results for each in sent.batches)
        if ended := next((each.ended for each in sent.batches if each.ended), None):
            self._end(ended)
        if sent.raised:
            raise sent.raised
        return Next.REST if _takes_nothing_now(sent.batches) else Next.WAVE

    def _count(self, batches: Iterable[Batch]) -> None:
        for outcome in (entry.outcome for batch in batches for entry in batch.entries):
            self._results[outcome.result] += 1
            if outcome.code and outcome.result is not Result.ACCEPTED:
                self._codes[outcome.code] += 1

    def _end(self, code: str) -> None:
        """Make no further call: who is still due is refused with the code. The audit comes first,
        since a job that has ended is not noted again.
        """
        job = self._lease.job
        what = f"ended {job.channel} of {job.date}: {code}"
        self._store.audit.note(self._clock(), DELIVERY, what, job.account)
        self._store.ledger.end(self._lease, code)
        self._ended = code

    def _progress(self, sums: Sums | None, *, more: bool = False) -> Progress:
        return Progress(
            sums, self._calls, self._results, self._codes, more, self._ended, self._pause
        )


def _candidates(calls: Iterable[Call]) -> Iterator[Candidate]:
    """Whom calls are for, to be decided on anew."""
    letters = (each.letter for call in calls for each in call.recipients)
    return (Candidate(each.subscriber, each.enrolments, each.due) for each in letters)


def _takes_nothing_now(batches: Sequence[Batch]) -> bool:
    """Whether a provider has said that it takes nothing from anybody now, or no call came to
    anything, and not because of one of its recipients.
    """
    if any(each.refused_for_now for each in batches):
        return True
    nothing = {Result.TRY_AGAIN, Result.UNKNOWN}
    return bool(batches) and all(
        each.results <= nothing and not each.fault_of_one for each in batches
    )
