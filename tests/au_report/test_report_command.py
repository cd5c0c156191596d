"""`kizuna au report`: which files it writes, and what it says when it cannot."""

import json
from dataclasses import replace
from datetime import time

import pytest
import typer

import cli.main
from cli.au.report import report, write_reports
from shared.rules.au import Measure
from shared.rules.dates import jst_instant
from tests.au.sample import TODAY, november, snapshot
from tests.au_report.made import FEW, line_of, review_of

SNAPSHOT = "month_end-2026-11"


@pytest.fixture
def au(store, kizuna, monkeypatch):
    """The command, against a store with the November snapshot."""
    store.snapshots.keep(november(FEW))
    store.snapshots.note(review_of(november(FEW)))
    # A program of its own, so that the test is of this command alone.
    app, group = typer.Typer(), typer.Typer()
    group.command()(report)
    group.callback()(lambda: None)
    app.add_typer(group, name="au")
    monkeypatch.setattr(cli.main, "app", app)
    return lambda *arguments: kizuna("au", "report", *arguments)


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_the_latest_month_end_is_written_for_every_account_and_the_office(store, au, tmp_path):
    internal = snapshot(Measure.internal(jst_instant(TODAY, time(10))), FEW)
    store.snapshots.keep(internal)
    store.snapshots.note(review_of(internal))

    ran = au("--output", tmp_path / "out")

    assert (ran.status, ran.err) == (0, "")
    assert len(names(tmp_path / "out")) == 26
    assert f"{SNAPSHOT}-bunkyo.html" in names(tmp_path / "out")
    assert f"{SNAPSHOT}-sendai.xlsx" in names(tmp_path / "out")
    assert f"{SNAPSHOT}-office.html" in names(tmp_path / "out")
    assert ran.out.splitlines()[0] == str(tmp_path / "out" / f"{SNAPSHOT}-bunkyo.html")


def test_what_leaves_the_office_hides_and_staff_see(au, tmp_path):
    ran = au(SNAPSHOT, "--account", "naha", "-o", tmp_path, "--json")
    au(SNAPSHOT, "--account", "naha", "-o", tmp_path, "--staff")

    told = json.loads(ran.out)
    assert told["snapshot"] == SNAPSHOT
    assert told["files"] == [
        str(tmp_path / f"{SNAPSHOT}-{name}")
        for name in ("naha.html", "naha.xlsx", "office.html", "office.xlsx")
    ]
    assert names(tmp_path) == [
        f"{SNAPSHOT}-{name}"
        for name in (
            "naha-staff.html",
            "naha-staff.xlsx",
            "naha.html",
            "naha.xlsx",
            "office.html",
            "office.xlsx",
        )
    ]
    outside, inside = (
        (tmp_path / f"{SNAPSHOT}-naha{end}.html").read_text() for end in ("", "-staff")
    )
    assert "<td>&lt;5</td>" in outside
    assert "<td>&lt;5</td>" not in inside
    assert "事務局用" in inside


def test_births_of_the_store_are_in_the_report(store, au, tmp_path):
    store.births.put("naha", 2025, 2_400, "人口動態統計", at=jst_instant(TODAY))

    au("--account", "naha", "-o", tmp_path)

    assert "2,400" in (tmp_path / f"{SNAPSHOT}-naha.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["month_end-1999-01"], "kizuna: there is no snapshot 'month_end-1999-01'"),
        (
            ["--account", "osaka"],
            "kizuna: the snapshot month_end-2026-11 has no account 'osaka'",
        ),
    ],
)
def test_a_wrong_call_is_one_line_and_writes_nothing(au, tmp_path, arguments, line):
    ran = au(*arguments, "-o", tmp_path)

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(line)
    assert ran.err.count("\n") == 1
    assert names(tmp_path) == []


def test_a_file_is_no_folder(au, tmp_path):
    file = tmp_path / "report.html"
    file.write_text("mine")

    ran = au("--output", file)

    assert (ran.status, ran.err) == (2, f"kizuna: {file}: is a file; name a folder\n")
    assert file.read_text() == "mine"


def test_without_a_month_end_it_says_how_to_take_one(store, kizuna, monkeypatch):
    app = typer.Typer()
    app.command()(report)
    app.callback()(lambda: None)
    monkeypatch.setattr(cli.main, "app", app)

    ran = kizuna("report")

    assert ran.status == 1
    assert ran.err == (
        "kizuna: no month-end snapshot was taken yet; `kizuna au month-end YYYY-MM`\n"
    )


def test_an_account_that_is_called_office_has_files_of_its_own(store, tmp_path):
    one, line = november(FEW), line_of(november(FEW), "naha")
    called = replace(
        one,
        scope=replace(one.scope, accounts=("office",)),
        accounts=(replace(line, account="office"),),
        about={"office": one.about["naha"]},
        detail={"office": one.detail["naha"]},
        reported={},
    )

    files = write_reports(called, review_of(called), store, tmp_path)

    assert [file.name for file in files] == [
        f"{SNAPSHOT}-{name}"
        for name in ("office-account.html", "office-account.xlsx", "office.html", "office.xlsx")
    ]
