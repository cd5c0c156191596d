"""Only the right person: each as the one whom it is about, and as another who holds a link."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from shared.rules.dates import JST
from shared.rules.history import Event, Happened
from shared.rules.subscriber import Enrolment, Subscriber
from shared.store.store import Store
from tests.journeys.phone import Phone
from tests.journeys.test_parents import (
    TODAY,
    ask_by_email,
    dispatch,
    fill_in,
    inbox,
    join_by_email,
    link,
    phone,
    quarter,
    town,
)
from tests.world import pregnant

__all__ = ["dispatch", "inbox", "phone", "quarter", "town"]

pytestmark = [pytest.mark.platform, pytest.mark.browser]


def test_after_a_move_the_links_in_the_mailbox_that_was_left_open_and_stop_nothing(
    phone: Callable[[], Phone],
    inbox: Callable[[str], list[str]],
    dispatch: Callable[[], date],
) -> None:
    mother, partner = phone(), phone()
    left, new = "left1@example.jp", "right1@example.jp"
    own = join_by_email(mother, inbox, left, TODAY + timedelta(days=100))
    dispatch()
    mail = inbox(left)[-1]

    mother.open(own)
    mother.follow("受けとりかた・あて先を変える")
    mother.page.get_by_label("メール", exact=False).first.check()
    mother.page.get_by_label("メールアドレス").fill(new)
    mother.look("right-1-move-tells-nothing")
    mother.press("確認へ進む")
    mother.open(link(inbox(new)[-1], "confirm"))
    mother.press("変更する")
    mother.says("変更しました")

    partner.open(link(mail, "me"))
    partner.says("このリンクは使えません")
    partner.open(own)
    partner.says("このリンクは使えません")
    partner.open(link(mail, "stop"))
    partner.says("お届けしていません")
    assert partner.page.get_by_role("button").count() == 0
    partner.look("right-2-old-stop-link")
    before = inbox(left)
    dispatch()
    assert inbox(left) == before
    assert "本文" in inbox(new)[-1]

    mother.open(link(inbox(new)[-1], "me"))
    mother.says(new)
    mother.follow("前のリンクを使えなくする")
    mother.look("right-3-void")
    mother.press("前のリンクを使えなくする")
    mother.says("前のリンクは、すべて使えなくなりました。")
    partner.open(link(inbox(new)[-1], "me"))
    partner.says("このリンクは使えません")


def two_children(name: str, address: str) -> Subscriber:
    """Somebody who joined long ago, expects a child, and has an older one."""
    joined = datetime.combine(TODAY - timedelta(days=150), time(12), JST)
    expected = (
        Event(joined, Happened.JOINED),
        Event(joined, Happened.DUE_DATE, TODAY + timedelta(days=100)),
    )
    born = (
        Event(joined, Happened.JOINED),
        Event(joined, Happened.BIRTH, TODAY - timedelta(days=170)),
    )
    enrolments = (Enrolment("e1", "まめ", expected), Enrolment("e2", "そら", born))
    return replace(pregnant(1), id=name, account="otsu", address=address, enrolments=enrolments)


def test_an_old_stop_link_tells_no_names_and_stops_everything_by_one_button(
    phone: Callable[[], Phone],
    inbox: Callable[[str], list[str]],
    quarter: Callable[[datetime], None],
    dispatch: Callable[[], date],
    town: Store,
) -> None:
    mother, curious, address = phone(), phone(), "right2@example.jp"
    assert sum(town.subscribers.add([two_children("right2", address)], {"otsu": 1})) == 1
    quarter(datetime.combine(TODAY - timedelta(days=100), time(10), JST))
    old = link(inbox(address)[0], "stop")
    dispatch()
    new = link(inbox(address)[-1], "stop")

    mother.open(new)
    assert "そらの配信を止める" in mother.page.content()
    curious.open(old)
    for told in ("そら", "まめ", "か月", "妊娠中"):
        assert told not in curious.page.content()
    assert curious.page.get_by_role("button").count() == 1
    curious.look("right-4-stop-link-after-90-days")

    mother.open(old)
    mother.press("すべての配信を止める")
    mother.says("これから配信は届きません")
    before = inbox(address)
    dispatch()
    assert inbox(address) == before


def test_after_a_loss_a_stranger_s_birth_is_shown_refused_and_starts_nothing(
    phone: Callable[[], Phone],
    inbox: Callable[[str], list[str]],
    dispatch: Callable[[], date],
) -> None:
    mother, stranger, address = phone(), phone(), "right3@example.jp"
    due = TODAY + timedelta(days=60)
    own = join_by_email(mother, inbox, address, due)
    mother.open(own)
    mother.follow("すべての配信を止める")
    mother.press("すべての配信を止める")

    ask_by_email(stranger, address, TODAY - timedelta(days=2), born=True)
    stranger.says("メールをお送りしました")
    mother.open(link(inbox(address)[-1], "confirm"))
    mother.says("あなたの登録ですか")
    mother.look("right-4-whose")
    mother.press("はい、わたしの登録です")
    mother.says("すでに大津市の配信に登録されています", "生後2日", "ホームページ")
    mother.says("止まっている配信を、どうしますか")
    mother.look("right-5-stranger")
    mother.press("えらんだとおりにする")
    mother.says("「止めたままにする」か「もう一度はじめる」を、えらんでください")
    mother.look("right-6-nothing-chosen")
    mother.press("申し込んだのは、わたしではありません")
    mother.says("お申し込みを取り消しました")
    mother.look("right-7-declined")
    before = inbox(address)
    dispatch()
    assert inbox(address) == before

    ask_by_email(stranger, address, TODAY - timedelta(days=2), born=True)
    mother.open(link(inbox(address)[-1], "confirm"))
    mother.press("はい、わたしの登録です")
    mother.page.get_by_label("止めたままにする").check()
    mother.press("えらんだとおりにする")
    mother.says("配信は止めたままです")
    stranger.open("/join/otsu/web")
    ask_again(stranger, address)
    before = inbox(address)
    dispatch()
    assert inbox(address) == before


def ask_again(stranger: Phone, address: str) -> None:
    """The form once more: it comes over the brake."""
    day = TODAY - timedelta(days=2)
    fill_in(stranger.page, born=True, day=day, channel="メール", address=address)
    stranger.press("確認へ進む")
    stranger.press("この内容で登録する")
    stranger.says("少し時間をおいてください")


def test_after_an_erasure_nothing_that_waited_can_be_pressed(
    phone: Callable[[], Phone],
    inbox: Callable[[str], list[str]],
    town: Store,
) -> None:
    mother, other = phone(), phone()
    address, others = "right4@example.jp", "right5@example.jp"
    own = join_by_email(mother, inbox, address, TODAY + timedelta(days=100))
    theirs = join_by_email(other, inbox, others, TODAY + timedelta(days=90))
    ask_by_email(other, address, TODAY - timedelta(days=2), born=True)
    application = link(inbox(address)[-1], "confirm")
    other.open(theirs)
    other.follow("受けとりかた・あて先を変える")
    other.page.get_by_label("メール", exact=False).first.check()
    other.page.get_by_label("メールアドレス").fill(address)
    other.press("確認へ進む")
    move = link(inbox(address)[-1], "confirm")
    assert move != application

    mother.open(own)
    mother.follow("登録を消去する")
    mother.press("消去へ進む")
    mother.press("消去する")
    mother.says("消去しました")

    for waited in (application, move):
        mother.open(waited)
        mother.says("この確認は、もう使えません")
    mother.look("right-8-nothing-waits")
    assert town.subscribers.at_addresses([("otsu", address)]) == {}
    other.open(theirs)
    other.says(others)
