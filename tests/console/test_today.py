"""The day in the console: held and let go by hand, and after the bounce guard has held it."""

from datetime import UTC, datetime, timedelta

from shared.rules.account import Channel
from shared.rules.dates import jst_date
from shared.store.pauses import GUARD, Pause
from tests.console.conftest import Console

HERE = "/console/today/bunkyo"


def held_by_the_guard(console: Console) -> None:
    now = datetime.now(UTC)
    why, day = "too many mails bounced", jst_date(now)
    assert console.world.store.pauses.put(
        Pause("bunkyo", Channel.EMAIL, now - timedelta(hours=1), GUARD, why, day)
    )


def test_an_account_is_held_with_a_reason_and_let_go(console: Console) -> None:
    assert console.at("editor").post(f"{HERE}/pause", {"why": " "}).status == 409
    assert list(console.world.store.pauses) == []

    console.at("editor").post(f"{HERE}/pause", {"why": "文面を確認するため"})
    (pause,) = console.world.store.pauses
    assert (pause.account, pause.channel, pause.by) == ("bunkyo", None, "編集 三郎")
    again = console.at("editor").post(f"{HERE}/pause", {"why": "もう一度"})
    assert "もう、そのようになっています。" in again.text

    console.at("editor").post(f"{HERE}/resume")
    assert list(console.world.store.pauses) == []


def test_what_the_guard_holds_is_let_go_after_its_reason_was_shown(console: Console) -> None:
    held_by_the_guard(console)

    shown = console.at("editor").get(f"{HERE}/resume?channel=email").text
    assert "原因を確かめてから再開" in shown
    done = console.at("editor").post(f"{HERE}/resume", {"channel": "email"})

    assert done.status == 303
    assert list(console.world.store.pauses) == []
    now = datetime.now(UTC)
    (noted,) = console.world.store.audit.of_month(now.year, now.month)
    assert (noted.by, noted.what) == ("編集 三郎", "lifted the pause of email")


def test_another_pause_of_mails_is_no_matter_of_the_guard(console: Console) -> None:
    console.at("editor").post(f"{HERE}/pause", {"why": "点検", "channel": "email"})

    console.at("editor").post(f"{HERE}/resume", {"channel": "email"})

    assert list(console.world.store.pauses) == []
    now = datetime.now(UTC)
    noted = [each.what for each in console.world.store.audit.of_month(now.year, now.month)]
    assert noted[-1] == "resumed email"


def test_a_viewer_holds_nothing(console: Console) -> None:
    assert console.at("viewer").post(f"{HERE}/pause", {"why": "x"}).status == 403
    assert list(console.world.store.pauses) == []
