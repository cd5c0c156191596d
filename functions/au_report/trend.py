"""The way here: the last 13 months by phase, and three fiscal years side by side."""

from collections.abc import Sequence

from functions.au_report.plots.over_time import Line, over_time
from functions.au_report.reader import Reader, cells
from functions.au_report.report import NONE, Cell, Row, Section, Table, change, count
from functions.au_report.wording import month_words, year_words
from shared.rules.au import Detail
from shared.rules.months import Month, fiscal_months
from shared.rules.small_cells import Shown

MONTHS = 13
"""So that the month stands beside the same one of the year before."""


def trend(detail: Detail, months: Sequence[Month], reader: Reader) -> Section:
    """AU in subscribers of the last 13 months, and of those the two phases."""
    total = list(detail.series["subscribers"])[-MONTHS:]
    by_month = [_phases(detail, n, reader) for n in range(len(months) - MONTHS, len(months))]
    pregnancy = [count(each[0]) for each in by_month]
    childcare = [count(each[1]) for each in by_month]
    last = months[-MONTHS:]
    lines = (
        Line("合計", cells(total)),
        Line("育児期", childcare),
        Line("妊娠期", pregnancy),
    )
    rows = tuple(
        Row(month_words(month), (count(t), p, c))
        for month, t, p, c in zip(last, total, pregnancy, childcare, strict=True)
    )
    return Section(
        "13か月の動き",
        (
            over_time("trend", "AU（読者）の13か月の動き", last, lines),
            Table("13か月", "各月末のAU（読者）", ("月", "合計", "妊娠期", "育児期"), rows),
        ),
    )


def _phases(detail: Detail, place: int, reader: Reader) -> list[Shown]:
    """Subscribers in pregnancy and in childcare at the end of a past month."""
    columns = [
        [detail.series[phase + kind][place] for phase in ("pregnancy", "childcare")]
        for kind in ("", "_enrolments")
    ]
    return reader.split_rows(columns)[0]


def three_years(figures: dict[Month, Cell], now: Month, *, name: str, caption: str) -> Table:
    """The month ends of the fiscal year of `now` and the two before, April to March; a month that
    is not among the figures has none.
    """
    years = [now.fiscal_year - 2, now.fiscal_year - 1, now.fiscal_year]
    rows = []
    for months in zip(*(fiscal_months(year) for year in years), strict=True):
        found = [figures.get(month, NONE) for month in months]
        grown = change(_whole(found[-1]), _whole(found[-2]))
        rows.append(Row(f"{months[0].month}月", (*found, grown)))
    columns = ("月末", *(year_words(year) for year in years), "前年度から")
    return Table(name, caption, columns, tuple(rows))


def _whole(cell: Cell) -> int | None:
    return None if cell.value is None else int(cell.value)
