"""Confirming an address by the link in a mail: once, by its button only; and the welcome."""

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import boto3
import pytest

from functions.register.welcome import first_message
from shared.rules.account import Channel
from shared.rules.dates import JST, jst_date, jst_instant
from shared.rules.history import Happened
from shared.rules.subscriber import Language
from tests.register.parents import (
    JOIN,
    confirmations,
    days,
    everything,
    expecting,
    join_by_mail,
    links,
    own_path,
    path_of,
    stop_path,
    stored,
    subscriber_at,
    text_of,
)
from tests.register.test_pages import request
from tests.world import TEN, World, bunkyo, pregnant


def waiting_path(world: World, **changes: str) -> str:
    """The path of the link that was mailed to somebody who joined."""
    request("POST", JOIN, form=expecting(step="send", **changes))
    (confirmation,) = confirmations(world)
    return path_of(links().confirm(confirmation))


def test_the_mail_brings_a_link_whose_button_makes_a_subscriber(world: World) -> None:
    request("POST", JOIN, form=expecting(step="send", **{"nickname-1": "まめ"}))
    world.work()
    (mail,) = world.sent(Channel.EMAIL)
    (path,) = re.findall(r"/confirm/[\w.-]+", mail.text)

    answer = request("POST", path)

    assert "登録しました" in text_of(answer)
    subscriber = subscriber_at(world, "bunkyo", "hana@example.jp")
    (enrolment,) = subscriber.enrolments
    assert enrolment.nickname == "まめ"
    assert [each.what for each in enrolment.history] == [Happened.JOINED, Happened.DUE_DATE]
    assert subscriber.consents[0].language is Language.JAPANESE
    (own,) = re.findall(r"/me/[\w.-]+", answer["body"])
    assert request("GET", own)["statusCode"] == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_scanner_that_opens_the_link_confirms_nothing(world: World, method: str) -> None:
    path = waiting_path(world)
    before = everything(world)

    request(method, path)

    assert everything(world) == before


def test_a_link_works_once(world: World) -> None:
    path = waiting_path(world)
    request("POST", path)
    before = everything(world)

    assert request("POST", path)["statusCode"] == 410
    again = request("GET", path)

    assert again["statusCode"] == 410
    assert "この確認は、もう使えません" in text_of(again)
    assert everything(world) == before


def test_a_link_is_good_for_a_day(world: World) -> None:
    path = waiting_path(world)
    table = boto3.resource("dynamodb").Table(world.refs["PendingTable"])
    (item,) = [each for each in table.scan()["Items"] if each["id"].startswith("CONFIRM#")]
    left = int(item["expires"]) - datetime.now(UTC).timestamp()
    assert timedelta(hours=23, minutes=59).total_seconds() < left <= 86_400
    table.put_item(Item={**item, "expires": 1})

    assert request("POST", path)["statusCode"] == 410
    assert list(world.store.subscribers) == []


def test_the_language_of_the_form_goes_along(world: World) -> None:
    request("POST", f"{JOIN}?lang=en", form=expecting(step="send"))
    (confirmation,) = confirmations(world)
    path = path_of(links().confirm(confirmation))

    assert "Press the button to join" in text_of(request("GET", path))
    assert "You have joined" in text_of(request("POST", path))
    subscriber = subscriber_at(world, "bunkyo", "hana@example.jp")
    assert subscriber.language is Language.ENGLISH


def test_whoever_is_known_adds_to_what_is_there_and_is_welcomed_alike(world: World) -> None:
    world.add(replace(pregnant(1), address="hana@example.jp"))
    known = waiting_path(world, **{"kind-1": "born", "day-1": days(-400)})
    unknown = waiting_path(world, email="sora@example.jp")

    first, second = (request("POST", each, form={"mine": "yes"}) for each in (known, unknown))

    assert len(stored(world, "s1").enrolments) == 2
    assert re.findall("<h1>.*</h1>", first["body"]) == re.findall("<h1>.*</h1>", second["body"])


def test_who_stopped_and_joins_again_by_their_own_act_gets_messages_again(world: World) -> None:
    before = join_by_mail(world)
    request("POST", stop_path(before.id))

    path = waiting_path(world)
    request("POST", path, form={"start": "yes", "mine": "yes"})

    after = stored(world, before.id)
    assert [each.what for each in after.enrolments[0].history] == [
        Happened.JOINED,
        Happened.DUE_DATE,
        Happened.STOPPED_BY_SUBSCRIBER,
        Happened.RETURNED,
    ]


def test_moving_to_an_address_that_is_taken_by_then_is_told_to_its_owner_only(
    world: World,
) -> None:
    world.add(pregnant(1), replace(pregnant(2), address="hana@example.jp"))
    form = {"channel": "email", "email": "hana@example.jp"}
    asked = request("POST", f"{own_path('s1')}/address", form=form)
    (confirmation,) = confirmations(world)

    answer = request("POST", path_of(links().confirm(confirmation)))

    assert "メールをお送りしました" in text_of(asked)
    assert answer["statusCode"] == 409
    assert "変更できませんでした" in text_of(answer)
    assert stored(world, "s1").address == pregnant(1).address


# When the first message comes.


@pytest.mark.parametrize(
    ("hour", "due_in", "run", "said"),
    [
        (time(8, 0), 56, False, ("first.today", 0)),
        (time(9, 5), 56, False, ("first.soon", 0)),
        (time(9, 5), 56, True, ("first.tomorrow", 1)),
        (time(20, 30), 56, False, ("first.soon", 0)),
        (time(20, 50), 56, False, ("first.tomorrow", 1)),
        (time(23, 50), 56, False, ("first.tomorrow", 1)),
        (time(8, 0), 262, False, ("first.later", 10)),
        (time(8, 0), -13, True, None),
    ],
)
def test_the_first_message_is_promised_truthfully(
    world: World, hour: time, due_in: int, run: bool, said: tuple[str, int] | None
) -> None:
    today = jst_date(TEN)
    if run:
        world.tick(TEN)
    subscriber = pregnant(1, due=today + timedelta(days=due_in))

    first = first_message(world.store, subscriber, jst_instant(today, hour))

    told = first and (first.phrase, (first.day - today).days)
    assert told == said
    assert first is None or first.hour == time(9)


def test_the_hour_is_the_account_s(world: World) -> None:
    world.store.accounts.put(bunkyo(send_at=time(18, 30)))
    at = datetime.combine(jst_date(TEN), time(8), JST)
    first = first_message(world.store, pregnant(1), at)
    assert first is not None
    assert first.hour == time(18, 30)
