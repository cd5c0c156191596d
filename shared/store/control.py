"""Control: what staff do to a run of the ledger: cancel it, or have it sent again."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from shared.rules.account import Channel
from shared.store import keys
from shared.store.ledger import STILL_OPEN
from shared.store.run import Cancelled, Run
from shared.store.tables import is_conflict, transact

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
        key = keys.run(run.date, run.account)
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
        """Reopen these channels of a run, closed or not, and their jobs, all at once: for those
        who did not get it. Sums and marks go; batches stay, and with them who got it.
        """
        uncancelled = ", ".join(f"cancelled.#{each}" for each in channels)
        reopened = self._changed(
            keys.run(run.date, run.account),
            f"SET resent_at = :now REMOVE closed_at, sums, ended, {uncancelled}",
            ExpressionAttributeNames={f"#{each}": each.value for each in channels},
            ExpressionAttributeValues={":now": _INSTANT.dump_python(now, mode="json")},
        )
        jobs = (
            self._changed(
                keys.job(each),
                # A turn that is under way under this very fence cannot call the job done any more.
                "SET resent_after = if_not_exists(fence, :none) REMOVE sums, ended",
                ExpressionAttributeValues={":none": 0},
            )
            for each in run.job_ids()
            if each.channel in channels
        )
        transact(self._resource, [reopened, *jobs])

    def _changed(self, key: keys.Key, change: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """An Update of a transaction, of an item that is there."""
        update = {
            "TableName": self._table.name,
            "Key": asdict(key),
            "UpdateExpression": change,
            "ConditionExpression": "attribute_exists(pk)",
        }
        return {"Update": {**update, **more}}
