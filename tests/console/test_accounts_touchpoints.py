"""Touchpoints and staff in the console."""

from datetime import UTC, datetime

import pytest

from shared.rules.dates import jst_date
from shared.rules.touchpoint import Step
from shared.store.staff import Colleague
from tests.console.conftest import Console
from tests.console.test_accounts import noted

ALL, STAFF = "/console/accounts/bunkyo/touchpoints", "/console/staff"
PAN = {"touchpoint": "pan-ya", "name": "駅前のパン屋"}


def test_a_touchpoint_is_added_with_its_link_and_its_code(console: Console) -> None:
    answer = console.at("editor").post(ALL, PAN)
    page = console.at("viewer").get(answer.location)
    code = console.at("viewer").get(f"{ALL}/pan-ya/qr.svg")

    assert answer.location == f"{ALL}/pan-ya?done=add"
    assert "https://kizuna.example.jp/join/bunkyo/pan-ya" in page.text
    assert f'src="{ALL}/pan-ya/qr.svg"' in page.body
    assert code.body.startswith("<?xml")
    assert "<svg" in code.body
    assert noted(console) == [("編集 三郎", "added a touchpoint", "bunkyo/pan-ya")]


def test_all_are_listed_with_who_came_through_each(console: Console) -> None:
    console.post(ALL, PAN)
    today = jst_date(datetime.now(UTC))
    for step in (*[Step.OPENED] * 4, Step.STARTED, Step.CONFIRMED):
        console.world.store.touchpoints.count("bunkyo", "pan-ya", step, today)

    text = console.at("viewer").get(ALL).text

    assert "駅前のパン屋 pan-ya 使える 4 1 1 25.0%" in text
    assert "ホームページ web 使える 0 0 0 -" in text
    assert "入口を加える" not in text, "a viewer adds none"


def test_a_touchpoint_is_renamed_closed_and_opened_again(console: Console) -> None:
    console.post(ALL, PAN)
    editor, store = console.at("editor"), console.world.store

    editor.post(f"{ALL}/pan-ya/rename", {"name": "駅裏のパン屋"})
    editor.post(f"{ALL}/pan-ya/close")
    closed = store.touchpoints.get("bunkyo", "pan-ya")
    page = console.get(f"{ALL}/pan-ya").text
    twice = editor.post(f"{ALL}/pan-ya/close")
    editor.post(f"{ALL}/pan-ya/reopen")

    assert (closed.name, closed.closed) == ("駅裏のパン屋", True)
    assert "に閉じました" in page
    assert twice.status == 409
    assert not store.touchpoints.get("bunkyo", "pan-ya").closed
    whats = [what.removesuffix(" a touchpoint") for _, what, _ in noted(console)]
    assert whats == ["added", "renamed", "closed", "reopened"]


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"touchpoint": "パン"}, "IDは、英小文字・数字・ハイフンで"),
        ({"touchpoint": ""}, "IDは、英小文字"),
        ({"touchpoint": "web"}, "このIDの入口は、もうあります"),
        ({"name": ""}, "名前は、1行、40文字まで"),
        ({"name": "パ" * 41}, "名前は、1行、40文字まで"),
        ({"name": "パン\n屋"}, "名前は、1行、40文字まで"),
    ],
)
def test_what_is_wrong_is_one_clear_line_and_the_form_again(
    console: Console, wrong: dict[str, str], line: str
) -> None:
    answer = console.post(ALL, {**PAN, **wrong})

    assert answer.status == 422
    assert line in answer.text
    assert len(console.world.store.touchpoints.of("bunkyo")) == 2, "those that are built in"


def test_what_every_account_has_stays_as_it_is(console: Console) -> None:
    assert "名前を変えたり閉じたりはできません" in console.get(f"{ALL}/web").text
    assert console.post(f"{ALL}/web/close").status == 409
    assert console.post(f"{ALL}/web/rename", {"name": "x"}).status == 409
    assert console.post(f"{ALL}/web/rename", {"name": ""}).status == 422


@pytest.mark.parametrize("path", ["/none", "/none/qr.svg"])
def test_a_touchpoint_that_is_none_has_a_calm_page(console: Console, path: str) -> None:
    assert console.get(ALL + path).status == 404
    assert console.post(f"{ALL}/none/close").status == 404
    assert console.post(f"{ALL}/web/burn").status == 404


def test_a_viewer_changes_no_touchpoint(console: Console) -> None:
    assert console.at("viewer").post(ALL, PAN).status == 403
    assert console.at("viewer").post(f"{ALL}/web/close").status == 403


# Staff.


def test_staff_are_added_and_removed_and_no_name_is_on_record(console: Console) -> None:
    console.post(STAFF, {"name": "山田花子", "email": "hanako@Example.jp"})
    page = console.get(f"{STAFF}?done=added").text
    asked = console.post(f"{STAFF}/remove", {"name": "山田花子"})
    there = list(console.world.store.staff)
    gone = console.post(f"{STAFF}/remove", {"name": "山田花子", "step": "save"})

    assert "山田花子 hanako@example.jp" in page
    assert "これからは、共有のメールが届きません" in asked.text
    assert there == [Colleague("山田花子", "hanako@example.jp")]
    assert gone.location == f"{STAFF}?done=removed"
    assert list(console.world.store.staff) == []
    assert [(what, about) for _, what, about in noted(console)] == [
        ("added a colleague", "staff"),
        ("removed a colleague", "staff"),
    ]


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"name": ""}, "名前は、1行、40文字まで"),
        ({"name": "山" * 41}, "名前は、1行、40文字まで"),
        ({"email": "hanako"}, "メールアドレスは、hanako@example.jp のように"),
        ({"name": "Sora"}, "この名前のかたは、もういます"),
    ],
)
def test_a_colleague_who_cannot_be_is_not_added(
    console: Console, wrong: dict[str, str], line: str
) -> None:
    console.world.store.staff.add(Colleague("Sora", "sora@example.jp"))

    answer = console.post(STAFF, {"name": "花子", "email": "hanako@example.jp", **wrong})

    assert answer.status == 422
    assert line in answer.text
    assert len(list(console.world.store.staff)) == 1


def test_who_is_none_of_the_staff_cannot_be_removed(console: Console) -> None:
    assert console.post(f"{STAFF}/remove", {"name": "x", "step": "save"}).status == 422


@pytest.mark.parametrize("role", ["viewer", "editor", "reviewer"])
def test_only_an_administrator_sees_and_changes_the_staff(console: Console, role: str) -> None:
    assert console.at(role).get(STAFF).status == 403
    assert console.at(role).post(STAFF, {"name": "x", "email": "x@example.jp"}).status == 403
    assert list(console.world.store.staff) == []
