"""The way ahead: the forecast of AU, what holds it where it is, and who graduates next."""

from collections.abc import Sequence
from math import ceil

from functions.au_report.plots.ahead import Course, ahead
from functions.au_report.reader import Reader, cells
from functions.au_report.report import Cell, Row, Section, Table
from functions.au_report.wording import month_words
from shared.rules.forecast import Forecast

_NEXT = 12
_TOLD = (12, 24, 36)

_GLASS = (
    "AUは、毎月少しずつ水を注ぐコップのようなものです。"
    "登録がない月が続けば、卒業のぶんだけ静かに減っていきます。"
)


def outlook(forecast: Forecast, reader: Reader, *, of: str = "AU（読者）") -> Section:
    """The forecast of 36 months as plot and table, and the graduations of the next twelve."""
    course = Course(
        months=forecast.months,
        known=cells([reader.alone(value) for value in forecast.known]),
        middle=_estimates(forecast.middle, reader),
        low=_estimates(forecast.low, reader),
        high=_estimates(forecast.high, reader),
    )
    rows = tuple(
        Row(
            f"{month_words(course.months[n - 1])}（{n}か月後）",
            (course.middle[n - 1], course.low[n - 1], course.high[n - 1], course.known[n - 1]),
        )
        for n in _TOLD
        if n <= len(course.months)
    )
    table = Table(
        "見通し",
        f"{of}の見通し",
        ("月末", "見込み", "80%の幅（下）", "80%の幅（上）", "今いる方だけ"),
        rows,
        (
            "「今いる方だけ」は、日付だけで分かる数です。出産登録、停止、新しい登録は含みません。",
            "見込みは、過去1年ほどの登録、出産登録、停止から推計したもので、約束ではありません。",
        ),
    )
    graduating = _graduating(forecast, reader)
    said = (_GLASS, _holding(forecast, reader))
    drawn = ahead("outlook", f"{of}の36か月の見通し", course)
    return Section("これから36か月の見通し", (*said, drawn, table, graduating))


def _holding(forecast: Forecast, reader: Reader) -> str:
    first = (
        f"過去{forecast.estimated_from}か月に新しく登録した読者は、"
        f"1か月あたり平均{reader.mean(forecast.registrations)}でした。"
    )
    if forecast.holding is None:
        return f"{first}AUを保つために必要な登録の数は、登録が少ないため計算できません。"
    # An estimate, and no count of anybody: a small account most of all has to know it.
    return (
        f"{first}およそ{ceil(forecast.holding):,}人の登録が毎月あれば、"
        "12か月後もAUは今と同じ高さに保たれます。"
    )


def _graduating(forecast: Forecast, reader: Reader) -> Table:
    shown = cells([reader.alone(each) for each in forecast.graduating[:_NEXT]])
    return Table(
        "卒業の予定",
        "これから12か月に卒業する登録（件数）",
        ("月", "卒業の予定"),
        tuple(
            Row(month_words(month), (cell,))
            for month, cell in zip(forecast.months, shown, strict=False)
        ),
        ("今いる方の日付だけで分かる、育児期の登録の卒業です。",),
    )


def _estimates(values: Sequence[float], reader: Reader) -> list[Cell]:
    return cells([reader.alone(round(value)) for value in values])
