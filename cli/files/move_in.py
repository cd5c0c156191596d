"""Move-in: the readers of a municipality from another system, by a mapping, until all is right.

Unlike an import it takes who can be taken, and tells of everybody else. Run again, it adds those
who are right by now, and corrects those to whom nothing has happened here since.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cli.files.faults import Fault, Faults
from cli.files.load import RESTARTS, Progress, add_all, new_among
from cli.files.mapping import MoveInMapping, Translation
from cli.files.subscribers import read_subscribers, restarted, same_in_files
from cli.files.table import Row, read_other_table
from shared.rules import changes
from shared.rules.dates import jst_date
from shared.rules.subscriber import Subscriber
from shared.store.store import Store
from shared.store.tables import AddressTakenError, ConflictError

CHANGED_HERE = (
    "was changed here since it came; it stays as it is here, and what the file says otherwise is "
    "not taken"
)
STOPPED_THERE = (
    "has stopped by the file, but goes on here, where it was changed since; `kizuna stop` stops it"
)


@dataclass(slots=True)
class MovedIn:
    """What came of a file: how many subscribers were taken, corrected, or here already just so; of
    those who are taken now or were before, how many by each channel, phase and status; and the rows
    that were not taken. `silent_today` had today's message from the other system.
    """

    file: str
    rows: int
    taken: int = 0
    corrected: int = 0
    unchanged: int = 0
    silent_today: int = 0
    checked: bool = False
    sums: dict[str, dict[str, int]] = field(default_factory=dict)
    left_out: Sequence[int] = ()
    not_taken: Sequence[Fault] = ()
    notes: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """The same for a program."""
        return asdict(self)


def move_in(
    store: Store,
    path: Path,
    mapping: MoveInMapping,
    now: datetime,
    *,
    check: bool,
    sent_today: bool,
    restart: Collection[str],
    who: str,
    progress: Progress,
) -> MovedIn:
    """Take the subscribers of a file of another system who can be taken. BadFileError where it is
    no table, or lacks a column; FailedError where the writing was broken off.
    """
    faults, today = Faults(path.name), jst_date(now)
    theirs = read_other_table(path, dict.fromkeys(mapping.columns.values()), faults)
    translation = Translation(mapping, today)
    accounts = {account.id: account for account in store.accounts}
    found = [
        (
            row,
            replace(each, sent_elsewhere_on=today)
            if sent_today or each.id in translation.sent_today
            else each,
        )
        for row, each in read_subscribers(translation.rows(theirs), accounts, now)
    ]
    done = MovedIn(path.name, faults.rows, checked=check)
    same: list[Subscriber] = []
    better: list[tuple[Row, Subscriber, Subscriber]] = []

    def known(row: Row, stored: Subscriber, in_file: Subscriber) -> None:
        wanted = _as_in_file(stored, in_file)
        if restarted(stored, in_file) and in_file.id not in restart:
            row.fault("subscriber", RESTARTS)
        elif wanted == stored:
            same.append(stored)
        elif same_in_files(stored, in_file) or not _touched(stored):
            better.append((row, stored, wanted))
        elif restarted(in_file, stored):
            row.fault("subscriber", STOPPED_THERE)
        else:
            row.fault("subscriber", CHANGED_HERE)

    new = list(new_among(store, found, known, progress))
    shards = {each.id: each.shards for each in accounts.values()}
    if not check and (new or better):
        what = f"moves in {len(new)} subscribers, and corrects {len(better)}"
        store.audit.note(now, who, what, ", ".join(sorted({each.account for _, each in found})))
        add_all(store, new, shards, path, progress)
    corrected = []
    for number, (row, stored, wanted) in enumerate(better):
        progress("correcting", number, len(better))
        if check or _written(store, row, stored, wanted, shards):
            corrected.append(wanted)
    done.taken, done.corrected, done.unchanged = len(new), len(corrected), len(same)
    bad = {each.row for each in faults.found}
    here = [each for row, each in found if row.number not in bad]
    silent = (each.sent_elsewhere_on == today for each in (*new, *same, *corrected))
    done.silent_today = sum(silent)
    done.sums = _sums(here)
    done.left_out, done.not_taken, done.notes = translation.left_out, faults.found, faults.told()
    return done


def _touched(stored: Subscriber) -> bool:
    """Whether anything has happened to a record since a file wrote it, or no file did."""
    return stored.version != stored.loaded_version or bool(stored.consents)


def _as_in_file(stored: Subscriber, in_file: Subscriber) -> Subscriber:
    """The record as the file would have it: the stored one, where both say the same."""
    silent = in_file.sent_elsewhere_on or stored.sent_elsewhere_on
    if same_in_files(stored, in_file):
        return replace(stored, sent_elsewhere_on=silent)
    return replace(in_file, version=stored.version, sent_elsewhere_on=silent)


def _written(
    store: Store, row: Row, stored: Subscriber, wanted: Subscriber, shards: dict[str, int]
) -> bool:
    if not _touched(stored):
        wanted = replace(wanted, loaded_version=stored.version + 1)
    try:
        store.subscribers.update(stored, wanted, shards)
    except AddressTakenError:
        row.fault("address", "is that of another subscriber of this account")
    except ConflictError:
        row.fault("subscriber", CHANGED_HERE)
    else:
        return True
    return False


def _sums(people: Collection[Subscriber]) -> dict[str, dict[str, int]]:
    """How many subscribers by channel, how many enrolments by phase and by status."""
    enrolments = [changes.standing(each) for one in people for each in one.enrolments]
    phases = Counter("childcare" if each.birth_date else "pregnancy" for each in enrolments)
    return {
        "channel": dict(Counter(each.channel.value for each in people)),
        "phase": dict(phases),
        "status": dict(Counter(each.status.value for each in enrolments)),
    }
