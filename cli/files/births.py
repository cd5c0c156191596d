"""births.csv: the births of a fiscal year where an account is, and who says so."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from cli.files.table import Row
from shared.office.fields import matching, one_line
from shared.store.figures import AnnualBirths

BIRTH_COLUMNS = ("account", "fiscal_year", "births", "source")

LONGEST_SOURCE = 200

_fiscal_year = matching(r"20\d\d|2100", "must be a fiscal year, 2000 to 2100")
_births = matching(r"\d{1,7}", "must be a whole number like 1234, without separators")
source_text = one_line(LONGEST_SOURCE)


@dataclass(frozen=True, slots=True)
class BirthsRow:
    """What a row says."""

    account: str
    fiscal_year: int
    births: int
    source: str

    @property
    def subject(self) -> tuple[str, int]:
        """What the figure is about: a file has one for each."""
        return self.account, self.fiscal_year

    def says_the_same(self, stored: AnnualBirths | None) -> bool:
        """Whether nothing is new in it, beside what is on record of its subject."""
        return stored is not None and (stored.births, stored.source) == (self.births, self.source)


def read_births(rows: Iterable[Row], accounts: Container[str]) -> list[BirthsRow]:
    """The figures of the file; rows with faults are left out, and their faults taken down."""
    found: list[BirthsRow] = []
    first: dict[tuple[str, str], int] = {}

    def known(text: str) -> str:
        if text in accounts:
            return text
        raise ValueError("there is no such account; `kizuna import accounts` adds it")

    for row in rows:
        account = row.required("account", known)
        year = row.required("fiscal_year", _fiscal_year)
        births = row.required("births", _births)
        source = row.required("source", source_text)
        if account is None or year is None:
            continue
        if (account, year) in first:
            row.fault("fiscal_year", f"is in row {first[account, year]} already")
        first.setdefault((account, year), row.number)
        if births is not None and source is not None and not row.bad:
            found.append(BirthsRow(account, int(year), int(births), source))
    return found
