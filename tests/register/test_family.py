"""The family: invited by a link, joined with their own address, stopped by themselves."""

import re

import pytest

from shared.rules.account import Channel
from tests.register.parents import (
    confirmations,
    days,
    everything,
    links,
    location,
    own_path,
    path_of,
    queued,
    stop_path,
    stored,
    subscriber_at,
    text_of,
    today,
)
from tests.register.test_pages import request
from tests.world import World, pregnant

FATHER = {"channel": "email", "email": "sora@example.jp", "consent": "yes"}


@pytest.fixture
def invitation(world: World) -> str:
    """The path of the link that a mother at 32w0d of twins passes on."""
    world.add(pregnant(1, due=today().fromisoformat(days(56)), nickname="まめ", twins=True))
    answer = request("POST", f"{own_path('s1')}/family/e1")
    (path,) = re.findall(r"/with/[\w.-]+", answer["body"])
    return str(path)


def test_whoever_opens_an_invitation_sees_the_week_and_neither_name_date_nor_address(
    world: World, invitation: str
) -> None:
    answer = request("GET", invitation)

    assert "妊娠32週0日の赤ちゃん" in text_of(answer)
    for personal in (days(56), "まめ", pregnant(1).address):
        assert personal not in answer["body"]
    checked = request("POST", invitation, form={**FATHER, "step": "check"})
    assert "今日は妊娠32週0日です" in text_of(checked)
    assert days(56) not in checked["body"]


def test_who_was_invited_follows_the_same_pregnancy_with_their_own_address(
    world: World, invitation: str
) -> None:
    answer = request("POST", invitation, form={**FATHER, "step": "send"})
    (confirmation,) = confirmations(world)
    request("POST", path_of(links().confirm(confirmation)))

    assert "メールをお送りしました" in text_of(answer)
    father, mother = subscriber_at(world, "bunkyo", "sora@example.jp"), stored(world, "s1")
    assert len(father.enrolments) == 2
    families = {each.family for each in (*father.enrolments, *mother.enrolments)}
    assert len(families) == 1
    assert None not in families
    assert father.touchpoint == "family"


def test_the_same_family_is_invited_to_however_often_a_link_is_made(
    world: World, invitation: str
) -> None:
    before = stored(world, "s1")
    request("POST", f"{own_path('s1')}/family/e2")
    assert stored(world, "s1") == before


def test_once_the_mother_has_stopped_the_invitation_is_a_link_that_does_not_work(
    world: World, invitation: str
) -> None:
    request("POST", stop_path("s1"))

    answer = request("GET", invitation)

    assert answer["statusCode"] == 404
    assert "このリンクは使えません" in text_of(answer)
    assert request("POST", invitation, form={**FATHER, "step": "send"})["statusCode"] == 404
    assert queued(world) == []


def test_a_stop_offers_the_father_the_same_action_and_tells_him_nothing(
    world: World, invitation: str
) -> None:
    request("POST", invitation, form={**FATHER, "step": "send"})
    (confirmation,) = confirmations(world)
    request("POST", path_of(links().confirm(confirmation)))
    father = subscriber_at(world, "bunkyo", "sora@example.jp")

    request("POST", f"{own_path('s1')}/stop/e1")

    assert [each.subscriber for each in world.store.offers] == [father.id]
    assert stored(world, father.id) == father


def test_erasing_oneself_offers_the_father_the_same_action(world: World, invitation: str) -> None:
    request("POST", invitation, form={**FATHER, "step": "send"})
    (confirmation,) = confirmations(world)
    request("POST", path_of(links().confirm(confirmation)))
    father = subscriber_at(world, "bunkyo", "sora@example.jp")

    request("POST", f"{own_path('s1')}/erase", form={"step": "erase"})

    assert [each.subscriber for each in world.store.offers] == [father.id]


@pytest.mark.parametrize("step", ["add", "remove-1", "x"])
def test_who_is_invited_adds_no_child_of_their_own_there(
    world: World, invitation: str, step: str
) -> None:
    before = everything(world)
    assert request("POST", invitation, form={**FATHER, "step": step})["statusCode"] == 400
    assert everything(world) == before


def test_a_page_that_only_explains_the_invitation_links_nobody(world: World) -> None:
    world.add(pregnant(1, Channel.LINE))
    before = everything(world)
    assert request("GET", f"{own_path('s1')}/family/e1")["statusCode"] == 200
    assert everything(world) == before


# The end of a link between two, by either of them.


@pytest.mark.parametrize("who", ["mother", "father"])
def test_either_cuts_the_link_and_the_other_is_not_told(
    world: World, invitation: str, who: str
) -> None:
    request("POST", invitation, form={**FATHER, "step": "send"})
    (confirmation,) = confirmations(world)
    request("POST", path_of(links().confirm(confirmation)))
    father = subscriber_at(world, "bunkyo", "sora@example.jp")
    one, other = ("s1", father.id) if who == "mother" else (father.id, "s1")
    before = stored(world, other)
    sent = queued(world)

    page = request("GET", f"{own_path(one)}/family/e1")
    answer = request("POST", f"{own_path(one)}/family/e1", form={"step": "unlink"})

    assert "切ったことは、相手に伝わりません" in text_of(page)
    assert "つながりを切りました" in text_of(request("GET", location(answer)))
    assert {each.family for each in stored(world, one).enrolments} == {None}
    assert stored(world, other) == before
    assert queued(world) == sent
    request("POST", stop_path(one))
    request("POST", stop_path(other))
    assert list(world.store.offers) == [], "a stop of one is offered to the other no more"


def test_an_invitation_opens_nothing_once_who_made_it_has_cut_the_link(
    world: World, invitation: str
) -> None:
    request("POST", f"{own_path('s1')}/family/e1", form={"step": "unlink"})

    assert request("GET", invitation)["statusCode"] == 404
    assert "つながりを切る" not in text_of(request("GET", f"{own_path('s1')}/family/e1"))


def test_an_offer_that_waits_is_gone_with_the_link(world: World, invitation: str) -> None:
    request("POST", invitation, form={**FATHER, "step": "send"})
    (confirmation,) = confirmations(world)
    request("POST", path_of(links().confirm(confirmation)))
    father = subscriber_at(world, "bunkyo", "sora@example.jp")
    request("POST", stop_path("s1"))
    assert [each.subscriber for each in world.store.offers] == [father.id]

    request("POST", f"{own_path(father.id)}/family/e1", form={"step": "unlink"})

    assert list(world.store.offers) == []
