"""Every key on one page. The same table, with examples, is in docs/keys.md.

Subscribers (key: id)      personal; one document per subscriber with all its enrolments. Of one who
                           was erased: a tombstone, and the history under an id that tells nothing
Directory (pk, sk)         nothing personal of a subscriber but a keyed hash
  ACCOUNTS                 <account>                       an account with its settings' history
  CONTENT                  <series>                        pointer to the published versions
  DRAFT#<series>           <phase>#<day>                   a text that is not published yet
  DRAFTS                   <series>                        who proposed a draft to be published
  VERSIONS#<series>        <instant>                       which version was published, by whom
  SNAPSHOTS                <snapshot>                      who asked for, reviewed and shared it
  COUNTING                 <snapshot>                      how far a count is, while it goes on
  ADDRESS#<account>        <hmac of the address>           whose address it is
  DUE#<account>#<channel>#<shard>#<phase>
                           <base date>#<subscriber>#<enrolment>     active enrolments only
  FAMILY#<family>          <subscriber>#<enrolment>        who follows the same pregnancy or child
  OFFERS                   <subscriber>                    to whom a stop is to be offered
  ARRIVALS                 <subscriber>                    who moved, until a tick has seen it
  ERASURES                 COUNT                           how many people were ever erased
  EXTERNAL#<account>       <month>#<instant>               a figure that another system reported
  BIRTHS#<account>         <fiscal year>#<instant>         a year's births, with their source
  PUBLISHED                <fiscal year>#<instant>         a total that the office published
  TOUCHPOINTS#<account>    <touchpoint>                    where parents learn of the service
  TOUCHPOINT_COUNTS#<account>
                           <month>#<touchpoint>            how many came through it in a month
  STAFF                    <name>                          one of the office's staff
  ANNOUNCEMENTS            <announcement>                  a text besides the day's
  PAUSES                   <account>#<channel>             nothing is sent; `*` is all of them
  AUDIT#<month>            <instant>#<mark>                who did what, about what
Ledger (pk, sk)            what was planned and what came of it; expires after LEDGER_DAYS
  RUNS#<date>              <account>[~<announcement>]      a run: frozen settings, versions, sums,
                                                           what staff cancelled
  RUN#<date>#<account>     JOB#<channel>#<shard>           a job: lease, state, sums
  HEARD                    <channel>                       how far the provider's events have come
  RUN#<date>#<account>     BATCH#<channel>#<shard>#<wave>  provider calls frozen together: of each
                                                           batch its recipients and outcomes
  RUN#<date>#<account>     FEEDBACK#<channel>#<shard>#<batch>#<position>
                           what its provider told of one message, but for a plain delivery
  FEEDBACK#<date>          <channel>#<account>             how many messages of a day failed

Pending (key: id)          what is there for a short time only; expires by itself
  CONFIRM#<confirmation>                                   who asked for what, until they confirm
  WAITS#<hmac of an address or subscriber>                 which confirmations wait for it
  BRAKE#<what>#<hmac>#<window>                             how often somebody asked lately
  SEEN#<what>#<id>                                         an event or notice that was dealt with
  EVENT#<account>#<webhook event>                          what happened in a LINE chat
  TURN#<hmac of account and user>                          who last started or stopped when
  RATE#<provider>#<sha256 of its account>                  until when a provider account is taken
  SESSION#<sha256 of a cookie>                             who of the staff is signed in
  LOGIN#<state>                                            a sign-in that is under way
  TRIAL#<id>                                               a text that a colleague tries

S3
  content/<series>/<version>.json                          a catalogue version, immutable

S3, locked
  au/snapshots/year=<Y>/month=<M>/<snapshot>.json          AU at an instant, immutable
  au/tables/year=<Y>/month=<M>/<snapshot>.csv .xlsx        the same for people
  au/lines/year=<Y>/month=<M>/<snapshot>.jsonl             the same for Athena, a line each account
"""

import hashlib
import hmac
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime

from shared.rules.account import Channel
from shared.rules.dates import jst_date
from shared.rules.months import Month
from shared.rules.stage import Phase

LEDGER_DAYS = 400
"""How long the ledger answers "did she get it": a fiscal year and a month."""

PUBLISHED = "PUBLISHED"
"""The partition of the totals that the office published."""


@dataclass(frozen=True, slots=True)
class Key:
    """The partition and sort key of an item."""

    pk: str
    sk: str


@dataclass(frozen=True, order=True, slots=True)
class JobId:
    """One job of a run: an account's channel and shard on a date, of the day's messages or of an
    announcement.
    """

    account: str
    date: date
    channel: Channel
    shard: int
    announcement: str | None = None

    @property
    def run(self) -> str:
        """The name of its run."""
        return run_name(self.account, self.announcement)


def run_name(account_id: str, announcement: str | None) -> str:
    """What tells a run from the others of its day: no account's id has a tilde."""
    return f"{account_id}~{announcement}" if announcement else account_id


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


def snapshot(snapshot_id: str) -> Key:
    """What the office did with a snapshot of AU."""
    return Key("SNAPSHOTS", snapshot_id)


def counting(snapshot_id: str) -> Key:
    """How far the count for a snapshot has come; there only while it goes on."""
    return Key("COUNTING", snapshot_id)


def au_object(folder: str, snapshot_id: str, month: str, ending: str) -> str:
    """The S3 key of a form of a snapshot, in the partition of its month (`2026-11`)."""
    year, _, number = month.partition("-")
    return f"au/{folder}/year={year}/month={number}/{snapshot_id}.{ending}"


def shard(subscriber_id: str, shards: int) -> int:
    """The shard of a subscriber: the same in every process, so that twins meet in one job."""
    return zlib.crc32(subscriber_id.encode()) % shards


def due(account_id: str, channel: Channel, shard_number: int, phase: Phase) -> str:
    """The partition of the due index that one job reads for one phase."""
    return f"DUE#{account_id}#{channel}#{shard_number}#{phase}"


def due_entry(base: date, subscriber_id: str, enrolment_id: str) -> str:
    """The sort key of a due entry. Ids hold no `#`."""
    return f"{base.isoformat()}#{subscriber_id}#{enrolment_id}"


def family(family_id: str, subscriber_id: str, enrolment_id: str) -> Key:
    """That an enrolment of a subscriber belongs to a family."""
    return Key(f"FAMILY#{family_id}", f"{subscriber_id}#{enrolment_id}")


def offer(subscriber_id: str) -> Key:
    """That a subscriber is to be offered the action that stops everything."""
    return Key("OFFERS", subscriber_id)


def arrival(subscriber_id: str) -> Key:
    """That a subscriber has moved to another account or channel."""
    return Key("ARRIVALS", subscriber_id)


def confirmation(confirmation_id: str) -> str:
    """What waits to be confirmed."""
    return f"CONFIRM#{confirmation_id}"


def waits(for_what: str, subject: str, secret: bytes) -> str:
    """Which confirmations wait for a subject: an address, of whatever account, or a subscriber."""
    digest = hmac.new(secret, f"waits\n{for_what}\n{subject.casefold()}".encode(), hashlib.sha256)
    return f"WAITS#{digest.hexdigest()}"


def brake(what: str, subject: str, window: int, secret: bytes) -> str:
    """How often a subject (an address, a source) asked for something within a window of time."""
    digest = hmac.new(secret, f"{what}\n{subject}".encode(), hashlib.sha256)
    return f"BRAKE#{what}#{digest.hexdigest()}#{window}"


def seen(what: str, mark: str) -> str:
    """That an event, or a notice, was dealt with."""
    return f"SEEN#{what}#{mark}"


def line_event(account_id: str, event_id: str) -> str:
    """What happened in an account's LINE chat."""
    return f"EVENT#{account_id}#{event_id}"


def line_turn(account_id: str, user: str, secret: bytes) -> str:
    """When a LINE user last started or stopped the messages of an account in the chat."""
    digest = hmac.new(secret, f"turn\n{account_id}\n{user}".encode(), hashlib.sha256)
    return f"TURN#{digest.hexdigest()}"


def rate(provider: str, provider_account: str) -> str:
    """Until when an account at a provider is taken: two of ours that share one share this."""
    digest = hashlib.sha256(provider_account.encode())
    return f"RATE#{provider}#{digest.hexdigest()}"


def draft(series: str, phase: str, day: int) -> Key:
    """A text of a series that is not published yet; without a phase the partition of all."""
    return Key(f"DRAFT#{series}", f"{phase}#{day:05}" if phase else "")


def proposal(series: str) -> Key:
    """Who proposed a draft to be published."""
    return Key("DRAFTS", series)


def published_version(series: str, at: datetime | None) -> Key:
    """That a version was published; without an instant the partition of all."""
    return Key(f"VERSIONS#{series}", _stamp(at) if at else "")


def session(token: str) -> str:
    """Who is signed in: the cookie itself is kept nowhere."""
    return f"SESSION#{hashlib.sha256(token.encode()).hexdigest()}"


def login(state: str) -> str:
    """A sign-in that is under way."""
    return f"LOGIN#{state}"


def trial(trial_id: str) -> str:
    """A text that a colleague has sent to themselves."""
    return f"TRIAL#{trial_id}"


def erasures() -> Key:
    """How many people were ever erased."""
    return Key("ERASURES", "COUNT")


def external(account_id: str, month: Month, at: datetime) -> Key:
    """What an external account was reported to have in a month, as of one report."""
    return Key(f"EXTERNAL#{account_id}", f"{month}#{_stamp(at)}")


def external_of(account_id: str, first: Month, last: Month) -> tuple[str, str, str]:
    """The partition of an account's reports, and the sort keys between which those of `first` to
    `last` lie.
    """
    return f"EXTERNAL#{account_id}", f"{first}#", f"{last}#~"


def births(account_id: str, fiscal_year: int, at: datetime) -> Key:
    """A fiscal year's births where an account is, as of one report."""
    return Key(f"BIRTHS#{account_id}", f"{fiscal_year}#{_stamp(at)}")


def births_of(account_id: str) -> str:
    """The partition of an account's births."""
    return f"BIRTHS#{account_id}"


def published(fiscal_year: int, at: datetime) -> Key:
    """The total that the office published for a fiscal year, as of one note of it."""
    return Key(PUBLISHED, f"{fiscal_year}#{_stamp(at)}")


def touchpoint(account_id: str, touchpoint_id: str) -> Key:
    """A place where parents learn of the service."""
    return Key(f"TOUCHPOINTS#{account_id}", touchpoint_id)


def touchpoint_counts(account_id: str, month: Month, touchpoint_id: str) -> Key:
    """How many people came through a touchpoint in a month."""
    return Key(f"TOUCHPOINT_COUNTS#{account_id}", f"{month}#{touchpoint_id}")


def touchpoint_counts_of(account_id: str, first: Month, last: Month) -> tuple[str, str, str]:
    """The partition of an account's counts, and the sort keys between which those of `first` to
    `last` lie.
    """
    return f"TOUCHPOINT_COUNTS#{account_id}", f"{first}#", f"{last}#~"


def staff(name: str) -> Key:
    """One of the office's staff."""
    return Key("STAFF", name)


def pause(account_id: str | None, channel: Channel | None) -> Key:
    """That nothing is sent for an account, on a channel: None stands for all of them."""
    return Key("PAUSES", f"{account_id or '*'}#{channel or '*'}")


def audit(at: datetime, mark: str) -> Key:
    """An entry of the audit; `mark` tells those of the same instant apart."""
    return Key(audit_of(Month.of(jst_date(at))), f"{_stamp(at)}#{mark}")


def audit_of(month: Month) -> str:
    """The partition of a month's audit."""
    return f"AUDIT#{month}"


def run(day: date, name: str) -> Key:
    """A run of a date, by its name."""
    return Key(f"RUNS#{day.isoformat()}", name)


def announcement(announcement_id: str) -> Key:
    """An announcement; an empty id gives the partition of all."""
    return Key("ANNOUNCEMENTS", announcement_id)


def job(job_id: JobId) -> Key:
    """One job of a run."""
    return Key(f"RUN#{job_id.date.isoformat()}#{job_id.run}", f"JOB#{_part(job_id)}")


def wave(job_id: JobId, wave_id: str) -> Key:
    """One wave of a job; an empty `wave_id` gives the prefix of all of them."""
    pk = f"RUN#{job_id.date.isoformat()}#{job_id.run}"
    return Key(pk, f"BATCH#{_part(job_id)}#{wave_id}")


def feedback(job_id: JobId, batch_id: str, position: int) -> Key:
    """What is known of one message of a batch since its provider took it."""
    sk = f"FEEDBACK#{_part(job_id)}#{batch_id}#{position}"
    return Key(job(job_id).pk, sk)


def feedback_counts(day: date, channel: Channel, account_id: str) -> Key:
    """How many messages of a day failed; an empty `account_id` gives the prefix of all."""
    return Key(f"FEEDBACK#{day.isoformat()}", f"{channel}#{account_id}")


def heard(channel: Channel) -> Key:
    """How far the events of a channel's provider have come."""
    return Key("HEARD", channel.value)


def _stamp(at: datetime) -> str:
    """An instant in UTC, always to the microsecond: texts sort as the instants do."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _part(job_id: JobId) -> str:
    return f"{job_id.channel}#{job_id.shard}"
