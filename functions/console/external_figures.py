"""External accounts' figures, entered in a grid of a fiscal year: a blank cell is missing, never
zero.
"""

from collections.abc import Mapping

from functions.console.app import guard
from functions.console.page import page, see
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office.external import was_external, why_not
from shared.rules.account import Account
from shared.rules.dates import jst_date
from shared.rules.months import Month

HIGHEST = 9_999_999


@guard.get("/console/au/external", needs=Role.VIEWER)
def grid(ask: Ask) -> Page:
    """What was reported, by account and month."""
    return _grid(ask, {})


@guard.post("/console/au/external", needs=Role.EDITOR)
def report(ask: Ask) -> Page:
    """Note what has changed, all of it or nothing: where one cell is wrong, the grid comes back."""
    year, store = _year(ask), resources().store
    problems: list[str] = []
    changed: list[tuple[str, Month, int]] = []
    for account, name, figures in _rows(year):
        for month, before in figures.items():
            text = ask.form.get(f"{account.id}.{month}", "").replace(",", "")
            if text == ("" if before is None else str(before)):
                continue
            if not (text.isascii() and text.isdigit() and int(text) <= HIGHEST):
                problems.append(f"{name}の{month}は、1234 のような数にしてください。")
            elif why_not(account, month, ask.now, local=False):
                problems.append(f"{name}の{month}は、まだ始まっていません。")
            else:
                changed.append((account.id, month, int(text)))
    if problems:
        return _grid(ask, ask.form, problems=problems)
    for account_id, month, number in changed:
        store.external.report(account_id, month, number, by=ask.by, at=ask.now)
        store.audit.note(ask.now, ask.by, f"reported the figure of {month}", account_id)
    return see("/console/au/external", year=str(year), saved=str(len(changed)))


def _grid(ask: Ask, typed: Mapping[str, str], *, problems: list[str] | None = None) -> Page:
    year = _year(ask)
    return page(
        "external_figures",
        ask,
        status=422 if problems else 200,
        problems=problems or [],
        year=year,
        months=[Month(year, 4).plus(n) for n in range(12)],
        rows=_rows(year),
        typed=typed,
        this_month=Month.of(jst_date(ask.now)),
    )


def _rows(year: int) -> list[tuple[Account, str, dict[Month, int | None]]]:
    """The accounts that were external in the year, with the figure of each month in which they
    were, or None.
    """
    first = Month(year, 4)
    months = [first.plus(n) for n in range(12)]
    found = []
    for account in resources().store.accounts:
        mine = [each for each in months if was_external(account, each)]
        settings = account.on(months[-1].last)
        if mine and settings:
            known = resources().store.external.of_account(account.id, months[0], months[-1])
            figures = {m: known[m].subscribers if m in known else None for m in mine}
            found.append((account, settings.name, figures))
    return found


def _year(ask: Ask) -> int:
    text = ask.form.get("year") or ask.query.get("year", "")
    now = Month.of(jst_date(ask.now)).fiscal_year
    return int(text) if text.isascii() and text.isdigit() and 2000 <= int(text) <= now else now
