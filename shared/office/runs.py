"""The runs of a day with their sums, as JSON: for the program, the console and the demo alike."""

from datetime import date
from typing import Any

from shared.rules.account import Channel
from shared.rules.punctuality import SHARES, minutes_until
from shared.rules.reconciliation import Sums
from shared.store.ledger import Ledger
from shared.store.pauses import Pause
from shared.store.run import Run
from shared.store.store import Store

OUTCOMES = ("planned", "accepted", "refused", "gone", "unknown", "expired", "silent")
"""The columns of every table of sums: the first is what the others add up to."""


def day_report(store: Store, day: date) -> dict[str, Any]:
    """The runs of a day as JSON: those still open with the sums of their finished jobs, and all
    with what providers have told since of messages that were sent twice.
    """
    found = []
    whole = Sums()
    pauses = list(store.pauses)
    for run in store.ledger.runs(day):
        sums = _sums_by_now(store.ledger, run)
        paused = _paused(run, pauses)
        total = sum(sums.values(), Sums())
        whole += total
        found.append(
            {
                "account": run.account,
                "name": run.settings.name,
                "announcement": run.announcement,
                "state": _state(run, paused),
                "opened_at": run.opened_at.isoformat(),
                "closed_at": run.closed_at and run.closed_at.isoformat(),
                "reopened_at": run.reopened_at and run.reopened_at.isoformat(),
                "cancelled": {
                    channel: {"at": each.at.isoformat(), "by": each.by}
                    for channel, each in run.cancelled.items()
                },
                "paused": paused,
                "versions": run.versions,
                "ended": _ended(store.ledger, run),
                "channels": {channel: sums_json(each) for channel, each in sums.items()},
                "total": sums_json(total),
            }
        )
    return {"date": day.isoformat(), "runs": found, "total": sums_json(whole)}


def sums_json(sums: Sums) -> dict[str, Any]:
    """Sums as JSON, with silence by reason and whether they reconcile."""
    return {
        **sums.figures,
        "silent": dict(sums.silent),
        "codes": dict(sums.codes),
        "minutes": minutes_json(sums),
        "reconciles": sums.reconciles,
    }


def minutes_json(sums: Sums) -> dict[str, int | None] | None:
    """After how many minutes so many percent of the accepted were; null where none were."""
    if not sums.minutes:
        return None
    return {str(share): minutes_until(sums.minutes, share) for share in SHARES}


def _paused(run: Run, pauses: list[Pause]) -> list[Channel]:
    """The channels of an open run that a pause holds now; what is cancelled waits for nothing."""
    if run.closed_at is not None:
        return []
    left = {channel for channel, _ in run.jobs} - run.cancelled.keys()
    return sorted(c for c in left if any(each.covers(run.account, c) for each in pauses))


def _state(run: Run, paused: list[Channel]) -> str:
    """The state of a run: what staff did to any channel of it goes first."""
    if run.cancelled:
        return "cancelled"
    if paused:
        return "paused"
    return "open" if run.closed_at is None else "closed"


def _sums_by_now(ledger: Ledger, run: Run) -> dict[Channel, Sums]:
    sums = {channel: Sums() for channel, _ in run.jobs} | (run.sums or {})
    for job_id, job in ledger.jobs(run).items():
        if run.sums is None:
            sums[job_id.channel] += job.sums or Sums()
        sums[job_id.channel] += Sums(repeated=len(job.repeats))
    return sums


def _ended(ledger: Ledger, run: Run) -> dict[Channel, str]:
    """Channels on which the provider took nothing more, with its code; of an open run, so far."""
    if run.closed_at is not None:
        return run.ended
    return {job_id.channel: job.ended for job_id, job in ledger.jobs(run).items() if job.ended}


def total_of(value: int | dict[str, int]) -> int:
    """A figure, or the sum of one that is given by reason."""
    return sum(value.values()) if isinstance(value, dict) else value
