"""The reports of a snapshot as files: for the program, and for whoever is signed in."""

import io
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from functions.au_report.html import html
from functions.au_report.report import Audience, Report
from functions.au_report.reports import Reports
from functions.au_report.xlsx import xlsx
from shared.rules.snapshot import Snapshot

OFFICE = "office"
"""What the office's own report is called; an account of that id has another name."""

STAFF = "-staff"
"""Ends the name of an account's report with every figure, which stays in the office."""

OF_ONE_ZIP = 60
"""Accounts: some 3 MB, which Lambda lets through (6 MB with base64), and 6 s of a processor."""


@dataclass(frozen=True, slots=True)
class File:
    """A report as a file, in one of its two forms."""

    name: str
    content: bytes


def files_of(
    reports: Reports, snapshot: Snapshot, accounts: Collection[str], audience: Audience
) -> Iterator[File]:
    """The page and the workbook of each of the accounts, in the order of the snapshot."""
    for account in snapshot.scope.accounts:
        if account in accounts:
            made = reports.of_account(account, audience)
            yield from _forms(made, snapshot, f"{snapshot.snapshot}-{stem(account, audience)}")


def files_of_office(reports: Reports, snapshot: Snapshot) -> Iterator[File]:
    """The page and the workbook of the office."""
    yield from _forms(reports.of_office(), snapshot, f"{snapshot.snapshot}-{OFFICE}")


def stem(account: str, audience: Audience) -> str:
    """The name of an account's files, never that of the office's."""
    own = f"{account}-account" if account == OFFICE else account
    return f"{own}{STAFF if audience is Audience.OFFICE else ''}"


def parts(snapshot: Snapshot) -> list[tuple[str, ...]]:
    """The accounts of a snapshot, as many together as fit into one ZIP."""
    every = snapshot.scope.accounts
    return [every[start : start + OF_ONE_ZIP] for start in range(0, len(every), OF_ONE_ZIP)]


def zipped(files: Iterator[File]) -> bytes:
    """Files as one ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in files:
            archive.writestr(each.name, each.content)
    return buffer.getvalue()


def _forms(report: Report, snapshot: Snapshot, name: str) -> Iterator[File]:
    yield File(f"{name}.html", html(report).encode())
    yield File(f"{name}.xlsx", xlsx(report, snapshot.as_of))
