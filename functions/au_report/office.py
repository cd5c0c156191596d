"""The office's own report: all accounts at one instant. It never leaves the office."""

from collections.abc import Mapping

from functions.au_report.account import READERS
from functions.au_report.balance import balance
from functions.au_report.outlook import outlook
from functions.au_report.plots.multiples import multiples
from functions.au_report.plots.over_time import Line, over_time
from functions.au_report.reader import Reader
from functions.au_report.report import (
    MISSING,
    NONE,
    Audience,
    Cell,
    Headline,
    Plot,
    Report,
    Row,
    Section,
    Table,
    change,
    count,
    words,
)
from functions.au_report.review_sheet import needs_a_look
from functions.au_report.sources import sources, warnings
from functions.au_report.trend import MONTHS, three_years
from functions.au_report.wording import (
    CHANNELS,
    COUNTED,
    month_words,
    period_words,
    when_words,
)
from functions.au_report.years import years
from shared.rules.account import AccountKind, Channel
from shared.rules.forecast import Forecast, together
from shared.rules.month_totals import MonthTotal, month_totals, total_flow
from shared.rules.months import Month
from shared.rules.snapshot import OwnLine, Review, Snapshot
from shared.store.figures import PublishedTotal

_KINDS = {AccountKind.MUNICIPALITY: "自治体", AccountKind.OTHER: "その他"}
_OFFICE = Reader(Audience.OFFICE)


def office_report(
    snapshot: Snapshot,
    review: Review,
    *,
    published: Mapping[int, PublishedTotal],
    ahead: Mapping[str, Forecast],
) -> Report:
    """The report of all accounts of a snapshot, for staff; `ahead` are the forecasts of those whose
    messages this system sends.
    """
    totals = month_totals(snapshot)
    sections = [
        needs_a_look(snapshot),
        Section(
            "団体ごとのAU",
            (COUNTED, _sums(snapshot), _accounts(snapshot), _channels(snapshot)),
        ),
        Section("団体ごとの動き", (_multiples(snapshot),)),
        years(snapshot, published),
        Section("13か月の動き", _trend(totals)),
        Section("3か年の比較", (_three_years(totals, snapshot.measure.month),)),
    ]
    if ahead:
        sections += [
            balance(total_flow(snapshot), period_words(snapshot), _OFFICE, of="自システムの"),
            Section("団体ごとの収支", (_flows(snapshot),)),
            outlook(together(ahead.values()), _OFFICE, of="自システムのAU（読者）"),
        ]
    return Report(
        title="AU報告書（全団体）",
        subject=when_words(snapshot),
        reader=READERS[Audience.OFFICE],
        headlines=_headlines(snapshot, totals),
        warnings=(*_lacking(snapshot), *warnings(snapshot, review)),
        sections=tuple(sections),
        sources=sources(snapshot, review),
    )


def _headlines(snapshot: Snapshot, totals: Mapping[Month, MonthTotal]) -> tuple[Headline, ...]:
    (before, now) = list(totals.values())[-2:]
    said = f"未報告の{len(now.lacking)}団体を含みません" if now.lacking else "全団体の合計"
    earlier = now.since(before)
    comparable = earlier is not None
    return (
        Headline("AU（読者）", count(snapshot.total.subscribers), "人", said),
        Headline("自システム", count(snapshot.own.subscribers), "人"),
        Headline("団体以外のシステム", count(snapshot.external), "人"),
        Headline(
            "前月末から",
            change(now.total, earlier),
            "人",
            "" if comparable else "未報告の団体が違うため比べられません",
        ),
    )


def _lacking(snapshot: Snapshot) -> tuple[str, ...]:
    if snapshot.complete:
        return ()
    names = "、".join(snapshot.about[each].name for each in snapshot.missing_external)
    return (f"未報告の団体があります: {names}。合計は、この団体を含みません。",)


def _sums(snapshot: Snapshot) -> Table:
    lacking = len(snapshot.missing_external)
    said = f"（未報告の{lacking}団体を含みません）" if lacking else ""
    return Table(
        "合計",
        "AUの合計",
        ("区分", "読者", "登録"),
        (
            Row("自システム", (count(snapshot.own.subscribers), count(snapshot.own.enrolments))),
            Row(f"団体以外のシステム{said}", (count(snapshot.external), NONE)),
            Row(f"合計{said}", (count(snapshot.total.subscribers), NONE), total=True),
        ),
        ("団体以外のシステムから報告されるのは、読者の数だけです。",),
    )


def _accounts(snapshot: Snapshot) -> Table:
    before = {a: detail.series["subscribers"][-2] for a, detail in snapshot.detail.items()}
    rows = []
    for account in snapshot.scope.accounts:
        about, line = snapshot.about[account], snapshot.line(account)
        kind = words(_KINDS[about.kind])
        if isinstance(line, OwnLine):
            rest = (
                count(line.subscribers),
                change(line.subscribers, before[account]),
                count(line.enrolments),
                count(line.pregnancy.subscribers),
                count(line.childcare.subscribers),
                count(line.awaiting_birth),
            )
        else:
            months = snapshot.measure.past
            reported = snapshot.reported.get(account, {})
            now, earlier = (reported.get(str(month)) for month in (months[-1], months[-2]))
            rest = (_reported(now), change(now, earlier), *(NONE,) * 4)
        rows.append(Row(about.name, (kind, *rest)))
    return Table(
        "団体",
        "団体ごとのAU",
        ("団体", "区分", "読者", "前月末から", "登録", "妊娠期", "育児期", "移行待ち"),
        tuple(rows),
        ("妊娠期と育児期は読者の数、移行待ちは登録の件数です。",),
    )


def _channels(snapshot: Snapshot) -> Table:
    lines = snapshot.own_lines
    rows = [
        Row(snapshot.about[line.account].name, tuple(count(line.channels[c]) for c in Channel))
        for line in lines
    ]
    sums = tuple(count(sum(line.channels[c] for line in lines)) for c in Channel)
    return Table(
        "チャネル",
        "チャネルごとの読者（自システム）",
        ("団体", *(CHANNELS[channel] for channel in Channel)),
        (*rows, Row("合計", sums, total=True)),
    )


def _flows(snapshot: Snapshot) -> Table:
    names = (
        ("opening", "期首"),
        ("new_pregnancy", "新規\n妊娠期"),
        ("new_childcare", "新規\n育児期"),
        ("returned", "再開"),
        ("moved_in", "転入"),
        ("graduated", "卒業"),
        ("stopped_subscriber", "停止\n本人"),
        ("stopped_system", "停止\n不達"),
        ("awaiting_birth", "移行\n待ちへ"),
        ("moved_out", "転出"),
        ("closing", "期末"),
        ("born", "出産\n登録"),
    )
    total = total_flow(snapshot)
    rows = [
        Row(
            snapshot.about[line.account].name,
            tuple(count(getattr(line.flow, name)) for name, _ in names),
        )
        for line in snapshot.own_lines
    ]
    sums = tuple(count(getattr(total, name)) for name, _ in names)
    return Table(
        "団体の収支",
        f"団体ごとの収支（{period_words(snapshot)}、登録の件数）",
        ("団体", *(said for _, said in names)),
        (*rows, Row("合計", sums, total=True)),
        ("期首＋新規＋再開＋転入－卒業－停止－移行待ちへ－転出＝期末。出産登録は内訳です。",),
    )


def _multiples(snapshot: Snapshot) -> Plot:
    months = snapshot.measure.past[-MONTHS:]
    lines = []
    for account in snapshot.scope.accounts:
        if account in snapshot.detail:
            figures = snapshot.detail[account].series["subscribers"][-MONTHS:]
            shown = tuple(count(figure) for figure in figures)
        else:
            reported = snapshot.reported.get(account, {})
            shown = tuple(_reported(reported.get(str(month))) for month in months)
        lines.append(Line(snapshot.about[account].name, shown))
    return multiples("accounts", "団体ごとのAU（読者）の13か月", months, lines)


def _trend(totals: Mapping[Month, MonthTotal]) -> tuple[Plot, Table]:
    months = list(totals)[-MONTHS:]
    last = [totals[month] for month in months]
    lines = (
        Line("合計", [_complete(each) for each in last]),
        Line("自システム育児期", [count(each.childcare) for each in last]),
        Line("自システム妊娠期", [count(each.pregnancy) for each in last]),
    )
    rows = tuple(
        Row(
            month_words(month),
            (count(t.own), count(t.external), count(t.total), _names(t)),
        )
        for month, t in zip(months, last, strict=True)
    )
    return (
        over_time("trend", "AU（読者）の13か月の動き、全団体", months, lines),
        Table(
            "13か月",
            "各月末のAU（読者）",
            ("月", "自システム", "団体以外", "合計", "未報告の団体"),
            rows,
            ("未報告の団体がある月の合計は、その団体を含みません。図ではその月を空けています。",),
        ),
    )


def _three_years(totals: Mapping[Month, MonthTotal], now: Month) -> Table:
    figures = {month: count(total.own) for month, total in totals.items()}
    caption = "自システムの各月末のAU（読者）、3か年の比較"
    return three_years(figures, now, name="3か年", caption=caption)


def _names(total: MonthTotal) -> Cell:
    return words(f"{len(total.lacking)}団体" if total.lacking else "なし")


def _complete(total: MonthTotal) -> Cell:
    return MISSING if total.lacking else count(total.total)


def _reported(figure: int | None) -> Cell:
    return MISSING if figure is None else count(figure)
