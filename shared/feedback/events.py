"""Feedback: takes in what providers tell of messages, and changes their readers accordingly.

Gather (a batch of the ledger, what was known, the readers), decide (shared.rules), act.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from itertools import groupby

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.feedback.reputation import GUARDED, watch
from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.failures import (
    Counts,
    changed_by,
    concerns,
    could_be_too_many,
    counted,
    is_outage,
)
from shared.rules.feedback import Effect, Feedback, State, Told, after
from shared.rules.outcomes import Batch, Result
from shared.rules.repeats import unexpected
from shared.rules.subscriber import Subscriber
from shared.store.feedback import Learned, Place
from shared.store.keys import JobId
from shared.store.store import Store
from shared.store.tables import ConflictError
from shared.subscribers import actions

TRIES = 3
"""How often the same news are taken in when another process learns of the same messages."""

log = logging.getLogger(__name__)

OPTED_OUT_CODE = "21610"
"""With it Twilio refuses a number whose owner has replied STOP: a stop by the reader."""


@dataclass(frozen=True, slots=True)
class News:
    """What a provider told of one message: `at` is the event's own time, where it has one,
    `address` where the message went, and `provider_id` the provider's name for it, where that is
    told.
    """

    place: Place
    told: Told
    at: datetime | None = None
    code: str | None = None
    address: str | None = field(default=None, repr=False)
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Meant:
    """What news of a message mean for its reader."""

    news: News
    sent_at: datetime
    effect: Effect

    @property
    def day(self) -> date:
        """The day of the message, to which a failure belongs whenever it becomes known."""
        return self.news.place.job.date

    def concerns(self, subscriber: Subscriber) -> bool:
        """Whether they still say something of the reader."""
        job = self.news.place.job
        return concerns(
            subscriber,
            sent_at=self.sent_at,
            account=job.account,
            channel=job.channel,
            address=self.news.address,
        )


def take_in(
    store: Store, news: Sequence[News], now: datetime, *, logger: Logger, metrics: Metrics
) -> None:
    """Take in news of messages, which became known at `now`: in any order, and again without harm.

    ConflictError where others take in news of the same messages all the time.
    """
    for attempt in range(TRIES):
        try:
            told = _take_in(store, news, now, logger, metrics)
            break
        except ConflictError:
            if attempt == TRIES - 1:
                raise
    # Also for news that come again: the process that counted them may have died before this.
    bad = {State.FAILED.value, State.COMPLAINED.value}
    days: dict[str, date] = {}
    for each in told:
        job = each.place.job
        if each.told.value in bad and job.channel is GUARDED:
            days[job.account] = max(job.date, days.get(job.account, job.date))
    for account, day in sorted(days.items()):
        watch(store, account, day, now, logger=logger, metrics=metrics)


def gone(store: Store, job: JobId, batch: Batch, now: datetime) -> None:
    """Stop at once whom the provider refused for good when it was given a message: by the system,
    or by the reader where the provider says so.
    """
    for position, entry in enumerate(batch.entries):
        if entry.outcome.result is not Result.GONE:
            continue
        told = Told.OPTED_OUT if entry.outcome.code == OPTED_OUT_CODE else Told.FAILED
        _, effect = after(Feedback(), told, None)
        place = Place(job, batch.id, position)
        meant = _Meant(News(place, told), batch.frozen_at, effect)
        subscriber = store.subscribers.get(entry.subscriber)
        try:
            if subscriber is not None:
                _change(store, subscriber, [meant], now, _Outages(store, {}))
        except ConflictError:
            # The message of another day will tell again.
            log.warning("a reader who is gone was being changed all the time")


def _take_in(
    store: Store, news: Sequence[News], now: datetime, logger: Logger, metrics: Metrics
) -> list[News]:
    """The same, once; returns the news that are of messages of ours."""
    batches = store.waves.find({(each.place.job, each.place.batch) for each in news})
    ours = [each for each in news if _is_in(batches.get((each.place.job, each.place.batch)), each)]
    if len(ours) < len(news):
        logger.warning("news of no message of ours", extra={"news": len(news) - len(ours)})
        metrics.add_metric("FeedbackUnknown", MetricUnit.Count, len(news) - len(ours))
    known = store.feedback.known({each.place for each in ours})
    learned: list[Learned] = []
    meant: dict[str, list[_Meant]] = defaultdict(list)
    for place, some in _by_place(ours):
        batch = batches[place.job, place.batch]
        one, effects = _decided(place, known.get(place, Feedback()), some)
        learned.append(one)
        reader = batch.entries[place.position].subscriber
        meant[reader] += [_Meant(each, batch.frozen_at, effect) for each, effect in effects]
    # The readers come first, and what is known of the messages last: after a crash between the two
    # the same news come again as news, and to change a reader twice in the same way changes
    # nothing more. The other way round a stop could be lost.
    outages = _Outages(store, _failing(learned))
    people = store.subscribers.get_many(meant)
    for reader, subscriber in people.items():
        _change(store, subscriber, meant[reader], now, outages)
    for _, day in groupby(sorted(learned, key=_place), key=_day):
        store.feedback.learn([each for each in day if _to_be_written(each)])
    _report(ours, meant.values(), logger, metrics)
    for each in ours:
        if _tells_of_its_id(each, batches[each.place.job, each.place.batch]):
            _note_id(store, each, logger, metrics)
    return ours


def report_repeats(job: JobId, ids: Collection[str], logger: Logger, metrics: Metrics) -> None:
    """Tell staff of messages that were sent twice, as their provider says."""
    if ids:
        facts = {"account": job.account, "date": job.date.isoformat(), "messages": len(ids)}
        logger.error("the provider tells of messages that were sent twice", extra=facts)
        metrics.add_metric("Repeated", MetricUnit.Count, len(ids))


def _tells_of_its_id(news: News, batch: Batch) -> bool:
    """Whether the ledger does not have the provider's id yet, or another one."""
    if news.provider_id is None:
        return False
    return not batch.settled or bool(unexpected(batch, {news.place.position: news.provider_id}))


def _note_id(store: Store, news: News, logger: Logger, metrics: Metrics) -> None:
    place, told = news.place, {news.place.position: str(news.provider_id)}
    again = store.waves.note_known(place.job, place.batch, told)
    report_repeats(place.job, again or (), logger, metrics)


def _is_in(batch: Batch | None, news: News) -> bool:
    return batch is not None and 0 <= news.place.position < len(batch.entries)


def _by_place(news: Iterable[News]) -> Iterable[tuple[Place, list[News]]]:
    """News by message, each message's in the order in which they happened, as far as they tell."""
    earliest = datetime.min.replace(tzinfo=UTC)
    places: dict[Place, list[News]] = defaultdict(list)
    for each in sorted(news, key=lambda each: each.at or earliest):
        places[each.place].append(each)
    return places.items()


def _decided(
    place: Place, before: Feedback, news: Iterable[News]
) -> tuple[Learned, list[tuple[News, Effect]]]:
    """What is known after these news of a message, and what they mean for its reader."""
    known, counts, effects = before, Counts(), []
    for each in news:
        now, effect = after(known, each.told, each.at, each.code)
        counts += counted(known, now)
        effects.append((each, effect))
        known = now
    return Learned(place, before, known, counts), effects


def _place(learned: Learned) -> Place:
    return learned.place


def _day(learned: Learned) -> tuple[str, date, Channel]:
    """What the counts are kept for."""
    job = learned.place.job
    return job.account, job.date, job.channel


def _to_be_written(learned: Learned) -> bool:
    """Whether anything was learned, and it is not what nearly every message comes to."""
    if learned.now == learned.before:
        return False
    plain = learned.now.state is State.DELIVERED and learned.counts == Counts()
    return bool(learned.before.version) or not plain


def _failing(learned: Iterable[Learned]) -> Counter[tuple[date, Channel]]:
    failing: Counter[tuple[date, Channel]] = Counter()
    for each in learned:
        failing[each.place.job.date, each.place.job.channel] += each.counts.failed
    return failing


class _Outages:
    """On which days a channel was out. A day whose runs are still open counts by what is closed:
    that may take an outage for granted too early, which counts nobody.
    """

    def __init__(self, store: Store, failing: "dict[tuple[date, Channel], int]") -> None:
        self._store, self._failing = store, failing
        self._is_one = cache(self._look)

    def among(self, days: Iterable[date], channel: Channel) -> set[date]:
        """Those of the days that were outages; `failing` messages are about to be counted."""
        return {day for day in days if self._is_one(day, channel)}

    def _look(self, day: date, channel: Channel) -> bool:
        failed = self._store.feedback.failed(day, channel) + self._failing.get((day, channel), 0)
        sums = (run.sums or {} for run in self._store.ledger.runs(day))
        return is_outage(failed, sum(each[channel].accepted for each in sums if channel in each))


def _change(
    store: Store, subscriber: Subscriber, meant: Sequence[_Meant], now: datetime, outages: _Outages
) -> None:
    """Change a reader as the news of their messages mean, if that is any change at all."""
    if any(each.effect is Effect.UNWANTED and each.concerns(subscriber) for each in meant):
        actions.stop(store, subscriber.id, now)
        if any(each.news.told is Told.COMPLAINED for each in meant):
            # Whoever complains may be somebody to whom the address has passed.
            actions.change(store, subscriber.id, changes.links_voided)
        return

    def changed(old: Subscriber) -> Subscriber:
        for each in meant:
            if each.concerns(old):
                late = could_be_too_many(old, each.day) and each.effect is Effect.FAILURE
                days = {*old.failed_on, each.day} if late else set()
                out = outages.among(days, old.channel)
                old = changed_by(old, each.effect, each.day, now, out)
        return old

    # What nearly every message comes to, a delivery after no failure, is neither read again nor
    # written.
    if changed(subscriber) != subscriber:
        actions.change(store, subscriber.id, changed)


def _report(
    news: Iterable[News], meant: Iterable[Iterable[_Meant]], logger: Logger, metrics: Metrics
) -> None:
    told = Counter(each.told.value for each in news)
    effects = Counter(each.effect.value for some in meant for each in some)
    for name, number in effects.items():
        metrics.add_metric(f"Feedback{name.title()}", MetricUnit.Count, number)
    codes = Counter(each.code for each in news if each.code)
    logger.info("feedback", extra={"told": told, "effects": effects, "codes": codes})
