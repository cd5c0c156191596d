"""What needs a look: the review sheet, which stands first in the office's report."""

from functions.au_report.balance import FLOWS
from functions.au_report.report import NONE, Cell, Row, Section, Table, count, words
from functions.au_report.wording import CHANNELS
from shared.rules.account import Channel
from shared.rules.review import Finding, Look, findings
from shared.rules.snapshot import Snapshot

_LOOKS = {
    Look.DOES_NOT_BALANCE: "収支が合わない（システムの誤り）",
    Look.MISSING_EXTERNAL: "未報告",
    Look.ZERO: "AUが0人",
    Look.MOVED: "AUの増減",
    Look.CHANNEL_DROP: "{}の読者の減少",
    Look.FLOW: "収支の「{}」",
}
_NAMES = {
    **{name: said for name, said, _ in FLOWS},
    "born": "出産登録",
    **{channel.value: CHANNELS[channel] for channel in Channel},
}


def needs_a_look(snapshot: Snapshot) -> Section:
    """What a reviewer should look at first, the most urgent above."""
    found = findings(snapshot)
    if not found:
        return Section("確かめたいところ", ("ふだんと違うところは、見つかりませんでした。",))
    table = Table(
        "確認",
        "ふだんと違うところ",
        ("団体", "こと", "今回", "見込みの下", "見込みの上"),
        tuple(_row(snapshot, each) for each in found),
        ("見込みは、過去12か月の動きと、日付で分かる卒業などから計算した範囲です。",),
    )
    return Section("確かめたいところ", (table,))


def _row(snapshot: Snapshot, finding: Finding) -> Row:
    figures = (finding.now, finding.low, finding.high)
    cells: tuple[Cell, ...] = tuple(NONE if each is None else count(each) for each in figures)
    return Row(snapshot.about[finding.account].name, (words(_said(finding)), *cells))


def _said(finding: Finding) -> str:
    return _LOOKS[finding.look].format(_NAMES.get(finding.what, ""))
