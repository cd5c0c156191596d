"""HTML: a report as one page that needs nothing else, for the screen and for A4."""

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from functions.au_report import drawing
from functions.au_report.report import Plot, Report, Table

_PAGES = Environment(
    loader=PackageLoader("functions.au_report"),
    autoescape=select_autoescape(["html.j2"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.tests["table"] = lambda block: isinstance(block, Table)
_PAGES.tests["plot"] = lambda block: isinstance(block, Plot)


def html(report: Report) -> str:
    """The page."""
    return _PAGES.get_template("report.html.j2").render(report=report, svg=_svg)


def bad_link() -> str:
    """The page for a link that is not ours, was cut off, or has run out."""
    return _PAGES.get_template("bad_link.html.j2").render()


def _svg(plot: Plot) -> Markup:
    # What stands in the plot was escaped where it was drawn.
    return Markup(drawing.svg(plot))  # noqa: S704
