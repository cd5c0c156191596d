"""The LINE chat: an event goes in over the webhook, the record changes, the answer comes out."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.rules.account import Channel, Delivery
from shared.rules.dates import jst_date
from shared.rules.history import Event, Happened
from shared.rules.subscriber import Language
from tests.line.phone import USER, Phone, actions, happened, in_days, labelled, labels, said, today
from tests.standins.openapi import problems
from tests.world import World, bunkyo

MESSAGING = "line-messaging-api.yml"


def in_japanese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def test_a_new_friend_is_greeted_with_two_calendars_and_the_consent(phone: Phone) -> None:
    messages = phone.follows()

    assert labels(messages) == ["妊娠中です", "子どもがいます", "English"]
    text = said(messages)
    for part in ("文京区です。", "いただいた日付と連絡先は", "理由をうかがわずに止められます"):
        assert part in text
    assert "https://kizuna.example.jp/join/bunkyo/web" in text
    pregnant, with_child, _ = actions(messages)
    assert (pregnant["min"], pregnant["max"]) == (str(in_days(-13)), str(in_days(280)))
    assert (with_child["min"], with_child["max"]) == (str(_three_years_ago()), str(today()))
    assert phone.subscriber is None


def _three_years_ago() -> date:
    """The earliest birth date of a child who is not past the third birthday."""
    day = today()
    try:
        return day.replace(year=day.year - 3)
    except ValueError:
        return date(day.year - 3, 3, 1)


def test_a_due_date_is_shown_back_with_its_week_and_nothing_is_stored_yet(phone: Phone) -> None:
    due = in_days(56)

    messages = phone.presses(labelled(phone.follows(), "妊娠中です"), due)

    assert said(messages) == (
        f"出産予定日 {in_japanese(due)}、今日は32週0日です。\nこの内容で登録しますか？"
    )
    assert labels(messages) == ["登録する", "日付をえらび直す", "ふたごです"]
    assert phone.subscriber is None


def test_one_press_then_registers_with_the_consent_and_says_how_to_change_and_stop(
    phone: Phone,
) -> None:
    messages = phone.joins(in_days(56))

    subscriber = phone.subscriber
    assert subscriber is not None
    assert happened(subscriber) == [["joined", "due_date"]]
    assert subscriber.enrolments[0].history[1].day == in_days(56)
    assert (subscriber.account, subscriber.channel) == ("bunkyo", Channel.LINE)
    assert (subscriber.touchpoint, subscriber.address) == ("line", USER)
    (consent,) = subscriber.consents
    assert (consent.source, consent.language, consent.version) == (
        "line_chat",
        Language.JAPANESE,
        "2026-11",
    )
    text = said(messages)
    assert "登録しました。" in text
    assert "09:00ごろにお届けします" in text
    assert "https://kizuna.example.jp/me/" in text
    assert "「停止」と送ってください" in text


def test_twins_are_two_children_with_one_date(phone: Phone) -> None:
    phone.joins(in_days(56), twins=True)

    assert happened(phone.subscriber) == [["joined", "due_date"]] * 2


def test_a_child_is_registered_by_the_birthday(phone: Phone) -> None:
    born = in_days(-3)
    shown = phone.presses(labelled(phone.follows(), "子どもがいます"), born)

    phone.presses(labelled(shown, "登録する"))

    assert said(shown).startswith(f"生まれた日 {in_japanese(born)}、今日は生後3日です。")
    assert happened(phone.subscriber) == [["joined", "birth"]]


def test_to_register_twice_does_no_harm(phone: Phone) -> None:
    shown = phone.presses(labelled(phone.follows(), "妊娠中です"), in_days(56))
    button = labelled(shown, "登録する")

    first, second = phone.presses(button), phone.presses(button)

    assert said(first) == said(second)
    assert happened(phone.subscriber) == [["joined", "due_date"]]


WRITTEN_STOPS = [
    "停止",
    "配信停止",
    " 停止。",
    "やめる",
    "ｓｔｏｐ",
    "配信を止めてください",
    "退会したいです",
]


@pytest.mark.parametrize("word", WRITTEN_STOPS)
def test_a_word_stops_everything_at_once_and_one_plain_sentence_answers(
    phone: Phone, word: str
) -> None:
    phone.joins(in_days(56), twins=True)

    messages = phone.writes(word)

    assert happened(phone.subscriber) == [["joined", "due_date", "stopped_by_subscriber"]] * 2
    assert messages == [{"type": "text", "text": "すべての配信を止めました。"}]


def test_a_stop_again_and_a_stop_of_a_stranger_are_answered_alike(phone: Phone) -> None:
    stranger = phone.writes("停止")
    phone.joins(in_days(56))
    first, second = phone.writes("停止"), phone.posts("v=1&do=stop")

    assert stranger == first == second
    assert happened(phone.subscriber) == [["joined", "due_date", "stopped_by_subscriber"]]


@pytest.mark.parametrize("word", ["停止しないでください", "止まりません", "ストップウォッチ"])
def test_a_text_that_only_looks_like_a_stop_changes_nothing(phone: Phone, word: str) -> None:
    phone.joins(in_days(56))

    messages = phone.writes(word)

    assert happened(phone.subscriber) == [["joined", "due_date"]]
    assert labels(messages) == ["登録の確認・変更", "配信を止める"]
    assert "office@kizuna.example.jp" in said(messages)


def test_a_block_stops_everything_and_an_unblock_starts_nothing(phone: Phone) -> None:
    phone.joins(in_days(56))
    fresh = said(phone.does({"type": "follow", "follow": {"isUnblocked": False}}))

    nothing = phone.blocks()
    again = phone.follows(again=True)

    assert nothing == []
    assert happened(phone.subscriber) == [["joined", "due_date", "stopped_by_subscriber"]]
    assert said(again) == fresh


def test_a_birth_is_registered_after_its_day_was_shown_back(phone: Phone) -> None:
    phone.joins(in_days(5))
    asked = phone.writes("生まれました")
    shown = phone.presses(labelled(asked, "生まれた日をえらぶ"), in_days(-1))
    assert happened(phone.subscriber) == [["joined", "due_date"]]

    messages = phone.presses(labelled(shown, "登録する"))

    assert happened(phone.subscriber) == [["joined", "due_date", "birth"]]
    assert said(shown).startswith(f"生まれた日 {in_japanese(in_days(-1))}、今日は生後1日です。")
    assert "登録しました。" in said(messages)


def test_a_birth_of_twins_adds_the_second_child(phone: Phone) -> None:
    phone.joins(in_days(5))
    asked = phone.posts("v=1&do=birth")
    shown = phone.presses(labelled(asked, "生まれた日をえらぶ"), in_days(-1))

    phone.presses(labelled(shown, "ふたごです"))

    assert happened(phone.subscriber) == [
        ["joined", "due_date", "birth"],
        ["joined", "due_date", "birth"],
    ]


def test_who_expects_twins_is_not_asked_whether_they_are_twins(phone: Phone) -> None:
    phone.joins(in_days(5), twins=True)
    asked = phone.writes("出産")
    shown = phone.presses(labelled(asked, "生まれた日をえらぶ"), today())

    phone.presses(labelled(shown, "登録する"))

    assert labels(shown) == ["登録する", "日付をえらび直す"]
    assert happened(phone.subscriber) == [["joined", "due_date", "birth"]] * 2


def test_where_it_is_not_clear_whose_birth_it_is_the_own_page_is_linked(phone: Phone) -> None:
    shown = phone.presses(labelled(phone.follows(), "子どもがいます"), in_days(-3))
    phone.presses(labelled(shown, "登録する"))

    messages = phone.writes("出産")

    assert "https://kizuna.example.jp/me/" in said(messages)


@pytest.mark.parametrize("word", ["変更", "登録内容", "登録の確認・変更", "設定"])
def test_the_own_page_is_linked_on_request(phone: Phone, word: str) -> None:
    phone.joins(in_days(56))

    assert "https://kizuna.example.jp/me/" in said(phone.writes(word))


@pytest.mark.parametrize("word", ["変更", "出産", "こんにちは", "登録"])
def test_who_has_not_joined_is_greeted_whatever_they_write(phone: Phone, word: str) -> None:
    assert labels(phone.writes(word)) == ["妊娠中です", "子どもがいます", "English"]


def test_a_sticker_is_answered_by_what_can_be_done(phone: Phone) -> None:
    phone.joins(in_days(56))

    messages = phone.does(
        {"type": "message", "message": {"type": "sticker", "id": "1", "packageId": "1"}}
    )

    assert labels(messages) == ["登録の確認・変更", "配信を止める"]


DATES = {
    "due too far": ("due_date", 281, "まだ登録できない日付"),
    "due long past": ("due_date", -14, "2週間がすぎています"),
    "born tomorrow": ("birth_date", 1, "今日よりあとの日付"),
    "past the third birthday": ("birth_date", -1_200, "もう終わっています"),
}


@pytest.mark.parametrize(("kind", "days", "words"), DATES.values(), ids=DATES)
def test_a_date_for_which_there_is_nothing_to_send_is_refused_in_words(
    phone: Phone, kind: str, days: int, words: str
) -> None:
    messages = phone.posts(f"v=1&do={kind}&in=ja", in_days(days))

    assert words in said(messages)
    assert labels(messages) == ["妊娠中です", "子どもがいます"]
    assert phone.subscriber is None


FORGED = [
    "",
    "hello",
    "v=1",
    "v=2&do=stop",
    "v=1&do=join_due",
    "v=1&do=join_due&in=ja&day=2027-13-01",
    "v=1&do=join_due&in=ja&day=1900-01-01",
    "v=1&do=join_due&in=fr&day=2027-01-20",
    "v=1&do=erase",
    "v=1&do=stop&do=stop",
    "v=1&do=due_date",
    "v=1&do=birth_right&day=2026-01-01&" + "x" * 300,
]


@pytest.mark.parametrize("data", FORGED)
def test_a_button_that_is_none_of_ours_changes_nothing_and_is_answered_calmly(
    phone: Phone, data: str
) -> None:
    phone.joins(in_days(56))
    before = phone.subscriber

    messages = phone.posts(data)

    assert phone.subscriber == before
    assert len(said(messages)) > 10


def test_the_chat_speaks_english_to_who_asks_for_it(phone: Phone) -> None:
    greeting = phone.presses(labelled(phone.follows(), "English"))
    shown = phone.presses(labelled(greeting, "I am pregnant"), in_days(56))
    phone.presses(labelled(shown, "Register"))

    assert "today is 32 weeks 0 days" in said(shown)
    assert phone.subscriber is not None
    assert phone.subscriber.language is Language.ENGLISH
    assert said(phone.writes("stop")) == "All messages are stopped."


@pytest.mark.parametrize(
    "changes", [{"channels": frozenset({Channel.EMAIL})}, {"delivery": Delivery.EXTERNAL}]
)
def test_nobody_joins_where_the_account_does_not_send_by_line_but_a_stop_still_stops(
    phone: Phone, world: World, changes: dict[str, object]
) -> None:
    phone.joins(in_days(56))
    world.store.accounts.put(bunkyo(**changes))

    messages = phone.follows()
    phone.writes("停止")

    assert actions(messages) == []
    assert "ただいま受け付けていません" in said(messages)
    assert happened(phone.subscriber)[0][-1] == "stopped_by_subscriber"


def test_who_stopped_elsewhere_and_presses_an_old_birth_button_registers_nothing(
    phone: Phone, world: World
) -> None:
    phone.joins(in_days(5))
    asked = phone.writes("出産")
    shown = phone.presses(labelled(asked, "生まれた日をえらぶ"), today())
    assert phone.subscriber is not None
    world.stop(phone.subscriber.id, datetime.now(UTC))

    phone.presses(labelled(shown, "登録する"))

    assert happened(phone.subscriber) == [["joined", "due_date", "stopped_by_subscriber"]]


def test_every_answer_is_what_line_s_own_document_describes(phone: Phone) -> None:
    messages = phone.follows()
    messages += phone.presses(labelled(messages, "妊娠中です"), in_days(5))
    messages += phone.presses(labelled(messages, "登録する"))
    messages += phone.writes("出産") + phone.writes("変更") + phone.writes("?")
    messages += phone.posts("forged") + phone.writes("停止")

    kinds = {"text": "TextMessage", "template": "TemplateMessage"}
    presses = {
        "postback": "PostbackAction",
        "datetimepicker": "DatetimePickerAction",
        "uri": "URIAction",
    }
    assert len(messages) == 9
    for each in messages:
        assert problems(MESSAGING, kinds[each["type"]], each) == []
    for action in actions(messages):
        assert problems(MESSAGING, presses[action["type"]], action) == []
        assert len(action["label"]) <= 20


def test_a_subscriber_who_joined_by_chat_gets_the_message_of_the_day(
    phone: Phone, world: World
) -> None:
    phone.joins(in_days(56))
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    at_ten = tomorrow.replace(hour=1, minute=0)

    world.day(at_ten)

    day = 224 + (jst_date(at_ten) - today()).days
    assert f"本文{day}です。" in world.sent(Channel.LINE)[-1].text


def test_an_event_of_the_record_is_one_that_a_midwife_could_read(phone: Phone) -> None:
    phone.joins(in_days(56))

    assert phone.subscriber is not None
    joined, due = phone.subscriber.enrolments[0].history
    assert due == Event(joined.at, Happened.DUE_DATE, in_days(56))
