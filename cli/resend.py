"""`kizuna resend`: the message of the day for those who did not get it."""

import json
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, DateOption, JsonOption, acting, parse_instant
from cli.cancel import RunAccount, run_and_channels
from cli.errors import CallError, FailedError
from cli.pause import ChannelOption
from cli.target import StackOption, connect
from cli.tick import hurry
from cli.unsent import unsent
from shared.rules.dates import jst_date, jst_time
from shared.store.run import Run


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
    store = target.store
    run, channels = run_and_channels(store, account, on, channel)
    _in_time(run, now or datetime.now(UTC))
    left = unsent(store, run, channels, now or datetime.now(UTC))
    number = left.total()
    going_out = bool(number) and not check
    if going_out:
        done_at = datetime.now(UTC)
        store.control.resend(run, channels, done_at)
        store.audit.note(done_at, who, f"resent {', '.join(channels)} of {on}", account)
    begun = going_out and hurry(target)
    paused = [each for each in channels if store.pauses.covering(account, each)]
    if as_json:
        report = {"account": account, "date": on.isoformat(), "left": left, "resent": going_out}
        typer.echo(json.dumps({**report, "paused": paused}))
        return
    codes = ", ".join(f"{code} {count:,}" for code, count in sorted(left.items()))
    if not number:
        typer.echo(f"nobody of the run of {account} on {on} is left to send to")
    elif check:
        typer.echo(f"{number:,} did not get it: {codes}")
    else:
        sending = "sending" if begun else "the next tick sends"
        typer.echo(f"{sending} to {number:,} who did not get it: {codes}")
        if paused:
            held = f"nothing goes out by {', '.join(paused)} while it is paused"
            typer.echo(f"but {held}; `kizuna pauses` shows why")


def _in_time(run: Run, now: datetime) -> None:
    """FailedError where messages of the run may not go out at this moment."""
    today: date = jst_date(now)
    if today != run.date:
        raise FailedError(
            f"today is {today}: the messages of {run.date} are never sent on another day"
        )
    clock, settings = jst_time(now), run.settings
    if not settings.sending(clock):
        raise FailedError(
            f"it is {clock:%H:%M}, and {run.account} sends from {settings.send_at:%H:%M}"
            f" to {settings.quiet_from:%H:%M}: a message is never sent late"
        )
