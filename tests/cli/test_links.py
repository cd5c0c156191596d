"""`kizuna links void`: staff have earlier links of somebody open nothing."""

import json

import pytest

from tests.cli.test_stop import audited, people
from tests.store.people import LATER

__all__ = ["people"]


def test_earlier_links_end_and_it_is_on_record_who_did_it_but_not_to_whom(people, kizuna):
    ran = kizuna("links", "void", "s-1", "--by", "sora")

    assert (ran.status, ran.out) == (
        0,
        "no link that was sent before works any more; the next message brings new ones\n",
    )
    assert people.subscribers.get("s-1").generation == 1
    assert audited(people) == [("sora", "voided the links of a subscriber", "bunkyo")]


def test_it_is_told_to_a_program(people, kizuna):
    assert json.loads(kizuna("links", "void", "s-1", "--json").out) == {
        "subscriber": "s-1",
        "voided": True,
    }


@pytest.mark.parametrize("erased", [False, True])
def test_where_there_is_nobody_it_says_so_and_notes_nothing(people, kizuna, erased):
    name = "s-9"
    if erased:
        old = people.subscribers.get("s-1")
        name = people.subscribers.erase(old, LATER, {"bunkyo": 1}).id

    ran = kizuna("links", "void", name)

    assert (ran.status, ran.out, ran.err) == (1, "", f"kizuna: there is no subscriber '{name}'\n")
    assert audited(people) == []
