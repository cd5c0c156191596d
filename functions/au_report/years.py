"""Fiscal years: what was published of each, what this snapshot counts, and the annual letter."""

from collections.abc import Mapping

from functions.au_report.report import NONE, Cell, Row, Section, Table, count, growth, words
from functions.au_report.wording import when_words, year_words
from shared.rules.account import AccountKind
from shared.rules.month_totals import MonthTotal, month_totals, year_ends, year_flows
from shared.rules.months import Month
from shared.rules.snapshot import Snapshot
from shared.store.figures import PublishedTotal


def years(snapshot: Snapshot, published: Mapping[int, PublishedTotal]) -> Section:
    """The fiscal years one below the other, and the figures of the annual letter."""
    return Section(
        "年度ごとのAU",
        (_by_year(snapshot, published), _letter(snapshot, published)),
    )


def _by_year(snapshot: Snapshot, published: Mapping[int, PublishedTotal]) -> Table:
    counted = year_ends(snapshot)
    rows = []
    for year in sorted({*published, *counted}):
        said, before = published.get(year), published.get(year - 1)
        figure, earlier = counted.get(year), counted.get(year - 1)
        rows.append(
            Row(
                year_words(year),
                (
                    count(said.subscribers) if said else NONE,
                    _published_growth(said, before),
                    _total(figure),
                    growth(figure.total, figure.since(earlier)) if figure else NONE,
                    words(said.source if said else "－"),
                ),
            )
        )
    notes = ["「この計測」は各年度の3月末の、自システムと団体以外のシステムを合わせたAUです。"]
    if any(figure.lacking for figure in counted.values()):
        notes.append("※は未報告の団体を含まない数です。")
    return Table(
        "年度",
        "年度末のAU（読者）",
        ("年度", "公表値", "前年度比", "この計測", "前年度比", "公表値の出典"),
        tuple(rows),
        tuple(notes),
    )


def _published_growth(said: PublishedTotal | None, before: PublishedTotal | None) -> Cell:
    return growth(said.subscribers, before.subscribers) if said and before else NONE


def _total(figure: MonthTotal | None) -> Cell:
    if figure is None:
        return NONE
    if figure.lacking:
        return Cell(None, count(0).form, f"{figure.total:,}※")
    return count(figure.total)


def _letter(snapshot: Snapshot, published: Mapping[int, PublishedTotal]) -> Table:
    now, flows = snapshot.measure.month, year_flows(snapshot)
    accounts = snapshot.scope.accounts
    kinds = [snapshot.about[each].kind for each in accounts]
    base, said = _before(snapshot, now, published)
    new = flows["new_pregnancy"] + flows["new_childcare"]
    figure = snapshot.total.subscribers
    return Table(
        "年次報告",
        f"年次報告のための数（{year_words(now.fiscal_year)}、{when_words(snapshot)}まで）",
        ("項目", "値"),
        (
            Row("AU（読者）", (count(figure),)),
            Row(f"前年度末（{said}）からの伸び", (growth(figure, base),)),
            Row("アカウント数", (count(len(accounts)),)),
            Row("うち自治体", (count(kinds.count(AccountKind.MUNICIPALITY)),), of=True),
            Row("この年度の新規登録（件）", (count(new),)),
            Row("うち妊娠期", (count(flows["new_pregnancy"]),), of=True),
            Row("この年度に登録された出産（件）", (count(flows["born"]),)),
            Row("この年度の卒業（件）", (count(flows["graduated"]),)),
        ),
        (
            "登録、出産、卒業は、自システムの団体の数です。",
            "未報告の団体が年度末と違うときは、伸びを計算しません。",
        ),
    )


def _before(
    snapshot: Snapshot, now: Month, published: Mapping[int, PublishedTotal]
) -> tuple[int | None, str]:
    """The AU of the fiscal year before: as published, else as counted; and which of the two."""
    year = now.fiscal_year - 1
    if year in published:
        return published[year].subscribers, f"{year_words(year)}の公表値"
    counted = month_totals(snapshot)[now].since(year_ends(snapshot).get(year))
    return counted, f"{year_words(year)}3月末の計測"
