"""The sample data, made up for a day and loaded as any file is."""

from datetime import date, datetime, time
from pathlib import Path

from cli.errors import FailedError
from cli.files.load import load_accounts, load_content, load_subscribers
from cli.progress import Step
from cli.target import Target
from local.platform import provide_credentials
from local.sample.generator import write_subscribers_csv
from shared.rules.dates import JST

SAMPLES = Path(__file__).resolve().parent.parent / "local" / "sample"
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
    step(f"invent {count:,} subscribers and import them")
    file = folder / "subscribers.csv"
    write_subscribers_csv(file, accounts, count=count, today=day)
    loaded = load_subscribers(store, file, now)
    return {"accounts": len(accounts), **loaded.new}
