"""`kizuna up` and `kizuna env`: the local platform, kept running, and how to reach it."""

import signal
import threading
from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from cli.errors import CallError, FailedError
from cli.progress import steps
from cli.samples import EARLY_MORNING, load_samples
from cli.target import connect
from local.platform import STATE, Platform, running
from local.processes import StartError
from shared.rules.dates import JST

SUBSCRIBERS = 2_000
PORT = 8400


def up(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Where the inboxes are, on 127.0.0.1.")
    ] = PORT,
    empty: Annotated[bool, typer.Option("--empty", help="Without sample data.")] = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="Let EventBridge tick by the real clock, as on AWS."),
    ] = False,
    faults: Annotated[
        bool,
        typer.Option("--faults", help="Let DynamoDB and SQS be told to fail too; a little slower."),
    ] = False,
) -> None:
    """Keep the local platform running until interrupted.

    Time passes as `kizuna dispatch --now INSTANT` says, or by the real clock with --live.
    """
    if already := running():
        raise CallError(f"it is running already, with its inboxes at {already.pages_url}/inbox")
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: ended.set())
    try:
        with Platform(STATE / "up", pages_port=port, live=live, fallible=faults) as platform:
            platform.announce()
            if not empty:
                with steps() as step:
                    load_samples(connect(None), SUBSCRIBERS, latest_day(), STATE / "up", step)
            url = platform.address.pages_url
            typer.echo(f"ready: {url}/inbox, staff console {url}/console (Ctrl+C ends it)")
            ended.wait()
    except StartError as error:
        raise FailedError(str(error)) from None


def latest_day() -> date:
    """The latest day whose early morning is past: what the sample's people did lies behind us."""
    dawn = timedelta(hours=EARLY_MORNING.hour)
    return (datetime.now(JST) - dawn).date()


def env() -> None:
    """Print the lines that point this program and the aws client at a running `kizuna up`."""
    address = running()
    if address is None:
        raise FailedError("no local platform is running; start one with `kizuna up`")
    for name, value in address.environment().items():
        typer.echo(f"export {name}={value}")
