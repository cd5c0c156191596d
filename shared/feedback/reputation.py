"""Reputation: an account's bounces and complaints of a week, and the pause where they are many."""

from datetime import date, datetime

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.rules.account import Channel
from shared.rules.guard import WINDOW_DAYS, Reputation, Verdict, reputation, verdict, window
from shared.rules.outcomes import Result
from shared.store.pauses import GUARD, Pause
from shared.store.store import Store

GUARDED = Channel.EMAIL
"""Only email has a reputation that one account can lose for all."""


def reputation_of(store: Store, account: str, day: date) -> Reputation:
    """The reputation of an account over the week that ends with `day`."""
    days = window(day)
    accepted = sum(_accepted(store, account, each) for each in days)
    return reputation(accepted, store.feedback.counts(days, GUARDED, account).values())


def watch(
    store: Store, account: str, day: date, now: datetime, *, logger: Logger, metrics: Metrics
) -> None:
    """Pause an account whose mails bounce too much, or warn of it once a day: by a metric, a line
    of the log and a note in the audit.
    """
    if store.pauses.covering(account, GUARDED):
        return
    found = reputation_of(store, account, day)
    why = in_words(found)
    match verdict(found):
        case Verdict.PAUSE:
            if store.pauses.put(Pause(account, GUARDED, now, GUARD, why, day)):
                metrics.add_metric("GuardPaused", MetricUnit.Count, 1)
                metrics.add_metadata("paused_account", account)
                logger.warning("paused by the guard", extra={"account": account, "why": why})
                store.audit.note(now, GUARD, f"paused {GUARDED}: {why}", account)
        case Verdict.WARN:
            if store.feedback.first_warning(day, GUARDED, account):
                metrics.add_metric("GuardWarned", MetricUnit.Count, 1)
                metrics.add_metadata("warned_account", account)
                logger.warning("the guard warns", extra={"account": account, "why": why})
                store.audit.note(now, GUARD, f"warned of {GUARDED}: {why}", account)
        case _:
            return


def lift(store: Store, account: str, now: datetime, today: date, by: str) -> Pause | None:
    """Let an account's mails go out again, and note who did it; what has bounced until now no
    longer counts. None where it was not the guard that paused it.
    """
    paused = next(
        (
            each
            for each in store.pauses
            if (each.account, each.channel, each.by) == (account, GUARDED, GUARD)
        ),
        None,
    )
    if paused is None:
        return None
    # Before the pause is gone, or the next bounce could bring it back.
    days = {*window(today), *window(paused.until_day or today)}
    store.feedback.forgive(sorted(days), GUARDED, account)
    store.pauses.lift(account, GUARDED)
    store.audit.note(now, by, f"lifted the pause of {GUARDED}", account)
    return paused


def in_words(found: Reputation) -> str:
    """A reputation as a line for staff."""
    return (
        f"of {found.accepted:,} mails in {WINDOW_DAYS} days {found.bounced:,} bounced for good"
        f" and {found.complained:,} were marked as spam"
    )


def _accepted(store: Store, account: str, day: date) -> int:
    """How many mails of a day were accepted; of a run that is still open, so far."""
    run = store.ledger.run(day, account)
    if run is None:
        return 0
    if run.sums is not None:
        return run.sums[GUARDED].accepted if GUARDED in run.sums else 0
    accepted = 0
    for job_id, job in store.ledger.jobs(run).items():
        if job_id.channel is not GUARDED:
            continue
        if job.sums is not None:
            accepted += job.sums.accepted
            continue
        entries = (entry for batch in store.waves.batches(job_id) for entry in batch.entries)
        accepted += sum(entry.outcome.result is Result.ACCEPTED for entry in entries)
    return accepted
