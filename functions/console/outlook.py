"""The forecast: where AU goes, and where it would go with so many registrations a month."""

from functions.console.app import guard
from functions.console.charts import Chart, Values, chart
from functions.console.goals import funnels, goals, years
from functions.console.page import page
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.rules.dates import jst_date
from shared.rules.forecast import Forecast, forecasts, together
from shared.rules.goal import GOAL
from shared.rules.months import Month
from shared.rules.snapshot import Snapshot

MOST_REGISTRATIONS = 100_000
TWELVE = 12
TOLD = (12, 24, 36)
"""After so many months the forecast stands in the table, too."""


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
    registrations, problem = _registrations(ask)
    return page(
        "outlook",
        ask,
        status=422 if problem else 200,
        problem=problem,
        snapshot=snapshot,
        chosen=chosen,
        found=found,
        registrations=registrations,
        chart=_chart(snapshot, chosen, found, registrations),
        in_a_year=_in_a_year(found, registrations),
        told=_told(found, registrations),
        goal=GOAL,
        goals=goals(snapshot),
        years=years(snapshot),
        funnels=list(funnels(snapshot, Month.of(jst_date(ask.now)))),
    )


def _registrations(ask: Ask) -> tuple[float | None, str]:
    """How many registrations a month are asked for, or None; and what is wrong with what was typed
    in, or nothing.
    """
    text = ask.query.get("registrations", "").strip()
    if not text:
        return None, ""
    try:
        wanted = float(text)
    except ValueError:
        wanted = -1.0
    if 0 <= wanted <= MOST_REGISTRATIONS:
        return wanted, ""
    return None, f"月の新規登録は、0から{MOST_REGISTRATIONS:,}までの数で書いてください。"


def _in_a_year(found: Forecast, registrations: float | None) -> float:
    if registrations is None:
        return found.middle[TWELVE - 1]
    return found.with_registrations(registrations)[TWELVE - 1]


def _told(found: Forecast, registrations: float | None) -> list[tuple[Month, list[float]]]:
    """The forecast after some months: the estimate, its band, what dates alone know, and what the
    registrations that were asked for would make of it.
    """
    lines = [found.middle, found.low, found.high, found.known]
    if registrations is not None:
        lines.append(found.with_registrations(registrations))
    places = [n - 1 for n in TOLD if n <= len(found.months)]
    return [(found.months[n], [each[n] for each in lines]) for n in places]


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
