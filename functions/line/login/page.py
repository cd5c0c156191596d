"""The pages that LINE Login ends on where it does not end on somebody's own page."""

from enum import Enum
from html import escape
from importlib.resources import files
from string import Template

from functions.line.wording import page_words
from shared.letterhead import Letterhead
from shared.rules.subscriber import Language

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Ending(Enum):
    """How it ended, with the HTTP status that says so."""

    BAD_LINK = ("bad_link", 404)
    AGAIN = ("again", 400)
    """The way back from LINE is not one that this browser began, or it took too long."""
    DENIED = ("denied", 200)
    USED = ("used", 410)
    UNAVAILABLE = ("unavailable", 503)
    IN_THE_CHAT = ("in_the_chat", 503)
    """The account has no LINE Login; its chat does the same."""


def page(ending: Ending, language: Language, letterhead: Letterhead, back: str = "") -> str:
    """The page, with a link to try once more where there is one."""
    name, _ = ending.value
    words, common = page_words(name, language), page_words("words", language)
    link = f'<p><a class="go" href="{escape(back)}">{escape(common["back"])}</a></p>\n'
    template = files("functions.line").joinpath("templates/page.html").read_text("utf-8")
    return Template(template).substitute(
        language=language.value,
        title=escape(words["title"]),
        text=escape(words["text"]),
        back=link if back else "",
        office=escape(letterhead.office),
        contact=escape(f"{common['contact']}: {letterhead.contact}"),
    )
