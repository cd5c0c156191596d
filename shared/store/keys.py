"""Every key on one page. The same table, with examples, is in docs/keys.md.

Subscribers (key: id)      personal; one document per subscriber with all its enrolments
Directory (pk, sk)         nothing personal but a keyed hash
  ACCOUNTS                 <account>                       an account with its settings' history
  CONTENT                  <series>                        pointer to the published version
  ADDRESS#<account>        <hmac of the address>           whose address it is
  DUE#<account>#<channel>#<shard>#<phase>
                           <base date>#<subscriber>#<enrolment>     active enrolments only
Ledger (pk, sk)            what was planned and what came of it; expires after LEDGER_DAYS
  RUNS#<date>              <account>                       a run: frozen settings, versions, sums
  RUN#<date>#<account>     JOB#<channel>#<shard>           a job: lease, state, sums
  HEARD                    <channel>                       how far the provider's events have come
  RUN#<date>#<account>     BATCH#<channel>#<shard>#<batch> one provider call: recipients, outcomes

S3
  content/<series>/<version>.json                          a catalogue version, immutable
"""

import hashlib
import hmac
import zlib
from dataclasses import dataclass
from datetime import date

from shared.rules.account import Channel
from shared.rules.stage import Phase

LEDGER_DAYS = 400
"""How long the ledger answers "did she get it": a fiscal year and a month."""


@dataclass(frozen=True, slots=True)
class Key:
    """The partition and sort key of an item."""

    pk: str
    sk: str


@dataclass(frozen=True, order=True, slots=True)
class JobId:
    """One job of a run: an account's channel and shard on a date."""

    account: str
    date: date
    channel: Channel
    shard: int


def account(account_id: str) -> Key:
    """An account."""
    return Key("ACCOUNTS", account_id)


def content(series: str) -> Key:
    """The pointer to the published version of a series."""
    return Key("CONTENT", series)


def content_object(series: str, version: str) -> str:
    """The S3 key of a catalogue version."""
    return f"content/{series}/{version}.json"


def address(account_id: str, address_text: str, secret: bytes) -> Key:
    """An address of an account, however its letters are cased, findable only with the secret
    (HMAC-SHA-256).
    """
    text = f"{account_id}\n{address_text.casefold()}"
    digest = hmac.new(secret, text.encode(), hashlib.sha256)
    return Key(f"ADDRESS#{account_id}", digest.hexdigest())


def shard(subscriber_id: str, shards: int) -> int:
    """The shard of a subscriber: the same in every process, so that twins meet in one job."""
    return zlib.crc32(subscriber_id.encode()) % shards


def due(account_id: str, channel: Channel, shard_number: int, phase: Phase) -> str:
    """The partition of the due index that one job reads for one phase."""
    return f"DUE#{account_id}#{channel}#{shard_number}#{phase}"


def due_entry(base: date, subscriber_id: str, enrolment_id: str) -> str:
    """The sort key of a due entry. Ids hold no `#`."""
    return f"{base.isoformat()}#{subscriber_id}#{enrolment_id}"


def run(day: date, account_id: str) -> Key:
    """The run of an account on a date."""
    return Key(f"RUNS#{day.isoformat()}", account_id)


def job(job_id: JobId) -> Key:
    """One job of a run."""
    return Key(f"RUN#{job_id.date.isoformat()}#{job_id.account}", f"JOB#{_part(job_id)}")


def batch(job_id: JobId, batch_id: str) -> Key:
    """One batch of a job; an empty `batch_id` gives the prefix of all of them."""
    pk = f"RUN#{job_id.date.isoformat()}#{job_id.account}"
    return Key(pk, f"BATCH#{_part(job_id)}#{batch_id}")


def heard(channel: Channel) -> Key:
    """How far the events of a channel's provider have come."""
    return Key("HEARD", channel.value)


def _part(job_id: JobId) -> str:
    return f"{job_id.channel}#{job_id.shard}"
