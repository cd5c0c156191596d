"""Email: letters as mails of text and HTML, 50 in a call, any messages of one account together."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from functions.email import ses
from functions.email.bulk import send_bulk
from functions.email.mails import Mails
from shared.delivery.sender import Addressed, Call
from shared.letterhead import Letterhead
from shared.providers.http import run
from shared.providers.rate_limit import RateLimit
from shared.rules.mailbox import on_the_wire
from shared.rules.outcomes import UNKNOWN, Batch, Outcome, Result
from shared.store.keys import JobId
from shared.store.run import Run
from shared.subscribers.links import Links

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import BulkEmailEntryTypeDef, MessageTagTypeDef

PROBE = "probe"
"""Stands in the place of a batch's id in the tags of a mail that is to no reader."""

NOT_SEEN = "not_seen_by_ses"

ABSENCE_COUNTS = timedelta(minutes=15)
"""SES reports its Send events within seconds; after this long their absence counts."""


class EmailSender:
    """SES as the send loop sees it, for one job.

    `heard` tells when the newest mail was frozen of which SES's events have come, `events_waiting`
    whether any lie in their queue, or in its dead-letter queue.
    """

    in_flight = ses.IN_FLIGHT
    repeats = False
    settling = timedelta(minutes=30)
    """Long enough for a probe to be answered after the absence of events has begun to count."""

    def __init__(
        self,
        client: "SESV2Client",
        *,
        run: Run,
        job: JobId,
        domain: str,
        configuration_set: str,
        letterhead: Letterhead,
        links: Links,
        heard: Callable[[], datetime | None],
        events_waiting: Callable[[], bool],
        rate_limit: RateLimit,
    ) -> None:
        self._client, self._run, self._job, self._links = client, run, job, links
        self._domain, self._configuration_set = domain, configuration_set
        self._heard, self._events_waiting = heard, events_waiting
        self.rate_limit = rate_limit
        self._mails = Mails(run.settings.name, letterhead)
        self._probed = False

    @property
    def batch_size(self) -> int:
        """Recipients of one call: as many as SES takes in a second, 50 at the most."""
        return self.rate_limit.call_size(ses.BULK_LIMIT)

    def calls(self, letters: Sequence[Addressed]) -> list[Call]:
        """50 in a call, whatever their texts. SES counts recipients: each letter has one."""
        size = self.batch_size
        return [
            Call(tuple(letters[start : start + size]), cost=len(letters[start : start + size]))
            for start in range(0, len(letters), size)
        ]

    async def send(self, batch: Batch, call: Call) -> list[Outcome]:
        """Send the batch in one call of SES."""
        return await self._bulk(
            [self._entry(batch, n, each) for n, each in enumerate(call.recipients)]
        )

    def repeat_cost(self, batch: Batch) -> float:  # noqa: ARG002 - the loop's signature
        """No batch is ever sent again as it is: one of which SES knows nothing is decided anew."""
        return 0

    def settle(self, batch: Batch, *, now: datetime, sending: bool) -> list[Outcome]:  # noqa: ARG002
        """What SES's own Send events say.

        A batch of which it knows nothing, long after, was not accepted: but only where events for
        something sent later have come and none waits to be taken in, since else they may be on
        their way to us. Of one that SES knows in part, the rest stays unknown.
        """
        waited = now - batch.frozen_at >= ABSENCE_COUNTS
        if not batch.known:
            return [self._unseen(batch, now) if waited else UNKNOWN] * len(batch.entries)
        rest = Outcome(Result.UNKNOWN, NOT_SEEN) if waited else UNKNOWN
        return [
            Outcome(Result.ACCEPTED, provider_id=batch.known[str(n)])
            if str(n) in batch.known
            else rest
            for n in range(len(batch.entries))
        ]

    def _unseen(self, batch: Batch, now: datetime) -> Outcome:
        heard = self._heard()
        if self._events_waiting():
            return UNKNOWN
        if heard is not None and heard > batch.frozen_at:
            return Outcome(Result.TRY_AGAIN, NOT_SEEN)
        # Nothing later was heard of: ask for an event by a mail to SES's own mailbox simulator.
        # Where the rate has no room for it, other mails are going out, and their events will do.
        if self._probed or self.rate_limit.reserve(1, 0) is None:
            return UNKNOWN
        self._probed = True  # one is later than whatever this turn asks about
        data = json.dumps({"subject": "probe", "text": "probe", "html": "probe"})
        probe: BulkEmailEntryTypeDef = {
            "Destination": {"ToAddresses": [ses.SIMULATOR]},
            "ReplacementTags": self._tags(PROBE, 0, now),
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
        }
        run(self._bulk([probe]))
        return UNKNOWN

    async def _bulk(self, entries: "Sequence[BulkEmailEntryTypeDef]") -> list[Outcome]:
        address = f"{self._run.account}@{self._domain}"
        return await send_bulk(
            self._client,
            sender=ses.from_address(self._run.settings.name, address),
            configuration_set=self._configuration_set,
            entries=entries,
        )

    def _tags(self, batch: str, position: int, frozen_at: datetime) -> "list[MessageTagTypeDef]":
        """What the events of a mail carry back: functions.email.feedback reads it."""
        tags = {
            "account": self._run.account,
            "date": self._run.date.isoformat(),
            "shard": str(self._job.shard),
            "batch": batch,
            "position": str(position),
            "frozen": str(int(frozen_at.timestamp())),
        }
        if self._job.announcement:
            tags["announcement"] = self._job.announcement
        return [{"Name": name, "Value": value} for name, value in tags.items()]

    def _entry(self, batch: Batch, position: int, addressed: Addressed) -> "BulkEmailEntryTypeDef":
        reader = addressed.letter.subscriber
        generation = addressed.letter.generation
        stop = self._links.stop(reader, generation, batch.frozen_at)
        page = self._links.preferences(reader, generation, batch.frozen_at)
        mail = self._mails.mail(addressed, page=page, stop=stop)
        return {
            "Destination": {"ToAddresses": [on_the_wire(addressed.address)]},
            "ReplacementTags": self._tags(batch.id, position, batch.frozen_at),
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": mail}},
            "ReplacementHeaders": [
                {"Name": "List-Unsubscribe", "Value": f"<{stop}>"},
                {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
            ],
        }
