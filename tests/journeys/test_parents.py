"""Parents on their phones: they join, correct, give birth, stop, lose, return; on the platform.

The pages live in today; a day's messages are dispatched on days to come, each test on its own.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import urllib3

from cli.target import Target
from cli.tick import tick, wait_for_queues
from local.platform import Platform, provide_credentials
from shared.rules.account import Channel, Delivery
from shared.rules.dates import JST
from shared.store.pauses import Pause
from shared.store.store import Store
from tests.journeys.phone import Phone
from tests.world import bunkyo, texts

pytestmark = [pytest.mark.platform, pytest.mark.browser]

TODAY = datetime.now(JST).date()
FIRST_DAY = TODAY + timedelta(days=30)
"""Far from the days on which other tests dispatch; whoever is due then is due today as well."""

DAYS = itertools.count()


@pytest.fixture(scope="module")
def town(platform: Platform, target: Target) -> Iterator[Store]:
    """大津市, with a text for every day and no other, and its own LINE account and numbers.
    Afterwards it sends through another system, so that other tests' days are without it.
    """
    store = target.store
    common = store.content.load("common", store.content.published("common"))
    store.content.publish("common", {})
    otsu = replace(bunkyo(name="大津市", code="252018"), id="otsu")
    store.accounts.put(otsu)
    store.content.publish("otsu", texts())
    provide_credentials(platform.address, store.accounts)
    yield store
    store.content.publish("common", common)
    (settings,) = otsu.settings
    store.accounts.put(replace(otsu, settings=(replace(settings, delivery=Delivery.EXTERNAL),)))


@pytest.fixture
def phone(browser: Any, platform: Platform, town: Store) -> Iterator[Callable[[], Phone]]:
    """Gives phones: one for each person."""
    return lambda: Phone(browser, platform.address.pages_url)


@pytest.fixture
def quarter(target: Target, town: Store) -> Callable[[datetime], None]:
    """A tick at a time of day, and all that follows from it."""

    def one_tick(now: datetime) -> None:
        tick(target, now)
        wait_for_queues(target)

    return one_tick


@pytest.fixture
def dispatch(quarter: Callable[[datetime], None]) -> Callable[[], date]:
    """Dispatches a day that nobody dispatched before, and gives it."""

    def one_day() -> date:
        now = ten_o_clock()
        quarter(now)
        quarter(now + timedelta(minutes=15))
        return now.date()

    return one_day


def ten_o_clock() -> datetime:
    """Ten o'clock of a day that nobody dispatched before."""
    return datetime.combine(FIRST_DAY + timedelta(days=next(DAYS)), time(10), JST)


@pytest.fixture
def inbox(platform: Platform, target: Target) -> Callable[[str], list[str]]:
    """The texts that somebody got, the oldest first, once the queues are empty."""

    def of(address: str) -> list[str]:
        wait_for_queues(target)
        url = f"{platform.address.pages_url}/_standins/sent"
        found = urllib3.request("GET", url, fields={"recipient": address}).json()
        return [each["text"] for each in found]

    return of


def link(text: str, kind: str) -> str:
    """The link of a kind in a message."""
    (found,) = set(re.findall(rf"http://[\d.:]+/{kind}/[\w.-]+", text))
    return str(found)


def day_of_pregnancy(due: date, day: date) -> int:
    return 280 - (due - day).days


def fill_in(page: Any, *, born: bool = False, day: date, channel: str, address: str) -> None:
    """Fill in the form of joining, as one does."""
    page.get_by_label("お子さんがいる" if born else "妊娠中").first.check()
    page.get_by_label("出産予定日、または生まれた日").first.fill(day.isoformat())
    page.get_by_label(channel, exact=False).first.check()
    if address:
        name = "メールアドレス" if "@" in address else "携帯電話の番号"
        page.get_by_label(name).fill(address)
    page.get_by_label("同意する").check()


def ask_by_email(someone: Phone, address: str, day: date, *, born: bool = False) -> None:
    """Fill in the form, up to the mail."""
    someone.open("/join/otsu/web")
    fill_in(someone.page, born=born, day=day, channel="メール", address=address)
    someone.press("確認へ進む")
    someone.press("この内容で登録する")
    someone.says("メールをお送りしました")


def join_by_email(someone: Phone, inbox: Any, address: str, due: date) -> str:
    """Join by email and return the link to the own page."""
    ask_by_email(someone, address, due)
    someone.open(link(inbox(address)[-1], "confirm"))
    someone.press("登録する")
    someone.says("登録しました")
    return str(someone.page.get_by_role("link", name="登録の確認・変更").get_attribute("href"))


def test_join_by_email_then_correct_the_date_stop_and_return(  # noqa: PLR0915 - one life
    phone: Callable[[], Phone],
    inbox: Callable[[str], list[str]],
    dispatch: Callable[[], date],
) -> None:
    mother, address = phone(), "mother1@example.jp"
    due = TODAY + timedelta(days=100)

    mother.open("/join/otsu/web")
    mother.look("join-1-form")
    fill_in(mother.page, day=due, channel="メール", address=address)
    mother.press("確認へ進む")
    mother.says("25週5日", address)
    mother.look("join-2-check")
    mother.press("この内容で登録する")
    mother.says("メールをお送りしました", "24時間")
    mother.look("join-3-sent")
    assert inbox(address)[0].count("http") == 1

    mother.open(link(inbox(address)[0], "confirm"))
    mother.look("join-4-confirm")
    mother.press("登録する")
    mother.says("登録しました")
    mother.look("join-5-welcome")
    day = dispatch()
    (_, message) = inbox(address)
    assert f"本文{day_of_pregnancy(due, day)}です。" in message

    mother.open(link(message, "me"))
    mother.says("25週5日")
    mother.look("own-1-page")
    mother.follow("出産予定日をなおす")
    mother.look("own-2-due-date")
    later = due + timedelta(days=7)
    mother.page.locator("input[type=date]").fill(later.isoformat())
    mother.press("確認へ進む")
    mother.press("この日にする")
    mother.says("変更しました")
    day = dispatch()
    assert f"本文{day_of_pregnancy(later, day)}です。" in inbox(address)[-1]

    mother.open(link(inbox(address)[-1], "stop"))
    mother.look("stop-1-ask")
    mother.press("すべての配信を止める")
    mother.says("配信を止めました")
    mother.look("stop-2-done")
    before = inbox(address)
    dispatch()
    assert inbox(address) == before

    ask_by_email(mother, address, later)
    mother.open(link(inbox(address)[-1], "confirm"))
    mother.press("はい、わたしの登録です")
    mother.says("止まっている配信を、どうしますか")
    mother.look("return-1-asked")
    mother.page.get_by_label("もう一度はじめる").check()
    mother.press("えらんだとおりにする")
    mother.says("登録しました")
    day = dispatch()
    assert len(inbox(address)) == len(before) + 2
    assert f"本文{day_of_pregnancy(later, day)}です。" in inbox(address)[-1]


def test_join_by_sms_with_a_code_and_read_the_whole_text(
    phone: Callable[[], Phone],
    inbox: Callable[[str], list[str]],
    dispatch: Callable[[], date],
) -> None:
    father, number = phone(), "+819011112222"
    born = TODAY - timedelta(days=20)

    father.open("/join/otsu/web")
    fill_in(father.page, born=True, day=born, channel="SMS", address="090-1111-2222")
    father.press("確認へ進む")
    father.says("生後20日")
    father.press("この内容で登録する")
    father.look("sms-1-code")
    (code,) = re.findall(r"\d{6}", inbox(number)[0])
    wrong = "000000" if code != "000000" else "111111"
    father.page.get_by_label("確認番号").fill(wrong)
    father.press("確認する")
    father.look("sms-2-wrong-code")
    father.page.get_by_label("確認番号").fill(code)
    father.press("確認する")
    father.says("登録しました")

    day = dispatch()
    notice = inbox(number)[-1]
    assert f"育児{(day - born).days}" in notice
    father.open(link(notice, "m"))
    father.says(f"{(day - born).days}日目です。")
    father.look("sms-3-whole-text")


def test_who_moves_to_a_phone_while_mails_are_held_gets_the_message_there(
    phone: Callable[[], Phone],
    inbox: Callable[[str], list[str]],
    quarter: Callable[[datetime], None],
    town: Store,
) -> None:
    mother, address, number = phone(), "mother4@example.jp", "+819033334444"
    due = TODAY + timedelta(days=100)
    own = join_by_email(mother, inbox, address, due)
    mails = inbox(address)
    ten = ten_o_clock()
    assert town.pauses.put(Pause("otsu", Channel.EMAIL, ten, "sora", "a wrong text"))
    quarter(ten)

    mother.open(own)
    mother.follow("受けとりかた・あて先を変える")
    mother.look("move-1-where-to")
    mother.page.get_by_label("SMS", exact=False).first.check()
    mother.page.get_by_label("携帯電話の番号").fill("090-3333-4444")
    mother.press("確認へ進む")
    (code,) = re.findall(r"\d{6}", inbox(number)[0])
    mother.page.get_by_label("確認番号").fill(code)
    mother.press("確認する")
    mother.says("変更しました")
    mother.look("move-2-done")
    town.pauses.lift("otsu", Channel.EMAIL)
    quarter(ten + timedelta(minutes=15))
    quarter(ten + timedelta(minutes=30))

    _, notice = inbox(number)
    assert f"お知らせ{day_of_pregnancy(due, ten.date())}" in notice
    assert inbox(address) == mails


def test_a_birth_is_registered_after_the_due_date_and_nobody_guesses_it(
    phone: Callable[[], Phone],
    inbox: Callable[[str], list[str]],
    dispatch: Callable[[], date],
    town: Store,
) -> None:
    mother, address = phone(), "mother2@example.jp"
    due = FIRST_DAY + timedelta(days=next(DAYS) - 2)
    own = join_by_email(mother, inbox, address, due)

    dispatch()
    assert "お子さんが生まれたかたは" in inbox(address)[-1]
    assert "おめでとう" not in inbox(address)[-1]

    mother.open(own)
    mother.follow("出産の登録")
    mother.look("birth-1-date")
    born = TODAY - timedelta(days=1)
    mother.page.locator("#day").fill(born.isoformat())
    mother.press("確認へ進む")
    mother.says("生後1日")
    mother.look("birth-2-check")
    mother.press("この内容で登録する")
    mother.says("登録しました")
    mother.look("birth-3-done")
    day = dispatch()
    assert f"お子さんの{(day - born).days}日目です。" in inbox(address)[-1]


def test_after_a_loss_nothing_of_any_kind_comes_and_the_father_is_offered_the_same(
    phone: Callable[[], Phone],
    inbox: Callable[[str], list[str]],
    dispatch: Callable[[], date],
) -> None:
    mother, address = phone(), "mother3@example.jp"
    father, fathers = phone(), "father3@example.jp"
    due = TODAY + timedelta(days=120)
    own = join_by_email(mother, inbox, address, due)
    mother.open(own)
    mother.look("family-1-own-page")
    mother.follow("家族を招待")
    mother.press("招待のリンクをつくる")
    mother.look("family-2-invitation")
    invitation = link(mother.page.content(), "with")

    father.open(invitation)
    father.look("family-3-join")
    father.page.get_by_label("メール", exact=False).first.check()
    father.page.get_by_label("メールアドレス").fill(fathers)
    father.page.get_by_label("同意する").check()
    father.press("確認へ進む")
    father.press("この内容で登録する")
    father.open(link(inbox(fathers)[-1], "confirm"))
    father.press("登録する")
    dispatch()
    assert len(inbox(address)) == len(inbox(fathers)) == 2

    mother.open(own)
    mother.follow("すべての配信を止める")
    mother.look("loss-1-stop")
    mother.press("すべての配信を止める")
    mother.says("配信を止めました")
    dispatch()

    assert len(inbox(address)) == 2
    offers = [each for each in inbox(fathers) if "いつでも止められます" in each]
    assert len(offers) == 1
    father.open(link(offers[0], "me"))
    father.follow("すべての配信を止める")
    father.press("すべての配信を止める")
    before = inbox(fathers)
    dispatch()
    assert inbox(fathers) == before
    assert len(inbox(address)) == 2


def test_join_and_stop_in_the_line_chat_and_come_back(
    phone: Callable[[], Phone], dispatch: Callable[[], date]
) -> None:
    parent = phone()
    due = TODAY + timedelta(days=80)
    parent.open("/inbox")
    parent.page.get_by_label("LINEで友だち追加する").select_option(label="大津市")
    parent.press("友だち追加")
    parent.look("line-1-greeting")
    pick(parent, "妊娠中です", due)
    parent.says("28週4日")
    parent.look("line-2-check")
    parent.press("登録する")
    parent.says("止めたいときは")
    parent.look("line-3-registered")

    day = dispatch()
    parent.page.reload()
    parent.says(f"本文{day_of_pregnancy(due, day)}です。")

    parent.press("配信を止める")
    parent.page.reload()
    parent.says("すべての配信を止めました。")
    parent.look("line-4-stopped")
    dispatch()
    parent.page.reload()
    assert parent.page.locator("main").inner_text().count("本文") == 1

    parent.press("ブロックする")
    parent.press("ブロックを解除する")
    dispatch()
    parent.page.reload()
    assert parent.page.locator("main").inner_text().count("本文") == 1

    pick(parent, "妊娠中です", due)
    parent.press("登録する")
    day = dispatch()
    parent.page.reload()
    parent.says(f"本文{day_of_pregnancy(due, day)}です。")


def test_join_on_the_web_with_line_as_the_channel(
    phone: Callable[[], Phone], dispatch: Callable[[], date], town: Store
) -> None:
    parent = phone()
    parent.open("/join/otsu/web")
    fill_in(parent.page, day=TODAY + timedelta(days=60), channel="LINE", address="")
    parent.press("確認へ進む")
    parent.press("この内容で登録する")
    parent.look("line-login-1-allow")
    parent.press("許可する")
    parent.says("妊娠31週3日", "大津市")
    parent.look("line-login-3-button")
    parent.press("登録する")
    parent.follow("登録の確認・変更")

    parent.says("妊娠31週3日", "LINE")
    parent.look("line-login-2-own-page")


def pick(parent: Phone, button: str, day: date) -> None:
    """Pick a date in the chat, where a button opens a calendar."""
    pressed = parent.page.get_by_role("button", name=button)
    form = parent.page.locator("form").filter(has=pressed).first
    form.locator("input[type=date]").fill(day.isoformat())
    parent.arrive(form.get_by_role("button", name=button).click)
