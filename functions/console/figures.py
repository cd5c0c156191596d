"""AU at one look: the newest figure and its trend, all accounts, every snapshot, and taking one."""

from datetime import UTC, datetime
from typing import Any

from functions.console.app import guard
from functions.console.charts import Chart, chart
from functions.console.page import message, page, see
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office import lambdas
from shared.rules.account import Channel
from shared.rules.au import Kind, Measure
from shared.rules.dates import JST, jst_date
from shared.rules.month_totals import MonthTotal, month_totals
from shared.rules.months import Month
from shared.rules.snapshot import OwnLine, Review, Snapshot, State, snapshot_id
from shared.settings import setting

STATES = {State.DRAFT: "下書き", State.REVIEWED: "確認済み", State.SHARED: "共有済み"}
KINDS = {Kind.INTERNAL: "内部", Kind.MONTH_END: "月末"}
MOST_SHOWN = 40
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Of what is counted: nobody was sent anything before."""


@guard.get("/console/au", needs=Role.VIEWER)
def overview(ask: Ask) -> Page:
    """The newest snapshot, and what there is besides. Nobody's record is read."""
    store = resources().store
    counted = store.snapshots.counted()
    if ask.fragment:
        return page("figures_counting", ask, counted=counted, size=_size(counted))
    reviews = list(store.snapshots.reviews())
    newest = next((each for each in reviews if each.restated_by is None), None)
    facts: dict[str, Any] = {"snapshot": None, "chart": None, "lines": [], "months": []}
    if newest is not None:
        facts = _newest(store.snapshots.load(newest))
    return page(
        "figures",
        ask,
        reviews=reviews[:MOST_SHOWN],
        newest=newest,
        states=STATES,
        kinds=KINDS,
        counted=counted,
        size=_size(counted),
        month_ends=_month_ends(reviews),
        last_month=Month.of(jst_date(ask.now)).plus(-1),
        **facts,
    )


@guard.post("/console/au/take", needs=Role.REVIEWER)
def take(ask: Ask) -> Page:
    """Have a snapshot counted: as of now, of an instant, or of a month's end. It goes on by itself,
    and the page shows how far it is.
    """
    measure = _measure(ask)
    if measure is None:
        text = (
            "日時は 2026-11-25 と 10:00 のように、月は 2026-10 のように、今より前を書いてください。"
        )
        return message(ask, "計測を始められません", text, status=422)
    event = {"kind": measure.kind.value, "by": ask.by}
    if measure.kind is Kind.MONTH_END:
        event["month"] = str(measure.month)
    else:
        event["as_of"] = measure.as_of.isoformat()
    lambdas.tell(setting("AU_SNAPSHOT_FUNCTION"), event)
    resources().store.audit.note(ask.now, ask.by, "au.take", snapshot_id(measure))
    return see("/console/au", counting="yes")


def _measure(ask: Ask) -> Measure | None:
    """What is to be counted; None where the form does not say, or it is not over yet."""
    try:
        match ask.form.get("what"):
            case "now":
                return Measure.internal(ask.now.replace(microsecond=0))
            case "instant":
                text = f"{ask.form.get('day', '')}T{ask.form.get('clock', '')}"
                as_of = datetime.fromisoformat(text).replace(tzinfo=JST).astimezone(UTC)
                return Measure.internal(as_of) if EARLIEST <= as_of <= ask.now else None
            case "month":
                month = Month.parse(ask.form.get("month", ""))
                return Measure.month_end(month) if EARLIEST <= month.ends <= ask.now else None
    except (ValueError, OverflowError):
        return None
    return None


def _newest(snapshot: Snapshot) -> dict[str, Any]:
    totals = month_totals(snapshot)
    months = list(totals)
    every = [totals[each] for each in months]
    before = every[-1].since(every[-2]) if len(every) > 1 else None
    channels = {each: sum(line.channels[each] for line in snapshot.own_lines) for each in Channel}
    return {
        "snapshot": snapshot,
        "change": None if before is None else every[-1].total - before,
        "pregnancy": every[-1].pregnancy,
        "childcare": every[-1].childcare,
        "channels": channels,
        "missing": [snapshot.about[each].name for each in snapshot.missing_external],
        "chart": _trend(months, every),
        "months": list(zip(months, every, strict=True))[-24:],
        "lines": [_of_account(snapshot, each) for each in snapshot.scope.accounts],
    }


def _trend(months: list[Month], every: list[MonthTotal]) -> Chart:
    return chart(
        months,
        [
            ("全体", "l1", [None if each.lacking else each.total for each in every]),
            ("育児期", "l2", [each.childcare for each in every]),
            ("妊娠期", "l3", [each.pregnancy for each in every]),
        ],
    )


def _of_account(snapshot: Snapshot, account: str) -> dict[str, Any]:
    """A line of the table: the figure, None where it is missing, and how it has moved."""
    line = snapshot.line(account)
    shown: dict[str, Any] = {"name": snapshot.about[account].name, "change": None}
    if isinstance(line, OwnLine):
        series = snapshot.detail[account].series["subscribers"]
        return shown | {
            "own": True,
            "subscribers": line.subscribers,
            "enrolments": line.enrolments,
            "pregnancy": line.pregnancy.subscribers,
            "childcare": line.childcare.subscribers,
            "change": series[-1] - series[-2] if len(series) > 1 else None,
        }
    reported, month = snapshot.reported.get(account, {}), snapshot.measure.month
    before = reported.get(str(month.plus(-1)))
    if line is not None and before is not None:
        shown["change"] = line.subscribers - before
    return shown | {"own": False, "subscribers": line.subscribers if line else None}


def _month_ends(reviews: list[Review]) -> list[Review]:
    """The month-ends that nothing restates, the latest first: a year of them."""
    found = [each for each in reviews if each.kind is Kind.MONTH_END and not each.restated_by]
    return found[:12]


def _size(counted: int | None) -> int:
    """About how many there are to count, while a count goes on."""
    return 0 if counted is None else max(counted, resources().store.census.size())
