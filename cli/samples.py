"""The sample data, made up for a day and loaded as any file is."""

import csv
from datetime import UTC, date, datetime, time
from pathlib import Path

from cli.errors import FailedError
from cli.files.load import load_accounts, load_births, load_content, load_subscribers
from cli.progress import Step
from cli.target import Target
from local.platform import provide_credentials
from local.sample.generator import write_subscribers_csv
from shared.rules.account import Account, Delivery
from shared.rules.dates import JST
from shared.rules.months import Month
from shared.rules.touchpoint import Touchpoint
from shared.store.staff import Colleague
from shared.store.store import Store

SAMPLES = Path(__file__).resolve().parent.parent / "local" / "sample"
PAST_DAYS = 1_200
"""So far back reach those who have graduated: three fiscal years of AU can be told."""
EXTERNAL_MONTHS, EXTERNAL_FIGURE, EXTERNAL_GROWTH = 14, 1_180, 6
COLLEAGUE = Colleague("見本職員", "staff@kizuna.example.jp")
EARLY_MORNING = time(5)
"""When the sample's people were last changed: before the first tick of the day."""


def load_samples(target: Target, count: int, day: date, folder: Path, step: Step) -> dict[str, int]:
    """Load the sample accounts and texts, and `count` invented subscribers as of `day`, into a
    local platform.
    """
    if target.local is None:
        raise FailedError("sample data is for the local platform only")
    now = datetime.combine(day, EARLY_MORNING, JST)
    store = target.store
    step("import the sample accounts and the sample catalogue")
    load_accounts(store, SAMPLES / "accounts.csv", now)
    accounts = list(store.accounts)
    provide_credentials(target.local, accounts)
    load_content(store, SAMPLES / "content.csv")
    load_births(store, SAMPLES / "births.csv", datetime.now(UTC))
    _report(store, accounts, Month.of(day))
    _add_touchpoints(store, accounts)
    step(f"invent {count:,} subscribers and import them")
    file = folder / "subscribers.csv"
    write_subscribers_csv(file, accounts, count=count, today=day, past_days=PAST_DAYS)
    loaded = load_subscribers(store, file, now)
    return {"accounts": len(accounts), **loaded.new}


def _add_touchpoints(store: Store, accounts: list[Account]) -> None:
    """The same touchpoints for every account that sends itself: its sample subscribers came through
    them.
    """
    with (SAMPLES / "touchpoints.csv").open(encoding="utf-8", newline="") as file:
        places = {row["touchpoint"]: row["name"] for row in csv.DictReader(file)}
    for account in accounts:
        if account.settings[-1].delivery is Delivery.OWN:
            known = {each.id for each in store.touchpoints.of(account.id)}
            for touchpoint, name in places.items():
                if touchpoint not in known:
                    store.touchpoints.put(Touchpoint(account.id, touchpoint, name))


def _report(store: Store, accounts: list[Account], latest: Month) -> None:
    """What the office has from outside: external accounts' figures, published totals; its staff."""
    now = datetime.now(UTC)
    external = [each for each in accounts if each.settings[-1].delivery is Delivery.EXTERNAL]
    for account in external:
        for n in range(EXTERNAL_MONTHS):
            month = latest.plus(n + 1 - EXTERNAL_MONTHS)
            figure = EXTERNAL_FIGURE + EXTERNAL_GROWTH * n
            store.external.report(account.id, month, figure, by=COLLEAGUE.name, at=now)
    with (SAMPLES / "published.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            store.published.put(
                int(row["fiscal_year"]),
                int(row["subscribers"]),
                row["source"],
                by=COLLEAGUE.name,
                at=now,
            )
    if COLLEAGUE not in list(store.staff):
        store.staff.add(COLLEAGUE)
