"""The report of one account whose messages this system sends."""

from collections.abc import Mapping

from functions.au_report.balance import balance
from functions.au_report.goal import goal, rate
from functions.au_report.outlook import outlook
from functions.au_report.reader import Reader, cells
from functions.au_report.report import (
    Audience,
    Headline,
    Report,
    Row,
    Section,
    Table,
    change,
    count,
    growth,
)
from functions.au_report.sources import sources, warnings
from functions.au_report.stages import stages
from functions.au_report.trend import three_years, trend
from functions.au_report.wording import (
    CHANNELS,
    COUNTED,
    SMALL_CELLS,
    month_words,
    period_words,
    when_words,
)
from shared.rules.account import Channel
from shared.rules.au import Detail
from shared.rules.forecast import Forecast
from shared.rules.small_cells import Shown
from shared.rules.snapshot import OwnLine, Review, Snapshot
from shared.store.figures import AnnualBirths

READERS = {Audience.OFFICE: "事務局用（公表しない数を含みます）", Audience.ACCOUNT: "団体用"}


def account_report(
    snapshot: Snapshot,
    review: Review,
    line: OwnLine,
    *,
    births: Mapping[int, AnnualBirths],
    ahead: Forecast,
    audience: Audience,
) -> Report:
    """The report of an account of the snapshot, for its audience."""
    reader, detail = Reader(audience), snapshot.detail[line.account]
    months = snapshot.measure.past
    pregnancy, childcare = _phase_counts(line, reader)
    totals = {
        month: count(figure)
        for month, figure in zip(months, detail.series["subscribers"], strict=True)
    }
    return Report(
        title=f"{snapshot.about[line.account].name} AU報告書",
        subject=when_words(snapshot),
        reader=READERS[audience],
        headlines=_headlines(snapshot, line, births, reader),
        warnings=warnings(snapshot, review),
        sections=(
            Section(
                "AUの概要",
                (
                    COUNTED if reader.inside else COUNTED + SMALL_CELLS,
                    _figures(snapshot, line),
                    _phases(pregnancy, childcare, line),
                    _channels(line, detail, reader),
                ),
            ),
            goal(detail, months, births, reader),
            stages(detail, pregnancy[1], childcare[1], reader),
            balance(line.flow, period_words(snapshot), reader),
            trend(detail, months, reader),
            Section(
                "3か年の比較",
                (
                    three_years(
                        totals,
                        snapshot.measure.month,
                        name="3か年",
                        caption="各月末のAU（読者）、3か年の比較",
                    ),
                ),
            ),
            outlook(ahead, reader),
        ),
        sources=sources(snapshot, review),
    )


def _headlines(
    snapshot: Snapshot, line: OwnLine, births: Mapping[int, AnnualBirths], reader: Reader
) -> tuple[Headline, ...]:
    detail, months = snapshot.detail[line.account], snapshot.measure.past
    series = detail.series["subscribers"]
    return (
        Headline("AU（読者）", count(line.subscribers), "人", f"登録は{line.enrolments:,}件"),
        Headline("前月末から", change(line.subscribers, series[-2]), "人"),
        Headline("前年の同じ月から", change(line.subscribers, series[-13]), "人"),
        Headline("妊娠期の新規登録 ÷ 出生数", rate(detail, months, births, reader), "", "目標 20%"),
    )


def _figures(snapshot: Snapshot, line: OwnLine) -> Table:
    series, months = snapshot.detail[line.account].series, snapshot.measure.past
    rows = []
    for name, figure, past in (
        ("AU（読者）", line.subscribers, series["subscribers"]),
        ("AU（登録）", line.enrolments, series["enrolments"]),
    ):
        before, year_before = past[-2], past[-13]
        grown = (change(figure, before), count(year_before), change(figure, year_before))
        cells_of = (count(figure), count(before), *grown, growth(figure, year_before))
        rows.append(Row(name, cells_of))
    return Table(
        "AU",
        f"AU（{when_words(snapshot)}）",
        (
            "区分",
            "今回",
            f"{months[-2].month}月末",
            "増減",
            f"{month_words(months[-13])}末",
            "増減",
            "増減率",
        ),
        tuple(rows),
    )


def _phase_counts(line: OwnLine, reader: Reader) -> tuple[list[Shown], list[Shown]]:
    """Subscribers and enrolments in pregnancy, and in childcare."""
    subscribers, enrolments = reader.split_rows(
        [
            [line.pregnancy.subscribers, line.childcare.subscribers],
            [line.pregnancy.enrolments, line.childcare.enrolments],
        ]
    )
    return [subscribers[0], enrolments[0]], [subscribers[1], enrolments[1]]


def _phases(pregnancy: list[Shown], childcare: list[Shown], line: OwnLine) -> Table:
    return Table(
        "妊娠期と育児期",
        "妊娠期と育児期",
        ("時期", "読者", "登録"),
        (
            Row("妊娠期", tuple(cells(pregnancy))),
            Row("育児期", tuple(cells(childcare))),
            Row("合計", (count(line.subscribers), count(line.enrolments)), total=True),
        ),
        ("妊娠期と育児期の両方に登録のある読者は、合計では1人と数えます。",),
    )


def _channels(line: OwnLine, detail: Detail, reader: Reader) -> Table:
    """By channel; one that nobody had in three fiscal years is left out. And who waits."""
    used = [channel for channel in Channel if any(detail.series[channel])]
    shown = cells(reader.split([line.channels[channel] for channel in used]))
    return Table(
        "チャネル",
        "チャネルごとの読者と、移行待ち",
        ("チャネル", "読者"),
        (
            *(Row(CHANNELS[channel], (cell,)) for channel, cell in zip(used, shown, strict=True)),
            Row("合計", (count(line.subscribers),), total=True),
            Row("移行待ちの登録（AUの外）", (count(reader.alone(line.awaiting_birth)),), of=True),
        ),
        (
            (
                "移行待ちは、出産予定日から2週間が過ぎて出産の登録がまだない登録です。"
                "配信していないため、AUには数えません。"
            ),
        ),
    )
