"""`kizuna export`: subscribers and texts as CSV, which imports again unchanged."""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CallError, FailedError
from cli.files.content import CONTENT_COLUMNS, write_content
from cli.files.subscribers import SUBSCRIBER_COLUMNS, write_subscribers
from cli.target import StackOption, connect

exporting = typer.Typer(
    help="Write a CSV (UTF-8) that imports again unchanged. It is for import, not for Excel, "
    "which takes a phone number's + for a formula.",
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


@exporting.command("subscribers")
def subscribers(
    account: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="Only this account's.", show_default=False)
    ] = None,
    output: OutputOption = None,
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
    _write(SUBSCRIBER_COLUMNS, write_subscribers(chosen), output)


@exporting.command("content")
def content(
    series: Annotated[str, typer.Argument(help="`common`, or an account.", metavar="SERIES")],
    output: OutputOption = None,
    stack: StackOption = None,
) -> None:
    """Write the published texts of a series."""
    published = connect(stack).store.content
    version = published.published(series)
    if version is None:
        raise FailedError(f"nothing is published of the series {series!r}")
    _write(CONTENT_COLUMNS, write_content(series, published.load(series, version)), output)


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """The rows as the text of a CSV file, below a header."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _write(columns: Sequence[str], rows: Iterable[Mapping[str, str]], output: Path | None) -> None:
    """Write the rows; a file is its owner's only, for there may be people in it."""
    content = csv_text(columns, rows).encode()
    if output is None:
        typer.echo(content, nl=False)
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise CallError(f"{output}: cannot be written: {error.strerror}") from None
