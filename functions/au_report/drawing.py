"""Drawing: a plot as SVG that stands in a page, is read aloud, and refers to nothing outside."""

import re
from html import escape

import vl_convert

from functions.au_report.plots.theme import THEME
from functions.au_report.report import Plot

_ROLES = re.compile(r' (?:class|role|aria-[a-z]+|pointer-events)="[^"]*"')
_OPENING = re.compile(r"<svg [^>]*>")


def svg(plot: Plot) -> str:
    """The plot as an SVG element: an image with a title and a description, as wide as its place."""
    spec = {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "config": THEME}
    drawn = vl_convert.vegalite_to_svg({**spec, **plot.spec}, allowed_base_urls=[])
    # What Vega says of each mark would be read over and over; the description says it once.
    drawn = _ROLES.sub("", drawn)
    opening = _OPENING.search(drawn)
    if opening is None:
        raise RuntimeError(f"the plot {plot.name} was drawn as something else than SVG")
    (width,) = re.findall(r' width="(\d+)', opening[0])
    (height,) = re.findall(r' height="(\d+)', opening[0])
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="{plot.name}-title {plot.name}-desc">'
        f'<title id="{plot.name}-title">{escape(plot.title)}</title>'
        f'<desc id="{plot.name}-desc">{escape(plot.description)}</desc>'
    )
    return head + drawn[opening.end() :]
