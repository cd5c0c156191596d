"""What an officer sees, and what needs a person today."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.console.roles import Role
from tests.au.sample import november
from tests.au_report.made import review_of
from tests.console.conftest import Console
from tests.template import client

NOVEMBER = "month_end-2026-11"


@pytest.fixture
def officer(console: Console) -> Console:
    store = console.world.store
    store.snapshots.keep(november(150))
    store.snapshots.note(review_of(november(150)))
    return console.at(Role.OFFICER)


def test_an_officer_sees_nothing_until_it_was_shared_and_then_their_own(officer: Console) -> None:
    before = officer.get("/console/mine")
    snapshots = officer.world.store.snapshots
    old = snapshots.review(NOVEMBER)
    snapshots.update(old, replace(old, shared_by="確認 次郎", shared_at=datetime.now(UTC)))
    after = officer.get("/console/mine")

    assert "まだありません" in before.text
    assert f"/reports/{NOVEMBER}/bunkyo.html" in after.body
    assert "naha" not in after.body
    assert "文京区の報告書" in after.text


def test_an_officer_is_led_to_their_page_and_let_near_no_other(officer: Console) -> None:
    assert officer.get("/console").location == "/console/mine"
    for path in ("/console/today", "/console/au", f"/console/au/{NOVEMBER}", "/console/audit"):
        assert officer.get(path).status == 403


def test_dead_letters_stand_on_top_of_the_day(console: Console) -> None:
    url = console.world.refs["SmsNoticeDeadQueue"]
    client("sqs").send_message(QueueUrl=url, MessageBody="{}")

    shown = console.at("viewer").get("/console/today").text

    assert "SMSの確認・案内：1件が5回失敗して止まっています" in shown
