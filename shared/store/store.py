"""The store as a whole: opened once for each process, from the names that the template gives."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import boto3
from botocore.config import Config

from shared.settings import setting
from shared.store.accounts import Accounts
from shared.store.announcements import Announcements
from shared.store.arrivals import Arrivals
from shared.store.audit import Audit
from shared.store.brakes import Brakes, Seen
from shared.store.census import Census
from shared.store.confirmations import Confirmations
from shared.store.content import Content
from shared.store.control import Control
from shared.store.drafts import Drafts
from shared.store.due import DueIndex
from shared.store.feedback import MessageFeedback
from shared.store.figures import Births, ExternalFigures, PublishedTotals
from shared.store.ledger import Ledger
from shared.store.line_events import StartsAndStops
from shared.store.offers import Offers
from shared.store.pauses import Pauses
from shared.store.rates import Rates
from shared.store.reads import Reads
from shared.store.recipients import RecipientReads
from shared.store.sessions import Sessions
from shared.store.snapshots import Snapshots
from shared.store.staff import Staff
from shared.store.subscribers import Subscribers
from shared.store.tables import open_dynamodb
from shared.store.touchpoints import Touchpoints
from shared.store.trials import Trials
from shared.store.waves import Waves

_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard"},
    # botocore writes its own anew for each call, which takes a fifth of the CPU of one.
    user_agent="kizuna",
)


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that is kept, by subject."""

    accounts: Accounts
    subscribers: Subscribers
    due: DueIndex
    recipients: RecipientReads
    ledger: Ledger
    waves: Waves
    control: Control
    feedback: MessageFeedback
    content: Content
    audit: Audit
    external: ExternalFigures
    births: Births
    published: PublishedTotals
    staff: Staff
    census: Census
    snapshots: Snapshots
    confirmations: Confirmations
    brakes: Brakes
    seen: Seen
    offers: Offers
    arrivals: Arrivals
    pauses: Pauses
    touchpoints: Touchpoints
    line_starts: StartsAndStops
    rates: Rates
    sessions: Sessions
    announcements: Announcements
    drafts: Drafts
    trials: Trials


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the tables and of the buckets."""

    subscribers: str
    directory: str
    ledger: str
    pending: str
    bucket: str
    snapshots: str


def _no_right() -> bytes:
    message = "this process has no right to the key under which addresses are found"
    raise PermissionError(message)


def open_store(names: Names, address_secret: Callable[[], bytes] = _no_right) -> Store:
    """The store under `names`. The secret is asked for only where an address is looked up."""
    resource = open_dynamodb(_CONFIG)
    directory = resource.Table(names.directory)
    ledger = resource.Table(names.ledger)
    pending = resource.Table(names.pending)
    secret = cache(address_secret)
    reads = Reads(_CONFIG)
    s3 = boto3.client("s3", config=_CONFIG)
    return Store(
        accounts=Accounts(directory),
        subscribers=Subscribers(resource, resource.Table(names.subscribers), directory, secret),
        due=DueIndex(reads, names.directory),
        recipients=RecipientReads(
            reads,
            subscribers=names.subscribers,
            directory=names.directory,
            ledger=names.ledger,
        ),
        ledger=Ledger(resource, ledger),
        waves=Waves(resource, ledger, reads),
        control=Control(resource, ledger),
        feedback=MessageFeedback(resource, ledger),
        content=Content(resource, directory, s3, names.bucket),
        audit=Audit(resource, directory),
        external=ExternalFigures(resource, directory),
        births=Births(resource, directory),
        published=PublishedTotals(resource, directory),
        staff=Staff(resource, directory),
        census=Census(names.subscribers, _CONFIG),
        snapshots=Snapshots(directory, s3, names.snapshots),
        confirmations=Confirmations(resource, pending, secret),
        brakes=Brakes(pending, secret),
        seen=Seen(pending),
        offers=Offers(directory),
        arrivals=Arrivals(directory),
        pauses=Pauses(directory),
        touchpoints=Touchpoints(resource, directory),
        line_starts=StartsAndStops(pending, secret),
        rates=Rates(pending),
        sessions=Sessions(pending),
        announcements=Announcements(directory),
        drafts=Drafts(resource, directory),
        trials=Trials(pending),
    )


def names_from_environment() -> Names:
    """The names that infra/template.yaml gives every function."""
    return Names(
        subscribers=setting("SUBSCRIBER_TABLE"),
        directory=setting("DIRECTORY_TABLE"),
        ledger=setting("LEDGER_TABLE"),
        pending=setting("PENDING_TABLE"),
        bucket=setting("BUCKET"),
        snapshots=setting("SNAPSHOT_BUCKET"),
    )
