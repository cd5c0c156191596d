"""Sources: where a report's figures come from, who asked for them, and who looked at them."""

from functions.au_report.wording import instant_words, month_words
from shared.rules.account import AccountKind
from shared.rules.au import Kind
from shared.rules.snapshot import Review, Snapshot, System

_SYSTEMS = {
    System.OWN: "自システム",
    System.EXTERNAL: "団体以外のシステム",
    System.BOTH: "自システムと団体以外のシステム",
}
_KINDS = {AccountKind.MUNICIPALITY: "自治体", AccountKind.OTHER: "その他"}


def sources(snapshot: Snapshot, review: Review) -> tuple[tuple[str, str], ...]:
    """The foot of every report."""
    scope, month = snapshot.scope, snapshot.measure.month
    if snapshot.kind is Kind.MONTH_END:
        what = f"月末（{month_words(month)}の終わりまで）"
        instant = f"{instant_words(snapshot.as_of)}（日本時間。この時刻は含みません）"
    else:
        what, instant = "内部", f"{instant_words(snapshot.as_of)}（日本時間）"
    kinds = "・".join(_KINDS[kind] for kind in scope.kinds)
    return (
        ("計測", f"{snapshot.snapshot}（{what}）"),
        ("計測日時", instant),
        ("範囲", f"{_SYSTEMS[scope.system]}、{kinds}、{len(scope.accounts)}団体"),
        ("収支の始まり", f"{instant_words(scope.since)}（日本時間）"),
        ("計測を依頼した人", review.requested_by),
        ("計測した日時", f"{instant_words(review.taken_at)}（日本時間）"),
        ("確認した人", _reviewed(review)),
        ("訂正", _restated(snapshot, review)),
        ("ハッシュ（SHA-256）", snapshot.sha256),
    )


def warnings(snapshot: Snapshot, review: Review) -> tuple[str, ...]:
    """What must be known before a figure is read."""
    found = []
    if review.reviewed_by is None:
        found.append("この計測は、まだ確認されていません（下書き）。")
    if review.restated_by is not None:
        found.append(f"この計測は訂正されています。新しい計測は {review.restated_by} です。")
    if snapshot.restates is not None:
        found.append(f"この計測は {snapshot.restates} を訂正したものです。")
    return tuple(found)


def _reviewed(review: Review) -> str:
    if review.reviewed_by is None or review.reviewed_at is None:
        return "まだいません"
    return f"{review.reviewed_by}（{instant_words(review.reviewed_at)}）"


def _restated(snapshot: Snapshot, review: Review) -> str:
    found = []
    if snapshot.restates is not None:
        found.append(f"{snapshot.restates} を訂正した計測です")
    if review.restated_by is not None:
        found.append(f"{review.restated_by} で訂正されました")
    return "。".join(found) or "ありません"
