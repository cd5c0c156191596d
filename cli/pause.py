"""`kizuna pause`, `resume`, `pauses`: what is not sent until staff let it go on."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.arguments import ByOption, JsonOption, acting
from cli.errors import CallError, FailedError
from cli.files.cells import one_line
from cli.target import StackOption, connect
from cli.tick import hurry
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
    begun = Pause(account, channel, datetime.now(UTC), who, why)
    if not store.pauses.put(begun):
        raise FailedError(f"{what_is_paused(begun)} is paused already; `kizuna pauses` shows why")
    store.audit.note(begun.since, who, f"paused {_what(channel)}: {why}", account or "all accounts")
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
    named = Pause(account, channel, datetime.now(UTC), who, "")
    found = next(
        (each for each in store.pauses if (each.account, each.channel) == (account, channel)), None
    )
    if found is not None and found.by == GUARD:
        raise FailedError(
            f"the bounce guard paused {what_is_paused(found)}; `kizuna guard lift {account}`"
            " lifts that and forgives what has bounced"
        )
    lifted = store.pauses.lift(account, channel)
    if lifted is None:
        raise FailedError(f"{what_is_paused(named)} is not paused; `kizuna pauses` shows what is")
    store.audit.note(named.since, who, f"resumed {_what(channel)}", account or "all accounts")
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


def what_is_paused(pause: Pause) -> str:
    """What a pause covers, in the words of the command."""
    if pause.account is None and pause.channel is None:
        return "everything"
    return " ".join(each for each in (pause.account or "every account's", pause.channel) if each)


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


def _what(channel: Channel | None) -> str:
    return channel or "everything"


def _tell(pause: Pause, line: str, done: str, *, as_json: bool) -> None:
    report = json.dumps({done: pause_json(pause)}, ensure_ascii=False)
    typer.echo(report if as_json else line)
