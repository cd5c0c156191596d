"""subscribers.csv: one row per enrolment; the rows of one subscriber are one person."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cli.files.enrolments import enrolment_cells, read_enrolment
from cli.files.table import Row
from shared.office.fields import matching, one_line, one_of
from shared.rules import changes
from shared.rules.account import Account, Channel, Delivery
from shared.rules.dates import jst_date
from shared.rules.subscriber import Enrolment, Subscriber
from shared.subscribers.address import address, lost_its_zero, same_address

SUBSCRIBER_COLUMNS = (
    "subscriber",
    "account",
    "channel",
    "address",
    "touchpoint",
    "enrolment",
    "nickname",
    "due_date",
    "birth_date",
    "birth_registered_at",
    "joined_at",
    "stopped_at",
    "stopped_by",
    "returned_at",
)

LONGEST_TOUCHPOINT = 100
MOST_ENROLMENTS = 90
"""A subscriber is stored in one transaction, which holds 100 actions: one for each enrolment."""

_CONTACT = ("account", "channel", "address", "touchpoint")
"""What the rows of one subscriber must have in common."""

_channel = one_of(Channel)
_touchpoint = one_line(LONGEST_TOUCHPOINT)
_subscriber_id = matching(r"[A-Za-z0-9_-]{1,40}", "must be 1 to 40 of A-Z, a-z, 0-9, _ and -")


@dataclass(slots=True)
class _Person:
    """A subscriber, as far as the rows are read: the first row, and what each column says."""

    row: Row
    contact: Mapping[str, str | None]
    enrolments: dict[str, Enrolment] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def subscriber(self, name: str) -> Subscriber:
        contact = self.contact
        return Subscriber(
            id=name,
            account=contact["account"] or "",
            channel=Channel(contact["channel"] or ""),
            address=contact["address"] or "",
            touchpoint=contact["touchpoint"],
            enrolments=tuple(self.enrolments.values()),
        )


def read_subscribers(
    rows: Iterable[Row], accounts: Mapping[str, Account], now: datetime
) -> list[tuple[Row, Subscriber]]:
    """The subscribers of the file, each with its first row; those with faults are left out, and
    their faults taken down in the rows.
    """
    people: dict[str, _Person] = {}
    bad: set[str] = set()
    for row in rows:
        name = row.required("subscriber", _subscriber_id)
        contact = _contact(row, accounts)
        enrolment = read_enrolment(row, now)
        if name is None:
            continue
        person = people.setdefault(name, _Person(row, contact))
        _check_agreement(row, contact, person)
        if enrolment is not None:
            _check_offered(row, contact, accounts, enrolment)
            _enrol(row, person, enrolment)
        if row.bad:
            bad.add(name)
    bad |= _sharing_an_address(people)
    return [
        (person.row, person.subscriber(name)) for name, person in people.items() if name not in bad
    ]


def _contact(row: Row, accounts: Mapping[str, Account]) -> dict[str, str | None]:
    """Account, channel, address as it is stored, and touchpoint: None where blank or at fault."""
    channel = row.required("channel", _channel)

    def account(text: str) -> str:
        if text in accounts:
            return text
        raise ValueError("there is no such account; `kizuna import accounts` adds it")

    def address_of_channel(text: str) -> str:
        found = address(channel, text) if channel else text
        if channel is Channel.SMS and lost_its_zero(text):
            row.note("phone numbers that had lost their first 0, which was put back")
        return found

    return {
        "account": row.required("account", account),
        "channel": channel,
        "address": row.required("address", address_of_channel) if channel else None,
        "touchpoint": row.optional("touchpoint", _touchpoint),
    }


def _check_agreement(row: Row, contact: Mapping[str, str | None], person: _Person) -> None:
    if row is person.row or row.bad or person.row.bad:
        return
    for column in _CONTACT:
        if contact[column] != person.contact[column]:
            row.fault(column, f"differs from row {person.row.number}, the same subscriber")


def _check_offered(
    row: Row,
    contact: Mapping[str, str | None],
    accounts: Mapping[str, Account],
    enrolment: Enrolment,
) -> None:
    """A fault where the account has not offered the channel on any day since the enrolment joined.

    Another system's channels (external accounts) are not ours to check.
    """
    account, channel = accounts.get(contact["account"] or ""), contact["channel"]
    if account is None or channel is None:
        return
    joined = jst_date(enrolment.history[0].at)
    in_force = account.on(joined)
    since = [each for each in account.settings if each is in_force or each.valid_from > joined]
    offered = any(each.delivery is Delivery.EXTERNAL or channel in each.channels for each in since)
    if not offered:
        row.fault("channel", f"the account {account.id} does not offer {channel}")


def _enrol(row: Row, person: _Person, enrolment: Enrolment) -> None:
    if enrolment.id in person.enrolments:
        row.fault("enrolment", f"is in row {person.rows[enrolment.id]} already")
    elif len(person.enrolments) == MOST_ENROLMENTS:
        row.fault("enrolment", f"is one too many; a subscriber has at most {MOST_ENROLMENTS}")
    else:
        person.enrolments[enrolment.id] = enrolment
        person.rows[enrolment.id] = row.number


def _sharing_an_address(people: Mapping[str, _Person]) -> set[str]:
    """The subscribers whose address another one of the account, in an earlier row, has."""
    owners: dict[tuple[str, str], tuple[str, int]] = {}
    sharing = set()
    for name, person in people.items():
        contact = person.contact
        account, channel, found = contact["account"], contact["channel"], contact["address"]
        if account is None or channel is None or found is None:
            continue
        same = account, same_address(Channel(channel), found)
        owner, number = owners.setdefault(same, (name, person.row.number))
        if owner != name:
            person.row.fault("address", f"is that of row {number}, another subscriber")
            sharing.add(name)
    return sharing


def subscriber_rows(subscriber: Subscriber) -> list[dict[str, str]]:
    """The subscriber as rows of the file, in the order of its enrolments: the inverse of
    `read_subscribers`, as far as the columns hold what there is (see `enrolment_cells`).
    """
    contact = {
        "subscriber": subscriber.id,
        "account": subscriber.account,
        "channel": str(subscriber.channel),
        "address": subscriber.address,
        "touchpoint": subscriber.touchpoint or "",
    }
    return [{**contact, **enrolment_cells(each)} for each in subscriber.enrolments]


def write_subscribers(subscribers: Iterable[Subscriber]) -> Iterator[dict[str, str]]:
    """The rows of subscribers.csv: what was exported imports again unchanged."""
    for subscriber in subscribers:
        yield from subscriber_rows(subscriber)


def same_in_files(one: Subscriber, other: Subscriber) -> bool:
    """Whether the two say the same in a file, whatever the order of their enrolments."""
    first, second = (
        sorted(subscriber_rows(each), key=lambda row: row["enrolment"]) for each in (one, other)
    )
    return first == second


def restarted(stored: Subscriber, in_file: Subscriber) -> set[str]:
    """The enrolments that are stopped on record, and active by the file."""
    active = {each.id for each in in_file.enrolments if changes.active(each)}
    return {each.id for each in stored.enrolments if not changes.active(each)} & active
