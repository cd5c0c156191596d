"""External accounts' figures, entered in a grid of a fiscal year: a blank cell is missing, never
zero.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from functions.console.app import guard
from functions.console.page import page, see
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office.external import was_external, why_not
from shared.rules.account import Account
from shared.rules.dates import jst_date
from shared.rules.months import Month
from shared.web.form import Form

MOST_DIGITS = 7

_Row = tuple[Account, str, dict[Month, int | None]]


@guard.get("/console/au/external", needs=Role.VIEWER)
def grid(ask: Ask) -> Page:
    """What was reported, by account and month."""
    return _grid(ask, {})


@guard.post("/console/au/external", needs=Role.EDITOR)
def report(ask: Ask) -> Page:
    """Note what has changed, all of it or nothing: where one cell is wrong, or somebody else has
    changed it meanwhile, the grid comes back.
    """
    year, store = _year(ask), resources().store
    changed = [each for each in _cells(ask.form, _rows(year)) if each.changed]
    problems = [said for each in changed if (said := _problem(each, ask.now))]
    if problems:
        typed = {each.field: each.typed for each in changed}
        return _grid(ask, typed, problems=problems)
    for each in changed:
        store.external.report(each.account.id, each.month, int(each.text), by=ask.by, at=ask.now)
        store.audit.note(ask.now, ask.by, f"reported the figure of {each.month}", each.account.id)
    return see("/console/au/external", year=str(year), saved=str(len(changed)))


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell of the grid: what stood there when the page was opened (`seen`), what is on record
    now, and what was typed in.
    """

    account: Account
    name: str
    month: Month
    seen: str
    now: str
    typed: str

    @property
    def field(self) -> str:
        return f"{self.account.id}.{self.month}"

    @property
    def text(self) -> str:
        """What was typed in, with the digits of a Japanese keyboard as plain ones."""
        return unicodedata.normalize("NFKC", self.typed).replace(",", "")

    @property
    def changed(self) -> bool:
        """Whether they changed it, to what is not on record already."""
        return self.text not in {self.seen, self.now}


def _cells(form: Form, rows: list[_Row]) -> Iterator[_Cell]:
    """Each cell of the grid. The page says itself what it showed: compared with what is on record
    by now alone, a page that has lain open would undo what a colleague corrected.
    """
    for account, name, figures in rows:
        shown = form.get(f"seen.{account.id}", "").split("-")
        seen = dict(zip(figures, shown, strict=False))
        for month, figure in figures.items():
            typed = form.get(f"{account.id}.{month}", "")
            yield _Cell(account, name, month, seen.get(month, ""), _text(figure), typed)


def _problem(cell: _Cell, now: datetime) -> str | None:
    """What is wrong with a cell that was changed, and what would be right."""
    where = f"{cell.name}の{cell.month}"
    if not cell.text:
        return f"{where}は、空欄にはもどせません。0人のときは 0 と書いてください。"
    if not (cell.text.isascii() and cell.text.isdigit() and len(cell.text) <= MOST_DIGITS):
        return f"{where}は、1234 のような数にしてください。"
    if why_not(cell.account, cell.month, now, local=False):
        return f"{where}は、まだ始まっていません。"
    if cell.now != cell.seen:
        return (
            f"{where}は、この画面を開いたあとに、ほかの人が {int(cell.now):,} にしました。"
            "それでもよければ、もう一度保存してください。"
        )
    return None


def _grid(ask: Ask, typed: Mapping[str, str], *, problems: list[str] | None = None) -> Page:
    year = _year(ask)
    rows = _rows(year)
    return page(
        "external_figures",
        ask,
        status=422 if problems else 200,
        problems=problems or [],
        year=year,
        months=[Month(year, 4).plus(n) for n in range(12)],
        rows=rows,
        seen={account.id: "-".join(map(_text, figures.values())) for account, _, figures in rows},
        typed=typed,
        this_month=Month.of(jst_date(ask.now)),
    )


def _text(figure: int | None) -> str:
    return "" if figure is None else str(figure)


def _rows(year: int) -> list[_Row]:
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
    known = {str(each): each for each in range(2000, now + 1)}
    return known.get(text, now)
