"""`kizuna line`: what staff set up once for an account's LINE channel."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from cli.errors import CallError, FailedError
from cli.line.channel import LineChannel, RefusedByLineError
from cli.line.credentials import line_credentials
from cli.line.menu import picture
from cli.target import StackOption, Target, connect
from functions.line.line_api import LineApi

line = typer.Typer(
    help="An account's LINE channel: its menu, and where its events go.", no_args_is_help=True
)

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")]


@line.command("menu")
def menu(account: AccountArgument, stack: StackOption = None) -> None:
    """Give the chat its menu: the own page, registering a birth, stopping.

    Again replaces it; menus of other names are left alone.
    """
    channel = _channel(connect(stack), account)
    with _told_in_a_line():
        replaced = channel.set_menu(picture())
    typer.echo(f"the chat of {account} has its menu" + (", in place of the old" * bool(replaced)))


@line.command("webhook")
def webhook(account: AccountArgument, stack: StackOption = None) -> None:
    """Tell LINE where to send the chat's events, and have LINE try it."""
    target = connect(stack)
    channel = _channel(target, account)
    url = f"{target.outputs['PublicUrl']}/line/webhook/{account}"
    with _told_in_a_line():
        problem = channel.set_webhook(url)
    if problem:
        raise FailedError(f"LINE has the address {url}, but trying it failed: {problem}")
    typer.echo(f"LINE sends the events of {account} to {url}, and it answers")


@contextmanager
def _told_in_a_line() -> Iterator[None]:
    try:
        yield
    except RefusedByLineError as error:
        raise FailedError(str(error)) from None


def _channel(target: Target, account: str) -> LineChannel:
    """The account's channel, with the credentials that staff have stored."""
    if target.store.accounts.get(account) is None:
        raise CallError(f"there is no account {account!r}")
    api = LineApi(target.outputs["LineApi"], line_credentials(target, account))
    return LineChannel(api, target.outputs["LineDataApi"])
