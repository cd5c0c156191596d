"""`kizuna cancel`: nothing more of a run goes out."""

import json
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, DateOption, JsonOption, acting
from cli.errors import FailedError
from cli.pause import ChannelOption
from cli.target import StackOption, connect
from shared.rules.account import Channel
from shared.store.run import Cancelled, Run
from shared.store.store import Store

RunAccount = Annotated[str, typer.Argument(help="The account's id.")]


def cancel(
    account: RunAccount,
    on: DateOption,
    channel: ChannelOption = None,
    *,
    by: ByOption = None,
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Cancel what an account's run of a day, or one channel of it, has not sent yet: from the next
    call to a provider on. Who got nothing is silent (cancelled); `kizuna resend` takes it back.
    """
    who = acting(by)
    store = connect(stack).store
    run, asked = run_and_channels(store, account, on, channel)
    if run.closed_at is not None:
        raise FailedError(
            f"the run of {account} on {on} is closed: nothing of it is left to cancel"
        )
    unfinished = {job.channel for job, state in store.ledger.jobs(run).items() if not state.done}
    channels = [each for each in asked if each in unfinished and each not in run.cancelled]
    if not channels:
        raise FailedError(
            f"of the run of {account} on {on} nothing is left to cancel; `kizuna runs` shows it"
        )
    now = datetime.now(UTC)
    if not store.control.cancel(run, channels, Cancelled(now, who)):
        raise FailedError(f"the run of {account} on {on} has just been closed")
    store.audit.note(now, who, f"cancelled {', '.join(channels)} of {on}", account)
    if as_json:
        report = {"account": account, "date": on.isoformat(), "cancelled": channels}
        typer.echo(json.dumps(report))
        return
    typer.echo(f"cancelled {', '.join(channels)} of {account} on {on}")


def run_and_channels(
    store: Store, account: str, on: date, channel: Channel | None
) -> tuple[Run, list[Channel]]:
    """A run, with the one channel of it that is asked for, or all; FailedError where it has none
    such.
    """
    if store.accounts.get(account) is None:
        raise FailedError(f"there is no account {account!r}")
    run = store.ledger.run(on, account)
    if run is None:
        raise FailedError(f"no run of {account} was opened on {on}")
    channels = sorted({each for each, _ in run.jobs})
    if channel is not None and channel not in channels:
        raise FailedError(
            f"the run of {account} on {on} has no {channel}, but {', '.join(channels)}"
        )
    return run, channels if channel is None else [channel]
