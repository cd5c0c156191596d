"""The balance sheet of a period: from the opening to the closing figure, as table and plot."""

from functions.au_report.plots.waterfall import Step, waterfall
from functions.au_report.reader import Reader
from functions.au_report.report import Row, Section, Table, count, words
from shared.rules.au import Detail, Flow
from shared.rules.small_cells import Shown

FLOWS = (
    ("new_pregnancy", "新規（妊娠期）", 1),
    ("new_childcare", "新規（育児期）", 1),
    ("returned", "再開", 1),
    ("moved_in", "転入", 1),
    ("graduated", "卒業", -1),
    ("stopped_subscriber", "停止（本人）", -1),
    ("stopped_system", "停止（不達）", -1),
    ("awaiting_birth", "移行待ちへ", -1),
    ("moved_out", "転出", -1),
)
"""The flows, what they are called, and whether they add or take away."""

_RULE = (
    "期首に増加を足し、減少を引くと、期末と一致します。"
    "期間中に登録して停止した方は、新規と停止の両方に数えます。"
)


def shown_flows(flow: Flow, reader: Reader) -> dict[str, Shown]:
    """The flows as the reader may see them; opening and closing are known."""
    values = [getattr(flow, name) for name, _, _ in FLOWS]
    shown = reader.split(values, [sign for _, _, sign in FLOWS])
    return {name: value for (name, _, _), value in zip(FLOWS, shown, strict=True)}


def month_flow(detail: Detail, place: int) -> Flow:
    """The balance sheet of a past month that is not the first, by its place."""
    series = detail.series["enrolments"]
    flows = {name: detail.flows[name][place] for name, _, _ in FLOWS}
    return Flow(opening=series[place - 1], closing=series[place], **flows)


def balance(flow: Flow, period: str, reader: Reader, *, of: str = "") -> Section:
    """The balance sheet. Births are told below it: they change the phase, not the sum."""
    shown = {key: count(value) for key, value in shown_flows(flow, reader).items()}
    opening, closing = count(flow.opening), count(flow.closing)
    signs = {1: "＋", -1: "－"}
    rows = (
        Row("期首", (words(""), opening), total=True),
        *(Row(label, (words(signs[sign]), shown[key])) for key, label, sign in FLOWS),
        Row("期末", (words(""), closing), total=True),
        Row(
            "（内訳）出産登録: 妊娠期から育児期へ",
            (words("±"), count(reader.alone(flow.born))),
            of=True,
        ),
    )
    steps = [Step(label, shown[key], sign) for key, label, sign in FLOWS]
    return Section(
        f"{of}収支（登録の件数）",
        (
            f"{period}に、登録がどう増え、どう減ったかです。{_RULE}",
            waterfall("balance", f"収支（{period}）", opening, steps, closing),
            Table(
                "収支",
                f"収支（{period}、登録の件数）",
                ("項目", "増減", "件数"),
                rows,
                ("出産登録は妊娠期から育児期への移動で、合計は変わりません。",),
            ),
        ),
    )
