"""`kizuna export`: subscribers and texts as CSV or XLSX, which imports again unchanged."""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
import xlsxwriter

from cli.errors import CallError, FailedError
from cli.files.columns import JAPANESE
from cli.files.content import CONTENT_COLUMNS, write_content
from cli.files.subscribers import SUBSCRIBER_COLUMNS, write_subscribers
from cli.target import StackOption, connect

exporting = typer.Typer(
    help="Write a file that imports again unchanged: a CSV (UTF-8), or for people an XLSX, since "
    "Excel takes a phone number's + in a CSV for a formula.",
    no_args_is_help=True,
)

OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to write; default standard output.",
        show_default=False,
    ),
]


ExcelOption = Annotated[
    bool,
    typer.Option("--for-excel", help="Write an XLSX whose cells are all text; needs --output."),
]
JapaneseOption = Annotated[
    bool, typer.Option("--japanese", help="Write the Japanese names of the columns.")
]


@exporting.command("subscribers")
def subscribers(
    account: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="Only this account's.", show_default=False)
    ] = None,
    output: OutputOption = None,
    for_excel: ExcelOption = False,
    japanese: JapaneseOption = False,
    stack: StackOption = None,
) -> None:
    """Write the subscribers with their enrolments, a row each. Of a history that is richer than
    the columns: the latest due date and birth date, the last stop, and the return after it. Who
    was erased is left out.
    """
    store = connect(stack).store
    if account is not None and store.accounts.get(account) is None:
        raise CallError(f"there is no account {account!r}")
    chosen = [
        each for each in store.subscribers if not each.erased and account in {None, each.account}
    ]
    chosen.sort(key=lambda each: (each.account, each.id))
    rows = write_subscribers(chosen)
    _write(SUBSCRIBER_COLUMNS, rows, output, for_excel=for_excel, japanese=japanese)


@exporting.command("content")
def content(
    series: Annotated[str, typer.Argument(help="`common`, or an account.", metavar="SERIES")],
    output: OutputOption = None,
    for_excel: ExcelOption = False,
    japanese: JapaneseOption = False,
    stack: StackOption = None,
) -> None:
    """Write the published texts of a series."""
    published = connect(stack).store.content
    version = published.published(series)
    if version is None:
        raise FailedError(f"nothing is published of the series {series!r}")
    rows = write_content(series, published.load(series, version))
    _write(CONTENT_COLUMNS, rows, output, for_excel=for_excel, japanese=japanese)


def csv_text(
    columns: Sequence[str], rows: Iterable[Mapping[str, str]], *, delimiter: str = ","
) -> str:
    """The rows as the text of a CSV file, below a header."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def xlsx_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """The rows as a workbook of texts, below a header: a spreadsheet changes none of them."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = book.add_worksheet()
    as_text = book.add_format({"num_format": "@"})
    sheet.set_column(0, len(columns) - 1, 18, as_text)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate([dict(zip(columns, columns, strict=True)), *rows]):
        for place, column in enumerate(columns):
            sheet.write_string(number, place, row[column], as_text)
    book.close()
    return content.getvalue()


def _write(
    columns: Sequence[str],
    rows: Iterable[Mapping[str, str]],
    output: Path | None,
    *,
    for_excel: bool,
    japanese: bool,
) -> None:
    """Write the rows; a file is its owner's only, for there may be people in it."""
    if for_excel and output is None:
        raise CallError("--for-excel needs --output FILE, like subscribers.xlsx")
    if japanese:
        names = {each: JAPANESE[each] for each in columns}
        rows = ({names[each]: row[each] for each in columns} for row in rows)
        columns = tuple(names.values())
    content = xlsx_bytes(columns, rows) if for_excel else csv_text(columns, rows).encode()
    if output is None:
        typer.echo(content, nl=False)
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise CallError(f"{output}: cannot be written: {error.strerror}") from None
