"""From draft to shared: who may review, and what the staff read in their mail."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import urllib3

from functions.au_snapshot import share, snapshot
from shared.rules.account import Account, Channel, Delivery
from shared.rules.review import NotNowError, commented, reviewed
from shared.rules.review import shared as shared_by
from shared.rules.snapshot import State
from shared.store.staff import Colleague
from tests.world import Context, World, bunkyo, pregnant

NAME = "month_end-2026-10"
NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def office(world: World) -> World:
    """An office of two, an account with two subscribers, and an external one without a figure."""
    world.add(pregnant(1), pregnant(2, Channel.LINE, due=date(2026, 12, 1)))
    (settings,) = bunkyo().settings
    away = replace(settings, name="仙台市", delivery=Delivery.EXTERNAL)
    world.store.accounts.put(Account("sendai", (away,)))
    for name in ("花子", "太郎"):
        world.store.staff.add(Colleague(name, f"{len(name)}{ord(name[0])}@kizuna.example.jp"))
    snapshot.handler({"kind": "month_end", "month": "2026-10", "by": "花子"}, Context())
    return world


def ask(**event):
    return share.handler(event, Context())


def review_of(world: World):
    found = world.store.snapshots.review(NAME)
    assert found is not None
    return found


def approve(world: World, by: str = "太郎") -> None:
    old = review_of(world)
    new = commented(reviewed(old, by, NOW, colleagues=2), by, NOW, "仙台市に催促しました。")
    world.store.snapshots.update(old, new)


def test_who_asked_for_a_snapshot_does_not_review_it_where_there_is_another(office):
    review = review_of(office)

    with pytest.raises(NotNowError, match="somebody else of the staff must review it"):
        reviewed(review, "花子", NOW, colleagues=2)
    assert reviewed(review, "太郎", NOW, colleagues=2).state is State.REVIEWED
    assert reviewed(review, "花子", NOW, colleagues=1).state is State.REVIEWED


def test_a_snapshot_is_reviewed_once_and_shared_only_then(office):
    review = review_of(office)
    approved = reviewed(review, "太郎", NOW, colleagues=2)

    with pytest.raises(NotNowError, match="is a draft"):
        shared_by(review, "太郎", NOW)
    with pytest.raises(NotNowError, match="was reviewed by 太郎 already"):
        reviewed(approved, "次郎", NOW, colleagues=2)
    assert shared_by(approved, "花子", NOW).state is State.SHARED


def test_what_was_restated_is_neither_reviewed_nor_shared(office):
    old = replace(review_of(office), restated_by=f"{NAME}-r2")

    for step in (lambda: reviewed(old, "太郎", NOW, colleagues=2), lambda: shared_by(old, "", NOW)):
        with pytest.raises(NotNowError, match=f"was restated by {NAME}-r2"):
            step()


def test_each_of_the_staff_gets_a_mail_with_the_figures_and_a_link(office):
    approve(office)

    answer = ask(snapshot=NAME, by="花子")

    assert answer == {"snapshot": NAME, "state": "shared", "mailed": 2}
    mails = office.sent()
    assert {mail.recipient for mail in mails} == {
        "222826@kizuna.example.jp",
        "233457@kizuna.example.jp",
    }
    text = mails[0].text
    assert mails[0].subject == "【AU】2026年10月末 2人"
    for line in (
        "合計 2人",
        "※未報告の団体があり、合計に含まれていません: 仙台市",
        "文京区　2人（+2）",
        "・仙台市に催促しました。（太郎）",
        f"計測 {NAME}　依頼 花子　確認 太郎",
    ):
        assert line in [each.strip("\u3000") for each in text.splitlines()]
    assert "https://kizuna.example.jp/au/month_end-2026-10." in text
    assert review_of(office).state is State.SHARED


def test_a_draft_is_not_mailed(office):
    with pytest.raises(share.BadEventError, match="is a draft"):
        ask(snapshot=NAME, by="花子")

    assert office.sent() == []


def test_a_crash_before_the_end_leaves_it_to_be_shared_again(office):
    approve(office)
    office.fail(provider="ses", kind="server_error", times=4)

    with pytest.raises(Exception, match="Internal server error"):
        ask(snapshot=NAME, by="花子")
    assert review_of(office).state is State.REVIEWED
    assert ask(snapshot=NAME, by="花子")["mailed"] == 2
    assert review_of(office).state is State.SHARED


@pytest.mark.parametrize(
    "event", [{}, {"snapshot": NAME}, {"snapshot": 1, "by": "x"}, {"snapshot": "x", "by": "y"}]
)
def test_a_bad_event_shares_nothing(office, event):
    with pytest.raises(share.BadEventError):
        ask(**event)

    assert office.sent() == []


def test_the_mails_to_the_staff_take_their_slots_of_ses_s_rate(office, monkeypatch):
    approve(office)
    waited: list[float] = []
    monkeypatch.setattr(share.time, "sleep", waited.append)
    config = {"ses": {"max_send_rate": 4, "verified_domains": ["kizuna.example.jp"]}}
    urllib3.request("PUT", f"{office.standins.url}/_standins/config", json=config)

    ask(snapshot=NAME, by="花子")

    first, second = waited
    assert first == 0
    assert 0 < second <= 0.25


def test_where_the_rate_leaves_no_time_it_is_not_shared_and_may_be_shared_again(office):
    approve(office)

    with pytest.raises(TimeoutError, match="no time for more than 0 mails: share it again"):
        share.handler({"snapshot": NAME, "by": "花子"}, Context(seconds=share.MARGIN_SECONDS - 1))

    assert review_of(office).state is State.REVIEWED
    assert ask(snapshot=NAME, by="花子")["mailed"] == 2
