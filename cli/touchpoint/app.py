"""`kizuna touchpoint`: where parents learn of the service, its QR codes, and who came through."""

import typer

from cli.touchpoint.counting import counts, show
from cli.touchpoint.printing import card, qr
from cli.touchpoint.registering import add, close, rename, reopen

touchpoint = typer.Typer(
    help="Where parents learn of the service (母子手帳交付, a clinic, a flyer): links, QR codes, "
    "cards to print, and how many came through each. Every account has `web` and `line` "
    "without adding them.",
    no_args_is_help=True,
)
for command in (add, rename, close, reopen, qr, card, counts):
    touchpoint.command()(command)
touchpoint.command("list")(show)
