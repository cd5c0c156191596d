"""`kizuna au backtest`: the forecast that a year ago would have made, beside what came."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.arguments import JsonOption, parse_date
from cli.errors import CallError, FailedError
from cli.files.faults import Faults
from cli.files.subscribers import read_subscribers
from cli.files.table import Row, read_table
from cli.samples import EARLY_MORNING, SAMPLES
from cli.tables import figures_table
from local.sample.generator import subscriber_rows
from shared.office.account.settings import ACCOUNT_COLUMNS, read_accounts
from shared.rules.account import Account
from shared.rules.backtest import Backtest, Comparison, Fate, Graduations, look_back
from shared.rules.dates import JST
from shared.rules.forecast import BAND
from shared.rules.months import Month
from shared.rules.subscriber import Subscriber

PAST_DAYS = 1200
"""Three years and the months that are begun at both ends: then a history is complete."""

FIRST_DAY, LAST_DAY = date(2023, 4, 1), date(2099, 12, 31)
"""From the day on which the sample accounts have been open for four years."""


def backtest(
    subscribers: Annotated[
        int, typer.Option(min=100, max=200_000, help="How many subscribers to invent.")
    ] = 5_000,
    seed: Annotated[int, typer.Option(help="Another seed invents other people.")] = 20261123,
    on: Annotated[
        date | None,
        typer.Option(parser=parse_date, metavar="DATE", help="Their last day; default today."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Invent three years of people, make the forecast of a year ago, and compare it with what came.

    Ends with 1 unless the graduations that were foreseen from dates came to the last one.
    """
    day = on or datetime.now(JST).date()
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CallError(f"the backtest runs on days from {FIRST_DAY} to {LAST_DAY}")
    accounts = sample_accounts(day)
    people = invent(accounts, subscribers, day, seed)
    found = look_back(people, accounts, Month.of(day).plus(-1))
    call = {"subscribers": subscribers, "seed": seed, "on": day.isoformat()}
    tell(found, call, as_json=as_json)


def tell(found: Backtest, call: dict[str, Any], *, as_json: bool) -> None:
    """Print a backtest, as a document with what the `call` was; FailedError where the known part
    is not exact.
    """
    if as_json:
        typer.echo(json.dumps({**call, **backtest_json(found)}))
    else:
        _show(found)
    if not found.exact:
        raise FailedError("the known part is not exact; see above")


def sample_accounts(day: date) -> dict[str, Account]:
    """The accounts of the sample, by id."""
    faults = Faults("accounts.csv")
    rows = read_table(SAMPLES / "accounts.csv", ACCOUNT_COLUMNS, faults)
    accounts = read_accounts(rows, {}, day)
    faults.stop()
    return accounts


def invent(
    accounts: dict[str, Account], count: int, day: date, seed: int
) -> tuple[Subscriber, ...]:
    """So many subscribers with a history of three years, as the import reads them."""
    faults = Faults("subscribers.csv")
    written = subscriber_rows(
        list(accounts.values()), count=count, today=day, seed=seed, past_days=PAST_DAYS
    )
    rows = (Row(number, each, faults) for number, each in enumerate(written, 2))
    found = read_subscribers(rows, accounts, datetime.combine(day, EARLY_MORNING, JST))
    faults.stop()
    return tuple(subscriber for _, subscriber in found)


def backtest_json(found: Backtest) -> dict[str, Any]:
    """A backtest for a program; errors and shares are fractions of 1."""
    return {
        "made_at": found.made_at.isoformat().replace("+00:00", "Z"),
        "exact": found.exact,
        "graduations": [
            {
                "month": str(each.month),
                "forecast": each.forecast,
                "foreseen": each.foreseen,
                "came": each.came,
                "left_before": each.left_before,
                **{fate.value: each.fates.get(fate, 0) for fate in _WHY_NOT},
            }
            for each in found.graduations
        ],
        "total": _comparison_json(found.total),
        "accounts": {name: _comparison_json(each) for name, each in found.accounts.items()},
    }


_WHY_NOT = [each for each in Fate if each is not Fate.CAME]


def _comparison_json(one: Comparison) -> dict[str, Any]:
    forecast = one.forecast
    columns = zip(
        forecast.months, forecast.known, forecast.middle, forecast.low, forecast.high, strict=True
    )
    return {
        "au": forecast.now,
        "mape": _rounded(one.mape),
        "inside": sum(one.inside),
        "months": [
            {
                "month": str(month),
                "known": known,
                "middle": round(middle, 1),
                "low": round(low, 1),
                "high": round(high, 1),
                "came": came,
                "error": _rounded(error),
            }
            for (month, known, middle, low, high), came, error in zip(
                columns, one.came, one.errors, strict=False
            )
        ],
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 5)


def graduations_line(graduations: Sequence[Graduations]) -> str:
    """The check of what dates alone know: foreseen = came + left before."""
    foreseen, came, left, forecast = (
        sum(getattr(each, name) for each in graduations)
        for name in ("foreseen", "came", "left_before", "forecast")
    )
    why = {fate: sum(each.fates.get(fate, 0) for each in graduations) for fate in _WHY_NOT}
    reasons = ", ".join(f"{fate} {count:,}" for fate, count in why.items() if count)
    line = f"known graduations: foreseen {foreseen:,} = came {came:,} + left before {left:,}"
    line += f" ({reasons})" if reasons else ""
    wrong = [str(each.month) for each in graduations if not each.exact]
    if not wrong:
        return line
    return f"{line}; NOT EXACT in {', '.join(wrong)}: the forecast has {forecast:,}"


def _show(found: Backtest) -> None:
    console = Console(highlight=False)
    console.print(_months_table(found))
    console.print(_accounts_table(found))
    bands = [each for one in found.accounts.values() for each in one.inside]
    total = found.total
    of_total = f"{sum(total.inside)} of {len(total.inside)}"
    of_accounts = f"{sum(bands):,} of {len(bands):,} ({sum(bands) / len(bands):.0%})"
    for line in (
        graduations_line(found.graduations),
        f"total: mean error {_percent(total.mape)}, in the band {of_total} months",
        f"accounts: in the band {of_accounts}; it is made to hold {BAND:.0%}",
    ):
        console.print(line, soft_wrap=True, markup=False)


def _months_table(found: Backtest) -> Table:
    made = found.made_at.astimezone(JST)
    total, forecast = found.total, found.total.forecast
    table = figures_table(f"Forecast of {made:%Y-%m-%d} 00:00 JST, and what came")
    for heading in ("known", "low", "estimate", "high", "came", "error"):
        table.add_column(heading, justify="right", no_wrap=True)
    for index, (came, error) in enumerate(zip(total.came, total.errors, strict=True)):
        middle, low, high = (
            f"{each[index]:,.0f}" for each in (forecast.middle, forecast.low, forecast.high)
        )
        table.add_row(
            str(forecast.months[index]),
            f"{forecast.known[index]:,}",
            low,
            middle,
            high,
            f"{came:,}",
            _percent(error, "+"),
        )
    return table


def _accounts_table(found: Backtest) -> Table:
    table = figures_table("By account: the 12th month, and the mean error of all")
    for heading in ("AU then", "low", "estimate", "high", "came", "error", "in band"):
        table.add_column(heading, justify="right", no_wrap=True)
    for account, one in found.accounts.items():
        forecast, last = one.forecast, len(one.came) - 1
        table.add_row(
            account,
            f"{forecast.now:,}",
            f"{forecast.low[last]:,.0f}",
            f"{forecast.middle[last]:,.0f}",
            f"{forecast.high[last]:,.0f}",
            f"{one.came[last]:,}",
            _percent(one.mape),
            f"{sum(one.inside)} of {len(one.inside)}",
        )
    return table


def _percent(share: float | None, sign: str = "") -> str:
    return "-" if share is None else f"{share:{sign}.1%}"
