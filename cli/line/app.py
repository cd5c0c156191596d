"""`kizuna line`: what staff set up once for an account's LINE channel."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import boto3
import typer
from pydantic import TypeAdapter, ValidationError

from cli.errors import CallError, FailedError
from cli.line.channel import LineChannel, RefusedByLineError
from cli.line.menu import picture
from cli.target import StackOption, Target, connect
from functions.line.line_api import Credentials, LineApi
from shared.rules.account import Channel

line = typer.Typer(
    help="An account's LINE channel: its menu, and where its events go.", no_args_is_help=True
)

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")]

_PARTS = TypeAdapter(dict[str, str])


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
    name = f"{target.outputs['CredentialsPrefix']}/{account}/{Channel.LINE}"
    secrets = boto3.client("secretsmanager")
    try:
        parts = _PARTS.validate_json(secrets.get_secret_value(SecretId=name)["SecretString"])
        credentials = Credentials(parts["channel_id"], parts["channel_secret"])
    except (secrets.exceptions.ResourceNotFoundException, ValidationError, KeyError):
        raise FailedError(
            f"the secret {name} is not there, or lacks channel_id or channel_secret"
        ) from None
    api = LineApi(target.outputs["LineApi"], credentials)
    return LineChannel(api, target.outputs["LineDataApi"])
