"""Load: a file into the store, whole or not at all. Every check comes before the first write."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import FailedError
from cli.files.births import BIRTH_COLUMNS, read_births
from cli.files.content import CONTENT_COLUMNS, read_content
from cli.files.faults import Faults
from cli.files.subscribers import (
    SUBSCRIBER_COLUMNS,
    read_subscribers,
    restarted,
    same_in_files,
)
from cli.files.table import Row, read_table
from shared.office.account.settings import ACCOUNT_COLUMNS, counted_until, read_accounts
from shared.rules import changes
from shared.rules.dates import jst_date
from shared.rules.subscriber import Subscriber
from shared.store.store import Store
from shared.store.tables import BusyError, ConflictError
from shared.subscribers import actions
from shared.subscribers.address import same_address

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and of how many."""

_STEP = 1000


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a file: `new` says how many of what were not here yet ("subscribers", and
    their "enrolments"), `loaded` how many of the first of them were written (none where the file
    was only checked), and `unchanged` how many were here already, just so.
    """

    file: str
    rows: int
    new: Mapping[str, int]
    loaded: int
    unchanged: int
    notes: tuple[str, ...] = ()
    """What was written in another way than ours, and how it was read."""

    def json(self) -> dict[str, Any]:
        """The sums for a program, in the form of a report of faults that has none."""
        return {**asdict(self), "faults": []}

    def __str__(self) -> str:
        """The sums for a person, in a line, and a line for each note."""
        parts = " with ".join(count_of(number, what) for what, number in self.new.items())
        done = "loaded" if self.loaded or not any(self.new.values()) else "to load"
        return "\n".join((f"{parts} {done}, {self.unchanged:,} unchanged", *self.notes))


def _nothing_to_tell(what: str, done: int, total: int) -> None:
    """Stands where nobody watches."""


def load_accounts(store: Store, path: Path, now: datetime, *, check: bool = False) -> Loaded:
    """Add the accounts and settings of accounts.csv, or replace settings that lie after `now`;
    BadFileError with every fault.
    """
    faults = Faults(path.name)
    rows = read_table(path, ACCOUNT_COLUMNS, faults)
    known = {account.id: account for account in store.accounts}
    accounts = read_accounts(rows, known, jst_date(now), counted_until(store))
    faults.stop()
    new = [account for account in accounts.values() if known.get(account.id) != account]
    if not check:
        for account in new:
            store.accounts.put(account)
    return Loaded(
        file=path.name,
        rows=faults.rows,
        new={"accounts": len(new)},
        loaded=0 if check else len(new),
        unchanged=len(accounts) - len(new),
        notes=faults.told(),
    )


def load_content(store: Store, path: Path, *, check: bool = False) -> Loaded:
    """Publish the series of content.csv, each whole in place of its published version, unless
    that says the same; BadFileError with every fault, FailedError where somebody else publishes
    at the same time.
    """
    faults = Faults(path.name)
    rows = read_table(path, CONTENT_COLUMNS, faults)
    catalogues = read_content(rows, {account.id for account in store.accounts})
    faults.stop()
    content = store.content
    new = {
        series: catalogue
        for series, catalogue in catalogues.items()
        if content.load(series, content.published(series)) != catalogue
    }
    if not check:
        for series, catalogue in new.items():
            try:
                content.publish(series, catalogue)
            except ConflictError as error:
                raise FailedError(
                    f"{path.name}: somebody else published {series} at the same time; "
                    "import the same file again"
                ) from error
    return Loaded(
        file=path.name,
        rows=faults.rows,
        new={"series": len(new), "texts": sum(map(len, new.values()))},
        loaded=0 if check else len(new),
        unchanged=len(catalogues) - len(new),
        notes=faults.told(),
    )


def load_births(store: Store, path: Path, now: datetime, *, check: bool = False) -> Loaded:
    """Add the births of births.csv that are not on record just so; one that differs corrects what
    is, which is kept. BadFileError with every fault.
    """
    faults = Faults(path.name)
    rows = read_table(path, BIRTH_COLUMNS, faults)
    births = read_births(rows, {account.id for account in store.accounts})
    faults.stop()
    known = {
        (account, year): stored
        for account in {each.account for each in births}
        for year, stored in store.births.of(account).items()
    }
    new = [each for each in births if not each.says_the_same(known.get(each.subject))]
    if not check:
        for each in new:
            store.births.put(each.account, each.fiscal_year, each.births, each.source, at=now)
    return Loaded(
        file=path.name,
        rows=faults.rows,
        new={"figures": len(new), "corrections": sum(each.subject in known for each in new)},
        loaded=0 if check else len(new),
        unchanged=len(births) - len(new),
        notes=faults.told(),
    )


def load_subscribers(
    store: Store,
    path: Path,
    now: datetime,
    *,
    check: bool = False,
    progress: Progress = _nothing_to_tell,
    restart: Collection[str] = (),
    who: str = "",
) -> Loaded:
    """Add the subscribers of subscribers.csv who are not there yet; BadFileError with every fault.

    Whoever has stopped stays so, whatever the file says: only those named in `restart` begin again
    where their rows say so, as the doing of `who`.

    FailedError where the writing was broken off: it says how many were loaded, and loading the
    same file again completes it.
    """
    faults = Faults(path.name)
    rows = read_table(path, SUBSCRIBER_COLUMNS, faults)
    accounts = {account.id: account for account in store.accounts}
    found = read_subscribers(rows, accounts, now)
    again: dict[str, set[str]] = {}

    def known(row: Row, stored: Subscriber, in_file: Subscriber) -> None:
        if begins := restarted(stored, in_file):
            if in_file.id in restart:
                again[in_file.id] = begins
            else:
                row.fault("subscriber", RESTARTS)
        elif not same_in_files(stored, in_file):
            row.fault("subscriber", "is here already with other data")

    new = list(new_among(store, found, known, progress))
    for name in restart:
        if name not in again:
            faults.add(f"--restart {name}: no row would restart them")
    faults.stop()
    if again:
        faults.read_as.append(count_of(len(again), "subscribers") + " restarted")
    if not check:
        _restart(store, again, now, who)
        add_all(store, new, {each.id: each.shards for each in accounts.values()}, path, progress)
    return Loaded(
        file=path.name,
        rows=faults.rows,
        new={
            "subscribers": len(new),
            "enrolments": sum(len(each.enrolments) for each in new),
        },
        loaded=0 if check else len(new),
        unchanged=len(found) - len(new),
        notes=faults.told(),
    )


def new_among(
    store: Store,
    found: list[tuple[Row, Subscriber]],
    known: Callable[[Row, Subscriber, Subscriber], None],
    progress: Progress,
) -> Iterator[Subscriber]:
    """Those who are not stored yet. One who was erased, and an address that somebody else has, are
    faults; `known` is told of each who is stored: the row, the record, and what the file says.
    """
    for start in range(0, len(found), _STEP):
        progress("checking", start, len(found))
        part = found[start : start + _STEP]
        stored = store.subscribers.look_up(each.id for _, each in part)
        new = []
        for row, subscriber in part:
            if subscriber.id in stored.erased:
                row.fault("subscriber", "was erased at their request; leave the row out")
            elif subscriber.id not in stored.people:
                new.append((row, subscriber))
            else:
                known(row, stored.people[subscriber.id], subscriber)
        owners = store.subscribers.at_addresses(
            (each.account, address) for _, each in new for address in _spellings(each)
        )
        for row, subscriber in new:
            mine = (owners.get((subscriber.account, each)) for each in _spellings(subscriber))
            if owner := next(filter(None, mine), None):
                row.fault("address", _taken(store.subscribers.get(owner)))
            else:
                yield subscriber


RESTARTS = (
    "has stopped, and this row would restart them; leave it out "
    "(or, where they asked for it, name them with --restart)"
)


def _taken(owner: Subscriber | None) -> str:
    """Why an address cannot be given to another id."""
    if owner is not None and not any(map(changes.active, owner.enrolments)):
        return f"is that of {owner.id}, who has stopped; an import restarts nobody under another id"
    return "is that of another subscriber of this account"


def _restart(store: Store, again: Mapping[str, set[str]], now: datetime, who: str) -> None:
    """Have enrolments begin again, each on record with who did it."""
    for name, enrolments in again.items():

        def begin(old: Subscriber, wanted: set[str] = enrolments) -> Subscriber:
            for each in sorted(wanted):
                old = changes.returned(old, now, each)
            return old

        changed = actions.change(store, name, begin)
        if changed is not None:
            store.audit.note(now, who, "restarted a subscriber by an import", changed.account)


def _spellings(subscriber: Subscriber) -> set[str]:
    """The forms of the address under which the same person may be stored."""
    return {subscriber.address, same_address(subscriber.channel, subscriber.address)}


def add_all(
    store: Store,
    new: Iterable[Subscriber],
    shards: Mapping[str, int],
    path: Path,
    progress: Progress,
) -> None:
    """Store new subscribers; FailedError, which says how many were, where that was broken off."""
    new = list(new)
    done = 0
    try:
        for count in store.subscribers.add(new, shards):
            done += count
            progress("loading", done, len(new))
    except (ConflictError, BusyError, ClientError, BotoCoreError) as error:
        first = "somebody else stored one of them, or an address of theirs, at the same time"
        why = first if isinstance(error, ConflictError) else f"the store failed: {error}"
        raise FailedError(
            f"{path.name}: {done:,} of {count_of(len(new), 'subscribers')} were loaded, then {why};"
            " import the same file again to load the rest"
        ) from error


def count_of(number: int, plural: str) -> str:
    """`1 subscriber`, `1,980 subscribers`; a series is a series."""
    singular = number == 1 and plural != "series"
    return f"{number:,} {plural.removesuffix('s') if singular else plural}"
