"""`kizuna resend`: the message of the day for those who did not get it."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, DateOption, JsonOption, acting, parse_instant
from cli.cancel import RunAccount
from cli.errors import CallError
from cli.pause import ChannelOption
from cli.target import StackOption, connect
from cli.tick import hurry
from shared.office import sending


def resend(
    account: RunAccount,
    on: DateOption,
    channel: ChannelOption = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only say how many there are, by code.")
    ] = False,
    now: Annotated[
        datetime | None,
        typer.Option(
            parser=parse_instant, metavar="INSTANT", help="What time it is; only locally."
        ),
    ] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Send an account's message of today to those who did not get it: refused, gone, cancelled,
    left over, or due only since. Never to those who got it, or perhaps did. It begins at once, or
    locally with the next tick.
    """
    who = acting(by)
    target = connect(stack)
    if now is not None and target.local is None:
        raise CallError("--now is for the local platform; leave it out")
    done_at = datetime.now(UTC)
    done = sending.resend(
        target.store,
        account,
        on,
        channel,
        at=now or done_at,
        now=done_at,
        who=who,
        check=check,
    )
    left, number = done.left, done.left.total()
    begun = done.going_out and hurry(target)
    if as_json:
        report = {
            "account": account,
            "date": on.isoformat(),
            "left": left,
            "resent": done.going_out,
        }
        typer.echo(json.dumps({**report, "paused": done.paused}))
        return
    codes = ", ".join(f"{code} {count:,}" for code, count in sorted(left.items()))
    if not number:
        typer.echo(f"nobody of the run of {account} on {on} is left to send to")
    elif check:
        typer.echo(f"{number:,} did not get it: {codes}")
    else:
        goes = "sending" if begun else "the next tick sends"
        typer.echo(f"{goes} to {number:,} who did not get it: {codes}")
        if done.paused:
            held = f"nothing goes out by {', '.join(done.paused)} while it is paused"
            typer.echo(f"but {held}; `kizuna pauses` shows why")
