"""Takes snapshots of AU: as EventBridge says, as staff ask, and again to check a past one."""

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Literal

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, TypeAdapter
from pydantic import ValidationError as BadShapeError

from functions.au_snapshot.take import Taken, recount, same_figures, take
from shared.clock import given_clock
from shared.rules.au import Measure
from shared.rules.dates import JST, jst_instant
from shared.rules.months import Month
from shared.rules.snapshot import Snapshot
from shared.settings import setting
from shared.store.snapshots import figures_json
from shared.store.store import Store, names_from_environment, open_store

logger = Logger(service="au-snapshot")
metrics = Metrics(namespace="Kizuna", service="au-snapshot")

SETTLED = timedelta(seconds=60)
"""A request that was stamped before the instant may be writing still: API Gateway gives it 30 s."""

PROGRESS_EVERY_SECONDS = 0.5

_SHAPES = (
    '{"kind": "internal", "as_of": "2026-11-25T10:00:00+09:00"}, '
    '{"kind": "month_end", "month": "2026-11"} (each with "by", and "again": true to count anew), '
    '{"check": "month_end-2026-11"} or {"scheduled": "internal"|"month_end"}'
)


class BadEventError(ValueError):
    """The event is not one that is taken here; the message says what would be right."""


def _month(text: str) -> str:
    Month.parse(text)
    return text


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TakeInternal(_Event):
    """Take the internal snapshot of an instant; `since` is where its balance sheets begin."""

    kind: Literal["internal"]
    as_of: AwareDatetime
    since: AwareDatetime | None = None
    by: str = "invoke"
    again: bool = False


class TakeMonthEnd(_Event):
    """Take the month-end snapshot of a month."""

    kind: Literal["month_end"]
    month: Annotated[str, AfterValidator(_month)]
    by: str = "invoke"
    again: bool = False


class Check(_Event):
    """Count the instant of a snapshot again, and say whether the same comes of it."""

    check: str


class Scheduled(_Event):
    """The snapshot whose time came last, by the schedule."""

    scheduled: Literal["internal", "month_end"]


_EVENT: TypeAdapter[TakeInternal | TakeMonthEnd | Check | Scheduled] = TypeAdapter(
    TakeInternal | TakeMonthEnd | Check | Scheduled
)


@cache
def _store() -> Store:
    return open_store(names_from_environment())


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Do what the event asks; answer with the figures, or with what a check found."""
    metrics.add_metric("AuRequests", MetricUnit.Count, 1)
    now = datetime.now(UTC)
    try:
        asked = _EVENT.validate_python(event)
    except BadShapeError as error:
        raise BadEventError(f"takes {_SHAPES}; {_faults(error, event)}") from None
    match asked:
        case Check():
            return _check(asked.check)
        case Scheduled():
            taken = _take(scheduled_measure(asked.scheduled, now), "schedule", now)
        case TakeMonthEnd():
            measure = Measure.month_end(Month.parse(asked.month))
            taken = _take(measure, asked.by, now, again=asked.again)
        case TakeInternal():
            as_of, since = asked.as_of.astimezone(UTC), asked.since
            if since is not None and since >= as_of:
                raise BadEventError("`since` must lie before `as_of`")
            measure = Measure.internal(as_of, since and since.astimezone(UTC))
            taken = _take(measure, asked.by, now, again=asked.again)
    return {**figures_json(taken.snapshot, taken.review.state), "new": taken.new}


def scheduled_measure(kind: str, now: datetime) -> Measure:
    """The measure that the schedule asks for at `now`: that of the latest time that has come, so
    that a late or repeated call asks for the same.
    """
    today = now.astimezone(JST)
    this_month = Month.of(today.date())
    if kind == "month_end":
        return Measure.month_end(this_month.plus(-1))
    day, hour = int(setting("INTERNAL_AU_DAY")), int(setting("INTERNAL_AU_HOUR"))
    for month in (this_month, this_month.plus(-1)):
        as_of = jst_instant(month.first + timedelta(days=day - 1)) + timedelta(hours=hour)
        if as_of <= now:
            break
    return Measure.internal(as_of)


def _take(measure: Measure, by: str, now: datetime, *, again: bool = False) -> Taken:
    _wait_until_settled(measure, now)
    progress = _Progress(_store())
    try:
        taken = take(_store(), measure, by=by, now=now, again=again, counting=progress)
    finally:
        progress.over()
    metrics.add_metric("AuSnapshots", MetricUnit.Count, int(taken.new))
    facts = {"snapshot": taken.snapshot.snapshot, "new": taken.new}
    facts |= {"total": taken.snapshot.total.subscribers, "sha256": taken.snapshot.sha256}
    logger.info("snapshot", extra=facts)
    return taken


def _wait_until_settled(measure: Measure, now: datetime) -> None:
    if given_clock():
        return  # time passes as ticks say: an instant ahead is a rehearsal
    if measure.as_of > now:
        raise BadEventError(
            f"{measure.as_of.astimezone(JST).isoformat()} lies in the future; "
            "AU can be told once it has come"
        )
    time.sleep(max(0.0, (measure.as_of + SETTLED - now).total_seconds()))


def _check(name: str) -> dict[str, Any]:
    found = _store().snapshots.get(name)
    if found is None:
        raise BadEventError(f"there is no snapshot {name!r}")
    snapshot, review = found
    counted = recount(_store(), snapshot, review.taken_at)
    return {
        "snapshot": name,
        "same": same_figures(snapshot, counted),
        "differs": _differing(snapshot, counted),
        "sha256": snapshot.sha256,
        "recounted_sha256": counted.sha256,
    }


def _differing(one: Snapshot, other: Snapshot) -> list[str]:
    """The accounts of which two snapshots say different things."""
    accounts = {line.account for line in (*one.accounts, *other.accounts)}
    return sorted(each for each in accounts if one.line(each) != other.line(each))


class _Progress:
    """Notes how far a count is, twice a second at most, for whoever waits for it."""

    def __init__(self, store: Store) -> None:
        self._store, self._name, self._noted = store, "", 0.0

    def __call__(self, name: str, done: int) -> None:
        if time.monotonic() - self._noted >= PROGRESS_EVERY_SECONDS:
            self._noted, self._name = time.monotonic(), name
            self._store.snapshots.counting(name, done)

    def over(self) -> None:
        if self._name:
            self._store.snapshots.counting(self._name, None)


def _faults(error: BadShapeError, event: object) -> str:
    """What is wrong with the event, told of the kind that it seems to be; never its values."""
    if not isinstance(event, dict):
        return "it is no JSON object"
    seems = {"internal": "TakeInternal", "month_end": "TakeMonthEnd"}.get(str(event.get("kind")))
    seems = seems or ("Check" if "check" in event else "Scheduled")
    told = [each for each in error.errors() if each["loc"][0] == seems] or error.errors()[:1]
    return "; ".join(f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in told)
