"""Stages: how far the pregnancies are, by week, and how old the children are."""

from functions.au_report.reader import Reader, cells
from functions.au_report.report import Row, Section, Table, count
from shared.rules.au import FIRST_WEEK, LAST_WEEK, Detail
from shared.rules.small_cells import Shown

_BAND = 4
"""Weeks of a 妊娠月 (lunar month), by which Japan counts a pregnancy: the 2nd begins at 4w0d."""
_FIRST_BAND = 2
_LAST_BAND = 10
_MONTHS, _QUARTER = 12, 3


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
    shown = cells(reader.within(total, months))
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
