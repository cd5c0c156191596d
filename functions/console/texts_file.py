"""A series as a file: saved for a spreadsheet, and pasted back into the draft."""

import csv
import io

from aws_lambda_powertools.event_handler import Response

from functions.console.app import guard
from functions.console.page import headers, page, see
from functions.console.resources import resources
from functions.console.text_finding import SECTION, due_of, nowhere, said, series_names
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office import editing
from shared.office.texts import read_text
from shared.rules.message import Due
from shared.rules.text import Text

COLUMNS = ("series", "phase", "day", "title", "text", "notice")
"""Those of content.csv."""

MOST_PROBLEMS = 10


@guard.get("/console/texts/<series>/export", needs=Role.VIEWER)
def export(ask: Ask, series: str) -> Page:
    """What is published of a series: a CSV for Excel, which `kizuna import content` takes too."""
    if series not in series_names(ask):
        return nowhere(ask)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for due, each in sorted(editing.published(resources().store, series).items()):
        writer.writerow([series, due.phase.value, due.day, each.title, each.text, each.notice])
    return Response(
        status_code=200,
        content_type="text/csv; charset=utf-8",
        body="\ufeff" + text.getvalue(),
        headers={**headers(), "Content-Disposition": f'attachment; filename="{series}.csv"'},
    )


@guard.get("/console/texts/<series>/import", needs=Role.EDITOR)
def ask_for_file(ask: Ask, series: str) -> Page:
    """Where a file is pasted."""
    if series not in series_names(ask):
        return nowhere(ask)
    return _form(ask, series, [])


@guard.post("/console/texts/<series>/import", needs=Role.EDITOR)
def take_in(ask: Ask, series: str) -> Page:
    """Take the rows of a file into the draft: all of them, or none where one is at fault. Days that
    it does not name stay as they are.
    """
    if series not in series_names(ask):
        return nowhere(ask)
    texts, problems = _rows(ask.form.get("csv", ""), series)
    if problems:
        return _form(ask, series, problems)
    number = editing.save_all(resources().store, series, texts, now=ask.now, who=ask.by)
    return see(f"{SECTION}/{series}/changes", done="import", of=str(len(texts)), new=str(number))


def _form(ask: Ask, series: str, problems: list[str]) -> Page:
    return page(
        "texts_import",
        ask,
        status=422 if problems else 200,
        series=series,
        name=series_names(ask)[series],
        problems=problems[:MOST_PROBLEMS],
        more=len(problems) - MOST_PROBLEMS,
        typed=ask.form.get("csv", ""),
        columns=COLUMNS,
    )


def _rows(text: str, series: str) -> tuple[dict[Due, Text], list[str]]:
    """The texts of a CSV that somebody pasted, by day, and what is wrong with it."""
    texts: dict[Due, Text] = {}
    problems: list[str] = []
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""), strict=True)
    try:
        missing = [each for each in COLUMNS if each not in (reader.fieldnames or ())]
        if missing:
            return {}, [f"1行目に、見出し {','.join(missing)} がありません。"]
        for row in reader:
            try:
                due, read = _row(row, series)
            except ValueError as error:
                problems.append(f"{reader.line_num}行目：{error}")
                continue
            if due in texts:
                problems.append(f"{reader.line_num}行目：同じ日が2回あります。")
            texts[due] = read
    except csv.Error:
        return {}, [f'{reader.line_num}行目：CSVとして読めません。引用符（"）をご確認ください。']
    if not texts and not problems:
        problems.append("見出しの下に、行がありません。")
    return texts, problems


def _row(row: dict[str, str | None], series: str) -> tuple[Due, Text]:
    cells = {each: row.get(each) or "" for each in COLUMNS}
    if cells["series"].strip() != series:
        raise ValueError(f"series は {series} にしてください。")
    due = due_of(cells["phase"].strip(), cells["day"].strip())
    if due is None:
        raise ValueError("phase と day は、pregnancy の28から293、childcare の0から6935です。")
    title, text, notice = cells["title"].strip(), cells["text"].rstrip(), cells["notice"].strip()
    try:
        return due, read_text(title, text, notice)
    except ValueError as error:
        raise ValueError(said(error)) from None
