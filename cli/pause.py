"""`kizuna pause`, `resume`, `pauses`: what is not sent until staff let it go on."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.arguments import ByOption, JsonOption, acting
from cli.errors import CallError, FailedError
from cli.target import StackOption, connect
from cli.tick import hurry
from shared.office import sending
from shared.office.fields import one_line
from shared.office.sending import what_is_paused
from shared.rules.account import Channel
from shared.rules.dates import JST
from shared.store.pauses import GUARD, Pause
from shared.store.store import Store

LONGEST_WHY = 200

_why = one_line(LONGEST_WHY)

AccountArgument = Annotated[
    str | None, typer.Argument(help="The account's id.", show_default=False)
]
ChannelOption = Annotated[
    Channel | None, typer.Option("--channel", help="Only this channel.", show_default=False)
]
EverythingOption = Annotated[
    bool, typer.Option("--everything", help="Every account, on every channel.")
]


def parse_why(text: str) -> str:
    """Why something is paused: a line."""
    why = text.strip()
    if not why:
        raise typer.BadParameter("why is blank; write it as 'a wrong text'")
    try:
        return _why(why)
    except ValueError as error:
        raise typer.BadParameter(f"why {error}") from None


def pause(
    why: Annotated[
        str,
        typer.Option(
            "--why",
            parser=parse_why,
            metavar="TEXT",
            help="Why, for the other staff and the audit: a line that names no person.",
        ),
    ],
    account: AccountArgument = None,
    channel: ChannelOption = None,
    *,
    everything: EverythingOption = False,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Pause an account, a channel, both together, or everything: from the next call to a provider
    on nothing goes out. What is due waits, and expires when the quiet hours begin.
    """
    _check(account, channel, everything=everything)
    who = acting(by)
    if who == GUARD:
        raise CallError(f"{GUARD!r} is the bounce guard's own name; say who does this with --by")
    store = connect(stack).store
    _known(store, account)
    begun = sending.pause(store, account, channel, why, now=datetime.now(UTC), who=who)
    _tell(begun, f"{what_is_paused(begun)} is paused", "paused", as_json=as_json)


def resume(
    account: AccountArgument = None,
    channel: ChannelOption = None,
    *,
    everything: EverythingOption = False,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Let what was paused go on: at once, or locally with the next tick. Name it as it was
    paused.
    """
    _check(account, channel, everything=everything)
    who = acting(by)
    target = connect(stack)
    store = target.store
    _known(store, account)
    lifted = sending.resume(store, account, channel, now=datetime.now(UTC), who=who)
    still = [what_is_paused(each) for each in store.pauses if _overlap(each, lifted)]
    when = "" if hurry(target) else " with the next tick"
    _tell(
        lifted,
        f"{what_is_paused(lifted)} goes on{when}; it was paused because: {lifted.why}"
        + (f" (still paused: {', '.join(still)})" if still else ""),
        "resumed",
        as_json=as_json,
    )


def _overlap(one: Pause, other: Pause) -> bool:
    """Whether there are messages that both keep back."""
    return all(
        None in each or each[0] == each[1]
        for each in ((one.account, other.account), (one.channel, other.channel))
    )


def pauses(as_json: JsonOption = False, stack: StackOption = None) -> None:
    """Show what is paused, since when, by whom and why."""
    found = list(connect(stack).store.pauses)
    if as_json:
        report = {"pauses": [pause_json(each) for each in found]}
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    if not found:
        typer.echo("nothing is paused")
    for each in found:
        since = each.since.astimezone(JST)
        typer.echo(
            f"{what_is_paused(each)}  since {since:%Y-%m-%d %H:%M} JST by {each.by}: {each.why}"
        )


def pause_json(pause: Pause) -> dict[str, Any]:
    """A pause as JSON."""
    return {
        "account": pause.account,
        "channel": pause.channel,
        "since": pause.since.astimezone(UTC).isoformat(),
        "by": pause.by,
        "why": pause.why,
    }


def _check(account: str | None, channel: Channel | None, *, everything: bool) -> None:
    """CallError where it is not said what to pause, or said twice."""
    named = account is not None or channel is not None
    if not named and not everything:
        raise CallError("say what: an account, --channel, both, or --everything")
    if named and everything:
        raise CallError("--everything leaves nothing to choose: no account and no --channel")


def _known(store: Store, account: str | None) -> None:
    if account is not None and store.accounts.get(account) is None:
        raise FailedError(f"there is no account {account!r}")


def _tell(pause: Pause, line: str, done: str, *, as_json: bool) -> None:
    report = json.dumps({done: pause_json(pause)}, ensure_ascii=False)
    typer.echo(report if as_json else line)
