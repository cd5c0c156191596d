"""content.csv: the texts of the common series and of the accounts' own."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from cli.files.table import Row
from shared.office.fields import one_of
from shared.office.texts import read_body, read_notice, read_title
from shared.rules.age import FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY
from shared.rules.catalogue import COMMON_SERIES, Catalogue
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text

CONTENT_COLUMNS = ("series", "phase", "day", "title", "text", "notice")

LAST_CHILDCARE_DAY = 6935
"""Some 19 years: beyond every 18th birthday."""

_DAYS = {
    Phase.PREGNANCY: range(FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY + 1),
    Phase.CHILDCARE: range(LAST_CHILDCARE_DAY + 1),
}


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
        title = row.required("title", read_title)
        text = row.required("text", read_body, indented=True)
        notice = row.required("notice", read_notice)
        if name is None or phase is None or day is None:
            continue
        due = Due(phase, day)
        if (name, due) in first:
            row.fault("day", f"is in row {first[name, due]} already")
        first.setdefault((name, due), row.number)
        if not row.bad and title and text and notice:
            found.setdefault(name, {})[due] = Text(title, text, notice)
    return found


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


_phase = one_of(Phase)
