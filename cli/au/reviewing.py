"""`kizuna au review`, `comment` and `share`: from draft to what all staff have read."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, JsonOption, acting
from cli.au.invoke import ask
from cli.au.showing import SnapshotArgument, find
from cli.errors import CallError, FailedError
from cli.files.cells import one_line
from cli.target import StackOption, connect
from shared.rules.review import NotNowError, commented, reviewed
from shared.rules.snapshot import Review, Snapshot, State
from shared.store.snapshots import figures_json
from shared.store.store import Store
from shared.store.tables import ConflictError

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
    found, old = find(store, snapshot)
    who, now = acting(by), datetime.now(UTC)
    try:
        new = reviewed(old, who, now, colleagues=len(list(store.staff)))
    except NotNowError as error:
        raise FailedError(str(error)) from None
    if comment is not None:
        new = commented(new, who, now, _text(comment))
    _store(store, old, new)
    store.audit.note(now, who, "au.review", found.snapshot)
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
    found, old = find(store, snapshot)
    who = acting(by)
    _store(store, old, commented(old, who, datetime.now(UTC), _text(text)))
    _tell(found, old.state, as_json=as_json)


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


def _store(store: Store, old: Review, new: Review) -> None:
    try:
        store.snapshots.update(old, new)
    except ConflictError:
        raise FailedError(
            f"somebody else changed {old.snapshot} at the same time; look again"
        ) from None


def _tell(snapshot: Snapshot, state: State, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(figures_json(snapshot, state), ensure_ascii=False))
    else:
        typer.echo(f"{snapshot.snapshot}: {state}")
