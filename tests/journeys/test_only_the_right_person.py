"""Only the right person: each as the one whom it is about, and as another who holds a link."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.journeys.phone import Phone
from tests.journeys.test_parents import (
    TODAY,
    dispatch,
    inbox,
    join_by_email,
    link,
    phone,
    quarter,
    town,
)

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
