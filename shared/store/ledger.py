"""The ledger: runs and jobs; what was planned, who works on it, what came of it."""

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key as Where
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from shared.rules.account import Channel
from shared.rules.outcomes import Batch
from shared.rules.reconciliation import Sums
from shared.store import keys
from shared.store.documents import read
from shared.store.keys import LEDGER_DAYS, JobId
from shared.store.run import Job, Lease, Run
from shared.store.tables import (
    ConflictError,
    Item,
    get,
    get_many,
    is_conflict,
    is_in_transaction,
    keyed,
    put_action,
    query,
    transact,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table


STILL_OPEN = "NOT attribute_type(closed_at, :text)"
"""The condition that a run is not closed; `:text` is "S"."""

_OURS = "fence = :fence AND (attribute_not_exists(reopened_after) OR reopened_after < :fence)"
"""The condition that a job is still worked on under the lease of `:fence`, and was not reopened."""

_RUN = TypeAdapter(Run)
_JOB = TypeAdapter(Job)
_BATCH = TypeAdapter(Batch)
_SUMS = TypeAdapter(Sums)


class Ledger:
    """Runs and jobs in the ledger table.

    Leases run on the wall clock, because they are about processes; everything else is told the
    time, because it is about days.
    """

    def __init__(self, resource: "DynamoDBServiceResource", table: "Table") -> None:
        self._resource, self._table = resource, table

    def open_run(self, run: Run) -> bool:
        """Open a run with its jobs, all at once; False where it was opened before."""
        actions = [
            self._put_new(keys.run(run.date, run.name), _RUN.dump_python(run, mode="json")),
            *(self._put_new(keys.job(each), {}) for each in run.job_ids()),
        ]
        try:
            transact(self._resource, actions)
        except ConflictError:
            return False
        return True

    def run(self, day: date, account: str, announcement: str | None = None) -> Run | None:
        """The run of the day's messages of an account, or of an announcement; or None."""
        item = get(self._table, _where(keys.run(day, keys.run_name(account, announcement))))
        return None if item is None else read(_RUN, item, f"the run {day} {account}")

    def runs(self, day: date) -> Iterator[Run]:
        """The runs of a date, by account."""
        pk = keys.run(day, "").pk
        for item in query(
            self._table, KeyConditionExpression=Where("pk").eq(pk), ConsistentRead=True
        ):
            yield read(_RUN, item, f"the run {day} {item['sk']}")

    def close_run(
        self,
        run: Run,
        sums: dict[Channel, Sums],
        now: datetime,
        ended: dict[Channel, str] | None = None,
    ) -> Run | None:
        """Close a run with the sums of its channels, and why some `ended`, and return it; closing
        twice changes nothing. None where it was reopened since `run` was read, so that these are no
        longer its sums.
        """
        closed = replace(run, sums=sums, closed_at=now, ended=ended or {})
        document = _RUN.dump_python(closed, mode="json")
        change = "SET sums = :sums, closed_at = :closed, ended = :ended"
        values = {f":{name}": document[name] for name in ("sums", "ended")}
        values |= {":closed": document["closed_at"], ":text": "S"}
        values[":reopened"] = run.reopened
        condition = f"attribute_exists(pk) AND {STILL_OPEN} AND reopened = :reopened"
        key = keys.run(run.date, run.name)
        try:
            item = self._update(key, change, values, condition=condition)
        except ConflictError:
            found = self.run(run.date, run.account, run.announcement)
            return found if found and found.closed_at else None
        return read(_RUN, item, f"the run {run.date} {run.account}")

    def job(self, job: JobId) -> Job | None:
        """One job, or None where its run was never opened."""
        item = get(self._table, _where(keys.job(job)))
        return None if item is None else read(_JOB, item, f"the job {job}")

    def jobs(self, run: Run) -> dict[JobId, Job]:
        """The jobs of a run, all of them. They were opened with it: where one does not come back,
        the answer is wrong (LookupError), and a run must not be closed without it.
        """
        by_key = {keys.job(each): each for each in run.job_ids()}
        items = get_many(self._resource, self._table, [_where(key) for key in by_key])
        read_by_key = {keys.Key(item["pk"], item["sk"]): item for item in items}
        found: dict[JobId, Job] = {}
        for key, job_id in by_key.items():
            if key not in read_by_key:
                message = f"the job {job_id} of an open run was not found"
                raise LookupError(message)
            found[job_id] = read(_JOB, read_by_key[key], f"the job {job_id}")
        return found

    def lease(self, job: JobId, seconds: float) -> Lease | None:
        """Take the job for `seconds`, the longest that this process can live; None where another
        holds it or it is done.
        """
        now = int(time.time())
        try:
            answer = self._update(
                keys.job(job),
                "SET leased_until = :until, fence = if_not_exists(fence, :zero) + :one",
                {
                    ":until": now + math.ceil(seconds),
                    ":now": now,
                    ":zero": 0,
                    ":one": 1,
                },
                condition="attribute_exists(pk) AND attribute_not_exists(sums)"
                " AND (attribute_not_exists(leased_until) OR leased_until < :now)",
            )
        except ConflictError:
            return None
        found = read(_JOB, answer, f"the job {job}")
        return Lease(job, found.fence, found.waits, found.ended, found.resent_after, found.counted)

    def release(
        self, lease: Lease, *, rest: int = 0, waits: int = 0, progress_at: datetime | None = None
    ) -> None:
        """Give the job back, to be taken up after `rest` seconds at the earliest, and note when it
        came further, if it did; nothing happens where the lease is another's by now.
        """
        until = int(time.time()) + rest - 1 if rest else 0
        change = "SET leased_until = :until, waits = :waits"
        values: dict[str, Any] = {":until": until, ":waits": waits, ":fence": lease.fence}
        if progress_at:
            change += ", progress_at = :progress"
            values[":progress"] = progress_at.isoformat()
        try:
            self._update(keys.job(lease.job), change, values, condition="fence = :fence")
        except ConflictError:
            return

    def end(self, lease: Lease, code: str) -> None:
        """Note that the provider takes nothing more of the job; ConflictError where the lease is
        another's by now, or the job was reopened under it: what is answered to a call of before
        says nothing of the quota since.
        """
        values = {":code": code, ":fence": lease.fence}
        self._update(keys.job(lease.job), "SET ended = :code", values, condition=_OURS)

    def finish(self, lease: Lease, sums: Sums) -> None:
        """Close the job with its sums; ConflictError where the lease is another's by now, or the
        job was reopened under it, so that it is not done.
        """
        self._update(
            keys.job(lease.job),
            "SET sums = :sums, counted = :sums, leased_until = :none",
            {":sums": _SUMS.dump_python(sums, mode="json"), ":none": 0, ":fence": lease.fence},
            condition=_OURS,
        )

    def heard(self, channel: Channel) -> datetime | None:
        """When the newest message was frozen of which the provider's own events have come."""
        item = get(self._table, _where(keys.heard(channel)))
        return None if item is None else datetime.fromtimestamp(int(item["frozen"]), UTC)

    def note_heard(self, channel: Channel, frozen: int) -> None:
        """Note that the provider's events have come for a message frozen at `frozen` (seconds)."""
        try:
            self._table.update_item(
                Key=_where(keys.heard(channel)),
                UpdateExpression="SET frozen = :frozen",
                ConditionExpression="attribute_not_exists(frozen) OR frozen < :frozen",
                ExpressionAttributeValues={":frozen": frozen},
            )
        except ClientError as error:
            if not is_conflict(error):
                raise

    def _put_new(self, key: keys.Key, item: Item) -> dict[str, Any]:
        return put_action(self._table, self._item(key, item), "attribute_not_exists(pk)")

    def _item(self, key: keys.Key, item: Item) -> dict[str, Any]:
        expires = int(time.time()) + LEDGER_DAYS * 86_400
        return keyed(key, {**item, "expires": expires})

    def _update(
        self,
        key: keys.Key,
        change: str,
        values: dict[str, Any],
        condition: str = "attribute_exists(pk)",
    ) -> Item:
        try:
            answer = self._table.update_item(
                Key=_where(key),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if is_conflict(error) or is_in_transaction(error):
                raise ConflictError from error
            raise
        return answer["Attributes"]


def _where(key: keys.Key) -> dict[str, str]:
    return {"pk": key.pk, "sk": key.sk}
