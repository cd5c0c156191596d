"""The report of a move-in, on one page: in lines for a terminal, and as HTML to keep."""

from collections.abc import Iterator, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from cli.files.move_in import MovedIn

_PAGES = Environment(
    loader=PackageLoader("cli.files"),
    autoescape=select_autoescape(["html.j2"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_SHOWN = 8


def reasons(moved: MovedIn) -> list[tuple[str, list[int]]]:
    """Why rows were not taken, with their numbers; the most frequent first."""
    found: dict[str, set[int]] = {}
    for fault in moved.not_taken:
        where = f"{fault.column}: " if fault.column else ""
        found.setdefault(f"{where}{fault.reason}", set()).add(fault.row or 0)
    ordered = ((why, sorted(rows)) for why, rows in found.items())
    return sorted(ordered, key=lambda each: (-len(each[1]), each[1]))


def lines(moved: MovedIn) -> Iterator[str]:
    """The report for a terminal."""
    would = "would be " if moved.checked else ""
    yield (
        f"{moved.file}, {moved.rows:,} rows: {moved.taken:,} subscribers {would}taken, "
        f"{moved.corrected:,} {would}corrected, {moved.unchanged:,} here already just so"
    )
    for name, sums in moved.sums.items():
        yield f"  {name}: {', '.join(f'{key} {value:,}' for key, value in sorted(sums.items()))}"
    if moved.silent_today:
        yield f"  {moved.silent_today:,} get nothing today: the other system has sent it"
    yield from (f"  {note}" for note in moved.notes)
    if moved.left_out:
        count = len(moved.left_out)
        yield f"{count:,} rows left out, as their status says: rows {_some(moved.left_out)}"
    why = reasons(moved)
    rows = len({each.row for each in moved.not_taken})
    yield f"{rows:,} rows not taken" + (":" if why else "")
    for reason, numbers in why:
        yield f"  {len(numbers):,}  {reason} (rows {_some(numbers)})"


def html(moved: MovedIn) -> str:
    """The report as a page that prints on one sheet, with the numbers of all rows."""
    return _PAGES.get_template("move_in.html.j2").render(
        moved=moved,
        reasons=[(why, len(rows), _ranges(rows)) for why, rows in reasons(moved)],
        left_out=_ranges(moved.left_out),
        not_taken=len({each.row for each in moved.not_taken}),
    )


def _some(numbers: Sequence[int]) -> str:
    more = ", …" if len(numbers) > _SHOWN else ""
    return ", ".join(map(str, numbers[:_SHOWN])) + more


def _ranges(numbers: Sequence[int]) -> str:
    """`2-5, 9` for the rows 2, 3, 4, 5 and 9."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(f"{a}-{b}" if a != b else str(a) for a, b in found)
