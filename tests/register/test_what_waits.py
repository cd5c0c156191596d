"""Erasing a person leaves nothing that waits for them, wherever it was asked for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.rules.account import Channel
from shared.rules.joining import Application, Child
from shared.rules.subscriber import Language
from shared.store.confirmations import Confirmation
from shared.store.line_events import StartOrStop
from shared.store.tables import ConflictError
from shared.subscribers import actions, consent
from tests.register.parents import (
    confirmations,
    days,
    everything,
    expecting,
    links,
    own_path,
    path_of,
    queued,
    stored,
    text_of,
    today,
)
from tests.register.test_pages import request
from tests.world import World, bunkyo, pregnant

HERS = "hana@example.jp"
NOW = datetime.now(UTC)


@pytest.fixture
def town(world: World) -> World:
    """A world with two accounts, her at the address, and another person."""
    world.store.accounts.put(replace(bunkyo(name="港区"), id="minato"))
    due = today() + timedelta(days=56)
    hers = replace(pregnant(1, due=due, nickname="まめ"), address=HERS)
    world.add(hers, pregnant(2))
    return world


def asked(world: World, path: str, **changes: str) -> str:
    """Something is asked for by a form; the path of the page behind the mail."""
    form = {**expecting(step="send"), "channel": "email", "email": HERS, **changes}
    assert request("POST", path, form=form)["statusCode"] == 200
    (confirmation,) = confirmations(world)
    return path_of(links().confirm(confirmation))


WAITING = {
    "an application": ("/join/bunkyo/web", {"nickname-1": "ひみつ"}),
    "one in other letters": ("/join/bunkyo/web", {"email": "Hana@example.jp"}),
    "one to another account": ("/join/minato/web", {}),
    "a move of hers to elsewhere": ("/me/s1/address", {"email": "sora@example.jp"}),
    "a move of another to her address": ("/me/s2/address", {}),
}


@pytest.mark.parametrize(("path", "changes"), WAITING.values(), ids=WAITING)
@pytest.mark.parametrize("by", ["the page", "staff"])
def test_what_waited_for_somebody_who_is_erased_is_gone_and_registers_nobody(
    town: World, path: str, changes: dict[str, str], by: str
) -> None:
    for each in ("s1", "s2"):
        path = path.replace(f"/me/{each}", own_path(each))
    waiting = asked(town, path, **changes)
    other = stored(town, "s2")

    if by == "staff":
        actions.erase(town.store, "s1", datetime.now(UTC))
    else:
        form = {"step": "erase"}
        assert "消去しました" in text_of(request("POST", f"{own_path('s1')}/erase", form=form))

    left = str(everything(town)).lower()
    for personal in (HERS, "sora@example.jp", "ひみつ", "confirm#"):
        assert personal not in left
    assert [request(each, waiting)["statusCode"] for each in ("GET", "POST")] == [410, 410]
    places = [(account, HERS) for account in ("bunkyo", "minato")]
    assert town.store.subscribers.at_addresses(places) == {}
    assert stored(town, "s2") == other


def test_what_waits_for_another_address_stays(town: World) -> None:
    others = asked(town, "/join/bunkyo/web", email="sora@example.jp")
    actions.erase(town.store, "s1", datetime.now(UTC))
    assert "登録しました" in text_of(request("POST", others))


def test_they_may_join_anew_after_it_by_their_own_act(town: World) -> None:
    actions.erase(town.store, "s1", datetime.now(UTC))
    again = asked(town, "/join/bunkyo/web")
    assert "登録しました" in text_of(request("POST", again))


def test_a_notice_that_was_queued_before_is_not_sent(town: World) -> None:
    request("POST", "/join/bunkyo/web", form=expecting(step="send", email=HERS))
    actions.erase(town.store, "s1", datetime.now(UTC))
    town.work()
    assert town.sent() == []


def test_an_address_that_they_left_and_that_was_not_told_yet_is_gone_too(town: World) -> None:
    moved = asked(town, f"{own_path('s1')}/address", email="sora@example.jp", tell="line")
    request("POST", moved)
    assert HERS in str(everything(town))

    actions.erase(town.store, "s1", datetime.now(UTC))

    assert HERS not in str(everything(town))
    town.work()
    assert town.sent() == []


def waiting_for_line(name: str) -> Confirmation:
    """Somebody has filled in the form and chosen LINE."""
    given = consent.given(Language.JAPANESE, "web", NOW)
    child = Child(due_date=today() + timedelta(days=56), nickname="ひみつ")
    asked_for = Application("bunkyo", Channel.LINE, "web", (child,), Language.JAPANESE, given)
    until = datetime.now(UTC) + timedelta(hours=1)
    return Confirmation(
        name, "bunkyo", Channel.LINE, "", Language.JAPANESE, until, application=asked_for
    )


def test_what_line_has_verified_and_waits_for_its_button_is_gone(world: World) -> None:
    hers = pregnant(1, Channel.LINE)
    world.add(hers)
    world.store.confirmations.put(waiting_for_line("c1"))
    assert world.store.confirmations.verified("c1", hers.address)

    actions.erase(world.store, "s1", datetime.now(UTC))

    assert world.store.confirmations.get("c1") is None
    assert "ひみつ" not in str(everything(world))


def test_what_was_pressed_in_the_chat_before_begins_nothing_after(world: World) -> None:
    hers = pregnant(1, Channel.LINE)
    world.add(hers)
    pressed = datetime.now(UTC)

    actions.erase(world.store, "s1", pressed + timedelta(seconds=1))

    assert not world.store.line_starts.take("bunkyo", hers.address, StartOrStop(pressed, pressed))


@pytest.mark.parametrize("already", [False, True])
def test_what_comes_to_wait_while_somebody_is_erased_is_not_left_over(
    town: World, already: bool
) -> None:
    if already:
        asked(town, "/join/bunkyo/web")
    old = stored(town, "s1")
    as_it_was = town.store.confirmations.erasing("s1", HERS)
    late = asked(town, "/join/minato/web")

    with pytest.raises(ConflictError):
        town.store.subscribers.erase(old, NOW, {"bunkyo": 1}, also=as_it_was)

    assert actions.erase(town.store, "s1", datetime.now(UTC)) is not None
    assert request("POST", late)["statusCode"] == 410


def test_no_offer_and_no_arrival_of_an_erased_person_is_left(town: World) -> None:
    request("POST", f"{own_path('s1')}/account", form={"account": "minato"})
    assert [each.subscriber for each in town.store.arrivals] == ["s1"]

    actions.erase(town.store, "s1", datetime.now(UTC))

    assert list(town.store.arrivals) == []
    assert queued(town) == []


def test_the_pointer_to_what_waits_keeps_no_address_and_runs_out(town: World) -> None:
    asked(town, "/join/bunkyo/web", **{"day-1": days(40)})
    pointers = [each for each in everything(town)["PendingTable"] if "WAITS#" in each]
    assert len(pointers) == 1
    assert HERS not in pointers[0]
    assert '"expires"' in pointers[0]
