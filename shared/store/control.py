"""Control: what is done to a run of the ledger from outside: cancelled, or reopened."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from shared.rules.account import Channel
from shared.store import keys
from shared.store.keys import JobId
from shared.store.ledger import STILL_OPEN
from shared.store.run import Cancelled, Run
from shared.store.tables import Action, Item, is_conflict, transact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table

_CANCELLED = TypeAdapter(Cancelled)
_INSTANT = TypeAdapter(datetime)


class Control:
    """Marks on runs and jobs, which the send loop and the tick go by."""

    def __init__(self, resource: "DynamoDBServiceResource", ledger: "Table") -> None:
        self._resource, self._table = resource, ledger

    def cancel(self, run: Run, channels: Collection[Channel], cancelled: Cancelled) -> bool:
        """Cancel what these channels of a run have not sent yet; False, and nothing changes, where
        it is closed by now.
        """
        key = keys.run(run.date, run.name)
        changes = ", ".join(f"cancelled.#{each} = :cancelled" for each in channels)
        try:
            self._table.update_item(
                Key=asdict(key),
                UpdateExpression=f"SET {changes}",
                ConditionExpression=f"attribute_exists(pk) AND {STILL_OPEN}",
                ExpressionAttributeNames={f"#{each}": each.value for each in channels},
                ExpressionAttributeValues={
                    ":cancelled": _CANCELLED.dump_python(cancelled, mode="json"),
                    ":text": "S",
                },
            )
        except ClientError as error:
            if not is_conflict(error):
                raise
            return False
        return True

    def resend(self, run: Run, channels: Collection[Channel], now: datetime) -> None:
        """Reopen these channels of a run for those who did not get it: also for who was refused,
        and whatever was cancelled or had ended.
        """
        jobs = (each for each in run.job_ids() if each.channel in channels)
        reopened = (self._job_reopened(each, refused_too=True) for each in jobs)
        transact(self._resource, [self._run_reopened(run, now, channels), *reopened])

    def reopen(self, run: Run, job: JobId, now: datetime) -> None:
        """Reopen a job of a run, so that it looks once more for those of whom nothing is known."""
        transact(self._resource, [self._run_reopened(run, now), self._job_reopened(job)])

    def _run_reopened(self, run: Run, now: datetime, uncancelled: Iterable[Channel] = ()) -> Action:
        """A run is open, whether it was closed or not. Whoever read it before cannot close it."""
        names = {f"#{each}": each.value for each in uncancelled}
        gone = ", ".join(["closed_at", "sums", "ended", *(f"cancelled.{each}" for each in names)])
        return self._changed(
            keys.run(run.date, run.name),
            f"SET reopened_at = :now, reopened = reopened + :one REMOVE {gone}",
            {":now": _INSTANT.dump_python(now, mode="json"), ":one": 1},
            names,
        )

    def _job_reopened(self, job: JobId, *, refused_too: bool = False) -> Action:
        """A job is not done. Batches stay, and with them who got it. A turn that is under way under
        this very fence cannot call the job done any more.
        """
        change = "SET reopened_after = if_not_exists(fence, :none)"
        if refused_too:
            change += ", resent_after = if_not_exists(fence, :none) REMOVE sums, ended"
        else:
            change += " REMOVE sums"
        return self._changed(keys.job(job), change, {":none": 0})

    def _changed(
        self, key: keys.Key, change: str, values: Item, names: Mapping[str, str] | None = None
    ) -> Action:
        """An Update of a transaction, of an item that is there."""
        update = {
            "TableName": self._table.name,
            "Key": asdict(key),
            "UpdateExpression": change,
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": values,
        }
        return {"Update": {**update, "ExpressionAttributeNames": names} if names else update}
