"""Subscribers: found, understood and helped, and nothing of them where it does not belong."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.dates import jst_date
from tests.console.conftest import Answer, Console
from tests.register.parents import stored
from tests.world import TEN, pregnant

HERS = "hana@example.jp"
HERE = "/console/subscribers/s1"


@pytest.fixture
def mother(console: Console) -> Console:
    """The console of a world with somebody who expects a child."""
    console.world.add(replace(pregnant(1, nickname="まめ"), address=HERS))
    return console.at("editor")


def noted(console: Console) -> list[tuple[str, str, str]]:
    today = jst_date(datetime.now(UTC))
    entries = console.world.store.audit.of_month(today.year, today.month)
    return [(each.by, each.what, each.about) for each in entries]


def find(console: Console, wanted: str) -> Answer:
    return console.post("/console/subscribers", {"wanted": wanted})


# Finding.


@pytest.mark.parametrize("wanted", ["s1", " s1 ", "s1/e1", HERS, "ＨＡＮＡ@example.jp"])
def test_somebody_is_found_by_id_enrolment_or_address(mother: Console, wanted: str) -> None:
    answer = find(mother, wanted)

    assert (answer.status, answer.location) == (303, HERE)


@pytest.mark.parametrize(
    ("channel", "address", "wanted"),
    [
        (Channel.SMS, "+819012345678", "090-1234-5678"),
        (Channel.LINE, "U" + "0" * 32, "U" + "0" * 32),
    ],
)
def test_a_phone_or_a_line_user_is_found_too(
    console: Console, channel: Channel, address: str, wanted: str
) -> None:
    console.world.add(replace(pregnant(1, channel), address=address))

    assert find(console, wanted).location == HERE


@pytest.mark.parametrize("wanted", ["nobody", "nobody@example.jp", "<script>", "s1' OR 1=1", "…"])
def test_nobody_is_told_calmly(mother: Console, wanted: str) -> None:
    answer = find(mother, wanted)

    assert answer.status == 200
    assert "この宛先や番号の登録はありません" in answer.text
    assert "<script>" not in answer.body


def test_a_blank_search_says_what_to_type(mother: Console) -> None:
    answer = find(mother, "")

    assert answer.status == 422
    assert "どれかを入れてください" in answer.text


# Understanding.


def test_the_address_is_masked_until_somebody_says_why(mother: Console) -> None:
    before = mother.get(HERE)
    refused = mother.post(f"{HERE}/address", {"why": " "})
    after = mother.post(f"{HERE}/address", {"why": "本人からの電話"})

    assert HERS not in before.body
    assert "h…@example.jp" in before.text
    assert refused.status == 422
    assert HERS not in refused.body
    assert HERS in after.text
    assert noted(mother) == [("編集 三郎", "showed an address: 本人からの電話", "bunkyo")]


def test_the_timeline_tells_what_happened_in_words(mother: Console) -> None:
    shown = mother.get(HERE).text

    assert "まめ：出産予定日を2027-01-20としました" in shown
    assert "まめ：登録しました" in shown


def test_why_a_day_brought_a_message_or_none(mother: Console) -> None:
    mother.world.day(TEN)

    sent = mother.get(f"{HERE}?on=2026-11-25").text
    before = mother.get(f"{HERE}?on=2026-09-30").text

    assert "妊娠224日" in sent
    assert "送りました" in sent
    assert "その日は、まだ登録の前です" in before


@pytest.mark.parametrize("on", ["", "yesterday", "2026-13-01"])
def test_a_day_that_is_none_is_today(mother: Console, on: str) -> None:
    assert mother.get(f"{HERE}?on={on}").status == 200


# Helping.


def test_a_stop_stops_everything_and_is_on_record_without_a_name(mother: Console) -> None:
    asked = mother.get(f"{HERE}/stop")
    answer = mother.post(f"{HERE}/stop")

    assert "理由は聞かず" in asked.text
    assert answer.location == f"{HERE}?done=stop"
    assert not changes.active(stored(mother.world, "s1").enrolments[0])
    assert noted(mother) == [("編集 三郎", "stopped a subscriber", "bunkyo")]


def test_one_of_two_can_be_stopped(console: Console) -> None:
    console.world.add(pregnant(1, twins=True))

    console.post(f"{HERE}/stop", {"only": "e2"})

    first, second = stored(console.world, "s1").enrolments
    assert (changes.active(first), changes.active(second)) == (True, False)


def test_an_enrolment_that_is_none_stops_nothing(mother: Console) -> None:
    assert mother.post(f"{HERE}/stop", {"only": "e9"}).status == 409
    assert changes.active(stored(mother.world, "s1").enrolments[0])


def test_a_due_date_and_a_birth_are_corrected_as_they_told_it(mother: Console) -> None:
    today = jst_date(datetime.now(UTC))
    due = {"enrolment": "e1", "what": "due", "day": "2027-01-15"}
    birth = {"enrolment": "e1", "what": "birth", "day": today.isoformat()}

    assert mother.post(f"{HERE}/correct", due).location == f"{HERE}?done=correct"
    assert changes.standing(stored(mother.world, "s1").enrolments[0]).due_date == date(2027, 1, 15)
    assert mother.post(f"{HERE}/correct", birth).location == f"{HERE}?done=correct"
    assert changes.standing(stored(mother.world, "s1").enrolments[0]).birth_date == today
    assert [what for _, what, _ in noted(mother)] == ["corrected a due date", "registered a birth"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"what": "due", "day": "2030-01-01"}, "先すぎます"),
        ({"what": "birth", "day": "2099-01-01"}, "今日までの日付"),
        ({"what": "due", "day": "soon"}, "2027-01-20 のように"),
        ({"what": "due", "day": "2027-01-15", "enrolment": "e9"}, "その登録はありません"),
    ],
)
def test_a_date_that_makes_no_sense_is_said_so_and_changes_nothing(
    mother: Console, form: dict[str, str], said: str
) -> None:
    before = stored(mother.world, "s1")

    answer = mother.post(f"{HERE}/correct", {"enrolment": "e1", **form})

    assert answer.status == 422
    assert said in answer.text
    assert stored(mother.world, "s1") == before


def test_the_link_to_the_own_page_goes_to_their_own_address(mother: Console) -> None:
    answer = mother.post(f"{HERE}/link")
    mother.world.work()

    (mail,) = mother.world.sent()
    assert answer.location == f"{HERE}?done=link"
    assert mail.recipient == HERS
    assert "/me/" in mail.text


def test_an_erased_person_is_gone(mother: Console) -> None:
    answer = mother.post(f"{HERE}/erase")

    assert "消去しました" in answer.text
    assert mother.get(HERE).status == 404
    assert find(mother, HERS).status == 200
    assert noted(mother) == [("編集 三郎", "erased a subscriber", "bunkyo")]


def test_a_viewer_sees_nobody(mother: Console) -> None:
    for path in ("/console/subscribers", HERE, f"{HERE}/stop"):
        assert mother.at("viewer").get(path).status == 403
    assert mother.at("viewer").post(f"{HERE}/stop").status == 403
    assert changes.active(stored(mother.world, "s1").enrolments[0])
