"""content.csv: the texts of the common series and of the accounts' own."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from cli.files.cells import one_line, one_of, prose
from cli.files.table import Row
from shared.rules.age import FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY
from shared.rules.catalogue import COMMON_SERIES, PLACEHOLDERS, Catalogue, unknown_placeholders
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text

CONTENT_COLUMNS = ("series", "phase", "day", "title", "text", "notice")

LONGEST_TITLE, LONGEST_TEXT, LONGEST_NOTICE = 40, 1000, 60
LONGEST_TEXT_UNITS = 2200
"""UTF-16 units: two such texts, a title and the sender's lines fit LINE's 5,000, where a person
may see one character in what takes many (family emoji)."""

LAST_CHILDCARE_DAY = 6935
"""Some 19 years: beyond every 18th birthday."""

_DAYS = {
    Phase.PREGNANCY: range(FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY + 1),
    Phase.CHILDCARE: range(LAST_CHILDCARE_DAY + 1),
}
_SHOWN = 20
_KNOWN = " and ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS, reverse=True))


def read_content(rows: Iterable[Row], accounts: Container[str]) -> Mapping[str, Catalogue]:
    """The texts of the file by series; rows with faults are left out, their faults taken down."""
    found: dict[str, dict[Due, Text]] = {}
    first: dict[tuple[str, Due], int] = {}

    def series(text: str) -> str:
        if text == COMMON_SERIES or text in accounts:
            return text
        raise ValueError(
            f"must be {COMMON_SERIES} or an account; `kizuna import accounts` adds one"
        )

    for row in rows:
        name = row.required("series", series)
        phase = row.required("phase", _phase)
        day = row.required("day", _day_of(phase)) if phase else None
        title = row.required("title", _title)
        text = row.required("text", _text, indented=True)
        notice = row.required("notice", _notice)
        if name is None or phase is None or day is None:
            continue
        due = Due(phase, day)
        if (name, due) in first:
            row.fault("day", f"is in row {first[name, due]} already")
        first.setdefault((name, due), row.number)
        if not row.bad and title and text and notice:
            found.setdefault(name, {})[due] = Text(title, text, notice)
    return found


def read_text(title: str, text: str, notice: str) -> Text:
    """A text that stands by itself, by the rules of the columns; ValueError says which is at fault
    and why.
    """
    read = {}
    for name, reader, written in (
        ("title", _title, title),
        ("text", _text, text),
        ("notice", _notice, notice),
    ):
        if not written:
            raise ValueError(f"its {name} is missing")
        try:
            read[name] = reader(written)
        except ValueError as error:
            raise ValueError(f"its {name} {error}") from None
    return Text(**read)


def write_content(series: str, catalogue: Catalogue) -> Iterator[dict[str, str]]:
    """The rows of content.csv, by phase and day: the inverse of `read_content`."""
    for phase in Phase:
        for due in sorted(due for due in catalogue if due.phase is phase):
            text = catalogue[due]
            yield {
                "series": series,
                "phase": str(phase),
                "day": str(due.day),
                "title": text.title,
                "text": text.text,
                "notice": text.notice,
            }


def _day_of(phase: Phase) -> Callable[[str], int]:
    days = _DAYS[phase]
    rule = f"must be a day of {phase}, {days[0]} to {days[-1]}"

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) in days):
            raise ValueError(rule)
        return int(text)

    return read


def _filled(read: Callable[[str], str]) -> Callable[[str], str]:
    """A reader that also refuses placeholders that nothing fills."""

    def checked(text: str) -> str:
        unknown = unknown_placeholders(text)
        if unknown:
            shown = " ".join(each[:_SHOWN] for each in dict.fromkeys(unknown))
            raise ValueError(f"{shown} is unknown; the placeholders are {_KNOWN}")
        return read(text)

    return checked


def _short_enough(read: Callable[[str], str]) -> Callable[[str], str]:
    """A reader that also refuses what LINE could not carry."""

    def checked(text: str) -> str:
        found = read(text)
        if len(found.encode("utf-16-le")) // 2 > LONGEST_TEXT_UNITS:
            raise ValueError(
                f"takes more than {LONGEST_TEXT_UNITS} UTF-16 units, too long for LINE; "
                "use fewer emoji or less text"
            )
        return found

    return checked


_phase = one_of(Phase)
_title = _filled(one_line(LONGEST_TITLE))
_text = _short_enough(_filled(prose(LONGEST_TEXT)))
_notice = _filled(prose(LONGEST_NOTICE))
