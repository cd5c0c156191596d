"""Email: letters as mails of text and HTML, 50 in a call, any messages of one account together."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import formataddr
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from functions.email import ses
from shared.delivery import Addressed
from shared.letterhead import Letterhead
from shared.links import Links
from shared.rules.reckoning import UNKNOWN, Batch, Outcome, Result
from shared.store.keys import JobId
from shared.store.ledger import Run

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import BulkEmailEntryTypeDef

_TEMPLATES = Environment(
    loader=PackageLoader("functions.email"),
    # HTML is escaped; plain text must not be.
    autoescape=select_autoescape(["html.j2"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class EmailSender:
    """SES as the send loop sees it, for one run."""

    batch_size = ses.BULK_LIMIT
    same_text = False
    settling = timedelta(minutes=15)
    """SES reports its Send events within seconds; after this long their absence counts."""

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
    ) -> None:
        self._client, self._run, self._job, self._links = client, run, job, links
        self._domain, self._configuration_set = domain, configuration_set
        self._letterhead = letterhead
        self._text = _TEMPLATES.get_template("letter.txt.j2")
        self._html = _TEMPLATES.get_template("letter.html.j2")

    def calls(self, letters: Sequence[Addressed]) -> list[list[Addressed]]:
        """All in one call, whatever their texts."""
        return [list(letters)]

    def payload(self, call: Sequence[Addressed]) -> None:  # noqa: ARG002 - the loop's signature
        """Nothing: a batch of which SES knows nothing is decided and written anew."""
        return

    def send(self, batch: Batch, call: Sequence[Addressed]) -> list[Outcome]:
        """Send the batch in one call of SES."""
        address = f"{self._run.account}@{self._domain}"
        entries = [self._entry(batch, n, addressed) for n, addressed in enumerate(call)]
        return ses.send_bulk(
            self._client,
            sender=formataddr((self._run.settings.name, address)),
            configuration_set=self._configuration_set,
            entries=entries,
        )

    def settle(self, batch: Batch, *, now: datetime, sending: bool) -> list[Outcome]:  # noqa: ARG002
        """What SES's own Send events say. A batch of which it knows nothing, long after, was not
        accepted; of one that it knows in part, the rest stays unknown.
        """
        if not batch.known:
            waited = now - batch.frozen_at >= self.settling
            outcome = Outcome(Result.TRY_AGAIN, "not_seen_by_ses") if waited else UNKNOWN
            return [outcome] * len(batch.entries)
        return [
            Outcome(Result.ACCEPTED, provider_id=batch.known[str(n)])
            if str(n) in batch.known
            else entry.outcome
            for n, entry in enumerate(batch.entries)
        ]

    def _entry(self, batch: Batch, position: int, addressed: Addressed) -> "BulkEmailEntryTypeDef":
        stop = self._links.stop(addressed.letter.subscriber)
        facts = {
            "words": addressed.words,
            "account": self._run.settings.name,
            "office": self._letterhead.office,
            "contact": self._letterhead.contact,
            "stop": stop,
        }
        data = {
            "subject": addressed.words.title,
            "text": self._text.render(facts),
            "html": self._html.render(facts),
        }
        tags = {
            "account": self._run.account,
            "date": self._run.date.isoformat(),
            "shard": str(self._job.shard),
            "batch": batch.id,
            "position": str(position),
        }
        return {
            "Destination": {"ToAddresses": [_ascii_domain(addressed.address)]},
            "ReplacementTags": [{"Name": k, "Value": v} for k, v in tags.items()],
            "ReplacementEmailContent": {
                "ReplacementTemplate": {
                    "ReplacementTemplateData": json.dumps(data, ensure_ascii=False)
                }
            },
            "ReplacementHeaders": [
                {"Name": "List-Unsubscribe", "Value": f"<{stop}>"},
                {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
            ],
        }


def _ascii_domain(address: str) -> str:
    """The address as SES takes it: an internationalised domain in punycode."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"
