"""Control: what staff do to a run of the ledger: cancel it."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from shared.rules.account import Channel
from shared.store import keys
from shared.store.ledger import STILL_OPEN, Cancelled, Run
from shared.store.tables import is_conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_CANCELLED = TypeAdapter(Cancelled)


class Control:
    """Marks on runs and jobs, which the send loop and the tick go by."""

    def __init__(self, ledger: "Table") -> None:
        self._table = ledger

    def cancel(self, run: Run, channels: Collection[Channel], cancelled: Cancelled) -> bool:
        """Cancel what these channels of a run have not sent yet; False, and nothing changes, where
        it is closed by now.
        """
        key = keys.run(run.date, run.account)
        changes = ", ".join(f"cancelled.#{each} = :cancelled" for each in channels)
        try:
            self._table.update_item(
                Key={"pk": key.pk, "sk": key.sk},
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
