"""`kizuna au show` and `list`: a snapshot with what needs a look, and which snapshots there are."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.arguments import JsonOption
from cli.errors import CallError, FailedError
from cli.tables import figures_table
from cli.target import StackOption, connect
from shared.rules.account import Channel
from shared.rules.dates import JST
from shared.rules.review import Finding, Look, findings
from shared.rules.snapshot import OwnLine, Review, Snapshot
from shared.store.snapshots import figures_json
from shared.store.store import Store

SnapshotArgument = Annotated[str, typer.Argument(metavar="SNAPSHOT", help="A snapshot.")]

MISSING = "missing"

_NOTE = (
    "AU, preg(nancy), child(care) and the channels are subscribers; who has a pregnancy and a "
    "child counts in both, and once in AU. The other columns are enrol(ments)."
)


def show(
    snapshot: Annotated[
        str | None,
        typer.Argument(
            metavar="[SNAPSHOT]", help="Which one; default the latest.", show_default=False
        ),
    ] = None,
    *,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Show a snapshot: what needs a look, AU of each account, who asked, reviewed and shared."""
    store = connect(stack).store
    found, review = find(store, snapshot)
    if as_json:
        typer.echo(json.dumps(figures_json(found, review.state), ensure_ascii=False))
        return
    show_snapshot(store, review.snapshot)


def list_snapshots(as_json: JsonOption = False, stack: StackOption = None) -> None:
    """List the snapshots, the latest instant first."""
    store = connect(stack).store
    reviews = list(store.snapshots.reviews())
    if as_json:
        listed = [
            {
                "snapshot": each.snapshot,
                "kind": each.kind,
                "as_of": each.as_of.isoformat().replace("+00:00", "Z"),
                "state": each.state,
                "restated_by": each.restated_by,
                "requested_by": each.requested_by,
                "reviewed_by": each.reviewed_by,
                "shared_by": each.shared_by,
                "sha256": each.sha256,
            }
            for each in reviews
        ]
        typer.echo(json.dumps({"snapshots": listed}, ensure_ascii=False))
        return
    if not reviews:
        typer.echo("no snapshot was taken yet; `kizuna au take --as-of INSTANT` takes one")
        return
    table = figures_table(None, first="snapshot")
    for heading in ("instant (JST)", "state", "asked", "reviewed", "shared"):
        table.add_column(heading, no_wrap=heading == "instant (JST)")
    for each in reviews:
        state = f"restated by {each.restated_by}" if each.restated_by else each.state
        people = (each.requested_by, each.reviewed_by or "", each.shared_by or "")
        table.add_row(each.snapshot, _instant(each), state, *people)
    Console().print(table)


def find(store: Store, name: str | None) -> tuple[Snapshot, Review]:
    """A snapshot by its name, or the latest that nothing restates; CallError where there is none
    of that name, FailedError where there is none at all.
    """
    if name is None:
        review = next((each for each in store.snapshots.reviews() if not each.restated_by), None)
        if review is None:
            raise FailedError("no snapshot was taken yet; `kizuna au take --as-of INSTANT`")
        return store.snapshots.load(review), review
    found = store.snapshots.get(name)
    if found is None:
        raise CallError(f"there is no snapshot {name!r}; `kizuna au list` shows which there are")
    return found


def show_snapshot(store: Store, name: str) -> None:
    """Print a snapshot for a person."""
    snapshot, review = find(store, name)
    console = Console(highlight=False)
    looks = findings(snapshot)
    console.print("What needs a look:" if looks else "Nothing needs a look.")
    for each in looks:
        console.print(f"  {each.account}: {_words(each)}", soft_wrap=True, markup=False)
    console.print(au_table(snapshot))
    for line in _about(snapshot, review):
        console.print(line, soft_wrap=True, markup=False)
    for comment in review.comments:
        at = f"{comment.at.astimezone(JST):%Y-%m-%d %H:%M}"
        said = f"{comment.by}, {at}: {comment.text}"
        console.print(said, soft_wrap=True, markup=False)


def au_table(snapshot: Snapshot) -> Table:
    """AU of each account: subscribers by phase and channel, enrolments, those awaiting a birth."""
    title = f"AU {snapshot.snapshot}"
    table = figures_table(title, total="total", caption=_total_note(snapshot))
    own = snapshot.own_lines
    columns = {
        "AU": [line.subscribers for line in own],
        "preg": [line.pregnancy.subscribers for line in own],
        "child": [line.childcare.subscribers for line in own],
        **{channel.value: [line.channels[channel] for line in own] for channel in Channel},
        "enrol": [line.enrolments for line in own],
        "await": [line.awaiting_birth for line in own],
        "change": [line.flow.closing - line.flow.opening for line in own],
    }
    for name, values in columns.items():
        total = sum(values) + (snapshot.external if name == "AU" else 0)
        footer = f"{total:+,}" if name == "change" else f"{total:,}"
        table.add_column(name, justify="right", footer=footer, no_wrap=True)
    figures = {line.account: n for n, line in enumerate(own)}
    for account in snapshot.scope.accounts:
        line = snapshot.line(account)
        if isinstance(line, OwnLine):
            n = figures[account]
            cells = [f"{values[n]:,}" for values in columns.values()]
            cells[-1] = f"{columns['change'][n]:+,}"
        else:
            cells = [MISSING if line is None else f"{line.subscribers:,}"] + [""] * 8
        table.add_row(account if isinstance(line, OwnLine) else f"{account} (external)", *cells)
    return table


def _words(finding: Finding) -> str:
    """A finding in words."""
    match finding.look:
        case Look.DOES_NOT_BALANCE:
            return "the balance sheet does not balance"
        case Look.MISSING_EXTERNAL:
            return f"no figure was reported for {finding.what}"
        case Look.ZERO:
            return "AU is 0"
        case _:
            what = finding.what or "AU"
            return f"{what} is {finding.now:,}; {finding.low:,} to {finding.high:,} was expected"


def _total_note(snapshot: Snapshot) -> str:
    notes = [_NOTE]
    if snapshot.missing_external:
        notes.append(f"The total lacks {', '.join(snapshot.missing_external)}: no figure reported.")
    return "\n".join(notes)


def _about(snapshot: Snapshot, review: Review) -> list[str]:
    total, own = snapshot.total.subscribers, snapshot.own
    people = [f"asked by {review.requested_by}"]
    people += [f"reviewed by {review.reviewed_by}"] if review.reviewed_by else []
    people += [f"shared by {review.shared_by}"] if review.shared_by else []
    lines = [
        f"{snapshot.kind} as of {_instant(review)} JST: {total:,} subscribers",
        f"{own.subscribers:,} own ({own.enrolments:,} enrolments), {snapshot.external:,} external",
        f"{review.state}: {', '.join(people)}",
        f"sha256 {snapshot.sha256}",
    ]
    if snapshot.restates:
        lines.append(f"restates {snapshot.restates}")
    if review.restated_by:
        lines.append(f"restated by {review.restated_by}: use that one")
    return lines


def _instant(review: Review) -> str:
    return f"{review.as_of.astimezone(JST):%Y-%m-%d %H:%M}"
