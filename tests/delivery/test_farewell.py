"""The last day of an account: its farewell once to everybody, and silence from then on."""

from dataclasses import replace
from datetime import date, timedelta

from shared.office.why import explain
from shared.rules.account import Channel
from shared.rules.history import Event, Happened
from shared.rules.message import Due
from shared.rules.stage import Phase, Reason
from shared.rules.subscriber import Enrolment
from shared.rules.text import Text
from tests.world import JOINED, TEN, TODAY, World, bunkyo, pregnant

FAREWELL = Text(
    "文京区からのお知らせ",
    "{account}からのメッセージは、今日でおわりです。",
    "配信は今日で終わります",
)
BORN = (Event(JOINED, Happened.JOINED), Event(JOINED, Happened.BIRTH, date(2025, 11, 20)))


def ends(world: World, farewell: Text | None = FAREWELL) -> None:
    world.store.accounts.put(bunkyo().ended(TODAY, farewell))


def family(number: int, channel: Channel = Channel.EMAIL):
    """Who expects a child and has one that is past the days that have a text."""
    expecting = pregnant(number, channel)
    return replace(expecting, enrolments=(Enrolment("e0", None, BORN), *expecting.enrolments))


def with_a_text_for_nobody(world: World) -> None:
    world.store.content.publish("common", {Due(Phase.PREGNANCY, 30): Text("題", "文", "知")})


def test_the_farewell_stands_at_the_end_of_the_days_message(world: World) -> None:
    ends(world)
    world.add(pregnant(1), pregnant(2, Channel.LINE), pregnant(3, Channel.SMS))

    world.day()

    mail, line, sms = (
        next(each.text for each in world.sent(channel))
        for channel in (Channel.EMAIL, Channel.LINE, Channel.SMS)
    )
    assert mail.index("本文224です。") < mail.index("文京区からのメッセージは、今日でおわりです。")
    assert line.index("本文224です。") < line.index("文京区からのメッセージは、今日でおわりです。")
    assert "お知らせ224" in sms
    assert world.sums().reconciles


def test_whoever_has_no_text_that_day_gets_the_farewell_by_itself(world: World) -> None:
    with_a_text_for_nobody(world)
    ends(world)
    world.add(*(pregnant(n, channel) for n, channel in enumerate(Channel)), family(9))

    world.day()

    assert len(world.sent()) == 4
    assert all(
        FAREWELL.notice in each.text
        if each.channel == Channel.SMS
        else "今日でおわりです。" in each.text
        for each in world.sent()
    )
    assert world.sums().silent == {Reason.NO_MESSAGE_TODAY: 1}


def test_a_family_hears_the_farewell_once(world: World) -> None:
    ends(world)
    world.store.content.publish(
        "common",
        {
            Due(Phase.PREGNANCY, 224): Text("題", "本文224です。", "知"),
            Due(Phase.CHILDCARE, 370): Text("題", "本文370です。", "知"),
        },
    )
    world.add(family(1))

    world.day()
    world.day(TEN + timedelta(hours=1))

    texts = [each.text for each in world.sent()]
    assert len(texts) == 2
    assert sum("今日でおわりです。" in each for each in texts) == 1


def test_from_the_next_day_on_nothing_comes(world: World) -> None:
    ends(world)
    world.add(pregnant(1))
    world.day()

    assert world.tick(TEN + timedelta(days=1))["opened"] == 0
    assert len(world.sent()) == 1


def test_the_last_day_without_a_farewell_is_a_day_like_any_other(world: World) -> None:
    ends(world, None)
    world.add(pregnant(1), family(2))

    world.day()

    assert sum("おわり" in each.text for each in world.sent()) == 0
    assert len(world.sent()) == 2


def test_why_tells_of_the_farewell_before_and_after(world: World) -> None:
    with_a_text_for_nobody(world)
    ends(world)
    world.add(pregnant(1))
    account = world.store.accounts.get("bunkyo")
    subscriber = world.store.subscribers.get("s1")
    settings = account.on(TODAY)

    (before,) = explain(world.store, subscriber, account, settings, TODAY)
    world.day()
    (after,) = explain(world.store, subscriber, account, settings, TODAY)
    tomorrow = TODAY + timedelta(days=1)
    (then,) = explain(world.store, subscriber, account, account.on(tomorrow), tomorrow)

    assert (before.message, before.outcome) == (FAREWELL.title, "planned")
    assert (after.message, after.outcome) == (FAREWELL.title, "accepted")
    assert then.reason is Reason.ACCOUNT_ENDED
