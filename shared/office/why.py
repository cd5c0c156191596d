"""Why: what a subscriber gets or got on a day, or the one reason for silence."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from shared.rules.account import Account, Channel, Settings
from shared.rules.catalogue import COMMON_SERIES, Catalogue, put_into_words, schedule_of
from shared.rules.dates import JST, jst_date, jst_instant
from shared.rules.history import standing_at
from shared.rules.message import every_day, stage_on
from shared.rules.outcomes import Batch, Entry, Result
from shared.rules.stage import Reason
from shared.rules.subscriber import Enrolment, Subscriber, decide
from shared.rules.text import Text
from shared.store.run import Run
from shared.store.store import Store

PLANNED = "planned"
"""It has not been sent yet."""

PAUSED = "paused"
"""The code of what is planned, and held until the pause is lifted."""

EXPIRED = "expired"
"""The quiet hours began before the message could be sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What there is to say of one enrolment on the day.

    `message` is the title of the message that is due, if one is; then either `outcome` (planned,
    expired or what came of sending it, with the provider's `code`) or the `reason` for silence.
    """

    enrolment: str
    phase: str | None = None
    day: int | None = None
    label: str | None = None
    message: str | None = None
    outcome: str | None = None
    code: str | None = None
    at: str | None = None
    reason: str | None = None
    channel: str | None = None
    """The one on which it was sent; someone may have moved since."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where in the ledger a message stands."""

    run: Run
    channel: Channel
    batch: Batch
    entry: Entry


def explain(
    store: Store, subscriber: Subscriber, account: Account, settings: Settings, on: date
) -> Iterator[Answer]:
    """An answer for each enrolment: from the ledger where there was a run, else by the rules."""
    run = store.ledger.run(on, account.id)
    settings = run.settings if run else settings
    catalogues = _catalogues(store, account.id, run, on)
    sent = dict(_sent(store, subscriber, on))
    at = _instant(run, settings, on)
    enclosure = run.enclosure if run else account.farewell_on(on)
    expected = _expected(subscriber, at, settings, catalogues, enclosure)
    ended = _ended(store, run, subscriber)
    paused = PAUSED if store.pauses.covering(account.id, subscriber.channel) else None
    missed = None
    if run and run.closed_at:
        missed = _expected(subscriber, run.closed_at, settings, catalogues, enclosure)
    for enrolment in subscriber.enrolments:
        answer = _stage_of(enrolment, at, settings)
        if enrolment.id in sent:
            yield _was_sent(store, answer, sent[enrolment.id])
            continue
        words, reason = expected[enrolment.id]
        outcome = PLANNED
        if reason is None and missed is not None:
            # It was due when the run opened; what happened until it closed says why not.
            reason, outcome = missed[enrolment.id][1], EXPIRED
        if reason is None and run and subscriber.channel in run.cancelled:
            reason = Reason.CANCELLED
        if reason:
            yield replace(answer, message=words, reason=reason)
            continue
        if ended:
            outcome = Result.REFUSED  # without a batch, since nobody was called for it
        code = {Result.REFUSED: ended, PLANNED: paused}.get(outcome)
        when = at.astimezone(JST).isoformat() if outcome == PLANNED and not paused else None
        yield replace(answer, message=words, outcome=outcome, code=code, at=when)


def _ended(store: Store, run: Run | None, subscriber: Subscriber) -> str | None:
    """Why the provider took nothing more of the job that the subscriber is in, if it did not."""
    job_id = run.job_of(subscriber.channel, subscriber.id) if run else None
    job = store.ledger.job(job_id) if job_id else None
    return job.ended if job else None


def _expected(
    subscriber: Subscriber,
    at: datetime,
    settings: Settings,
    catalogues: tuple[Catalogue, Catalogue],
    enclosure: Text | None,
) -> dict[str, tuple[str | None, Reason | None]]:
    """By enrolment: the title of the message due at an instant, or why none comes, or both (a
    twin's message that another one stands for).
    """
    common, own = catalogues
    schedule = schedule_of(common, own)
    ids = [each.id for each in subscriber.enrolments]
    decision = decide(
        subscriber,
        ids,
        at,
        settings=settings,
        schedule=schedule,
        enclosure=every_day(settings.end_of_delivery) if enclosure else None,
    )
    found: dict[str, tuple[str | None, Reason | None]] = {
        each: (None, reason) for each, reason in decision.silent.items()
    }
    for letter in decision.letters:
        title = put_into_words(
            letter, common=common, own=own, account=settings.name, enclosure=enclosure
        ).title
        first, *twins = letter.enrolments
        found[first] = (title, None)
        found |= dict.fromkeys(twins, (title, Reason.SENT_WITH_TWIN))
    return found


def _stage_of(enrolment: Enrolment, at: datetime, settings: Settings) -> Answer:
    standing = standing_at(enrolment.history, at)
    if standing.base_date is None:
        return Answer(enrolment.id)
    stage = stage_on(standing, jst_date(at), settings.end_of_delivery)
    return Answer(enrolment.id, stage.phase, stage.day, stage.label)


def on_that_day(subscriber: Subscriber, on: date) -> Subscriber:
    """The subscriber where they were at the end of a day, with the moves up to then."""
    end = jst_instant(on, time.max)
    account, channel = subscriber.where(end)
    earlier = tuple(each for each in subscriber.earlier if each.until <= end)
    return replace(subscriber, account=account, channel=channel, earlier=earlier)


def _was_sent(store: Store, answer: Answer, sent: Sent) -> Answer:
    batch, entry = sent.batch, sent.entry
    common, own = _catalogues(store, sent.run.account, sent.run, sent.run.date)
    text = common.get(entry.due) or own.get(entry.due) or sent.run.enclosure
    title = text.title if text else None
    answer = replace(answer, message=title, channel=sent.channel)
    if entry.enrolments[0] != answer.enrolment:
        return replace(answer, reason=Reason.SENT_WITH_TWIN)
    return replace(
        answer,
        outcome=entry.outcome.result,
        code=entry.outcome.code,
        at=(batch.settled_at or batch.frozen_at).astimezone(JST).isoformat(),
    )


def _sent(store: Store, subscriber: Subscriber, on: date) -> Iterator[tuple[str, Sent]]:
    """The entry of each enrolment in the batches of the day, also where the subscriber was before
    a move on that day; who was only tried has none.
    """
    moved = {each.account for each in subscriber.earlier if each.until >= jst_instant(on)}
    for account in (*sorted(moved - {subscriber.account}), subscriber.account):
        run = store.ledger.run(on, account)
        for job in run.job_ids() if run else ():
            state = store.ledger.job(job)
            for batch in store.waves.batches(job):
                for entry in batch.resent(state.resent_after if state else 0).entries:
                    tried = entry.outcome.result is Result.TRY_AGAIN
                    if run and entry.subscriber == subscriber.id and not tried:
                        sent = Sent(run, job.channel, batch, entry)
                        yield from ((each, sent) for each in entry.enrolments)


def _catalogues(
    store: Store, account: str, run: Run | None, on: date
) -> tuple[Catalogue, Catalogue]:
    """The common texts and the account's: those that the run froze, or those published for a day
    without a run.
    """

    def load(series: str) -> Catalogue:
        version = run.versions.get(series) if run else store.content.published(series, on)
        return store.content.load(series, version)

    return load(COMMON_SERIES), load(account)


def _instant(run: Run | None, settings: Settings, on: date) -> datetime:
    """The instant to decide for: when the run opened, else the sending time of the day, or now
    where that has passed today.
    """
    if run:
        return run.opened_at
    now = datetime.now(UTC)
    planned = jst_instant(on, settings.send_at)
    return now if jst_date(now) == on and now > planned else planned
