"""How far an account is until its first message has gone out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from shared.office.account.credentials import NEEDED, Credentials, Kind
from shared.rules.account import Account, Delivery, Settings
from shared.rules.catalogue import COMMON_SERIES
from shared.rules.months import Month
from shared.rules.snapshot import OwnLine, Snapshot
from shared.store.run import Run
from shared.store.store import Store

LOOKED_BACK_DAYS = 7
"""So many days' runs are looked at for a first message."""

COUNTED_MONTHS = 12
"""So many months of the counts of touchpoints are looked at for a first reader."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is there already. `begins`: the first day of own delivery, `in_force` whether it has
    come. `texts`: which series are published.
    """

    begins: date | None
    in_force: bool
    credentials: Mapping[Kind, bool]
    texts: tuple[str, ...]
    touchpoints: int
    subscriber: bool
    sent: bool

    @property
    def steps(self) -> tuple[bool, ...]:
        """The steps in their order, and whether each is done."""
        return (
            self.in_force,
            all(self.credentials.values()),
            bool(self.texts),
            self.touchpoints > 0,
            self.subscriber,
            self.sent,
        )


def has_sent(account: str, runs: Iterable[Run], snapshot: Snapshot | None) -> bool:
    """Whether a first message went out: by the runs of the last days, or by a snapshot that knows
    of readers a month before it, who have had messages since.
    """
    line = snapshot.line(account) if snapshot else None
    if isinstance(line, OwnLine) and line.flow.opening > 0:
        return True
    return any(run.total().accepted for run in runs if run.account == account)


def last_days(today: date) -> list[date]:
    """The days whose runs are looked at."""
    return [today - timedelta(days=n) for n in range(LOOKED_BACK_DAYS)]


def readiness(
    store: Store,
    credentials: Credentials,
    account: Account,
    *,
    today: date,
    runs: Iterable[Run],
    snapshot: Snapshot | None,
) -> Readiness | None:
    """How far an account is; None where we do not send for it, today or later. `runs` are those of
    the last days, of any account.
    """
    settings = _own_settings(account, today)
    if settings is None:
        return None
    theirs = [run for run in runs if run.account == account.id]
    sent = has_sent(account.id, theirs, snapshot)
    line = snapshot.line(account.id) if snapshot else None
    subscriber = (
        sent
        or (line is not None and line.subscribers > 0)
        or any(run.total().planned for run in theirs)
        or _joined(store, account.id, Month.of(today))
    )
    needed = [kind for channel in sorted(settings.channels) for kind in NEEDED[channel]]
    published = (each for each in (COMMON_SERIES, account.id) if store.content.published(each))
    return Readiness(
        begins=settings.valid_from,
        in_force=settings.valid_from <= today,
        credentials={kind: credentials.stored(account.id, kind) is not None for kind in needed},
        texts=tuple(published),
        touchpoints=sum(not each.closed for each in store.touchpoints.of(account.id)),
        subscriber=subscriber,
        sent=sent,
    )


def _own_settings(account: Account, today: date) -> Settings | None:
    """The settings of own delivery that are in force, or the first of those to come."""
    now = account.on(today)
    if now is not None and now.delivery is Delivery.OWN:
        return now
    later = [each for each in account.settings if each.valid_from > today]
    return next((each for each in later if each.delivery is Delivery.OWN), None)


def _joined(store: Store, account: str, month: Month) -> bool:
    """Whether anybody has come through a touchpoint."""
    reached = store.touchpoints.counts(account, month.plus(1 - COUNTED_MONTHS), month)
    return any(funnel.confirmed for funnel in reached.values())
