"""Events of the LINE chat: each once, in the order in which they happened, and nobody is named."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import urllib3

from functions.line.chat import handler as chat
from shared.rules.months import Month
from shared.rules.touchpoint import Funnel
from shared.store.line_events import StartOrStop
from tests.line.phone import USER, Phone, happened, in_days, labelled, said, today
from tests.world import Context, World


def test_the_same_event_twice_is_handled_once(phone: Phone, world: World) -> None:
    told = phone.tell({"type": "message", "message": {"type": "text", "id": "1", "text": "停止"}})
    phone.tell(dict(told.events[0]))
    world.work()
    phone.tell(dict(told.events[0]))
    world.work()

    assert [each.text for each in world.sent()] == ["すべての配信を止めました。"]


def test_a_block_that_happened_before_they_joined_stops_nobody(phone: Phone) -> None:
    before = int(datetime.now(UTC).timestamp() * 1000)
    phone.joins(in_days(56))

    phone.blocks(timestamp=before - 60_000)

    assert happened(phone.subscriber) == [["joined", "due_date"]]


def test_a_registration_that_happened_before_a_stop_starts_nothing(phone: Phone) -> None:
    earlier = int(datetime.now(UTC).timestamp() * 1000) - 60_000
    shown = phone.presses(labelled(phone.follows(), "妊娠中です"), in_days(56))
    data = labelled(shown, "登録する")["data"]
    phone.writes("停止")

    messages = phone.does({"type": "postback", "timestamp": earlier, "postback": {"data": data}})

    assert phone.subscriber is None
    assert said(messages).startswith("このボタンは使えなくなっています。")


YEARS_AHEAD = 4_000_000_000_000


def test_a_stop_counts_after_an_event_that_was_dated_years_ahead(phone: Phone) -> None:
    shown = phone.presses(labelled(phone.follows(), "妊娠中です"), in_days(56))
    data = labelled(shown, "登録する")["data"]
    phone.does({"type": "postback", "timestamp": YEARS_AHEAD, "postback": {"data": data}})

    phone.writes("停止")

    assert happened(phone.subscriber) == [["joined", "due_date", "stopped_by_subscriber"]]


def test_a_stop_counts_after_a_turn_that_an_earlier_release_noted_years_ahead(
    phone: Phone, world: World
) -> None:
    phone.joins(in_days(56))
    ahead = datetime.fromtimestamp(YEARS_AHEAD / 1000, UTC)
    assert world.store.line_starts.take("bunkyo", USER, StartOrStop(ahead, datetime.now(UTC)))

    phone.writes("停止")

    assert happened(phone.subscriber) == [["joined", "due_date", "stopped_by_subscriber"]]


def test_events_of_one_delivery_are_handled_in_the_order_in_which_they_happened(
    phone: Phone, world: World
) -> None:
    now = int(datetime.now(UTC).timestamp() * 1000)
    shown = phone.presses(labelled(phone.follows(), "妊娠中です"), in_days(56))
    data = labelled(shown, "登録する")["data"]
    phone.tell({"type": "unfollow", "timestamp": now - 1_000})
    phone.tell({"type": "postback", "timestamp": now - 2_000, "postback": {"data": data}})

    assert chat.handler({"Records": world.take("LineEventQueue")}, Context()) == {
        "batchItemFailures": []
    }

    assert happened(phone.subscriber) == [["joined", "due_date", "stopped_by_subscriber"]]


def test_a_block_that_waited_with_the_registration_before_it_still_stops(phone: Phone) -> None:
    now = int(datetime.now(UTC).timestamp() * 1000)
    shown = phone.presses(labelled(phone.follows(), "妊娠中です"), in_days(56))
    data = labelled(shown, "登録する")["data"]
    phone.does({"type": "postback", "timestamp": now - 60_000, "postback": {"data": data}})

    phone.blocks(timestamp=now - 30_000)

    assert happened(phone.subscriber) == [["joined", "due_date", "stopped_by_subscriber"]]


def test_what_happened_is_dated_when_it_became_known(phone: Phone) -> None:
    phone.joins(in_days(56))
    before = datetime.now(UTC)

    phone.blocks(timestamp=int((before + timedelta(hours=1)).timestamp() * 1000))

    assert phone.subscriber is not None
    at = phone.subscriber.enrolments[0].history[-1].at
    assert before - timedelta(seconds=1) <= at <= datetime.now(UTC)


def test_a_reply_that_line_does_not_take_changes_nothing_of_what_was_done(
    phone: Phone, world: World
) -> None:
    phone.joins(in_days(56))
    world.fail(provider="line", kind="server_error", operation="reply")

    assert phone.writes("停止") == []

    assert happened(phone.subscriber)[0][-1] == "stopped_by_subscriber"
    counts = urllib3.request("GET", f"{world.standins.url}/_standins/counts").json()
    replies = [each for each in counts["calls"] if each["operation"] == "reply"]
    assert max((each["status"], each["number"]) for each in replies) == (500, 1)


def test_an_event_that_cannot_be_handled_comes_back_and_then_is_handled(
    phone: Phone, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.joins(in_days(56))
    phone.tell({"type": "unfollow"})
    (record,) = world.take("LineEventQueue")
    table = world.store.accounts
    account = table.get("bunkyo")
    assert account is not None
    table._table.put_item(Item={"pk": "ACCOUNTS", "sk": "bunkyo", "account": {"id": "bunkyo"}})

    first = chat.handler({"Records": [record]}, Context())
    table.put(account)
    second = chat.handler({"Records": [record]}, Context())

    assert first == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    assert second == {"batchItemFailures": []}
    assert happened(phone.subscriber)[0][-1] == "stopped_by_subscriber"


def test_what_was_handled_is_not_kept(phone: Phone, world: World) -> None:
    phone.writes("ないしょの話")

    items = world.store.seen._table.scan()["Items"]
    assert "ないしょの話" not in json.dumps(items, default=str)
    assert [item["id"][:5] for item in items] == ["SEEN#"]


def test_neither_queue_nor_log_holds_who_wrote_what(
    phone: Phone, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "line-chat")
    phone.joins(in_days(56))
    phone.writes("ないしょの話")

    logged = " ".join(str(vars(r)) for r in caplog.records if r.name.startswith("line"))
    assert "replied" in logged
    for private in (USER, "ないしょの話", str(in_days(56))):
        assert private not in logged
        assert private not in " ".join(world.queued)


def test_how_far_people_come_in_the_chat_is_counted(world: World, phone: Phone) -> None:
    phone.joins(in_days(56))
    phone.follows()

    month = Month.of(today())
    assert world.store.touchpoints.counts("bunkyo", month, month) == {
        "line": Funnel(opened=2, started=1, confirmed=1)
    }
