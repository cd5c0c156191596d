"""A snapshot as tables: CSV and XLSX for people, JSON lines for Athena. Made from it alone."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import xlsxwriter

from shared.rules.account import Channel
from shared.rules.au import Flow
from shared.rules.dates import JST
from shared.rules.snapshot import ExternalLine, OwnLine, Snapshot

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LINES_TYPE = "application/x-ndjson"

_FLOW = tuple(field.name for field in fields(Flow))

HEADINGS = {
    "account": "アカウント",
    "name": "名称",
    "code": "団体コード",
    "kind": "区分",
    "delivery": "配信システム",
    "subscribers": "AU（読者）",
    "enrolments": "AU（登録）",
    "pregnancy_subscribers": "妊娠期（読者）",
    "pregnancy_enrolments": "妊娠期（登録）",
    "childcare_subscribers": "育児期（読者）",
    "childcare_enrolments": "育児期（登録）",
    "email": "メール",
    "line": "LINE",
    "sms": "SMS",
    "awaiting_birth": "移行待ち",
    "flow_opening": "期首",
    "flow_new_pregnancy": "新規（妊娠期）",
    "flow_new_childcare": "新規（育児期）",
    "flow_returned": "再開",
    "flow_moved_in": "転入",
    "flow_graduated": "卒業",
    "flow_stopped_subscriber": "停止（本人）",
    "flow_stopped_system": "停止（不達）",
    "flow_awaiting_birth": "移行待ちへ",
    "flow_moved_out": "転出",
    "flow_closing": "期末",
    "flow_born": "出産登録（内訳）",
}
"""The columns, and what they are called in Japanese."""

_WORDS = {"municipality": "自治体", "other": "その他", "own": "自システム", "external": "団体以外"}
_ACTIVE_CONTENT = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run (OWASP: CSV injection)."""

MISSING = "未報告"

Row = dict[str, Any]


def rows(snapshot: Snapshot) -> Iterator[Row]:
    """A row for each account; None where an external one reports no such figure, or nothing."""
    for account in snapshot.scope.accounts:
        about, line = snapshot.about[account], snapshot.line(account)
        row: Row = dict.fromkeys(HEADINGS)
        row |= {"account": account, "name": about.name, "code": about.code, "kind": about.kind}
        match line:
            case OwnLine():
                row |= _own(line)
            case ExternalLine():
                row |= {"delivery": "external", "subscribers": line.subscribers}
            case None:
                row["delivery"] = "external"
        yield row


def _own(line: OwnLine) -> Row:
    return {
        "delivery": line.delivery,
        "subscribers": line.subscribers,
        "enrolments": line.enrolments,
        "pregnancy_subscribers": line.pregnancy.subscribers,
        "pregnancy_enrolments": line.pregnancy.enrolments,
        "childcare_subscribers": line.childcare.subscribers,
        "childcare_enrolments": line.childcare.enrolments,
        **{channel.value: line.channels[channel] for channel in Channel},
        "awaiting_birth": line.awaiting_birth,
        **{f"flow_{name}": getattr(line.flow, name) for name in _FLOW},
    }


def json_lines(snapshot: Snapshot) -> bytes:
    """The rows for Athena, a JSON object a line, each with what snapshot it is of."""
    facts = {
        "snapshot": snapshot.snapshot,
        "snapshot_kind": snapshot.kind,
        "as_of": snapshot.as_of.isoformat().replace("+00:00", "Z"),
        "restates": snapshot.restates,
        "sha256": snapshot.sha256,
    }
    lines = (json.dumps({**facts, **row}, ensure_ascii=False) for row in rows(snapshot))
    return "".join(f"{line}\n" for line in lines).encode()


def csv_file(snapshot: Snapshot) -> bytes:
    """The rows as CSV that Excel opens by a double click: UTF-8 with BOM, no active content."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in _table(snapshot):
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig")


def xlsx_file(snapshot: Snapshot) -> bytes:
    """The rows as a workbook, with a sheet that says what they are."""
    file = io.BytesIO()
    # Without a date of its own: the same snapshot makes the same file.
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": snapshot.as_of.replace(tzinfo=None)})
    head = book.add_format({"bold": True, "bg_color": "#E8F1FE", "text_wrap": True, "border": 1})
    figure = book.add_format({"num_format": "#,##0"})
    sheet = book.add_worksheet("AU")
    for number, row in enumerate(_table(snapshot)):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(number, column, cell, *([head] if number == 0 else []))
            elif cell is not None:
                sheet.write_number(number, column, cell, figure)
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 24)
    sheet.set_column(2, len(HEADINGS), 12)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    about = book.add_worksheet("この表について")
    about.set_column(0, 0, 20)
    about.set_column(1, 1, 80)
    for number, (name, value) in enumerate(_about(snapshot)):
        about.write_string(number, 0, name)
        about.write_string(number, 1, value)
    book.close()
    return file.getvalue()


def harmless(cell: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_ACTIVE_CONTENT) else cell


def _table(snapshot: Snapshot) -> Iterator[list[Any]]:
    """The headings, the rows, and the total, in words that people read."""
    found = list(rows(snapshot))
    yield list(HEADINGS.values())
    for row in found:
        words = {name: _WORDS[row[name]] for name in ("kind", "delivery")}
        if row["subscribers"] is None:
            words["subscribers"] = MISSING
        yield list({**row, **words}.values())
    figures = list(HEADINGS)[5:]
    sums = {name: sum(row[name] or 0 for row in found) for name in figures}
    note = "" if snapshot.complete else f"（{MISSING}の団体を除く）"
    yield ["合計", note, "", "", "", *(sums[name] for name in figures)]


def _about(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    yield "計測", snapshot.snapshot
    yield "計測日時", f"{snapshot.as_of.astimezone(JST):%Y-%m-%d %H:%M:%S} (JST)"
    yield "収支の始まり", f"{snapshot.scope.since.astimezone(JST):%Y-%m-%d %H:%M:%S} (JST)"
    yield "ハッシュ (SHA-256)", snapshot.sha256
    if snapshot.restates:
        yield "訂正する計測", snapshot.restates
    if snapshot.missing_external:
        yield f"{MISSING}の団体", "、".join(snapshot.missing_external)
    yield (
        "数え方",
        (
            "AU（読者）は、配信中の登録が1つ以上ある読者の数。妊娠期と育児期の両方がある読者は、"
            "それぞれに1人、合計では1人と数えるため、合計は内訳の和と一致しないことがある。"
            "収支は登録の数。"
        ),
    )
