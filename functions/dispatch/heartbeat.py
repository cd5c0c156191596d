"""The heartbeat of the day's runs: which channels of an open run have come to a standstill."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.rules.account import Channel
from shared.rules.dates import jst_date, jst_time
from shared.store.keys import JobId
from shared.store.run import Job, Run

STANDSTILL = timedelta(minutes=45)
"""A job that rests comes back within 15 minutes, and one that works is cut off after 5."""


def at_a_standstill(run: Run, jobs: Mapping[JobId, Job], now: datetime) -> set[Channel]:
    """The channels of a run in which a job is not done and has come no further for so long, though
    its messages may go out.
    """
    if jst_date(now) != run.date or not run.settings.sending(jst_time(now)):
        return set()
    begun = max(run.opened_at, run.reopened_at or run.opened_at)
    return {
        job_id.channel
        for job_id, job in jobs.items()
        if not job.done and now - max(job.progress_at or begun, begun) >= STANDSTILL
    }
