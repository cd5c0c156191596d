"""The audit: who did what when, to be searched and kept as a file."""

import csv
import io
from collections.abc import Iterator
from datetime import date

from aws_lambda_powertools.event_handler import Response

from functions.console.app import guard
from functions.console.page import headers, page
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.rules.dates import JST, jst_date
from shared.rules.months import Month
from shared.store.audit import AuditEntry

MOST_SHOWN = 500


@guard.get("/console/audit", needs=Role.VIEWER)
def entries(ask: Ask) -> Page:
    """A month, the latest first, by words and by who."""
    month = _month(ask)
    found = list(_found(ask, month))
    return page(
        "audit",
        ask,
        month=month,
        before=month.plus(-1),
        after=month.plus(1) if month < Month.of(jst_date(ask.now)) else None,
        words=ask.query.get("q", ""),
        entries=found[:MOST_SHOWN],
        total=len(found),
    )


@guard.get("/console/audit/export", needs=Role.VIEWER)
def export(ask: Ask) -> Page:
    """The same as a CSV that Excel opens."""
    month, text = _month(ask), io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["日時", "だれが", "何を", "対象"])
    for each in _found(ask, month):
        at = each.at.astimezone(JST).isoformat(timespec="seconds")
        writer.writerow([at, *(_harmless(cell) for cell in (each.by, each.what, each.about))])
    name = f'attachment; filename="audit-{month}.csv"'
    return Response(
        status_code=200,
        content_type="text/csv; charset=utf-8",
        body="\ufeff" + text.getvalue(),
        headers={**headers(), "Content-Disposition": name},
    )


def _month(ask: Ask) -> Month:
    today = jst_date(ask.now)
    try:
        return Month.parse(ask.query.get("month", ""))
    except ValueError:
        return Month.of(date(today.year, today.month, 1))


def _found(ask: Ask, month: Month) -> Iterator[AuditEntry]:
    words = ask.query.get("q", "").casefold().split()
    entries = list(resources().store.audit.of_month(month.year, month.month))
    for each in reversed(entries):
        text = f"{each.by} {each.what} {each.about}".casefold()
        if all(word in text for word in words):
            yield each


def _harmless(cell: str) -> str:
    """What Excel does not take for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell
