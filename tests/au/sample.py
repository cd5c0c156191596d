"""A snapshot of the sample's invented people, counted in process: for what is made from one."""

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from cli.files.faults import Faults
from cli.files.subscribers import read_subscribers
from cli.files.table import Row, read_table
from local.sample.generator import subscriber_rows
from shared.office.account.settings import ACCOUNT_COLUMNS, read_accounts
from shared.rules.account import Account
from shared.rules.au import Measure
from shared.rules.months import Month
from shared.rules.snapshot import Snapshot, assemble
from shared.rules.subscriber import Subscriber
from shared.rules.tally import Tally
from shared.store.snapshots import hashed

TODAY = date(2026, 12, 1)
NOW = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
NOVEMBER = Month(2026, 11)
SAMPLES = Path(__file__).parents[2] / "local" / "sample"
REPORTED = {"sendai": {Month(2026, n): 1_200 + n for n in range(4, 12)}}


@cache
def accounts() -> dict[str, Account]:
    faults = Faults("accounts.csv")
    rows = read_table(SAMPLES / "accounts.csv", ACCOUNT_COLUMNS, faults)
    found = read_accounts(rows, {}, TODAY)
    faults.stop()
    return found


@cache
def people(count: int = 2_000) -> tuple[Subscriber, ...]:
    faults = Faults("subscribers.csv")
    written = subscriber_rows(list(accounts().values()), count=count, today=TODAY)
    rows = (Row(n, each, faults) for n, each in enumerate(written, 2))
    found = read_subscribers(rows, accounts(), NOW)
    faults.stop()
    return tuple(subscriber for _, subscriber in found)


@cache
def november(count: int = 2_000) -> Snapshot:
    """The month-end snapshot of November 2026."""
    return snapshot(Measure.month_end(NOVEMBER), count)


def snapshot(measure: Measure, count: int = 2_000) -> Snapshot:
    tally = Tally(measure, accounts())
    for subscriber in people(count):
        tally.add(subscriber)
    return hashed(assemble(measure, accounts().values(), tally.figures(), REPORTED))
