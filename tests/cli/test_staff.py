"""`kizuna staff`: the office's staff, each under a name of their own."""

import getpass
import json

import pytest
import typer

from cli.arguments import acting
from shared.store.staff import Colleague


def test_staff_are_added_listed_by_name_and_removed(store, kizuna):
    added = kizuna("staff", "add", "山田花子", "hanako@Example.jp")
    assert (added.status, added.out) == (0, "山田花子 <hanako@example.jp> added\n")
    kizuna("staff", "add", "Sora", "sora@example.jp")
    kizuna("staff", "add", "はる", "haru@example.jp")

    listed = kizuna("staff", "list")
    assert listed.out.splitlines() == [
        "Sora <sora@example.jp>",
        "はる <haru@example.jp>",
        "山田花子 <hanako@example.jp>",
    ]

    assert kizuna("staff", "remove", "はる").out == "はる removed\n"
    assert json.loads(kizuna("staff", "list", "--json").out) == {
        "staff": [
            {"name": "Sora", "email": "sora@example.jp"},
            {"name": "山田花子", "email": "hanako@example.jp"},
        ]
    }


def test_where_there_is_nobody_the_list_says_how_to_add_one(kizuna):
    assert kizuna("staff", "list").out == "nobody yet; `kizuna staff add` adds a colleague\n"
    assert json.loads(kizuna("staff", "list", "--json").out) == {"staff": []}


def test_a_name_is_one_colleague_s(store, kizuna):
    kizuna("staff", "add", "Sora", "sora@example.jp")
    ran = kizuna("staff", "add", " Sora ", "other@example.jp")
    assert (ran.status, ran.out) == (1, "")
    assert "there is a colleague 'Sora' already" in ran.err
    assert list(store.staff) == [Colleague("Sora", "sora@example.jp")]


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (("add", "Sora", "sora"), 2, "'sora' must be an email address"),
        (("add", "Sora"), 2, "Missing argument 'EMAIL'"),
        (("add", " ", "sora@example.jp"), 2, "a name is blank"),
        (("add", "So\nra", "sora@example.jp"), 2, "a name must be one line"),
        (("add", "そ" * 41, "sora@example.jp"), 2, "a name has 41 characters; at most 40"),
        (("remove", "Sora"), 1, "there is no colleague 'Sora'"),
    ],
)
def test_a_call_that_cannot_be_done_is_one_line(store, kizuna, arguments, status, line):
    ran = kizuna("staff", *arguments)
    assert (ran.status, ran.out) == (status, "")
    assert ran.err.count("\n") == 1
    assert line in ran.err
    assert list(store.staff) == []


# Who acts.


def test_who_acts_is_whom_by_names_or_the_user_of_the_machine(monkeypatch):
    monkeypatch.setenv("LOGNAME", "sora")
    assert getpass.getuser() == "sora"
    assert acting(" 山田花子 ") == "山田花子"
    assert acting(None) == "sora"
    assert acting("") == "sora"


def test_who_acts_is_written_in_one_line():
    with pytest.raises(typer.BadParameter, match="a name must be one line"):
        acting("山田\n花子")
