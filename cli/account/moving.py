"""Moving readers from one account to another: municipalities merge and split."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from cli.errors import CallError, FailedError
from cli.line.credentials import line_credentials
from cli.progress import Counted
from cli.target import Target
from shared.office.account.finding import find_account
from shared.office.account.settings import counted_until
from shared.office.errors import NotDoneError
from shared.rules import changes, joining
from shared.rules.account import Account, Channel, Delivery, Settings
from shared.rules.changes import RefusedError
from shared.rules.dates import jst_date, jst_instant
from shared.rules.subscriber import Subscriber
from shared.store.store import Store
from shared.store.tables import AddressTakenError, ConflictError
from shared.subscribers.actions import change

NOT_OFFERED = "{new} does not offer their channel"
OTHER_LINE = "{new} has another LINE channel, which knows nobody who has not added it"
KNOWN_THERE = "{new} has their address already; what they follow was added there"
FULL_THERE = "{new} has their address already, and no room for what they follow"

_STEP = 100


@dataclass(frozen=True, slots=True)
class Moved:
    """Who moved, by id, and who stays, by the reason."""

    moved: list[str] = field(default_factory=list)
    staying: dict[str, list[str]] = field(default_factory=dict)


def ids_in(path: Path) -> frozenset[str]:
    """The ids in a file, one in a line; CallError where there are none."""
    try:
        found = frozenset(path.read_text(encoding="utf-8-sig").split())
    except UnicodeDecodeError:
        raise CallError(f"{path.name}: must be a text in UTF-8, an id in each line") from None
    except OSError as error:
        raise CallError(f"{path.name}: cannot be read: {error.strerror}") from None
    if not found:
        raise CallError(f"{path.name}: is empty; write the subscribers' ids, one in a line")
    return found


class Move:
    """A move of readers from the account `old` to `new` from a day on. CallError or FailedError,
    with nobody moved, where it cannot be.
    """

    def __init__(self, target: Target, old: str, new: str, since: date, now: datetime) -> None:
        self._store = target.store
        self._old = find_account(target.store, old)
        self._new, self._settings = _open(find_account(target.store, new), jst_date(now))
        self._since, self._now = since, now
        self._shards = {each.id: each.shards for each in (self._old, self._new)}
        _check(target.store, self._old, self._new, since, jst_date(now))
        self._same_line = _same_line(target, self._old, self._new)

    def readers(self, channel: Channel | None, only: Collection[str] | None) -> list[Subscriber]:
        """Who would move or stay: those of the old account, of the `channel`, and among `only`,
        where these are given. CallError where one of `only` is in neither account.
        """
        found, elsewhere = [], set(only or ())
        for each in self._store.subscribers:
            if each.erased:
                continue
            if each.account in self._shards:
                elsewhere.discard(each.id)
            wanted = only is None or each.id in only
            if each.account == self._old.id and channel in {None, each.channel} and wanted:
                found.append(each)
        if elsewhere:
            shown = ", ".join(sorted(elsewhere)[:5])
            raise CallError(f"{len(elsewhere):,} are not of {self._old.id}: {shown}")
        return sorted(found, key=lambda each: each.id)

    def make(self, readers: list[Subscriber], progress: Counted, *, check: bool) -> Moved:
        """Move them, or with `check` only say who would move."""
        done = Moved()
        there = self._store.subscribers.at_addresses(
            [(self._new.id, each.address) for each in readers]
        )
        for number, reader in enumerate(readers):
            if number % _STEP == 0:
                progress("moving", number, len(readers))
            known = there.get((self._new.id, reader.address))
            if why := self._why_not(reader):
                done.staying.setdefault(why, []).append(reader.id)
            elif known is not None:
                added = check or self._add_to(known, reader)
                why = KNOWN_THERE if added else FULL_THERE
                done.staying.setdefault(why, []).append(reader.id)
            else:
                if not check:
                    self._move(reader)
                done.moved.append(reader.id)
        return done

    def _why_not(self, reader: Subscriber) -> str | None:
        if reader.channel not in self._settings.channels:
            return NOT_OFFERED
        if reader.channel is Channel.LINE and not self._same_line:
            return OTHER_LINE
        return None

    def _move(self, reader: Subscriber) -> None:
        moved = self._moved(reader)
        try:
            self._store.subscribers.update(reader, moved, self._shards)
        except AddressTakenError:
            raise FailedError(
                f"the address of {reader.id} came to {self._new.id} just now; run it again"
            ) from None
        except ConflictError:  # they changed something themselves meanwhile
            change(self._store, reader.id, self._moved)

    def _moved(self, reader: Subscriber) -> Subscriber:
        """From the beginning of the day on, or since they came to the old account."""
        if reader.account != self._old.id:
            return reader
        begun = max([jst_instant(self._since), *(each.until for each in reader.earlier)])
        return changes.moved(
            reader, begun, account=self._new.id, channel=reader.channel, address=reader.address
        )

    def _add_to(self, known: str, reader: Subscriber) -> bool:
        """Have who is known there follow what they follow here; False where that is too many."""
        children = [
            joining.Child(
                due_date=None if about.birth_date else about.due_date,
                birth_date=about.birth_date,
                nickname=each.nickname,
                family=each.family,
            )
            for each in reader.enrolments
            if changes.active(each) and (about := changes.standing(each)).base_date
        ]
        try:
            change(
                self._store,
                known,
                lambda each: joining.with_children(each, children, self._now, start=False),
            )
        except RefusedError:
            return False
        return True


def _open(account: Account, today: date) -> tuple[Account, Settings]:
    settings = account.on(today)
    if settings is None or settings.delivery is not Delivery.OWN:
        raise CallError(f"{account.id} does not send by this platform today: nobody can move to it")
    return account, settings


def _check(store: Store, old: Account, new: Account, since: date, today: date) -> None:
    if old.id == new.id:
        raise CallError(f"{old.id} is both the old and the new account")
    if since > today:
        raise CallError(
            f"{since} has not come: move them on that day, best before the sending time; "
            "nobody misses or gets twice what is due then"
        )
    begins = new.on(since)
    if begins is None or begins.delivery is not Delivery.OWN:
        raise CallError(f"{new.id} did not send by this platform on {since}; choose a later day")
    counted = counted_until(store)
    if counted is not None and since <= counted:
        raise FailedError(
            f"AU was counted until {counted} with where readers were then; choose a later day"
        )


def _same_line(target: Target, old: Account, new: Account) -> bool:
    """Whether both have the same LINE channel, which alone knows its users by their ids."""
    try:
        one, other = (line_credentials(target, each.id) for each in (old, new))
    except NotDoneError:
        return False
    return one.channel_id == other.channel_id
