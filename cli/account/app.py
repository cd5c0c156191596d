"""`kizuna account`: municipalities that end, merge and split."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.account.farewell import read_farewell
from cli.account.moving import Move, Moved, ids_in
from cli.arguments import ByOption, JsonOption, acting, parse_date, parse_instant
from cli.progress import bar
from cli.target import StackOption, connect
from shared.office.account.ending import end_account
from shared.rules.account import Channel

account = typer.Typer(
    help="Municipalities that end, merge and split: their last day, and their readers' move.",
    no_args_is_help=True,
)

NowOption = Annotated[
    datetime | None,
    typer.Option(
        "--now",
        parser=parse_instant,
        metavar="INSTANT",
        help="What time it is, for rehearsals.",
        show_default=False,
    ),
]


@account.command("end")
def end(
    name: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account that ends.")],
    on: Annotated[
        date,
        typer.Option("--on", parser=parse_date, metavar="DATE", help="The last day with messages."),
    ],
    *,
    farewell: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="What everybody gets on that day: its first line is the title, the rest the text.",
            show_default=False,
        ),
    ] = None,
    notice: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="The farewell's SMS; default its title.", show_default=False
        ),
    ] = None,
    successor: Annotated[
        str | None,
        typer.Option(
            metavar="ACCOUNT",
            help="Where the link to join leads parents from then on.",
            show_default=False,
        ),
    ] = None,
    now: NowOption = None,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Stop an account's messages after a day, with a farewell or without. Readers keep their pages
    and links. Said again with another day or text, the last holds; `kizuna import accounts` with a
    later row lets it begin again.
    """
    who = acting(by)
    words = read_farewell(farewell, notice)
    store = connect(stack).store
    at = now or datetime.now(UTC)
    changed = end_account(store, name, on, words, successor, at=at, who=who)
    if as_json:
        report = {
            "account": name,
            "on": on.isoformat(),
            "farewell": asdict(words) if words else None,
            "successor": successor,
            "changed": changed,
        }
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    told = "with a farewell" if words else "without a farewell"
    typer.echo(f"{name} ends after {on}, {told}" + ("" if changed else "; it was so already"))


@account.command("move")
def move(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The account that they leave.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The account that they come to.")],
    since: Annotated[
        date,
        typer.Option(
            "--from", parser=parse_date, metavar="DATE", help="From 00:00 of which day, in Japan."
        ),
    ],
    *,
    channel: Annotated[
        Channel | None, typer.Option(help="Only those of a channel.", show_default=False)
    ] = None,
    only: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Only these subscribers: their ids, one in a line.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only report; move nobody.")] = False,
    now: NowOption = None,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Move an account's readers to another, with their history: in AU they have moved out of the
    one and into the other on that day. Run on that day, before the sending time or after: nobody
    gets that day's message twice. What was broken off goes on when it is run again.
    """
    who = acting(by)
    chosen = ids_in(only) if only else None
    at = now or datetime.now(UTC)
    target = connect(stack)
    planned = Move(target, old, new, since, at)
    readers = planned.readers(channel, chosen)
    if readers and not check:
        what = f"moves up to {len(readers)} readers to {new} from {since} on"
        target.store.audit.note(at, who, what, old)
    with bar() as progress:
        moved = planned.make(readers, progress, check=check)
    if as_json:
        report = {"old": old, "new": new, "from": since.isoformat(), **asdict(moved)}
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    _tell(moved, old, new, check=check)


def _tell(moved: Moved, old: str, new: str, *, check: bool) -> None:
    done = "would move" if check else "moved"
    typer.echo(f"{len(moved.moved):,} {done} from {old} to {new}")
    for why, ids in moved.staying.items():
        shown = ", ".join(ids[:5]) + (", … (all with --json)" if len(ids) > 5 else "")
        typer.echo(f"{len(ids):,} stay with {old}: {why.format(new=new)}: {shown}")
