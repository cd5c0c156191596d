"""Confirming a phone number: six digits, five tries, and the same code a few times more."""

import re

import pytest

from shared.rules.account import Channel
from shared.rules.history import Happened
from tests.register.parents import (
    JOIN,
    confirmations,
    days,
    everything,
    expecting,
    links,
    location,
    queued,
    subscriber_at,
    text_of,
)
from tests.register.test_pages import request
from tests.world import World

PHONE = "+819012345678"


@pytest.fixture
def code(world: World) -> tuple[str, str]:
    """The path of the page of somebody who joins by SMS, and the code in their SMS."""
    answer = request(
        "POST", JOIN, form=expecting(step="send", channel="sms", phone="090-1234-5678")
    )
    world.work()
    (message,) = world.sent(Channel.SMS)
    (digits,) = re.findall(r"\b\d{6}\b", message.text)
    return location(answer), digits


def wrong(digits: str) -> str:
    """Another code."""
    return f"{(int(digits) + 1) % 10**6:06d}"


def test_the_code_from_the_sms_makes_a_subscriber(world: World, code: tuple[str, str]) -> None:
    path, digits = code

    shown = request("GET", path)
    answer = request("POST", path, form={"code": digits})

    assert 'autocomplete="one-time-code" inputmode="numeric"' in shown["body"]
    assert "+8190" not in shown["body"]
    assert "登録しました" in text_of(answer)
    subscriber = subscriber_at(world, "bunkyo", PHONE)
    assert subscriber.enrolments[0].history[0].what is Happened.JOINED


@pytest.mark.parametrize("written", ["{} ", "{0:.3} {1}", "{0:.3}-{1}", "full"])
def test_the_code_may_be_typed_in_full_width_and_with_gaps(
    world: World, code: tuple[str, str], written: str
) -> None:
    path, digits = code
    full = digits.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    entered = full if written == "full" else written.format(digits, digits[3:])

    assert request("POST", path, form={"code": entered})["statusCode"] == 200


def test_after_five_wrong_codes_the_right_one_does_not_help(
    world: World, code: tuple[str, str]
) -> None:
    path, digits = code
    for _ in range(5):
        answer = request("POST", path, form={"code": wrong(digits)})
        assert answer["statusCode"] == 422
        assert "番号がちがうようです" in text_of(answer)

    answer = request("POST", path, form={"code": digits})

    assert answer["statusCode"] == 429
    assert "はじめから、もう一度お試しください" in text_of(answer)
    assert list(world.store.subscribers) == []


@pytest.mark.parametrize("entered", ["", "12345", "1234567", "abcdef", "１２３４５", "१२३४५६"])
def test_what_is_no_code_is_told_so_and_costs_no_try(
    world: World, code: tuple[str, str], entered: str
) -> None:
    path, digits = code
    for _ in range(6):
        assert request("POST", path, form={"code": entered})["statusCode"] == 422

    assert request("POST", path, form={"code": digits})["statusCode"] == 200


def test_a_code_works_once(world: World, code: tuple[str, str]) -> None:
    path, digits = code
    request("POST", path, form={"code": digits})
    before = everything(world)

    assert request("POST", path, form={"code": digits})["statusCode"] == 410
    assert request("GET", path)["statusCode"] == 410
    assert everything(world) == before


def test_the_code_is_sent_again_until_the_brake_of_the_number(
    world: World, code: tuple[str, str]
) -> None:
    path, digits = code

    codes = [request("POST", f"{path}/again")["statusCode"] for _ in range(3)]

    assert codes == [303, 303, 429]
    assert len(confirmations(world, "SmsNoticeQueue")) == 2
    assert "もう一度お送りしました" in text_of(request("GET", f"{path}?again=yes"))
    assert request("POST", path, form={"code": digits})["statusCode"] == 200


def test_opening_the_page_sends_nothing(world: World, code: tuple[str, str]) -> None:
    path, _ = code
    for method in ("GET", "HEAD"):
        request(method, path)
        request(method, f"{path}/again")
    assert queued(world) == []


def test_the_page_of_a_code_is_no_link_of_a_mail(world: World, code: tuple[str, str]) -> None:
    path, _ = code
    assert request("POST", path.replace("/code/", "/confirm/"))["statusCode"] == 404


def test_a_code_belongs_to_its_own_page(world: World, code: tuple[str, str]) -> None:
    _, digits = code
    other = location(
        request(
            "POST",
            JOIN,
            form=expecting(step="send", channel="sms", phone="080-1234-5678", **{"day-1": days(9)}),
        )
    )
    own = links().code(links().read_code_page(other.removeprefix("/code/")))
    assert own != digits
    assert request("POST", other, form={"code": digits})["statusCode"] == 422
