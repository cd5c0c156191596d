"""The plan of a day: open the runs whose time has come, queue what is to be done, close the rest.

Idempotent: it make the world match today's plan, whatever an earlier tick did or left undone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from functions.dispatch.heartbeat import at_a_standstill
from shared.delivery.jobs import Queues
from shared.rules.account import Account, Channel, Delivery, Settings
from shared.rules.announcement import Announcement
from shared.rules.catalogue import COMMON_SERIES
from shared.rules.dates import jst_date, jst_time
from shared.rules.reconciliation import Sums
from shared.store.keys import JobId, run_name
from shared.store.run import Job, Run
from shared.store.store import Store

LOOK_BACK_DAYS = 7
"""Runs of the last days are still closed, should the ticks not have come for a while."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What a tick did."""

    opened: int
    queued: int
    closed: tuple[Run, ...]
    open: int
    """Runs that are still open after the tick."""
    stuck: tuple[Run, ...]
    """Those of them that have come no further for long, and that nobody has paused."""


def tick(store: Store, queues: Queues, now: datetime, finished: set[date]) -> Tick:
    """Do what is to be done at `now`. `finished` are the days that earlier ticks of this process
    found without an open run: they are not looked at again, since nothing opens one of a past day.
    """
    today = jst_date(now)
    finished.discard(today)
    runs = {run.name: run for run in store.ledger.runs(today)}
    announced = store.announcements.on(today)
    opened = [
        run
        for account in store.accounts
        for run in (
            _open(store, account, now) if account.id not in runs else None,
            *(
                _announce(store, account, each, now)
                for each in announced
                if run_name(account.id, each.id) not in runs
            ),
        )
        if run is not None
    ]
    queued, still_open, closed, stuck = 0, 0, [], []
    for run in (*_earlier(store, today, finished), *runs.values(), *opened):
        if run.closed_at is not None:
            continue
        jobs = store.ledger.jobs(run)
        unfinished = [job_id for job_id, job in jobs.items() if not job.done]
        if not unfinished:
            if done := _close(store, run, now, jobs):
                closed.append(done)
            else:
                still_open += 1
            continue
        still_open += 1
        if _is_stuck(store, run, jobs, now):
            stuck.append(run)
        for job_id in unfinished:
            # Queued twice does no harm: the lease lets one in, and a done job is left alone. One
            # that works or rests has its own message.
            if not jobs[job_id].leased:
                queues.put(job_id, now)
                queued += 1
    return Tick(len(opened), queued, tuple(closed), still_open, tuple(stuck))


def _earlier(store: Store, today: date, finished: set[date]) -> Iterator[Run]:
    """The open runs of the days before, the oldest first."""
    for days in range(LOOK_BACK_DAYS, 0, -1):
        day = today - timedelta(days=days)
        if day in finished:
            continue
        still_open = [run for run in store.ledger.runs(day) if run.closed_at is None]
        if not still_open:
            finished.add(day)
        yield from still_open


def _is_stuck(store: Store, run: Run, jobs: Mapping[JobId, Job], now: datetime) -> bool:
    standing = at_a_standstill(run, jobs, now)
    return any(store.pauses.covering(run.account, channel) is None for channel in standing)


def _open(store: Store, account: Account, now: datetime) -> Run | None:
    """Open the account's run of today, if its sending time has come."""
    today = jst_date(now)
    settings = account.on(today)
    if settings is None or settings.delivery is not Delivery.OWN:
        return None
    if not settings.sending(jst_time(now)):
        return None
    versions = {
        series: version
        for series in (COMMON_SERIES, account.id)
        if (version := store.content.published(series, today))
    }
    if not versions:
        return None  # no text was ever published: the day's run waits for one
    run = Run(
        account.id,
        today,
        settings,
        versions,
        _jobs(account, settings),
        opened_at=now,
        enclosure=account.farewell_on(today),
    )
    return run if store.ledger.open_run(run) else None


def _announce(
    store: Store, account: Account, announcement: Announcement, now: datetime
) -> Run | None:
    """Open the account's run of an announcement, if its hour has come."""
    today = jst_date(now)
    settings = account.on(today)
    if settings is None or settings.delivery is not Delivery.OWN:
        return None
    if not announcement.goes_out(account.id, settings, jst_time(now), today):
        return None
    frozen = announcement.settings(settings)
    run = Run(
        account.id,
        today,
        frozen,
        {},
        _jobs(account, frozen),
        opened_at=now,
        enclosure=announcement.text,
        announcement=announcement.id,
        audience=announcement.audience,
    )
    return run if store.ledger.open_run(run) else None


def _jobs(account: Account, settings: Settings) -> tuple[tuple[Channel, int], ...]:
    return tuple(
        (channel, shard) for channel in sorted(settings.channels) for shard in range(account.shards)
    )


def _close(store: Store, run: Run, now: datetime, jobs: Mapping[JobId, Job]) -> Run | None:
    sums = {channel: Sums() for channel, _ in run.jobs}
    for job_id, job in jobs.items():
        sums[job_id.channel] += job.sums or Sums()
    ended = {job_id.channel: job.ended for job_id, job in jobs.items() if job.ended}
    return store.ledger.close_run(run, sums, now, ended)
