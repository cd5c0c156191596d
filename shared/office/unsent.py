"""Unsent: who of a run did not get the message of the day, and would get it now."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime

from shared.delivery.earlier_deliveries import EarlierDeliveries
from shared.rules.account import Channel
from shared.rules.catalogue import COMMON_SERIES, schedule_of
from shared.rules.message import Schedule, within_reach
from shared.rules.reconciliation import Reconciliation
from shared.rules.subscriber import decide
from shared.store.keys import JobId
from shared.store.run import Run
from shared.store.store import Store

CANCELLED, NOT_SENT = "cancelled", "not_sent"
"""What stands for a provider's code with those for whom no call was made."""


def unsent(store: Store, run: Run, channels: Collection[Channel], now: datetime) -> Counter[str]:
    """How many messages of these channels would be sent now, by the code that says why they were
    not. Whoever got theirs, or perhaps did, is in no batch that counts here, and never will be.
    """
    common, own = (
        store.content.load(series, run.versions.get(series))
        for series in (COMMON_SERIES, run.account)
    )
    schedule = schedule_of(common, own)
    found: Counter[str] = Counter()
    for job in run.job_ids():
        if job.channel in channels:
            found += _of_job(store, run, job, schedule, now)
    return found


def _of_job(store: Store, run: Run, job: JobId, schedule: Schedule, now: datetime) -> Counter[str]:
    state = store.ledger.job(job)
    fence, ended = (state.fence, state.ended) if state else (0, None)
    book = Reconciliation(batch.resent(fence) for batch in store.waves.batches(job))
    never = CANCELLED if job.channel in run.cancelled else ended or NOT_SENT
    codes = _codes(store, run, job, book, schedule, never=never)
    earlier = EarlierDeliveries(store, job)
    found: Counter[str] = Counter()
    for subscriber in store.subscribers.get_many(codes).values():
        if (subscriber.account, subscriber.channel) != (job.account, job.channel):
            continue
        asked = codes[subscriber.id].keys() - (earlier.sent(subscriber) or set())
        decision = decide(
            subscriber,
            asked,
            now,
            settings=run.settings,
            schedule=schedule,
            enclosure=run.enclosed_on,
        )
        found.update(
            codes[subscriber.id][letter.enrolments[0]]
            for letter in decision.letters
            if not book.has_message(subscriber.id, letter.due)
        )
    return found


def _codes(
    store: Store, run: Run, job: JobId, book: Reconciliation, schedule: Schedule, *, never: str
) -> dict[str, dict[str, str]]:
    """Those of a job who did not get it: by subscriber and enrolment, the code; `never` stands for
    those for whom nobody was called.
    """
    codes: dict[str, dict[str, str]] = defaultdict(dict)
    end = run.settings.end_of_delivery
    reach = run.enclosed_on or within_reach(schedule, end)
    for due in store.due.candidates(job, reach):
        left = (each for each in due.enrolments if not book.has(due.subscriber, each))
        codes[due.subscriber] |= dict.fromkeys(left, never)
    for tried in (entry for entries in book.tried() for entry in entries):
        codes[tried.subscriber] |= dict.fromkeys(tried.enrolments, tried.outcome.code or NOT_SENT)
    return codes
