"""`kizuna au review`, `comment` and `share`: from draft to what all staff have read."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, JsonOption, acting
from cli.au.invoke import ask
from cli.au.showing import SnapshotArgument, find
from cli.errors import CallError
from cli.target import StackOption, connect
from shared.office import reviewing
from shared.office.fields import one_line
from shared.rules.snapshot import Snapshot, State
from shared.store.snapshots import figures_json

LONGEST_COMMENT = 500


def review(
    snapshot: SnapshotArgument,
    comment: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="What is to be said of it.", show_default=False),
    ] = None,
    *,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Approve a draft, after `kizuna au show` has told what needs a look. Where the office has
    more than one colleague (`kizuna staff`), another must do it than who asked for the snapshot.
    """
    store = connect(stack).store
    found, _ = find(store, snapshot)
    who, now = acting(by), datetime.now(UTC)
    said = None if comment is None else _text(comment)
    new = reviewing.approve(store, found.snapshot, now=now, who=who, comment=said)
    _tell(found, new.state, as_json=as_json)


def comment(
    snapshot: SnapshotArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is to be said of it.")],
    *,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Say something of a snapshot. Comments are kept, and go out with it when it is shared."""
    store = connect(stack).store
    found, _ = find(store, snapshot)
    who, now = acting(by), datetime.now(UTC)
    new = reviewing.comment(store, found.snapshot, _text(text), now=now, who=who)
    _tell(found, new.state, as_json=as_json)


def share(
    snapshot: SnapshotArgument,
    *,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Mail a reviewed snapshot to all staff, with the figures and a link to the office's report."""
    target = connect(stack)
    found, _ = find(target.store, snapshot)
    who = acting(by)
    answer = ask(target, "AuShareFunction", {"snapshot": snapshot, "by": who})
    target.store.audit.note(datetime.now(UTC), who, "au.share", snapshot)
    _tell(found, State(answer["state"]), as_json=as_json)
    if as_json:
        return
    typer.echo(f"mailed to {answer['mailed']} of the staff")
    if not answer["mailed"]:
        typer.echo("`kizuna staff add NAME EMAIL` adds a colleague")


def _text(text: str) -> str:
    """The text of a comment: a line."""
    try:
        if text.strip():
            return one_line(LONGEST_COMMENT)(text.strip())
    except ValueError as error:
        raise CallError(f"the comment {error}") from None
    raise CallError("the comment is blank")


def _tell(snapshot: Snapshot, state: State, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(figures_json(snapshot, state), ensure_ascii=False))
    else:
        typer.echo(f"{snapshot.snapshot}: {state}")
