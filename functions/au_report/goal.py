"""The goal: new pregnancy registrations of a fiscal year against the births of a year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.au_report.balance import month_flow, shown_flows
from functions.au_report.reader import Reader, is_hidden, rounded
from functions.au_report.report import NONE, Cell, Form, Row, Section, Table, count, words
from functions.au_report.wording import month_words, year_words
from shared.rules.au import YEAR_MONTHS, Detail
from shared.rules.goal import GOAL, at_this_pace, births_year, months_so_far, registered
from shared.rules.months import Month
from shared.rules.small_cells import Hidden
from shared.store.figures import AnnualBirths


def goal(
    detail: Detail, months: Sequence[Month], births: Mapping[int, AnnualBirths], reader: Reader
) -> Section:
    """How far the fiscal year is on the way to the goal; without births, that they are not known.
    Where its own births are not known the latest year's before are taken, and named.
    """
    now = months[-1]
    told = _registered(detail, months, reader)
    so_far = months_so_far(now)
    base = _base(births, now)
    facts = [Row(f"妊娠期の新規登録（{_span(now)}）", (told.cell,))]
    if base is not None:
        facts += [
            Row(f"年間の出生数（{year_words(base.fiscal_year)}）", (count(base.births),)),
            Row("割合", (told.rate(base.births),)),
            *told.at_this_pace(so_far, base.births),
            Row("目標", (Cell(GOAL, Form.PERCENT),)),
            Row(f"目標の{so_far}か月分", (Cell(GOAL * so_far / YEAR_MONTHS, Form.PERCENT),)),
            Row("出生数の出典", (words(base.source),)),
        ]
    table = Table(
        "20%の目標",
        f"{year_words(now.fiscal_year)}の妊娠期の新規登録と出生数",
        ("項目", "値"),
        tuple(facts),
        _notes(told, now, base),
    )
    said = "その年度に妊娠期で新しく登録した件数が、年間の出生数の20%になることを目標にしています。"
    return Section("20%の目標", (said, table))


def rate(
    detail: Detail, months: Sequence[Month], births: Mapping[int, AnnualBirths], reader: Reader
) -> Cell:
    """The part of the goal's table that is read first."""
    base = _base(births, months[-1])
    return NONE if base is None else _registered(detail, months, reader).rate(base.births)


@dataclass(frozen=True, slots=True)
class _Registered:
    """Registrations of a fiscal year: exact, about, or (None) too few to be told."""

    figure: int | None
    about: bool

    @property
    def cell(self) -> Cell:
        if self.figure is None:
            return count(Hidden.SMALL)
        return Cell(None, Form.COUNT, f"約{self.figure:,}") if self.about else count(self.figure)

    def at_this_pace(self, months: int, births: int) -> list[Row]:
        """What the year comes to, if it goes on as in its months so far; nothing in its last."""
        whole = None if self.figure is None else at_this_pace(self.figure, months)
        if whole is None:
            return []
        part = f"（約{whole / births:.0%}）" if births else ""
        return [Row("この調子なら3月までに", (Cell(None, Form.COUNT, f"約{whole:,}{part}"),))]

    def rate(self, births: int) -> Cell:
        if self.figure is None or not births:
            return NONE
        part = self.figure / births
        return Cell(None, Form.PERCENT, f"約{part:.0%}") if self.about else Cell(part, Form.PERCENT)


def _registered(detail: Detail, months: Sequence[Month], reader: Reader) -> _Registered:
    """The fiscal year's registrations. Where a month of them is hidden they are rounded: beside
    the report of the month before they would tell it.
    """
    year = months[-1].fiscal_year
    places = [n for n, month in enumerate(months) if month.fiscal_year == year]
    total = registered(detail, months)
    if is_hidden(reader.alone(total)):
        return _Registered(None, about=False)
    flows = (shown_flows(month_flow(detail, n), reader) for n in places)
    about = any(is_hidden(flow["new_pregnancy"]) for flow in flows)
    return _Registered(rounded(total) if about else total, about)


def _base(births: Mapping[int, AnnualBirths], now: Month) -> AnnualBirths | None:
    """The births of the fiscal year, or of the latest before it that has any on record."""
    year = births_year(births, now)
    return None if year is None else births[year]


def _span(now: Month) -> str:
    first = Month(now.fiscal_year, 4)
    return month_words(now) if now == first else f"{month_words(first)}〜{now.month}月"


def _notes(told: _Registered, now: Month, base: AnnualBirths | None) -> tuple[str, ...]:
    found = []
    if base is None:
        found.append("出生数が登録されていないため、割合は計算できません。")
    elif base.fiscal_year != now.fiscal_year:
        found.append(
            f"{year_words(now.fiscal_year)}の出生数はまだ登録されていません。"
            f"{year_words(base.fiscal_year)}の出生数で計算しました。"
        )
    if told.about:
        found.append("非表示の月があるため、件数は5件きざみの概数です。")
    return tuple(found)
