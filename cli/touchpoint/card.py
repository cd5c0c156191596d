"""The card that invites parents to join: one page of HTML that prints to its size."""

from dataclasses import dataclass
from enum import StrEnum

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from shared.office.account import qr
from shared.rules.account import Channel, Settings
from shared.rules.ending import until_words

_PAGES = Environment(
    loader=PackageLoader("cli.touchpoint"),
    autoescape=select_autoescape(["html.j2"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

_CHANNELS = {Channel.EMAIL: "メール", Channel.LINE: "LINE", Channel.SMS: "SMS"}


class Size(StrEnum):
    """The papers that a card is made for."""

    A4 = "a4"
    A6 = "a6"


_PAPER = {Size.A4: "210mm 297mm", Size.A6: "105mm 148mm"}
"""In lengths, since CSS knows no A6 (CSS Paged Media, page-size)."""

CODE_MM = {Size.A4: 62.0, Size.A6: 31.0}
"""How wide the code itself is: scanned from an arm's length (A6), or from a step away (A4)."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a card tells: the link, the place where it lies, what the account offers, and who
    stands behind it.
    """

    url: str
    place: str
    settings: Settings
    office: str
    contact: str


def html(card: Card, size: Size) -> str:
    """The page."""
    edged = qr.width_with_edge(card.url, CODE_MM[size])
    return _PAGES.get_template("card.html.j2").render(
        card=card,
        size=size.value,
        paper=_PAPER[size],
        address=card.url.partition("://")[2],
        until=until_words(card.settings.end_of_delivery),
        channels=channel_words(card.settings),
        # Nothing but the drawing of the code: no text stands in it.
        qr=Markup(qr.inline_svg(card.url)),  # noqa: S704
        qr_width=f"{edged:.2f}mm",
    )


def channel_words(settings: Settings) -> str:
    """The ways in which messages come: メール・LINE"""
    return "・".join(said for channel, said in _CHANNELS.items() if channel in settings.channels)
