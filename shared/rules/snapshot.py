"""Snapshot: AU of all accounts at one instant, as it is kept, reviewed, shared and reported."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from shared.rules.account import Account, AccountKind, Channel, Delivery
from shared.rules.au import Counts, Detail, Figures, Flow, Kind, Measure
from shared.rules.dates import jst_date
from shared.rules.months import Month


class System(StrEnum):
    """Whose figures are in a snapshot."""

    OWN = "own"
    EXTERNAL = "external"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a snapshot covers: whose figures, which kinds of account, which accounts (also those
    whose figure is missing), and since when its balance sheets run.
    """

    system: System
    kinds: tuple[AccountKind, ...]
    accounts: tuple[str, ...]
    month: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Balance(Flow):
    """The balance sheet of an account since `since`."""

    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnLine:
    """The AU of an account whose messages this system sends; `channels` counts subscribers."""

    account: str
    subscribers: int
    enrolments: int
    pregnancy: Counts
    childcare: Counts
    channels: Mapping[Channel, int]
    awaiting_birth: int
    flow: Balance
    delivery: Literal["own"] = "own"


@dataclass(frozen=True, slots=True)
class ExternalLine:
    """The AU that an account with another system reported for the month."""

    account: str
    subscribers: int
    delivery: Literal["external"] = "external"


@dataclass(frozen=True, slots=True)
class About:
    """What an account was called at the instant, and what it was."""

    name: str
    kind: AccountKind
    code: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """AU at an instant. Nothing in it ever changes; a correction is a new one that `restates` it.

    `reported` holds the external accounts' figures of the past months (account, month). `about`,
    `detail` and `reported` are what reports are made from; the rest is the figures themselves,
    which `sha256` is the hash of.
    """

    snapshot: str
    kind: Kind
    as_of: datetime
    scope: Scope
    complete: bool
    missing_external: tuple[str, ...]
    total: Counts
    own: Counts
    external: int
    accounts: tuple[OwnLine | ExternalLine, ...]
    restates: str | None
    about: Mapping[str, About]
    detail: Mapping[str, Detail]
    reported: Mapping[str, Mapping[str, int]]
    sha256: str = ""

    @property
    def measure(self) -> Measure:
        """What was measured."""
        return Measure(self.kind, self.as_of, self.scope.since)

    @property
    def own_lines(self) -> list[OwnLine]:
        """The accounts whose messages this system sends."""
        return [line for line in self.accounts if isinstance(line, OwnLine)]

    def line(self, account: str) -> OwnLine | ExternalLine | None:
        """The line of an account, or None."""
        return next((line for line in self.accounts if line.account == account), None)


def snapshot_id(measure: Measure, revision: int = 1) -> str:
    """`internal-20261125T010000Z` or `month_end-2026-11`; corrections end in `-r2`, `-r3`, …"""
    if measure.kind is Kind.MONTH_END:
        name = f"{measure.kind}-{measure.month}"
    else:
        fraction = f".{measure.as_of:%f}" if measure.as_of.microsecond else ""
        name = f"{measure.kind}-{measure.as_of:%Y%m%dT%H%M%S}{fraction}Z"
    return name if revision == 1 else f"{name}-r{revision}"


def assemble(
    measure: Measure,
    accounts: Iterable[Account],
    figures: Mapping[str, Figures],
    reported: Mapping[str, Mapping[Month, int]],
    *,
    revision: int = 1,
) -> Snapshot:
    """The snapshot of a measure from what was counted and what external accounts reported
    (account, month). Its hash is still to come.

    An external account without a figure for the month is missing, never zero.
    """
    day = jst_date(measure.at)
    in_force = {
        each.id: settings
        for each in sorted(accounts, key=lambda each: each.id)
        if (settings := each.on(day)) is not None
        and (settings.delivery is not Delivery.ENDED or each.id in figures)
    }
    external = [each for each, s in in_force.items() if s.delivery is Delivery.EXTERNAL]
    missing = tuple(each for each in external if measure.month not in reported.get(each, {}))
    lines: list[OwnLine | ExternalLine] = []
    for account in in_force:
        if account in figures:
            lines.append(_own_line(account, figures[account], measure))
        elif account not in missing:
            lines.append(ExternalLine(account, reported[account][measure.month]))
    own = sum((figures[each].total for each in in_force if each in figures), Counts())
    outside = sum(line.subscribers for line in lines if isinstance(line, ExternalLine))
    systems = {System.EXTERNAL if each in external else System.OWN for each in in_force}
    return Snapshot(
        snapshot=snapshot_id(measure, revision),
        kind=measure.kind,
        as_of=measure.as_of,
        scope=Scope(
            system=System.BOTH if len(systems) == 2 else min(systems, default=System.OWN),
            kinds=tuple(sorted({settings.kind for settings in in_force.values()})),
            accounts=tuple(in_force),
            month=str(measure.month),
            since=measure.since,
        ),
        complete=not missing,
        missing_external=missing,
        total=own + Counts(subscribers=outside),
        own=own,
        external=outside,
        accounts=tuple(lines),
        restates=None if revision == 1 else snapshot_id(measure, revision - 1),
        about={each: About(s.name, s.kind, s.code) for each, s in in_force.items()},
        detail={each: figures[each].detail for each in in_force if each in figures},
        reported={
            account: {str(month): figure for month, figure in sorted(of_account.items())}
            for account, of_account in reported.items()
        },
    )


def _own_line(account: str, figures: Figures, measure: Measure) -> OwnLine:
    return OwnLine(
        account=account,
        subscribers=figures.total.subscribers,
        enrolments=figures.total.enrolments,
        pregnancy=figures.pregnancy,
        childcare=figures.childcare,
        channels=dict(figures.channels),
        awaiting_birth=figures.awaiting_birth,
        flow=Balance(**asdict(figures.flow), since=measure.since),
    )


class State(StrEnum):
    """How far the office has come with a snapshot."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said of a snapshot; kept for good."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Review:
    """What the office did with a snapshot: who asked for it, reviewed it, shared it, and when."""

    snapshot: str
    kind: Kind
    as_of: datetime
    month: str
    sha256: str
    requested_by: str
    taken_at: datetime
    restated_by: str | None = None
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    shared_by: str | None = None
    shared_at: datetime | None = None
    comments: tuple[Comment, ...] = ()
    version: int = 0

    @property
    def state(self) -> State:
        """Shared, reviewed, or a draft still."""
        if self.shared_at is not None:
            return State.SHARED
        return State.DRAFT if self.reviewed_at is None else State.REVIEWED
