"""`kizuna touchpoint qr` and `card`: what is printed for a touchpoint."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CallError, FailedError
from cli.target import StackOption, connect
from cli.touchpoint.arguments import AccountArgument, TouchpointArgument
from cli.touchpoint.card import Card, Size, html
from shared.office.account.finding import find_account, find_open
from shared.office.account.qr import png, svg
from shared.rules.account import Account, Delivery, Settings
from shared.rules.dates import jst_date
from shared.rules.touchpoint import link

_DRAWN = {".png": png, ".svg": svg}


def qr(
    account: AccountArgument,
    touchpoint: TouchpointArgument,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write: a .png or .svg."),
    ],
    stack: StackOption = None,
) -> None:
    """Write the QR code of a touchpoint's link, to be placed in what others print: the SVG at any
    size, the PNG up to 10 cm. Print it 3 cm wide at least, and leave its white edge.
    """
    drawn = _DRAWN.get(output.suffix.lower())
    if drawn is None:
        raise CallError(f"{output}: name a file that ends in .png or .svg")
    target = connect(stack)
    find_open(target.store, account, touchpoint)
    url = link(target.outputs["PublicUrl"], account, touchpoint)
    _write(output, drawn(url))
    typer.echo(f"{output}: {url}")


def card(
    account: AccountArgument,
    touchpoint: TouchpointArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write: an .html.")
    ],
    size: Annotated[
        Size, typer.Option("--size", help="A poster to hang up (a4), or a card to hand out (a6).")
    ] = Size.A6,
    stack: StackOption = None,
) -> None:
    """Write a card that invites parents to join, as one page of HTML that needs nothing else: open
    it in a browser and print it, on paper of its size or as a PDF, without margins and at 100%.

    It names the channels and the end of delivery that the account has today.
    """
    if output.suffix.lower() != ".html":
        raise CallError(f"{output}: name a file that ends in .html; a browser prints it as PDF")
    target = connect(stack)
    settings = _settings(find_account(target.store, account))
    found = find_open(target.store, account, touchpoint)
    url = link(target.outputs["PublicUrl"], account, touchpoint)
    about = Card(
        url=url,
        place=found.name,
        settings=settings,
        office=target.outputs["OfficeName"],
        contact=target.outputs["OfficeContact"],
    )
    _write(output, html(about, size).encode())
    typer.echo(f"{output}: {url}")


def _settings(account: Account) -> Settings:
    """What an account offers today; FailedError where nobody could join."""
    settings = account.on(jst_date(datetime.now(UTC)))
    if settings is None:
        raise FailedError(f"{account.id} has no settings yet that are in force today")
    if settings.delivery is Delivery.EXTERNAL:
        raise FailedError(f"{account.id} sends through another system: parents join there")
    if settings.delivery is Delivery.ENDED:
        raise FailedError(f"{account.id} has ended: nobody can join it any more")
    return settings


def _write(output: Path, content: bytes) -> None:
    try:
        output.write_bytes(content)
    except OSError as error:
        raise CallError(f"{output}: cannot be written: {error.strerror}") from None
