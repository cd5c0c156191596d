"""SMS: a short notice with a link to the whole text, one by one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from functions.sms.twilio_api import IN_FLIGHT, TwilioApi
from shared.delivery.sender import Addressed, Call
from shared.providers.http import run
from shared.providers.rate_limit import RateLimit
from shared.rules.dates import jst_instant
from shared.rules.outcomes import UNKNOWN, Batch, Outcome, Result
from shared.rules.sms_segments import segments
from shared.store.keys import JobId
from shared.store.run import Run
from shared.subscribers.links import Links

CALLBACK_RETRIES = "#rc=3&rp=all"
"""What Twilio reads from a callback's URL: to try three times more, whatever went wrong."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far Twilio's clock may be from ours when its list is asked for a message."""


class SmsSender:
    """Twilio as the send loop sees it, for one job."""

    in_flight = IN_FLIGHT
    batch_size = 1
    repeats = False
    settling = timedelta(minutes=2)
    """A message that Twilio accepted stands in its list within this time."""

    def __init__(
        self, api: TwilioApi, *, run: Run, job: JobId, links: Links, rate_limit: RateLimit
    ) -> None:
        self._api, self._run, self._job, self._links = api, run, job, links
        self.rate_limit = rate_limit

    def calls(self, letters: Sequence[Addressed]) -> list[Call]:
        """One by one. Twilio counts segments. Kept is what its list must show, if it took the
        message, since when by the wall clock.
        """
        since = (datetime.now(UTC) - CLOCK_SKEW).isoformat(timespec="seconds")
        return [self._call(each, since) for each in letters]

    def _call(self, addressed: Addressed, since: str) -> Call:
        letter = addressed.letter
        link = self._links.text(
            letter.subscriber,
            letter.generation,
            self._run.date,
            letter.enrolments[0],
            self._run.announcement,
        )
        body = f"【{self._run.settings.name}】{addressed.words.notice}\n{link}"
        payload = {"to": addressed.address, "link": link, "since": since}
        return Call((addressed,), cost=segments(body), payload=payload, content=body)

    async def send(self, batch: Batch, call: Call) -> list[Outcome]:
        """Send it; what Twilio cannot deliver before the quiet hours is dropped."""
        quiet = jst_instant(self._run.date, self._run.settings.quiet_from)
        if quiet <= batch.frozen_at:  # they begin after midnight
            quiet += timedelta(days=1)
        outcome = await self._api.create(
            to=call.recipients[0].address,
            body=call.content,
            validity_seconds=int((quiet - batch.frozen_at).total_seconds()),
            status_callback=self._callback(batch.id),
        )
        return [outcome]

    def repeat_cost(self, batch: Batch) -> float:  # noqa: ARG002 - the loop's signature
        """Nothing is sent again: Twilio's list is asked."""
        return 0

    def settle(self, batch: Batch, *, now: datetime, sending: bool) -> list[Outcome]:  # noqa: ARG002
        """Ask Twilio's list: it shows the message, or, long enough after, was never given it.

        Where a callback has named the message, that is the answer.
        """
        if batch.known:
            return [Outcome(Result.ACCEPTED, provider_id=batch.known["0"])]
        payload = batch.payload or {}
        try:
            sid = run(
                self._api.accepted_since(
                    to=payload["to"],
                    containing=payload["link"],
                    since=datetime.fromisoformat(payload["since"]),
                )
            )
        except OSError:
            return [UNKNOWN]
        if sid is not None:
            return [Outcome(Result.ACCEPTED, provider_id=sid)]
        if now - batch.frozen_at < self.settling:
            return [UNKNOWN]
        return [Outcome(Result.TRY_AGAIN, "not_in_twilio_list")]

    def _callback(self, batch_id: str) -> str:
        """Where Twilio tells what became of the message; functions.sms.status answers there."""
        name = callback_name(self._job, batch_id)
        return f"{self._links.url}/sms/status/{name}{CALLBACK_RETRIES}"


def callback_name(job: JobId, batch_id: str) -> str:
    """A message in the path of its callback: which batch, and nothing of a person."""
    return f"{job.run}.{job.date.isoformat()}.{job.shard}.{batch_id}"
