"""A link belongs to the address it was sent to: once that changes it opens and stops nothing."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from itsdangerous import Signer

from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.subscriber import Subscriber
from shared.secrets import platform_keys
from shared.subscribers import actions
from shared.subscribers.joining import UsedError, confirm
from shared.subscribers.links import _DIGEST
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
    text_of,
)
from tests.register.test_family import FATHER
from tests.register.test_pages import path_in, request
from tests.register.test_refusals import HANDLED, people, real
from tests.world import TEN, World, pregnant

__all__ = ["people"]

HELD = [each for each in HANDLED if each[1].split("/")[1] in ("me", "m", "stop", "with")]
every_held_route = pytest.mark.parametrize(("method", "path"), HELD)
FORM = {"step": "save", "day": days(50), "language": "en", "nickname-1": "x", "count": "due"}
FORM |= {"channel": "email", "email": "c@example.jp", "account": "bunkyo", "consent": "yes"}
PRIVATE = ("new@example.jp", pregnant(1).address, "ふたご", "文京区", "妊娠中", "週", "お子さん")


def moved_to(channel: Channel, address: str) -> Callable[[World], object]:
    """They move to another address."""

    def move(old: Subscriber) -> Subscriber:
        now = datetime.now(UTC)
        return changes.moved(old, now, account="bunkyo", channel=channel, address=address)

    return lambda world: actions.change(world.store, "s1", move)


LEFT: dict[str, Callable[[World], object]] = {
    "moved to another mailbox": moved_to(Channel.EMAIL, "new@example.jp"),
    "moved to a phone": moved_to(Channel.SMS, "+819012345678"),
    "moved to line": moved_to(Channel.LINE, "U" + "a1" * 16),
    "voided": lambda world: actions.change(world.store, "s1", changes.links_voided),
    "erased": lambda world: actions.erase(world.store, "s1", datetime.now(UTC)),
}


@every_held_route
@pytest.mark.parametrize("left", LEFT.values(), ids=LEFT)
def test_a_link_of_an_address_that_they_left_shows_and_changes_nothing(
    people: World, method: str, path: str, left: Callable[[World], object]
) -> None:
    where = real(people, path)
    left(people)
    before = everything(people)

    answer = request(method, where, form=FORM if method == "POST" else None)

    assert answer["statusCode"] == (200 if path.startswith("/stop/") else 404)
    assert [each for each in PRIVATE if each in text_of(answer)] == []
    assert "/lost/" not in answer["body"]
    assert everything(people) == before
    assert queued(people) == []


@every_held_route
def test_a_link_that_has_run_out_shows_nothing_of_a_child(
    people: World, method: str, path: str
) -> None:
    if path.startswith("/m/"):
        return
    long_ago = datetime.now(UTC) - timedelta(days=91)
    made = {"me": own_path("s1", long_ago), "stop": stop_path("s1", long_ago)}
    family = stored(people, "s1").enrolments[0].family or ""
    made["with"] = path_of(links().invitation(family, "s1", 0, long_ago))
    kind, *rest = real(people, path).split("/")[1:]
    before = everything(people)
    if (method, kind) == ("POST", "stop"):
        return

    answer = request(
        method, "/".join([made[kind], *rest[1:]]), form=FORM if method == "POST" else None
    )

    assert answer["statusCode"] == {"me": 410, "with": 404, "stop": 200}[kind]
    shown = text_of(answer)
    assert [each for each in PRIVATE if each in shown] == []
    assert everything(people) == before


def of_before(path: str, what: str) -> str:
    """A path with a link as it was signed before links carried a generation."""
    kind = path.split("/")[1]
    salt = {"m": "text"}.get(kind, kind)
    keys = platform_keys("LINK_KEY")
    token = Signer(keys, salt=salt, digest_method=_DIGEST).sign(what).decode()
    return "/".join(["", kind, token, *path.split("/")[3:]])


def old_link(world: World, path: str) -> str:
    """A path with a link of before, for each kind."""
    day = datetime.now(UTC).date().toordinal()
    family = stored(world, "s1").enrolments[0].family
    what = {
        "me": f"s1.{day + 80}",
        "m": f"s1.{day}.e1",
        "stop": "s1",
        "with": f"{family}.{day + 9}",
    }
    return of_before(real(world, path), what[path.split("/")[1]])


@every_held_route
def test_a_link_of_before_opens_nothing_and_only_an_invitation_offers_no_stop(
    people: World, method: str, path: str
) -> None:
    where = old_link(people, path)
    before = everything(people)
    if (method, path) == ("POST", "/stop/{token}"):
        return

    answer = request(method, where, form=FORM if method == "POST" else None)

    kind = path.split("/")[1]
    assert answer["statusCode"] == {"me": 410, "m": 410, "with": 404, "stop": 200}[kind]
    assert [each for each in PRIVATE if each in text_of(answer)] == []
    assert answer["body"].count("<button") == (0 if kind == "with" else 1)
    assert "/lost/" not in answer["body"]
    assert everything(people) == before


@pytest.mark.parametrize("path", ["/stop/{token}", "/me/{token}", "/m/{token}"])
def test_the_one_button_of_a_link_of_before_stops_everything(people: World, path: str) -> None:
    where = old_link(people, path)
    shown = request("GET", where)
    action = re.findall(r'<form method="post" action="([^"]*)"', shown["body"])

    answer = request("POST", path_of(action[0]) if action else where)

    assert "配信を止めました" in text_of(answer)
    assert not any(map(changes.active, stored(people, "s1").enrolments))


def test_a_link_of_before_stops_nothing_once_they_have_moved_since(people: World) -> None:
    where = old_link(people, "/stop/{token}")
    LEFT["moved to another mailbox"](people)
    before = everything(people)

    answers = [request(method, where) for method in ("GET", "POST")]
    own = request("GET", old_link(people, "/me/{token}"))

    assert all("お届けしていません" in text_of(each) for each in answers)
    assert "<button" not in answers[0]["body"]
    assert own["statusCode"] == 404
    assert everything(people) == before


ONE_CLICK: list[dict[str, Any]] = [
    {"body": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"},
    {"body": "--x--", "content_type": "multipart/form-data; boundary=x"},
    {},
]


@pytest.mark.parametrize("sent", ONE_CLICK)
def test_the_mail_program_s_own_stop_works_with_links_of_now_and_of_before(
    people: World, sent: dict[str, Any]
) -> None:
    for where in (stop_path("s1"), old_link(people, "/stop/{token}")):
        actions.change(people.store, "s1", lambda old: changes.returned(old, TEN, "e1"))
        assert request("POST", where, **sent)["statusCode"] == 200
        assert not changes.active(stored(people, "s1").enrolments[0])


@pytest.mark.parametrize("sent", ONE_CLICK)
def test_the_mail_program_s_own_stop_of_an_address_they_left_answers_and_stops_nothing(
    people: World, sent: dict[str, Any]
) -> None:
    where = stop_path("s1")
    LEFT["moved to another mailbox"](people)
    before = everything(people)

    assert request("POST", where, **sent)["statusCode"] == 200

    assert everything(people) == before


def test_the_next_message_brings_links_that_work_at_the_new_address(world: World) -> None:
    world.add(pregnant(1))
    LEFT["moved to another mailbox"](world)
    world.day()

    assert request("GET", path_in(world, "me", Channel.EMAIL))["statusCode"] == 200
    assert "すべての配信を止める" in text_of(request("GET", path_in(world, "stop", Channel.EMAIL)))


def test_the_text_in_an_sms_is_shown_at_its_number_and_nowhere_once_that_has_changed(
    world: World,
) -> None:
    world.add(pregnant(1, Channel.SMS))
    world.day()
    where = path_in(world, "m", Channel.SMS)
    assert "本文224です。" in request("GET", where)["body"]

    LEFT["moved to a phone"](world)

    assert request("GET", where)["statusCode"] == 404


def test_a_move_that_was_asked_for_by_an_old_link_ends_with_it(people: World) -> None:
    theirs = {"channel": "email", "email": "stranger@example.jp"}
    request("POST", f"{own_path('s1')}/address", form=theirs)
    (asked,) = confirmations(people)
    LEFT["voided"](people)
    before = everything(people)

    answers = [request(method, path_of(links().confirm(asked))) for method in ("GET", "POST")]

    assert [each["statusCode"] for each in answers] == [410, 410]
    assert everything(people) == before


def test_who_has_earlier_links_end_goes_on_by_a_fresh_one(people: World) -> None:
    old, family = own_path("s1"), stored(people, "s1").enrolments[0].family or ""
    invitation = path_of(links().invitation(family, "s1", 0, datetime.now(UTC)))
    assert "前のリンクを使えなくする" in text_of(request("GET", old))

    fresh = location(request("POST", f"{old}/links"))

    assert "前のリンクは、すべて使えなくなりました。" in text_of(request("GET", fresh))
    assert request("GET", old)["statusCode"] == 404
    assert request("POST", f"{old}/links")["statusCode"] == 404
    assert request("POST", invitation, form={**FATHER, "step": "send"})["statusCode"] == 404
    assert stored(people, "s1").generation == 1


def test_a_fresh_link_that_is_asked_for_works_after_earlier_ones_ended(people: World) -> None:
    LEFT["voided"](people)
    form = {"channel": "email", "email": pregnant(1).address}
    request("POST", "/lost/bunkyo", form=form)
    people.work()

    assert request("GET", path_in(people, "me", Channel.EMAIL))["statusCode"] == 200


def test_a_move_that_is_confirmed_at_the_moment_at_which_links_end_changes_nothing(
    people: World,
) -> None:
    waiting = people.store.confirmations.get("mailed")
    assert waiting is not None
    LEFT["voided"](people)
    before = everything(people)

    with pytest.raises(UsedError):
        confirm(people.store, waiting, "stranger@example.jp", datetime.now(UTC))

    assert everything(people) == before


# What the old address hears.


def move_by_mail(world: World, **more: str) -> dict[str, Any]:
    """They move to another mailbox, from the form to the button."""
    form = {"channel": "email", "email": "new@example.jp", **more}
    request("POST", f"{own_path('s1')}/address", form=form)
    (asked,) = confirmations(world)
    return request("POST", path_of(links().confirm(asked)))


@pytest.mark.parametrize("more", [{}, {"tell": "nothing"}, {"tell": "everything"}])
def test_the_old_address_is_told_nothing_unless_they_choose_it(
    people: World, more: dict[str, str]
) -> None:
    assert "変更しました" in text_of(move_by_mail(people, **more))
    people.work()
    assert people.sent() == []


def test_the_old_address_hears_one_neutral_line_where_they_choose_it(people: World) -> None:
    move_by_mail(people, tell="line")
    people.work()

    (mail,) = people.sent()
    assert mail.recipient == pregnant(1).address
    assert "このあて先への配信は終わりました。" in mail.text
    for secret in ("new@example.jp", "http", "移", "変"):
        assert secret not in mail.text
    assert not any("@" in each for each in people.queued)


def test_the_old_phone_hears_it_by_sms(world: World) -> None:
    world.add(pregnant(1, Channel.SMS))
    move_by_mail(world, tell="line")
    world.work()

    (message,) = world.sent()
    assert (message.recipient, message.text) == (
        pregnant(1, Channel.SMS).address,
        "【文京区】このあて先への配信は終わりました。",
    )


# A stop link after the 90 days.


def test_a_stop_link_lists_names_for_90_days_and_then_only_stops_everything(people: World) -> None:
    now = datetime.now(UTC)
    ninety, later = (stop_path("s1", now - timedelta(days=each)) for each in (90, 91))

    assert "お子さんごとに止める" in request("GET", ninety)["body"]
    shown = request("GET", later)

    assert shown["body"].count("<button") == 1
    assert "<details" not in shown["body"]
    assert request("POST", later, form={"only": "e1"})["statusCode"] == 400
    assert changes.active(stored(people, "s1").enrolments[0])
    assert "配信を止めました" in text_of(request("POST", later))
    assert not any(map(changes.active, stored(people, "s1").enrolments))


def test_the_stop_link_beside_an_old_text_is_as_old_as_the_text(world: World) -> None:
    world.add(pregnant(1, Channel.SMS))
    world.day()

    shown = request("GET", path_in(world, "m", Channel.SMS))

    (token,) = re.findall(r"/stop/([\w.-]+)", shown["body"])
    assert links().read_stop(token).until == TEN.date() + timedelta(days=90)
