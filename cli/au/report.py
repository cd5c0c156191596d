"""`kizuna au report`: the reports of a snapshot as files, for each account and for the office."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from cli.arguments import JsonOption
from cli.au.showing import find
from cli.errors import CallError, FailedError
from cli.target import StackOption, connect
from functions.au_report.files import File, files_of, files_of_office
from functions.au_report.report import Audience
from functions.au_report.reports import Reports
from shared.rules.au import Kind
from shared.rules.snapshot import Review, Snapshot
from shared.store.store import Store


def report(
    snapshot: Annotated[
        str | None,
        typer.Argument(
            metavar="[SNAPSHOT]",
            help="Which one; default the latest month-end.",
            show_default=False,
        ),
    ] = None,
    *,
    account: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ACCOUNT", help="Only this account's; may be repeated.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to write.")
    ] = Path(),
    staff: Annotated[
        bool,
        typer.Option("--staff", help="The accounts' with every figure: these stay in the office."),
    ] = False,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Write the reports of a snapshot, as HTML to print and as XLSX: each account's in the form
    that leaves the office, figures under 5 hidden, and the office's own.
    """
    if output.exists() and not output.is_dir():
        raise CallError(f"{output}: is a file; name a folder")
    store = connect(stack).store
    found, review = find(store, snapshot or _latest(store))
    audience = Audience.OFFICE if staff else Audience.ACCOUNT
    files = write_reports(found, review, store, output, accounts=account, audience=audience)
    if as_json:
        told = {"snapshot": found.snapshot, "files": [str(file) for file in files]}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for file in files:
        typer.echo(str(file))


def write_reports(
    snapshot: Snapshot,
    review: Review,
    store: Store,
    folder: Path,
    *,
    accounts: Collection[str] | None = None,
    audience: Audience = Audience.ACCOUNT,
) -> list[Path]:
    """Write the reports of a snapshot into a folder, and say which files: HTML and XLSX of the
    `accounts` (default all) for their audience, and of the office.

    CallError where an account is not in the snapshot, or the folder cannot be written.
    """
    known = snapshot.scope.accounts
    for each in accounts or ():
        if each not in known:
            raise CallError(f"the snapshot {snapshot.snapshot} has no account {each!r}")
    reports = Reports(snapshot, review, store)
    wanted = accounts or known
    return [
        _write(folder, each)
        for each in (
            *files_of(reports, snapshot, wanted, audience),
            *files_of_office(reports, snapshot),
        )
    ]


def _write(folder: Path, file: File) -> Path:
    path = folder / file.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    except OSError as error:
        raise CallError(f"{error.filename}: cannot be written: {error.strerror}") from None
    return path


def _latest(store: Store) -> str:
    """The latest month-end snapshot that nothing restates."""
    for each in store.snapshots.reviews():
        if each.kind is Kind.MONTH_END and not each.restated_by:
            return each.snapshot
    raise FailedError("no month-end snapshot was taken yet; `kizuna au month-end YYYY-MM`")
