"""Stages: how far the pregnancies are, by week, and how old the children are."""

from collections.abc import Sequence

from functions.au_report.reader import Reader, cells
from functions.au_report.report import Cell, Row, Section, Table, count
from shared.rules.au import FIRST_WEEK, LAST_WEEK, Detail
from shared.rules.small_cells import Hidden, Shown

_HIDDEN = tuple(count(each) for each in Hidden)

_BAND = 4
"""Weeks of a 妊娠月 (lunar month), by which Japan counts a pregnancy: the 2nd begins at 4w0d."""
_FIRST_BAND = 2
_LAST_BAND = 10
_MONTHS, _QUARTER, _HALF = 12, 3, 6

_TRIMESTERS = {"妊娠初期": range(FIRST_WEEK, 16), "妊娠中期": range(16, 28)}
_TRIMESTERS["妊娠後期"] = range(28, LAST_WEEK + 1)
"""As Japan counts them (母子健康手帳): until 15w6d, until 27w6d, and from 28w0d on."""


def stages(detail: Detail, pregnancy: Shown, childcare: Shown, reader: Reader) -> Section:
    """The distribution of the enrolments that count; `pregnancy` and `childcare` are their totals
    as the reader sees them.
    """
    months = [detail.ages.get(month, 0) for month in range(_MONTHS)]
    oldest = max(detail.ages, default=0) // _MONTHS
    years = [sum(months)] + [0] * oldest
    for month, enrolments in detail.ages.items():
        if month >= _MONTHS:
            years[month // _MONTHS] += enrolments
    # The last line is there because of somebody.
    least = [0] * oldest + [1 if detail.ages else 0]
    of_years = reader.within(childcare, years, least)
    return Section(
        "妊娠週数と子どもの年齢",
        (
            _weeks(detail, pregnancy, reader),
            Table(
                "年齢",
                "子どもの年齢（登録の件数）",
                ("年齢", "登録"),
                (
                    *(Row(f"{n}歳", (cell,)) for n, cell in enumerate(cells(of_years))),
                    Row("育児期の合計", (count(childcare),), total=True),
                ),
            ),
            _first_year(months, of_years[0], reader),
        ),
    )


def _weeks(detail: Detail, pregnancy: Shown, reader: Reader) -> Table:
    """The weeks; or the trimesters, where most of the weeks' cells would tell nothing."""
    fine = _by_week(detail, pregnancy, reader)
    cells_of_weeks = [cell for row in fine.rows if not row.total for cell in row.cells]
    return fine if _tells(cells_of_weeks) else _by_trimester(detail, pregnancy, reader)


def _tells(shown: Sequence[Cell]) -> bool:
    """Whether most of the cells of a table show their figure."""
    of_figures = [each for each in shown if each != count(None)]
    hidden = sum(each in _HIDDEN for each in of_figures)
    return hidden * 2 <= len(of_figures)


def _by_trimester(detail: Detail, pregnancy: Shown, reader: Reader) -> Table:
    weeks = list(detail.weeks)
    parts = [sum(weeks[week - FIRST_WEEK] for week in span) for span in _TRIMESTERS.values()]
    shown = cells(reader.within(pregnancy, parts))
    rows = [
        Row(f"{name}（{span[0]}〜{span[-1]}週）", (cell,))
        for (name, span), cell in zip(_TRIMESTERS.items(), shown, strict=True)
    ]
    total = Row("妊娠期の合計", (count(pregnancy),), total=True)
    return Table(
        "妊娠週数",
        "妊娠の時期（登録の件数）",
        ("時期（週数）", "登録"),
        (*rows, total),
        ("週ごとではほとんどが非表示になるため、3つの時期にまとめました。",),
    )


def _by_week(detail: Detail, pregnancy: Shown, reader: Reader) -> Table:
    weeks = list(detail.weeks)
    starts = range(FIRST_WEEK, LAST_WEEK + 1, _BAND)
    parts = [weeks[week - FIRST_WEEK : week - FIRST_WEEK + _BAND] for week in starts]
    bands = reader.within(pregnancy, [sum(part) for part in parts])
    rows = []
    for number, (week, part, band) in enumerate(zip(starts, parts, bands, strict=True)):
        of_weeks = cells(reader.within(band, part))
        last = min(week + _BAND - 1, LAST_WEEK)
        blank = (count(None),) * (_BAND - len(of_weeks))
        month = number + _FIRST_BAND
        name = f"{month}か月" if month <= _LAST_BAND else "予定日以降"
        rows.append(Row(f"{name}（{week}〜{last}週）", (count(band), *of_weeks, *blank)))
    total = Row("妊娠期の合計", (count(pregnancy), *(count(None),) * _BAND), total=True)
    return Table(
        "妊娠週数",
        "妊娠週数（登録の件数）",
        ("妊娠月（週数）", "計", "1週目", "2週目", "3週目", "4週目"),
        (*rows, total),
        ("「1週目」は、その月の最初の週です（2か月なら4週）。",),
    )


def _first_year(months: list[int], total: Shown, reader: Reader) -> Table:
    """The months of the first year, or its halves, where most of the months would tell nothing."""
    shown = cells(reader.within(total, months))
    if not _tells(shown):
        halves = [sum(months[n : n + _HALF]) for n in range(0, _MONTHS, _HALF)]
        names = [f"{n}〜{n + _HALF - 1}か月" for n in range(0, _MONTHS, _HALF)]
        of_halves = cells(reader.within(total, halves))
        return Table(
            "0歳の月齢",
            "0歳の月齢（登録の件数）",
            ("月齢", "登録"),
            tuple(Row(name, (cell,)) for name, cell in zip(names, of_halves, strict=True)),
            ("月ごとではほとんどが非表示になるため、半年ごとにまとめました。",),
        )
    return Table(
        "0歳の月齢",
        "0歳の月齢（登録の件数）",
        ("月齢", "1か月目", "2か月目", "3か月目"),
        tuple(
            Row(f"{n}〜{n + _QUARTER - 1}か月", tuple(shown[n : n + _QUARTER]))
            for n in range(0, _MONTHS, _QUARTER)
        ),
        ("「1か月目」は、その行の最初の月齢です（0〜2か月なら0か月）。",),
    )
