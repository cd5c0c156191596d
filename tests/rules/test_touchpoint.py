"""Touchpoints: what they may be called, where their links lead, and the share that joined."""

import pytest

from shared.rules.touchpoint import Funnel, is_touchpoint_id, link


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("web", True),
        ("boshi-techo", True),
        ("a1", True),
        ("b" * 40, True),
        ("b" * 41, False),
        ("b", False),
        ("", False),
        ("Boshi", False),
        ("boshi_techo", False),
        ("boshi/techo", False),
        ("boshi#techo", False),
        ("boshi-techo\n", False),
        ("母子手帳", False),
        ("١٢", False),
    ],
)
def test_a_touchpoint_is_called_by_what_can_stand_in_a_link(text, may):
    assert is_touchpoint_id(text) is may


@pytest.mark.parametrize("public_url", ["https://kizuna.example.jp", "https://kizuna.example.jp/"])
def test_the_link_names_the_account_and_the_touchpoint(public_url):
    assert link(public_url, "bunkyo", "web") == "https://kizuna.example.jp/join/bunkyo/web"


def test_the_share_is_of_those_who_opened_the_page():
    assert Funnel(opened=8, started=4, confirmed=1).share == 0.125
    assert Funnel(opened=0, started=0, confirmed=0).share is None


def test_funnels_add_up_step_by_step():
    assert Funnel(3, 2, 1) + Funnel(10, 20, 30) == Funnel(opened=13, started=22, confirmed=31)
