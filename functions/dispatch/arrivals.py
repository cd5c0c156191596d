"""Arrivals: have the day's job look once more where somebody has moved to.

Their message of today may not have been sent where they were. A job that was done, or was past
them, would never find them.
"""

from datetime import datetime
from itertools import islice

from shared.rules.dates import jst_date, jst_time
from shared.store.store import Store

MOST = 2_000
"""Of one tick, so that it comes to everything else: a town that moves whole is many."""


def look_again(store: Store, now: datetime) -> None:
    """Reopen the jobs of today to which somebody has moved, where messages may still go out.

    Reopened before it is forgotten: a crash between reopens it once more, which costs a look.
    """
    reopened = set()
    for arrival in islice(store.arrivals, MOST):
        run = store.ledger.run(jst_date(now), arrival.account)
        job = run and run.job_of(arrival.channel, arrival.subscriber)
        if run and job and job not in reopened and run.settings.sending(jst_time(now)):
            store.control.reopen(run, job, now)
            reopened.add(job)
        store.arrivals.seen(arrival)
