"""The office at its desks: the day, a subscriber, an announcement, figures, on the platform."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from time import monotonic as time_now
from time import sleep as wait
from typing import Any

import pytest

from cli.target import Target
from cli.tick import tick, wait_for_queues
from local.platform import Platform, provide_credentials
from shared.console.roles import Role
from shared.rules.account import Delivery
from shared.rules.dates import JST
from shared.store.store import Store
from tests.journeys.desk import NARROW, Desk
from tests.world import bunkyo, pregnant, texts

pytestmark = [pytest.mark.platform, pytest.mark.browser]

TODAY = datetime.now(JST).date()
LONG = "とてもながいなまえのまちのこどもかていしえんかのみなさまとごかぞくのための町"


@pytest.fixture(scope="module")
def town(platform: Platform, target: Target) -> Iterator[Store]:
    """A town with a name of 40 characters and three readers, of whose day one run is over."""
    store = target.store
    naga = replace(bunkyo(name=LONG, code="252018"), id="naga")
    store.accounts.put(naga)
    store.content.publish("naga", texts())
    provide_credentials(platform.address, store.accounts)
    people = [
        replace(
            pregnant(n, due=TODAY + timedelta(days=56), nickname="まめ"),
            id=f"naga-{n}",
            account="naga",
            address=f"naga{n}@example.jp",
        )
        for n in range(3)
    ]
    assert sum(store.subscribers.add(people, {"naga": 1})) == 3
    for minute in (0, 15):
        tick(target, datetime.combine(TODAY, time(10, minute), JST))
        wait_for_queues(target)
    yield store
    (settings,) = naga.settings
    store.accounts.put(replace(naga, settings=(replace(settings, delivery=Delivery.EXTERNAL),)))


@pytest.fixture
def desk(browser: Any, platform: Platform, town: Store) -> Callable[..., Desk]:
    """Gives desks: one for each of the staff."""

    def of(role: Role, *, width: int | None = None) -> Desk:
        url = platform.address.pages_url
        return Desk(browser, url, role, width=width) if width else Desk(browser, url, role)

    return of


def test_the_day_is_seen_at_a_glance_and_held_and_let_go(desk: Callable[..., Desk]) -> None:
    editor = desk(Role.EDITOR)
    editor.says("今日", LONG)
    editor.look("console-today")
    editor.follow(LONG)
    editor.says("完了", "メール")
    editor.look("console-run")

    editor.follow("一時停止する")
    editor.page.get_by_label("理由").fill("文面を確認するため")
    editor.look("console-pause")
    editor.press("一時停止する")
    editor.says("一時停止しました", "文面を確認するため")
    editor.follow(LONG)
    editor.follow("再開する")
    editor.press("再開する")
    editor.says("再開しました")


def test_the_page_of_the_day_renews_itself(desk: Callable[..., Desk], town: Store) -> None:
    viewer = desk(Role.VIEWER)
    assert "一時停止中です" not in viewer.page.locator("main").inner_text()
    who = desk(Role.EDITOR)
    who.open("/console/today/naga/pause")
    who.page.get_by_label("理由").fill("ためし")
    who.press("一時停止する")

    viewer.page.get_by_text("一時停止中です").wait_for(timeout=15_000)

    who.open("/console/today/naga/resume")
    who.press("再開する")


def test_somebody_who_calls_is_found_understood_and_helped(desk: Callable[..., Desk]) -> None:
    editor = desk(Role.EDITOR)
    editor.open("/console/subscribers")
    editor.look("console-find")
    editor.page.get_by_label("メールアドレス、電話番号").fill("naga1@example.jp")
    editor.press("さがす")
    assert "naga1@example.jp" not in editor.page.url
    editor.says("n…@example.jp", "送りました", "まめ：登録しました")
    editor.look("console-subscriber")

    editor.follow("配信を止める")
    editor.says("理由は聞かず")
    editor.look("console-stop")
    editor.press("止める")
    editor.says("止めました", "停止")


def test_an_announcement_is_written_by_one_and_approved_by_another(
    desk: Callable[..., Desk],
) -> None:
    editor = desk(Role.EDITOR)
    editor.open("/console/announcements/new")
    editor.page.get_by_label("題名").fill("断水のお知らせ")
    editor.page.get_by_label("本文").fill("あす、断水があります。")
    editor.page.get_by_label("SMSの文").fill("断水のお知らせです")
    editor.page.get_by_label(LONG).check()
    editor.look("console-announcement")
    editor.press("人数と費用を確認する")
    editor.says("届く人数", LONG)
    editor.look("console-announcement-check")
    editor.press("保存して、承認にすすむ")
    editor.says("承認待ち")
    where = editor.page.url.partition("/console")[2]

    reviewer = desk(Role.REVIEWER)
    reviewer.open(f"/console{where}")
    reviewer.press("承認する")
    reviewer.says("承認済み", "確認 次郎")
    reviewer.look("console-announcement-approved")
    reviewer.press("取り下げる")
    reviewer.says("取り下げ")


def test_a_text_is_written_by_one_and_published_by_another(desk: Callable[..., Desk]) -> None:
    editor = desk(Role.EDITOR)
    editor.open("/console/texts")
    editor.look("console-texts")
    editor.follow(LONG)
    editor.look("console-texts-days")
    editor.open("/console/texts/naga/pregnancy/230")
    editor.page.get_by_label("題名").fill("あたらしい題名")
    editor.page.get_by_label("本文").fill("あたらしい本文です。")
    editor.press("見てみる")
    editor.says("見え方", "あたらしい本文です。")
    editor.look("console-text")
    editor.press("下書きに残す")
    editor.follow("変更と版")
    editor.press("公開を頼む")

    reviewer = desk(Role.REVIEWER)
    reviewer.open("/console/texts/naga/changes")
    reviewer.says("あたらしい本文です。", "編集 三郎")
    reviewer.look("console-text-changes")
    reviewer.press("この内容で公開する")
    reviewer.says("公開しました", "確認 次郎")


def test_an_account_is_looked_after_and_its_credentials_are_tried(
    desk: Callable[..., Desk],
) -> None:
    admin = desk(Role.ADMIN)
    admin.open("/console/accounts")
    admin.says(LONG)
    admin.look("console-accounts")
    admin.open("/console/accounts/naga")
    admin.look("console-account")
    for part in ("change", "credentials", "touchpoints", "end"):
        assert admin.open(f"/console/accounts/naga/{part}") == 200
        admin.look(f"console-account-{part}")


def test_figures_are_counted_reviewed_by_another_and_shared(
    desk: Callable[..., Desk], target: Target
) -> None:
    asks = desk(Role.ADMIN)
    asks.open("/console/au")
    asks.press("いまの数を数える")
    asks.says("計測を頼みました")
    _until(lambda: any(e.requested_by == "管理 花子" for e in target.store.snapshots.reviews()))
    asks.open("/console/au")
    asks.look("console-au")
    asks.open("/console/au/forecast?registrations=40")
    asks.says("月40件の登録なら", "20%の目標")
    asks.look("console-forecast")
    asks.open("/console/au/external")
    asks.look("console-external")

    reviewer = desk(Role.REVIEWER)
    reviewer.open("/console/au")
    reviewer.follow("internal-")
    reviewer.page.get_by_label("コメントを書く").fill("増え方を確かめました。")
    reviewer.press("残す")
    reviewer.press("この数でよいと確認する")
    reviewer.says("確認済み", "増え方を確かめました。")
    reviewer.look("console-review")
    reviewer.press("職員みんなにメールで知らせる")
    reviewer.says("メールを送りはじめました")
    _until(lambda: any(e.shared_by == "確認 次郎" for e in target.store.snapshots.reviews()))
    reviewer.page.reload()
    reviewer.says("共有した人")
    with reviewer.page.expect_download() as download:
        reviewer.page.get_by_role("link", name="団体の報告書").first.click()
    assert download.value.suggested_filename.endswith("accounts-1.zip")


def _until(so: Callable[[], bool]) -> None:
    """Wait for what a Lambda does by itself."""
    deadline = time_now() + 60
    while not so():
        assert time_now() < deadline
        wait(0.2)


def test_what_was_done_is_on_record(desk: Callable[..., Desk]) -> None:
    viewer = desk(Role.VIEWER)
    viewer.open("/console/audit")
    viewer.says("編集 三郎", "stopped a subscriber")
    viewer.look("console-audit")


@pytest.mark.parametrize(
    "path",
    [
        *("/console/today", "/console/today/naga", "/console/announcements", "/console/audit"),
        *("/console/au", "/console/au/forecast", "/console/au/external"),
        *("/console/texts", "/console/texts/naga", "/console/texts/naga/pregnancy/230"),
        *("/console/accounts", "/console/accounts/naga", "/console/accounts/naga/credentials"),
    ],
)
def test_it_fits_a_phone(desk: Callable[..., Desk], path: str) -> None:
    narrow = desk(Role.ADMIN, width=NARROW)
    assert narrow.open(path) == 200
    narrow.look(f"console-phone{path.replace('/', '-')}")


def test_a_viewer_is_not_let_near_subscribers(desk: Callable[..., Desk]) -> None:
    viewer = desk(Role.VIEWER)

    assert viewer.open("/console/subscribers") == 403
    viewer.says("別の権限が必要です")


def test_signing_out_ends_it(desk: Callable[..., Desk]) -> None:
    viewer = desk(Role.VIEWER)
    viewer.press("サインアウト")
    # Over here, and then, by itself, at the provider too.
    viewer.page.wait_for_url("**/oauth2/end_session**")

    viewer.open("/console/audit")
    assert "/oauth2/authorize" in viewer.page.url


def test_the_keyboard_alone_reaches_everything(desk: Callable[..., Desk]) -> None:
    viewer = desk(Role.VIEWER)
    page, reached = viewer.page, []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))

    assert reached[0] == "本文へ"
    assert {"今日", "AU", "文面", "団体", "記録", "サインアウト"} <= set(reached)
