"""Announcements in the console: written, counted, approved by a second person, withdrawn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.rules.announcement import SECOND_PERSON_FROM, State
from shared.rules.dates import jst_date
from tests.console.conftest import Answer, Console

NEW = "/console/announcements/new"


def form(**changes: str) -> dict[str, str]:
    tomorrow = jst_date(datetime.now(UTC)) + timedelta(days=1)
    filled = {
        "title": "断水のお知らせ",
        "text": "{account}では、\n明日断水があります。",
        "notice": "断水のお知らせです",
        "on": tomorrow.isoformat(),
        "at": "10:00",
        "account-bunkyo": "yes",
        "channel-email": "yes",
        "weeks": "yes",
        "week_from": "4",
        "week_to": "41",
    }
    return {**filled, **changes}


def write(console: Console, **changes: str) -> Answer:
    return console.at("editor").post(NEW, form(step="save", **changes))


def test_who_and_how_many_are_shown_before_anything_is_stored(console: Console) -> None:
    answer = console.at("editor").post(NEW, form(step="check"))

    assert answer.status == 200
    assert "文京区" in answer.text
    assert "妊娠4週から41週" in answer.text
    assert "SMS 1通 2通分" in answer.text
    assert list(console.world.store.announcements) == []


def test_it_is_written_by_one_and_approved_by_another(console: Console) -> None:
    page = write(console).location
    waiting = console.at("editor").get(page)
    refused = console.at("editor").post(f"{page}/approve")
    console.at("reviewer").post(f"{page}/approve")
    approved = console.get(page)

    assert "承認待ち" in waiting.text
    assert refused.status == 403
    assert "承認済み" in approved.text
    assert "確認 次郎" in approved.text
    assert "断水のお知らせ" in console.at("viewer").get("/console/announcements").text


def test_above_the_limit_who_wrote_it_cannot_approve_it(console: Console) -> None:
    page = console.post(NEW, form(step="save")).location
    store = console.world.store
    (one,) = store.announcements
    many = replace(one, id="20261125-bbbbbb", readers=SECOND_PERSON_FROM)
    store.announcements.add(many)

    answer = console.post("/console/announcements/20261125-bbbbbb/approve")

    assert answer.status == 409
    assert store.announcements.get(many.id).state is State.WAITING
    assert console.post(f"{page}/approve").status == 303


def test_it_can_be_withdrawn(console: Console) -> None:
    page = write(console).location

    console.at("editor").post(f"{page}/withdraw")

    assert "取り下げ" in console.get(page).text
    assert console.at("reviewer").post(f"{page}/approve").status == 409


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "題名を書いてください"),
        ({"title": "あ" * 41}, "題名は、40文字まで"),
        ({"text": "{name}さん"}, "使えない差し込みがあります：{name}"),
        ({"on": "soon"}, "2027-01-20 のように"),
        ({"at": "25:00"}, "10:00 のように"),
        ({"week_from": "x"}, "4から41までの数"),
        ({"week_from": "30", "week_to": "20"}, "おわりの数以下"),
        ({"weeks": ""}, "妊娠期か育児期を"),
        ({"account-bunkyo": ""}, "団体を、ひとつ以上"),
        ({"channel-email": ""}, "届け方を、ひとつ以上"),
        ({"on": "2020-01-01"}, "送れません"),
        ({"at": "22:00"}, "送れません"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    console: Console, changes: dict[str, str], said: str
) -> None:
    answer = write(console, **changes)

    assert answer.status == 422
    assert said in answer.text
    assert "断水のお知らせです" in answer.body
    assert list(console.world.store.announcements) == []


def test_a_viewer_writes_none(console: Console) -> None:
    assert console.at("viewer").get(NEW).status == 403
    assert console.at("viewer").post(NEW, form(step="save")).status == 403


def test_one_that_is_not_there_is_told_calmly(console: Console) -> None:
    assert console.get("/console/announcements/x").status == 404
