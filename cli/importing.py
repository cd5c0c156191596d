"""`kizuna import`: what a CSV or XLSX file holds, whole or not at all."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.arguments import ByOption, JsonOption, acting, parse_instant
from cli.errors import CallError
from cli.files.births import BIRTH_COLUMNS
from cli.files.content import CONTENT_COLUMNS
from cli.files.faults import BadFileError
from cli.files.load import (
    Loaded,
    load_accounts,
    load_births,
    load_content,
    load_subscribers,
)
from cli.files.mapping import read_mapping
from cli.files.move_in import MovedIn, move_in
from cli.files.move_in_page import html, lines
from cli.files.subscribers import SUBSCRIBER_COLUMNS
from cli.progress import bar
from cli.target import StackOption, connect
from local.platform import provide_credentials
from shared.office.account.settings import ACCOUNT_COLUMNS

importing = typer.Typer(
    help="Load a CSV or XLSX file: all of it, or nothing where a row is at fault.",
    no_args_is_help=True,
)

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A .csv or .xlsx file.")
]
CheckOption = Annotated[bool, typer.Option("--check", help="Only report; load nothing.")]
NowOption = Annotated[
    datetime | None,
    typer.Option(
        "--now",
        parser=parse_instant,
        metavar="INSTANT",
        help="What time it is, for rehearsals; nothing in a file may lie after it.",
        show_default=False,
    ),
]


def _columns(names: tuple[str, ...]) -> str:
    return f"The columns: {', '.join(names)}."


@importing.command("accounts", epilog=_columns(ACCOUNT_COLUMNS))
def accounts(
    file: FileArgument,
    check: CheckOption = False,
    now: NowOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Load accounts. A further row of an account, with a later valid_from, changes its settings
    from that day on; what is in force does not change.
    """

    def load() -> Loaded:
        target = connect(stack)
        loaded = load_accounts(target.store, file, now or datetime.now(UTC), check=check)
        if target.local and not check:
            provide_credentials(target.local, list(target.store.accounts))
        return loaded

    _report(load, as_json)


@importing.command("subscribers", epilog=_columns(SUBSCRIBER_COLUMNS))
def subscribers(
    file: FileArgument,
    *,
    check: CheckOption = False,
    now: NowOption = None,
    restart: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SUBSCRIBER",
            help="Who asked to begin again, by id; may be given again. It is in the audit.",
            show_default=False,
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--move-in",
            metavar="MAPPING",
            exists=True,
            dir_okay=False,
            help="The file is another system's: what it calls things, in TOML (docs/files.md). Who "
            "can be taken is, the others are told; run again until it is right.",
            show_default=False,
        ),
    ] = None,
    sent_today: Annotated[
        bool,
        typer.Option(
            "--sent-today",
            help="With --move-in: the other system has sent today's messages; none of ours comes "
            "today to those in the file.",
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="With --move-in: write the report as a page, with the numbers of all rows.",
            show_default=False,
        ),
    ] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Load subscribers with their enrolments and what happened to them. Those who are there
    already, just so, stay unchanged. Nobody who has stopped is restarted by a file alone.
    """
    if mapping is None and (sent_today or report):
        raise CallError("--sent-today and --report go with --move-in")

    def load() -> Loaded:
        store = connect(stack).store
        with bar() as progress:
            return load_subscribers(
                store,
                file,
                now or datetime.now(UTC),
                check=check,
                progress=progress,
                restart=restart or (),
                who=acting(by),
            )

    def take(by_mapping: Path) -> MovedIn:
        with bar() as progress:
            return move_in(
                connect(stack).store,
                file,
                read_mapping(by_mapping),
                now or datetime.now(UTC),
                check=check,
                sent_today=sent_today,
                restart=restart or (),
                who=acting(by),
                progress=progress,
            )

    if mapping is None:
        _report(load, as_json)
    else:
        _report_move_in(partial(take, mapping), report, as_json)


@importing.command("content", epilog=_columns(CONTENT_COLUMNS))
def content(
    file: FileArgument,
    check: CheckOption = False,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Publish texts. Each series in the file takes the place of what was published of it."""
    _report(lambda: load_content(connect(stack).store, file, check=check), as_json)


@importing.command("births", epilog=_columns(BIRTH_COLUMNS))
def births(
    file: FileArgument,
    check: CheckOption = False,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Load annual births with their source: what new registrations are measured against. A figure
    that differs from the one on record corrects it; the old one is kept.
    """

    def load() -> Loaded:
        return load_births(connect(stack).store, file, datetime.now(UTC), check=check)

    _report(load, as_json)


def _report_move_in(take: Callable[[], MovedIn], page: Path | None, as_json: bool) -> None:
    """Take them, and tell of it; exit status 1 where the file cannot be read as a whole."""
    try:
        moved = take()
    except BadFileError as error:
        for line in error.lines():
            typer.echo(line, err=True)
        raise typer.Exit(1) from None
    if page is not None:
        try:
            page.write_text(html(moved), encoding="utf-8")
        except OSError as error:
            raise CallError(f"{page}: cannot be written: {error.strerror}") from None
    if as_json:
        typer.echo(json.dumps(moved.json(), ensure_ascii=False))
        return
    for line in lines(moved):
        typer.echo(line)


def _report(load: Callable[[], Loaded], as_json: bool) -> None:
    """Load, and print what came of it; exit status 1 where the file has faults."""
    try:
        loaded = load()
    except BadFileError as error:
        lines = list(error.lines())
        if as_json:
            typer.echo(json.dumps(error.json(), ensure_ascii=False))
        for line in lines[-1:] if as_json else lines:
            typer.echo(line, err=True)
        raise typer.Exit(1) from None
    typer.echo(json.dumps(loaded.json(), ensure_ascii=False) if as_json else loaded)
