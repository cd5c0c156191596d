"""The forecast: where AU goes, and where it would go with so many registrations a month."""

from functions.console.app import guard
from functions.console.charts import Chart, Values, chart
from functions.console.page import page
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.rules.dates import jst_date
from shared.rules.forecast import Forecast, forecasts, together
from shared.rules.months import Month
from shared.rules.snapshot import Snapshot

MOST_REGISTRATIONS = 100_000
TWELVE = 12


@guard.get("/console/au/forecast", needs=Role.VIEWER)
def forecast(ask: Ask) -> Page:
    """Of all accounts of this system, or one: with the registrations that were typed in."""
    newest = next((e for e in resources().store.snapshots.reviews() if not e.restated_by), None)
    snapshot = resources().store.snapshots.load(newest) if newest else None
    if snapshot is None or not snapshot.detail:
        return page("outlook", ask, snapshot=None)
    chosen = ask.query.get("account", "")
    chosen = chosen if chosen in snapshot.detail else ""
    every = forecasts(snapshot.detail, snapshot.measure)
    found = every[chosen] if chosen else together(every.values())
    registrations = _registrations(ask)
    return page(
        "outlook",
        ask,
        snapshot=snapshot,
        chosen=chosen,
        found=found,
        registrations=registrations,
        chart=_chart(snapshot, chosen, found, registrations),
        in_a_year=_in_a_year(found, registrations),
        goals=_goals(snapshot, ask),
        funnels=_funnels(snapshot, ask),
    )


def _registrations(ask: Ask) -> float | None:
    try:
        wanted = float(ask.query.get("registrations", ""))
    except ValueError:
        return None
    return wanted if 0 <= wanted <= MOST_REGISTRATIONS else None


def _in_a_year(found: Forecast, registrations: float | None) -> float:
    if registrations is None:
        return found.middle[TWELVE - 1]
    return found.with_registrations(registrations)[TWELVE - 1]


def _chart(snapshot: Snapshot, chosen: str, found: Forecast, registrations: float | None) -> Chart:
    past = snapshot.measure.past
    details = [snapshot.detail[chosen]] if chosen else list(snapshot.detail.values())
    known = [sum(each.series["subscribers"][n] for each in details) for n in range(len(past))]
    ahead = [month for month in found.months if month > past[-1]]
    skip = len(found.months) - len(ahead)
    months = [*past, *ahead]
    gap: list[float | None] = [None] * (len(past) - 1)
    middle = [*gap, known[-1], *found.middle[skip:]]
    lines: list[tuple[str, str, Values]] = [
        ("これまで", "l1", [*known, *([None] * len(ahead))]),
        ("見込み", "l2", middle),
        ("日付で分かる分", "l3", [*gap, known[-1], *found.known[skip:]]),
    ]
    if registrations is not None:
        glass = found.with_registrations(registrations)[skip:]
        lines.append((f"月{registrations:g}件の登録なら", "l4", [*gap, known[-1], *glass]))
    return chart(months, lines, band=(found.low[skip:], found.high[skip:], len(past)))


def _goals(snapshot: Snapshot, ask: Ask) -> list[tuple[str, int, int | None, int]]:
    """By account: its name, the fiscal year's new pregnancy registrations so far, the births that
    they are measured against, and of which year those are.
    """
    months, now = snapshot.measure.past, Month.of(jst_date(ask.now)).fiscal_year
    found = []
    for account, detail in snapshot.detail.items():
        year = snapshot.measure.month.fiscal_year
        flows = zip(months, detail.flows["new_pregnancy"], strict=True)
        so_far = sum(number for month, number in flows if month.fiscal_year == year)
        births = {y: b for y, b in resources().store.births.of(account).items() if y <= now}
        latest = max(births, default=None)
        known = births[latest].births if latest is not None else None
        found.append((snapshot.about[account].name, so_far, known, latest or 0))
    return found


def _funnels(snapshot: Snapshot, ask: Ask) -> list[tuple[str, int, int, int]]:
    """By account: how often the pages of its touchpoints were opened, forms sent, and addresses
    confirmed in 12 months.
    """
    last = Month.of(jst_date(ask.now))
    found = []
    for account in snapshot.detail:
        counts = resources().store.touchpoints.counts(account, last.plus(1 - TWELVE), last).values()
        opened = sum(each.opened for each in counts)
        started = sum(each.started for each in counts)
        confirmed = sum(each.confirmed for each in counts)
        found.append((snapshot.about[account].name, opened, started, confirmed))
    return found
