"""The report of an account that sends through another system: what it reported, month by month."""

from functions.au_report.account import READERS
from functions.au_report.plots.over_time import Line, over_time
from functions.au_report.report import (
    MISSING,
    Audience,
    Cell,
    Headline,
    Report,
    Row,
    Section,
    Table,
    change,
    count,
)
from functions.au_report.sources import sources, warnings
from functions.au_report.trend import MONTHS, three_years
from functions.au_report.wording import month_words, when_words
from shared.rules.snapshot import Review, Snapshot


def external_report(
    snapshot: Snapshot, review: Review, account: str, *, audience: Audience
) -> Report:
    """The report of an external account; a month without a report says 未報告, never zero."""
    reported = snapshot.reported.get(account, {})
    months = snapshot.measure.past
    figures = [reported.get(str(month)) for month in months]
    shown = {m: _cell(figure) for m, figure in zip(months, figures, strict=True)}
    last = months[-MONTHS:]
    missing = [month for month in last if shown[month] == MISSING]
    now = snapshot.measure.month
    said = (
        "この団体には別のシステムから配信しています。団体から報告されたAU（読者）を示します。"
        "内訳の報告はありません。"
    )
    late = (f"{month_words(now)}のAUは未報告です。",) if figures[-1] is None else ()
    return Report(
        title=f"{snapshot.about[account].name} AU報告書",
        subject=when_words(snapshot),
        reader=READERS[audience],
        headlines=(
            Headline("AU（読者）", shown[now], "人"),
            Headline("前月から", change(figures[-1], figures[-2]), "人"),
            Headline("前年の同じ月から", change(figures[-1], figures[-13]), "人"),
        ),
        warnings=(*late, *warnings(snapshot, review)),
        sections=(
            Section(
                "13か月の動き",
                (
                    said,
                    over_time(
                        "trend",
                        "報告されたAU（読者）の13か月の動き",
                        last,
                        (Line("AU", [shown[month] for month in last]),),
                    ),
                    Table(
                        "13か月",
                        "報告されたAU（読者）",
                        ("月", "AU（読者）"),
                        tuple(Row(month_words(month), (shown[month],)) for month in last),
                        (f"13か月のうち{len(missing)}か月が未報告です。",) if missing else (),
                    ),
                ),
            ),
            Section(
                "3か年の比較",
                (
                    three_years(
                        shown, now, name="3か年", caption="報告されたAU（読者）、3か年の比較"
                    ),
                ),
            ),
        ),
        sources=sources(snapshot, review),
    )


def _cell(figure: int | None) -> Cell:
    return MISSING if figure is None else count(figure)
