"""Eligibility: what recipients are to be sent, as they and their day are at this moment."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time

from shared.delivery.earlier_deliveries import EarlierDeliveries
from shared.rules.catalogue import COMMON_SERIES, Words, put_into_words, schedule_of
from shared.rules.dates import jst_date, jst_instant, jst_time
from shared.rules.history import latest_standing
from shared.rules.message import SILENT_STATUS, Due, within_reach
from shared.rules.outcomes import Batch
from shared.rules.stage import Reason
from shared.rules.subscriber import Decision, Letter, Subscriber, decide
from shared.store.due import Candidate
from shared.store.keys import JobId
from shared.store.run import Run
from shared.store.store import Store


class Eligibility:
    """Decides on the recipients of one job, by the settings and texts of its run."""

    def __init__(self, store: Store, run: Run, job: JobId, clock: Callable[[], datetime]) -> None:
        self._store, self._run, self._job, self._clock = store, run, job, clock
        self._common = store.content.load(COMMON_SERIES, run.versions.get(COMMON_SERIES))
        self._own = store.content.load(run.account, run.versions.get(run.account))
        self._schedule = schedule_of(self._common, self._own)
        self._enclosed_on = run.enclosed_on
        self._earlier = EarlierDeliveries(store, job)
        self._words: dict[tuple[Due, str | None, str | None, bool], Words] = {}

    @property
    def sending(self) -> bool:
        """Whether messages of the run's day may go out at this moment."""
        now = self._clock()
        return jst_date(now) == self._run.date and self._run.settings.sending(jst_time(now))

    def candidates(self) -> Iterator[Candidate]:
        """Who may be due, by the index: ids and dates, no person."""
        end = self._run.settings.end_of_delivery
        reach = self._enclosed_on or within_reach(self._schedule, end)
        return self._store.due.candidates(self._job, reach)

    def moved(self, subscriber: Subscriber) -> bool:
        """Whether a subscriber is with another account or on another channel by now."""
        return (subscriber.account, subscriber.channel) != (self._job.account, self._job.channel)

    def sent_before_moving(self, subscriber: Subscriber) -> set[str] | None:
        """The enrolments about which a message of the day was sent, or may have been, where the
        subscriber was before; None where that is being found out.
        """
        return self._earlier.sent(subscriber)

    def decide(self, subscriber: Subscriber, enrolments: Sequence[str]) -> Decision:
        """What a recipient is to be sent about these enrolments, and why not, all else apart."""
        now = self._instant()
        stopped = _stopped_since(now, subscriber, enrolments)
        decision = decide(
            subscriber,
            [each for each in enrolments if each not in stopped],
            now,
            settings=self._run.settings,
            schedule=self._schedule,
            enclosure=self._enclosed_on,
        )
        return replace(decision, silent={**stopped, **decision.silent}) if stopped else decision

    def words(self, letter: Letter) -> Words:
        """A letter in the words of the run's texts: put together once for all who get the same."""
        same = (letter.due, letter.child, letter.about, letter.enclosure)
        if same not in self._words:
            words = put_into_words(
                letter,
                common=self._common,
                own=self._own,
                account=self._run.settings.name,
                enclosure=self._run.enclosure,
            )
            if letter.child or letter.about:
                return words
            self._words[same] = words
        return self._words[same]

    def still_due(self, batch: Batch, people: dict[str, Subscriber]) -> bool:
        """Whether everybody of a frozen batch is still to get this very message: it goes out as it
        is or not at all, and a stop weighs more than certainty for the others.
        """
        return all(
            [(each.enrolments, each.due) for each in self._wanted(people.get(name), enrolments)]
            == [(enrolments, due)]
            for name, enrolments, due in (
                (entry.subscriber, entry.enrolments, entry.due) for entry in batch.entries
            )
        )

    def _wanted(
        self, subscriber: Subscriber | None, enrolments: Sequence[str]
    ) -> tuple[Letter, ...]:
        """The letters about these enrolments to somebody who is there; none where one of them has
        stopped.
        """
        if subscriber is None or self.moved(subscriber) or _stopped(subscriber, enrolments):
            return ()
        return self.decide(subscriber, enrolments).letters

    def _instant(self) -> datetime:
        """The instant to decide for: now, or the last of the run's day where that is over."""
        now = self._clock()
        return now if jst_date(now) == self._run.date else jst_instant(self._run.date, time.max)


def _stopped_since(
    now: datetime, subscriber: Subscriber, asked: Sequence[str]
) -> dict[str, Reason]:
    """What `_stopped` gives, where anything is on record that happened after `now`: all else is in
    what is true now.
    """
    if any(event.at > now for each in subscriber.enrolments for event in each.history):
        return _stopped(subscriber, asked)
    return {}


def _stopped(subscriber: Subscriber, asked: Iterable[str]) -> dict[str, Reason]:
    """Which of the enrolments have stopped by all that is on record: a stop counts at once, also
    where the clock that wrote it runs a little ahead of ours.
    """
    latest = {each.id: latest_standing(each.history).status for each in subscriber.enrolments}
    return {
        each: SILENT_STATUS[latest[each]] for each in asked if latest.get(each) in SILENT_STATUS
    }
