"""What a form asked for is shown before the button, and a stranger's can be refused there."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.subscriber import Language
from shared.subscribers import actions
from tests.register.parents import (
    JOIN,
    confirmations,
    days,
    everything,
    expecting,
    links,
    location,
    own_path,
    path_of,
    queued,
    stored,
    subscriber_at,
    text_of,
    today,
)
from tests.register.test_family import FATHER
from tests.register.test_pages import request
from tests.world import World, pregnant

HERS = "hana@example.jp"
PHONE = "090-1234-5678"
ASKS = "止まっている配信を、どうしますか"


@pytest.fixture
def known(world: World) -> World:
    """A world in which the address has a record: a pregnancy at 32w0d."""
    due = today().fromisoformat(days(56))
    world.add(replace(pregnant(1, due=due, nickname="まめ"), address=HERS))
    return world


def asked_by_mail(world: World, *, start: str = JOIN, **changed: str) -> str:
    """Somebody fills in the form; the path of the page behind the mail."""
    assert request("POST", start, form=expecting(step="send", **changed))["statusCode"] == 200
    (confirmation,) = confirmations(world)
    return path_of(links().confirm(confirmation))


def look(path: str) -> dict[str, Any]:
    """The page that says what would change, once they have said that the record is theirs."""
    return request("GET", f"{path}?mine=yes")


def press(path: str, form: dict[str, str] | None = None) -> dict[str, Any]:
    """Its button."""
    return request("POST", path, form={"mine": "yes", **(form or {})})


def lost(world: World) -> None:
    """They stop everything."""
    actions.stop(world.store, "s1", datetime.now(UTC))


def test_the_page_behind_the_mail_shows_exactly_what_will_be_registered(world: World) -> None:
    path = asked_by_mail(world, **{"nickname-1": "まめ", "twins-1": "yes", "second-1": "そら"})

    shown = text_of(request("GET", path))

    for each in ("妊娠32週0日", "ふたご", "呼び名 まめ", "呼び名 そら", "文京区", "ホームページ"):
        assert each in shown
    assert "すでに" not in shown
    assert days(56) not in shown
    assert HERS not in shown


def test_the_page_of_the_code_shows_it_before_the_code_and_nothing_of_a_record(
    known: World,
) -> None:
    phone = {"channel": "sms", "phone": PHONE, "nickname-1": "はな"}
    free = location(request("POST", JOIN, form=expecting(step="send", **phone)))
    actions.change(
        known.store,
        "s1",
        lambda old: replace(old, channel=Channel.SMS, address="+819012345678"),
    )
    taken = location(request("POST", JOIN, form=expecting(step="send", **phone)))

    pages = [text_of(request("GET", each)) for each in (free, taken)]

    assert pages[0] == pages[1]
    for each in ("妊娠32週0日", "呼び名 はな", "文京区", "ホームページ"):
        assert each in pages[0]
    assert "まめ" not in pages[0]


def test_who_has_the_code_and_a_record_sees_what_would_change_before_one_more_button(
    known: World,
) -> None:
    actions.change(
        known.store,
        "s1",
        lambda old: replace(old, channel=Channel.SMS, address="+819012345678"),
    )
    form = expecting(step="send", channel="sms", phone=PHONE, **{"day-1": days(63)})
    page = location(request("POST", JOIN, form=form))
    closed = path_of(links().confirm(links().read_code_page(page.removeprefix("/code/"))))
    assert request("GET", closed)["statusCode"] == 410
    assert request("POST", closed)["statusCode"] == 410
    before = stored(known, "s1")

    code = links().code(links().read_code_page(page.removeprefix("/code/")))
    where = location(request("POST", page, form={"code": code}))

    assert where == closed
    assert "出産予定日を変えます（今日で妊娠31週0日になる日）" in text_of(look(where))
    assert stored(known, "s1") == before
    assert "登録しました" in text_of(press(where))
    assert stored(known, "s1") != before


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "妊娠32週0日（登録されているとおりです）"),
        ({"day-1": days(63)}, "出産予定日を変えます（今日で妊娠31週0日になる日）"),
        (
            {"kind-1": "born", "day-1": days(-3)},
            "登録されている妊娠について、生まれた日を登録します（生後3日になる日）",
        ),
        ({"kind-1": "born", "day-1": days(-400)}, "1歳1か月のお子さんを、追加します"),
        ({"nickname-1": "はな"}, "呼び名を「はな」に変えます"),
        ({"nickname-1": "まめ"}, "呼び名 まめ"),
    ],
)
def test_where_the_address_has_a_record_the_page_says_what_would_become_of_it(
    known: World, asked: dict[str, str], said: str
) -> None:
    path = asked_by_mail(known, **asked)

    shown = text_of(look(path))

    assert "このあて先は、すでに文京区の配信に登録されています" in shown
    assert said in shown
    assert ASKS not in shown


def test_another_language_is_shown_where_it_would_change(known: World) -> None:
    path = asked_by_mail(known, start=f"{JOIN}?lang=en")
    shown = text_of(look(path))
    assert "Language English" in shown
    assert stored(known, "s1").language is Language.JAPANESE


def test_an_invitation_is_named_as_one(known: World) -> None:
    world = known
    request("POST", f"{own_path('s1')}/family/e1")
    family = stored(world, "s1").enrolments[0].family or ""
    door = path_of(links().invitation(family, "s1", 0, datetime.now(UTC)))
    request("POST", door, form={**FATHER, "step": "send"})
    (confirmation,) = confirmations(world)

    shown = text_of(request("GET", path_of(links().confirm(confirmation))))

    assert "ご家族などからの招待" in shown


def test_this_was_not_me_discards_it_and_changes_nothing(known: World) -> None:
    path = asked_by_mail(known, **{"kind-1": "born", "day-1": days(-3), "nickname-1": "ぶす"})
    before = stored(known, "s1")
    assert "申し込んだのは、わたしではありません" in text_of(request("GET", path))

    answer = request("POST", path, form={"step": "not_me"})

    assert "お申し込みを取り消しました" in text_of(answer)
    assert stored(known, "s1") == before
    assert [request(each, path)["statusCode"] for each in ("GET", "POST")] == [410, 410]
    assert "ぶす" not in str(everything(known))


def test_after_it_further_applications_for_the_address_come_slowly_and_for_no_other(
    world: World,
) -> None:
    path = asked_by_mail(world)
    request("POST", path, form={"step": "not_me"})

    codes = [
        request("POST", JOIN, form=expecting(step="send", email=each))["statusCode"]
        for each in (HERS, HERS.upper(), "sora@example.jp", "sora@example.jp")
    ]

    assert codes == [200, 429, 200, 200]
    assert len(confirmations(world)) == 3


def test_who_declined_still_gets_a_fresh_link_to_their_own_page(known: World) -> None:
    request("POST", asked_by_mail(known), form={"step": "not_me"})
    for _ in range(2):
        answer = request("POST", "/lost/bunkyo", form={"channel": "email", "email": HERS})
        assert answer["statusCode"] == 200
    assert len(queued(known)) == 2


def test_opening_the_page_or_a_step_that_is_none_declines_and_confirms_nothing(
    known: World,
) -> None:
    path = asked_by_mail(known)
    before = everything(known)
    request("GET", f"{path}?step=not_me")
    request("HEAD", path)
    assert everything(known) == before


# A record that stopped.

STRANGERS = [
    {"kind-1": "born", "day-1": days(-3)},
    {"day-1": days(60)},
    {"day-1": days(200)},
    {"kind-1": "born", "day-1": days(-400)},
]


@pytest.mark.parametrize("form", STRANGERS)
def test_after_a_loss_no_application_starts_messages_by_the_button_alone(
    known: World, form: dict[str, str]
) -> None:
    lost(known)
    path = asked_by_mail(known, **form)
    before = everything(known)

    shown = text_of(look(path))
    answers = [press(path, each) for each in ({}, {"start": "maybe"})]

    assert ASKS in shown
    assert [each["statusCode"] for each in answers] == [422, 422]
    assert "「止めたままにする」か「もう一度はじめる」を、えらんでください" in text_of(answers[0])
    assert everything(known) == before


def test_who_leaves_it_stopped_leaves_everything_as_it_is(known: World) -> None:
    lost(known)
    path = asked_by_mail(known, **{"kind-1": "born", "day-1": days(-3), "nickname-1": "ぶす"})
    before = stored(known, "s1")

    answer = press(path, {"start": "no"})

    assert "配信は止めたままです" in text_of(answer)
    assert stored(known, "s1") == before
    assert press(path, {"start": "yes"})["statusCode"] == 410


def test_who_says_so_in_plain_words_begins_again(known: World) -> None:
    lost(known)
    path = asked_by_mail(known)

    assert "登録しました" in text_of(press(path, {"start": "yes"}))

    assert changes.active(stored(known, "s1").enrolments[0])


def test_what_goes_on_is_added_to_while_what_was_lost_stays_silent(known: World) -> None:
    child = {"kind-1": "born", "day-1": days(-400)}
    press(asked_by_mail(known, **child))
    actions.stop(known.store, "s1", datetime.now(UTC), only={"e1"})
    form = {**child, "rows": "2", "kind-2": "born", "day-2": days(-3), "nickname-1": "はな"}
    path = asked_by_mail(known, **form)

    answer = press(path, {"start": "no"})

    assert "登録しました" in text_of(answer)
    pregnancy, older = stored(known, "s1").enrolments
    assert not changes.active(pregnancy)
    assert older.nickname == "はな"


def test_a_stop_between_the_page_and_its_button_is_not_undone(known: World) -> None:
    path = asked_by_mail(known)
    assert ASKS not in text_of(look(path))
    lost(known)

    assert press(path, {"start": ""})["statusCode"] == 422

    assert not changes.active(stored(known, "s1").enrolments[0])


def test_the_question_is_tied_to_its_fields_and_nothing_is_chosen_before(known: World) -> None:
    lost(known)
    path = asked_by_mail(known)
    body = press(path)["body"]
    assert len(re.findall(r'type="radio" name="start"', body)) == 2
    assert " checked" not in body
    assert 'href="#start"' in body
    assert 'id="start"' in body


# A number or an address that has passed to somebody else.


def test_whose_record_it_is_is_asked_before_anything_of_it_is_shown(known: World) -> None:
    lost(known)
    path = asked_by_mail(known, **{"day-1": days(63)})
    before = everything(known)

    pages = [request("GET", path), request("POST", path), request("POST", path, form={"mine": "?"})]

    for each in map(text_of, pages):
        assert "あなたの登録ですか" in each
        assert "まめ" not in each
        assert "週" not in each
        assert ASKS not in each
    assert everything(known) == before


@pytest.mark.parametrize("stopped", [False, True], ids=["going on", "stopped"])
def test_a_new_owner_ends_the_old_registration_and_begins_their_own(
    known: World, stopped: bool
) -> None:
    if stopped:
        lost(known)
    mine = own_path("s1")
    path = asked_by_mail(known, **{"kind-1": "born", "day-1": days(-400), "nickname-1": "そら"})

    answer = request("POST", path, form={"step": "new_owner"})

    assert "登録しました" in text_of(answer)
    new = subscriber_at(known, "bunkyo", HERS)
    assert new.id != "s1"
    assert [each.nickname for each in new.enrolments] == ["そら"]
    assert known.store.subscribers.get("s1") is None
    (left,) = [each for each in known.store.subscribers if each.erased]
    assert not changes.active(left.enrolments[0])
    assert request("GET", mine)["statusCode"] == 404
    assert request("POST", path, form={"step": "new_owner"})["statusCode"] == 410


def test_nobody_of_the_former_owners_family_is_offered_to_stop(known: World) -> None:
    request("POST", f"{own_path('s1')}/family/e1")
    family = stored(known, "s1").enrolments[0].family
    father = pregnant(2, Channel.SMS)
    known.add(replace(father, enrolments=(replace(father.enrolments[0], family=family),)))

    request("POST", asked_by_mail(known), form={"step": "new_owner"})

    assert list(known.store.offers) == []
    assert changes.active(stored(known, "s2").enrolments[0])


def test_without_a_record_there_is_nothing_to_ask(world: World) -> None:
    path = asked_by_mail(world)

    assert "あなたの登録ですか" not in text_of(request("GET", path))
    assert "登録しました" in text_of(request("POST", path, form={"step": "new_owner"}))
