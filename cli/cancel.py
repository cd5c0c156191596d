"""`kizuna cancel`: nothing more of a run goes out."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import ByOption, DateOption, JsonOption, acting
from cli.pause import ChannelOption
from cli.target import StackOption, connect
from shared.office import sending

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
    channels = sending.cancel(store, account, on, channel, now=datetime.now(UTC), who=who)
    if as_json:
        report = {"account": account, "date": on.isoformat(), "cancelled": channels}
        typer.echo(json.dumps(report))
        return
    typer.echo(f"cancelled {', '.join(channels)} of {account} on {on}")
