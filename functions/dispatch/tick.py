"""The tick: EventBridge calls this every 15 minutes of the day (JST)."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from functions.dispatch.arrivals import look_again
from functions.dispatch.offers import hand_on
from functions.dispatch.plan import Tick, tick
from shared.clock import given_clock
from shared.delivery.jobs import Queues
from shared.rules.account import Channel
from shared.rules.punctuality import SHARES, minutes_until
from shared.settings import setting
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.notices import NoticeQueues

logger = Logger(service="dispatch")
metrics = Metrics(namespace="Kizuna", service="dispatch")


class TickEvent(BaseModel):
    """What a tick may be told: nothing, or (where the stack's clock is `given`) what time it is."""

    model_config = ConfigDict(extra="forbid")

    now: AwareDatetime | None = None


class BadEventError(ValueError):
    """The event is not one that a tick takes; the message says what would be right."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What is made once in a process. `finished` are the days on which nothing is open any more."""

    store: Store
    queues: Queues
    notices: NoticeQueues
    finished: set[date] = field(default_factory=set)


@cache
def _resources() -> Resources:
    sqs = boto3.client("sqs", config=Config(retries={"mode": "standard"}))
    urls = {channel: setting(f"{channel.name}_QUEUE") for channel in Channel}
    notices = {channel: setting(f"{channel.name}_NOTICE_QUEUE") for channel in Channel}
    store = open_store(names_from_environment())
    return Resources(store, Queues(sqs, urls), NoticeQueues(sqs, notices))


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Run one tick and answer with what it did; BadEventError where the event is not one."""
    metrics.add_metric("TicksBegun", MetricUnit.Count, 1)
    now = _now(event)
    ours = _resources()
    look_again(ours.store, now)
    done = tick(ours.store, ours.queues, now, ours.finished)
    offers = hand_on(ours.store, ours.notices, now)
    _report(done)
    metrics.add_metric("Offers", MetricUnit.Count, offers)
    # Last: an alarm goes off where no tick has succeeded.
    metrics.add_metric("Ticks", MetricUnit.Count, 1)
    return {
        "now": now.isoformat(),
        "opened": done.opened,
        "queued": done.queued,
        "closed": len(done.closed),
        "open": done.open,
    }


def _now(event: dict[str, Any]) -> datetime:
    try:
        told = TickEvent.model_validate(event).now
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        message = f'a tick takes {{}} or {{"now": "2026-11-25T10:00:00+09:00"}}; {faults}'
        raise BadEventError(message) from None
    if told is None:
        return datetime.now(UTC)
    if not given_clock():
        message = "this stack runs on the real clock (parameter Clock); leave `now` out"
        raise BadEventError(message)
    return told


def _report(done: Tick) -> None:
    metrics.add_metric("OpenRuns", MetricUnit.Count, done.open)
    metrics.add_metric("StuckRuns", MetricUnit.Count, len(done.stuck))
    for run in done.stuck:
        which = {"account": run.account, "date": run.date.isoformat()}
        logger.error("the run comes no further", extra=which)
    for run in done.closed:
        total = run.total()
        facts = {"account": run.account, "date": run.date.isoformat(), **total.figures}
        (logger.info if total.reconciles else logger.error)("run closed", extra=facts)
        for share in SHARES:
            if (minute := minutes_until(total.minutes, share)) is not None:
                metrics.add_metric(f"MinutesTo{share}", MetricUnit.Count, minute)
        if not total.reconciles or total.unknown:
            metrics.add_metric("RunsToLookAt", MetricUnit.Count, 1)
    logger.info("tick", extra={"opened": done.opened, "queued": done.queued, "open": done.open})
