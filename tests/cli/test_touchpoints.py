"""`kizuna touchpoint`: the links that parents can follow, and who came through them."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from shared.rules.account import Account
from shared.rules.months import Month
from shared.rules.touchpoint import Step, Touchpoint
from tests.world import bunkyo

LINK = "https://kizuna.example.jp/join/bunkyo/boshi-techo"
WEB = "https://kizuna.example.jp/join/bunkyo/web"
CHAT = "https://kizuna.example.jp/join/bunkyo/line"
ADD = ("touchpoint", "add", "bunkyo", "boshi-techo", "--name", "母子手帳交付")


@pytest.fixture
def here(store, tmp_path, monkeypatch):
    """A store that has 文京区, and an empty folder to write in."""
    monkeypatch.chdir(tmp_path)
    store.accounts.put(bunkyo())
    return store


def audited(store):
    """What the audit says of last month, this one and the next: the test may run as one ends."""
    now = Month.of(datetime.now(UTC).date())
    months = [now.plus(n) for n in (-1, 0, 1)]
    entries = [each for month in months for each in store.audit.of_month(month.year, month.month)]
    return [(each.by, each.what, each.about) for each in entries]


# Which there are.


def test_adding_a_touchpoint_says_its_link(here, kizuna):
    added = kizuna(*ADD)

    assert (added.status, added.out) == (0, f"母子手帳交付: {LINK}\n")
    assert here.touchpoints.get("bunkyo", "boshi-techo") == Touchpoint(
        "bunkyo", "boshi-techo", "母子手帳交付"
    )


def test_a_touchpoint_is_renamed_closed_and_opened_again(here, kizuna):
    kizuna(*ADD)

    renamed = kizuna("touchpoint", "rename", "bunkyo", "boshi-techo", "--name", "窓口")
    assert renamed.out == "bunkyo/boshi-techo: 母子手帳交付 is now 窓口\n"
    closed = kizuna("touchpoint", "close", "bunkyo", "boshi-techo")
    assert closed.out == "bunkyo/boshi-techo (窓口) closed\n"
    assert here.touchpoints.get("bunkyo", "boshi-techo").closed
    opened = kizuna("touchpoint", "reopen", "bunkyo", "boshi-techo")
    assert opened.out == "bunkyo/boshi-techo (窓口) is open again\n"
    assert not here.touchpoints.get("bunkyo", "boshi-techo").closed


def test_whoever_changes_a_touchpoint_is_on_record(here, kizuna):
    kizuna(*ADD, "--by", "山田花子")
    kizuna("touchpoint", "rename", "bunkyo", "boshi-techo", "--name", "窓口", "--by", "Sora")
    kizuna("touchpoint", "close", "bunkyo", "boshi-techo", "--by", "はる")
    kizuna("touchpoint", "close", "bunkyo", "boshi-techo", "--by", "はる")
    kizuna("touchpoint", "reopen", "bunkyo", "boshi-techo", "--by", "Sora")

    assert audited(here) == [
        ("山田花子", "added a touchpoint", "bunkyo/boshi-techo"),
        ("Sora", "renamed a touchpoint", "bunkyo/boshi-techo"),
        ("はる", "closed a touchpoint", "bunkyo/boshi-techo"),
        ("Sora", "reopened a touchpoint", "bunkyo/boshi-techo"),
    ]


def test_the_list_has_every_touchpoint_with_its_link_and_who_came(here, kizuna):
    kizuna(*ADD)
    here.touchpoints.put(
        Touchpoint("bunkyo", "chirashi", "チラシ", datetime(2026, 4, 1, tzinfo=UTC))
    )
    today = datetime.now(UTC).date()
    for step in (Step.OPENED, Step.OPENED, Step.STARTED):
        here.touchpoints.count("bunkyo", "boshi-techo", step, today)
    here.touchpoints.count("bunkyo", "boshi-techo", Step.OPENED, today - timedelta(days=400))

    assert kizuna("touchpoint", "list").out.splitlines() == [
        f"bunkyo/web  ホームページ  0 opened, 0 started, 0 confirmed  {WEB}",
        f"bunkyo/line  LINEのトーク  0 opened, 0 started, 0 confirmed  {CHAT}",
        f"bunkyo/boshi-techo  母子手帳交付  2 opened, 1 started, 0 confirmed  {LINK}",
        "bunkyo/chirashi  チラシ  0 opened, 0 started, 0 confirmed  closed",
    ]
    listed = json.loads(kizuna("touchpoint", "list", "bunkyo", "--json").out)["touchpoints"]
    assert listed[2:] == [
        {
            "account": "bunkyo",
            "touchpoint": "boshi-techo",
            "name": "母子手帳交付",
            "opened": 2,
            "started": 1,
            "confirmed": 0,
            "share": 0.0,
            "link": LINK,
            "closed_at": None,
        },
        {
            "account": "bunkyo",
            "touchpoint": "chirashi",
            "name": "チラシ",
            "opened": 0,
            "started": 0,
            "confirmed": 0,
            "share": None,
            "link": "https://kizuna.example.jp/join/bunkyo/chirashi",
            "closed_at": "2026-04-01T00:00:00+00:00",
        },
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (("add", "bunkyo", "b", "--name", "窓口"), 2, "'b' must be 2 to 40 of a-z, 0-9 and -"),
        (("add", "bunkyo", "窓口", "--name", "窓口"), 2, "'窓口' must be 2 to 40 of a-z"),
        (("add", "bunkyo", "mado"), 2, "Missing option '--name'"),
        (("add", "bunkyo", "mado", "--name", " "), 2, "a name is blank"),
        (("add", "bunkyo", "mado", "--name", "窓" * 41), 2, "a name has 41 characters; at most 40"),
        (("add", "bunkyo", "mado", "--name", "窓\n口"), 2, "a name must be one line"),
        (("add", "naha", "mado", "--name", "窓口"), 2, "there is no account 'naha'"),
        (("add", "bunkyo", "web", "--name", "窓口"), 1, "bunkyo has a touchpoint 'web' already"),
        (("rename", "bunkyo", "web", "--name", "窓口"), 1, "web is every account's"),
        (("rename", "bunkyo", "mado", "--name", "窓口"), 1, "bunkyo has no touchpoint 'mado'"),
        (("close", "bunkyo", "web"), 1, "web is every account's, and stays as it is"),
        (("close", "bunkyo", "mado"), 1, "bunkyo has no touchpoint 'mado'"),
        (("reopen", "bunkyo", "mado"), 1, "bunkyo has no touchpoint 'mado'"),
        (("list", "naha"), 2, "there is no account 'naha'"),
        (("counts", "naha"), 2, "there is no account 'naha'"),
        (("counts", "--from", "2026-12", "--to", "2026-11"), 2, "--from 2026-12 is after --to"),
        (("counts", "--from", "2026"), 2, "'2026' is no month"),
        (("qr", "bunkyo", "mado", "-o", "a.png"), 1, "bunkyo has no touchpoint 'mado'"),
        (("qr", "bunkyo", "web", "-o", "a.gif"), 2, "a.gif: name a file that ends in .png or .svg"),
        (("qr", "bunkyo", "web", "-o", "no/a.png"), 2, "no/a.png: cannot be written"),
        (("card", "bunkyo", "web", "-o", "a.pdf"), 2, "a browser prints it as PDF"),
        (("card", "naha", "web", "-o", "a.html"), 2, "there is no account 'naha'"),
    ],
)
def test_a_call_that_cannot_be_done_is_one_line(here, kizuna, arguments, status, line):
    ran = kizuna("touchpoint", *arguments)

    assert (ran.status, ran.out) == (status, "")
    assert ran.err.count("\n") == 1
    assert line in ran.err
    assert [each.id for each in here.touchpoints.of("bunkyo")] == ["web", "line"]
    assert audited(here) == []
    assert list(Path().iterdir()) == []


def test_what_is_there_or_closed_or_open_already_says_so(here, kizuna):
    kizuna(*ADD)
    assert "has a touchpoint 'boshi-techo' already" in kizuna(*ADD).err
    assert "bunkyo/boshi-techo is open" in kizuna("touchpoint", "reopen", *ADD[2:4]).err
    kizuna("touchpoint", "close", *ADD[2:4])
    assert "bunkyo/boshi-techo is closed" in kizuna("touchpoint", "close", *ADD[2:4]).err
    assert "has a touchpoint 'boshi-techo' already" in kizuna(*ADD).err


# Who came through.


@pytest.fixture
def counted(here):
    here.accounts.put(Account("naha", bunkyo().settings))
    here.touchpoints.put(Touchpoint("bunkyo", "boshi-techo", "母子手帳交付"))
    reached = {
        ("bunkyo", "boshi-techo"): (40, 10, 5),
        ("bunkyo", "web"): (3, 1, 1),
        ("naha", "web"): (7, 0, 0),
    }
    for (account, touchpoint), figures in reached.items():
        for step, times in zip(Step, figures, strict=True):
            for _ in range(times):
                here.touchpoints.count(account, touchpoint, step, date(2026, 10, 31))
    here.touchpoints.count("bunkyo", "web", Step.OPENED, date(2026, 11, 1))
    return here


def test_counts_have_a_line_for_each_touchpoint_and_the_total(counted, kizuna, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    ran = kizuna("touchpoint", "counts", "--from", "2026-10", "--to", "2026-10")

    assert "2026-10 to 2026-10: who came through the touchpoints" in ran.out
    rows = [re.split(r"\s{2,}", line.strip()) for line in ran.out.splitlines()]
    assert [row for row in rows if len(row) > 4] == [
        ["touchpoint", "name", "opened", "started", "confirmed", "share"],
        ["bunkyo/web", "ホームページ", "3", "1", "1", "33.3%"],
        ["bunkyo/line", "LINEのトーク", "0", "0", "0", "-"],
        ["bunkyo/boshi-techo", "母子手帳交付", "40", "10", "5", "12.5%"],
        ["naha/web", "ホームページ", "7", "0", "0", "0.0%"],
        ["naha/line", "LINEのトーク", "0", "0", "0", "-"],
        ["total", "50", "11", "6", "12.0%"],
    ]


def test_counts_are_of_one_account_and_of_the_months_that_are_named(counted, kizuna):
    arguments = ("counts", "bunkyo", "--from", "2026-10", "--to", "2026-11", "--json")
    told = json.loads(kizuna("touchpoint", *arguments).out)

    assert told == {
        "from": "2026-10",
        "to": "2026-11",
        "touchpoints": [
            {
                "account": "bunkyo",
                "touchpoint": "web",
                "name": "ホームページ",
                "opened": 4,
                "started": 1,
                "confirmed": 1,
                "share": 0.25,
            },
            {
                "account": "bunkyo",
                "touchpoint": "line",
                "name": "LINEのトーク",
                "opened": 0,
                "started": 0,
                "confirmed": 0,
                "share": None,
            },
            {
                "account": "bunkyo",
                "touchpoint": "boshi-techo",
                "name": "母子手帳交付",
                "opened": 40,
                "started": 10,
                "confirmed": 5,
                "share": 0.125,
            },
        ],
        "total": {"opened": 44, "started": 11, "confirmed": 6, "share": 0.1364},
    }


def test_counts_are_of_the_twelve_months_up_to_the_last_one(counted, kizuna):
    told = json.loads(kizuna("touchpoint", "counts", "--to", "2027-09", "--json").out)
    assert (told["from"], told["to"], told["total"]["opened"]) == ("2026-10", "2027-09", 51)

    told = json.loads(kizuna("touchpoint", "counts", "--to", "2027-10", "--json").out)
    assert (told["from"], told["to"], told["total"]["opened"]) == ("2026-11", "2027-10", 1)
