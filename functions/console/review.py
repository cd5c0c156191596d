"""The review sheet of a snapshot: what needs a look first, comments, approval, and sharing."""

from collections.abc import Mapping

from functions.console.app import guard
from functions.console.figures import KINDS, STATES
from functions.console.page import message, page, see
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office import reviewing
from shared.rules.account import Channel
from shared.rules.review import Finding, Look, findings
from shared.rules.snapshot import Snapshot
from shared.settings import setting

LONGEST_COMMENT = 500

LOOKS: Mapping[Look, str] = {
    Look.DOES_NOT_BALANCE: "収支が合いません（システムの誤りです）",
    Look.MISSING_EXTERNAL: "数がまだ届いていません",
    Look.ZERO: "AUが0人です",
    Look.MOVED: "AUが、見込みより大きく動きました",
    Look.CHANNEL_DROP: "{}の読者が、急に減りました",
    Look.FLOW: "「{}」が、ふだんと大きく違います",
}
FLOWS: Mapping[str, str] = {
    "new_pregnancy": "妊娠期の新規登録",
    "new_childcare": "育児期の新規登録",
    "returned": "再開",
    "moved_in": "転入",
    "graduated": "卒業",
    "stopped_subscriber": "停止（本人）",
    "stopped_system": "停止（システム）",
    "awaiting_birth": "移行待ち",
    "moved_out": "転出",
    "born": "出産登録",
    Channel.EMAIL: "メール",
    Channel.LINE: "LINE",
    Channel.SMS: "SMS",
}


@guard.get("/console/au/<snapshot>", needs=Role.VIEWER)
def sheet(ask: Ask, snapshot: str) -> Page:
    """One snapshot as it is reviewed."""
    return _sheet(ask, snapshot)


@guard.post("/console/au/<snapshot>/comment", needs=Role.EDITOR)
def comment(ask: Ask, snapshot: str) -> Page:
    """Say something of it, for good."""
    text = " ".join(ask.form.get("text", "").split())
    if not text or len(text) > LONGEST_COMMENT:
        problem = f"コメントは、1文字から{LONGEST_COMMENT}文字までで書いてください。"
        return _sheet(ask, snapshot, problem=problem)
    if resources().store.snapshots.review(snapshot) is None:
        return _none(ask)
    reviewing.comment(resources().store, snapshot, text, now=ask.now, who=ask.by)
    return see(f"/console/au/{snapshot}")


@guard.post("/console/au/<snapshot>/approve", needs=Role.REVIEWER)
def approve(ask: Ask, snapshot: str) -> Page:
    """Approve it, where somebody else asked for it."""
    if resources().store.snapshots.review(snapshot) is None:
        return _none(ask)
    reviewing.approve(resources().store, snapshot, now=ask.now, who=ask.by)
    return see(f"/console/au/{snapshot}")


@guard.post("/console/au/<snapshot>/share", needs=Role.REVIEWER)
def share(ask: Ask, snapshot: str) -> Page:
    """Mail it to the staff."""
    if resources().store.snapshots.review(snapshot) is None:
        return _none(ask)
    function = setting("AU_SHARE_FUNCTION")
    reviewing.share(resources().store, snapshot, function, now=ask.now, who=ask.by)
    return see(f"/console/au/{snapshot}", asked="share")


def _sheet(ask: Ask, snapshot: str, *, problem: str | None = None) -> Page:
    store = resources().store
    known = store.snapshots.get(snapshot)
    if known is None:
        return _none(ask)
    found, review = known
    colleagues = len(list(store.staff))
    return page(
        "review",
        ask,
        status=422 if problem else 200,
        problem=problem,
        snapshot=found,
        review=review,
        state=STATES[review.state],
        kind=KINDS[review.kind],
        looks=[_said(found, each) for each in findings(found)],
        colleagues=colleagues,
        other_must=colleagues > 1 and ask.by == review.requested_by,
        zips=range(1, -(-len(found.scope.accounts) // 60) + 1),
    )


def _none(ask: Ask) -> Page:
    return message(ask, "この計測はありません", "リンクをご確認ください。", status=404)


def _said(snapshot: Snapshot, finding: Finding) -> dict[str, object]:
    what = FLOWS.get(finding.what, finding.what)
    return {
        "name": snapshot.about[finding.account].name,
        "text": LOOKS[finding.look].format(what),
        "urgent": finding.look <= Look.ZERO,
        "now": finding.now,
        "low": finding.low,
        "high": finding.high,
    }
