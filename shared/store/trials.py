"""Trials: texts that a colleague has sent to themselves, in the pending table until they are."""

import time
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from shared.store import keys
from shared.store.documents import read
from shared.store.tables import get

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

LASTS_SECONDS = 3600
"""So long it waits: whoever misses one asks for it again."""


@dataclass(frozen=True, slots=True, repr=False)
class Trial:
    """A text as a parent would have it, with all that is filled in, for the address of whoever
    tries it. `sender` is the name that it comes from, `series` the text's.
    """

    series: str
    sender: str
    address: str
    title: str
    text: str
    notice: str
    """The whole SMS, as it would be."""


_TRIAL = TypeAdapter(Trial)


class Trials:
    """What waits to be sent."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def add(self, trial: Trial) -> str:
        """Store one, and return its id."""
        trial_id, expires = token_hex(16), int(time.time()) + LASTS_SECONDS
        document = _TRIAL.dump_python(trial, mode="json")
        self._table.put_item(
            Item={"id": keys.trial(trial_id), "trial": document, "expires": expires}
        )
        return trial_id

    def get(self, trial_id: str) -> Trial | None:
        """One that still waits, or None."""
        item = get(self._table, {"id": keys.trial(trial_id)})
        if item is None or int(item["expires"]) <= time.time():
            return None
        return read(_TRIAL, item["trial"], "a trial")
