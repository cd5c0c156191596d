"""What the pages of the stand-ins share: where they point, and what a browser may load for them."""

from dataclasses import dataclass
from pathlib import Path

CONTENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
    " frame-src 'self'; form-action 'self'; base-uri 'none'"
)


@dataclass(frozen=True, slots=True)
class Links:
    """Where pages point: to routes of the server, or to files beside each other."""

    index: str
    mailbox: str
    style: str
    """A file of styles, or nothing: then they stand in the page."""


SERVED = Links("/inbox", "/inbox/{}", "")
WRITTEN = Links("index.html", "mailbox-{}.html", "style.css")
TEMPLATES = Path(__file__).parent / "templates"
