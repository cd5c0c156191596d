"""Tables of figures on the terminal."""

from rich.box import SIMPLE_HEAD
from rich.table import Table


def figures_table(
    title: str | None, *, first: str = "", total: str | None = None, caption: str | None = None
) -> Table:
    """A table without borders whose first column names the lines (its heading is `first`), and
    whose foot, where there is a `total`, is called so.
    """
    table = Table(title=title, caption=caption, box=SIMPLE_HEAD, show_footer=total is not None)
    table.pad_edge, table.padding, table.caption_justify = False, (0, 1, 0, 0), "left"
    table.add_column(first, footer=total or "", no_wrap=True)
    return table
