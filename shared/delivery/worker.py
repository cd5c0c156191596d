"""A delivering Lambda's turns: one at the job of each message that it is given."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.clock import given_clock
from shared.delivery.jobs import JobMessage, Queues
from shared.delivery.sender import NoProvider, Sender
from shared.delivery.turn import Progress, Turn
from shared.rules.outcomes import Result
from shared.rules.reconciliation import Sums
from shared.secrets import MissingCredentialsError
from shared.store.keys import JobId
from shared.store.run import Lease, Run
from shared.store.store import Store
from shared.store.tables import ConflictError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 60, 900
"""When a job that could not go on is taken up again: later each time in a row. SQS can delay a
message by 900 seconds at the most."""

SETTLED = frozenset({Result.ACCEPTED, Result.REFUSED, Result.GONE})
"""Results after which a message needs nothing more."""


def take_turns(
    event: Mapping[str, Any],
    context: "LambdaContext",
    *,
    store: Store,
    queues: Queues,
    sender: Callable[[Run, JobId], Sender],
    logger: Logger,
    metrics: Metrics,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Take a turn at the job of each SQS record; an exception leaves the record on the queue."""

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    for record in event["Records"]:
        metrics.add_metric("Turns", MetricUnit.Count, 1)
        message = JobMessage.model_validate_json(record["body"])
        logger.append_keys(**json.loads(message.model_dump_json(exclude={"at"}, exclude_none=True)))
        clock = _clock(message, record)
        run = store.ledger.run(message.date, message.account, message.announcement)
        # The lease lasts exactly as long as this process can live, so it never has two holders.
        lease = store.ledger.lease(message.job, seconds_left()) if run else None
        if run is None or lease is None:
            logger.info("nothing to do: the job is done, in work, or unknown")
            continue
        try:
            progress = Turn(
                store=store,
                run=run,
                lease=lease,
                sender=_opened(sender, run, message.job, logger, metrics),
                clock=clock,
                seconds_left=seconds_left,
                sleep=sleep,
            ).take()
            _hand_on(progress, lease, clock(), store=store, queues=queues)
        except ConflictError:
            logger.warning("the lease was lost, or the job was reopened: another turn goes on")
            store.ledger.release(lease)
            continue
        except Exception:
            store.ledger.release(lease)
            raise
        _report(progress, lease.counted, logger, metrics)


def _opened(
    sender: Callable[[Run, JobId], Sender],
    run: Run,
    job: JobId,
    logger: Logger,
    metrics: Metrics,
) -> Sender:
    try:
        return sender(run, job)
    except MissingCredentialsError as error:
        logger.error(str(error))  # noqa: TRY400 - the line says all there is to know
        metrics.add_metric("MissingCredentials", MetricUnit.Count, 1)
        return NoProvider("no_credentials")


def _clock(message: JobMessage, record: Mapping[str, Any]) -> Callable[[], datetime]:
    """The time of day that counts for the job: now, or, where ticks may be told the time, as long
    after the tick's as has passed since the message was sent.
    """

    def now() -> datetime:
        return datetime.now(UTC)

    if not given_clock():
        return now
    sent = datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC)
    shift = message.at - sent
    return lambda: now() + shift


def _hand_on(
    progress: Progress, lease: Lease, now: datetime, *, store: Store, queues: Queues
) -> None:
    if progress.sums is not None:
        store.ledger.finish(lease, progress.sums)
        return
    progress_at = now if _came_further(progress) else None
    if progress.more:
        store.ledger.release(lease, progress_at=progress_at)
        queues.put(lease.job, now)
        return
    if progress.pause is not None:
        # It has no message of its own meanwhile: each tick brings one.
        store.ledger.release(lease, progress_at=progress_at)
        return
    waits = 0 if progress.results.get(Result.ACCEPTED) else lease.waits
    rest = min(SHORTEST_WAIT_SECONDS * 2**waits, LONGEST_WAIT_SECONDS)
    queues.put(lease.job, now, delay=rest)
    store.ledger.release(lease, rest=rest, waits=waits + 1, progress_at=progress_at)


def _came_further(progress: Progress) -> bool:
    """Whether anything was settled in a turn. One that was paused waits as it should: it counts,
    or the job would be at a standstill in the moment in which the pause is lifted.
    """
    return bool(progress.results.keys() & SETTLED) or progress.pause is not None


def _report(progress: Progress, counted: Sums | None, logger: Logger, metrics: Metrics) -> None:
    """Log and count what a turn did; of a job that was `counted` before, the difference."""
    metrics.add_metric("ProviderCalls", MetricUnit.Count, progress.calls)
    tried = progress.results.get(Result.TRY_AGAIN, 0)
    metrics.add_metric("TriedAgain", MetricUnit.Count, tried)
    if progress.codes:
        logger.warning("the provider did not take all", extra={"codes": dict(progress.codes)})
    if progress.ended:
        logger.warning("ended: the provider takes nothing more", extra={"code": progress.ended})
        metrics.add_metric("ChannelsEnded", MetricUnit.Count, 1)
    pause, sums = progress.pause, progress.sums
    if sums is None:
        if pause is not None:
            logger.warning("paused", extra={"by": pause.by, "since": pause.since.isoformat()})
            metrics.add_metric("Paused", MetricUnit.Count, 1)
        logger.info("handed on", extra={"calls": progress.calls})
        return
    if not sums.reconciles:
        logger.error("the sums of the job do not reconcile")
    before = (counted or Sums()).figures
    for name, value in sums.figures.items():
        metrics.add_metric(name.title(), MetricUnit.Count, value - before[name])
    logger.info("done", extra={**sums.figures, "calls": progress.calls})
