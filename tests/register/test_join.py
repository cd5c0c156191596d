"""Joining on the page: the form, the week shown back, and what goes out to the address."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.rules.account import Account, Channel, Delivery
from shared.rules.months import Month
from shared.rules.touchpoint import Funnel, Touchpoint
from tests.register.parents import (
    JOIN,
    confirmations,
    days,
    everything,
    expecting,
    join_by_mail,
    links,
    location,
    own_path,
    path_of,
    queued,
    text_of,
    today,
)
from tests.register.test_pages import request
from tests.world import World, bunkyo, pregnant

# The form.


def test_the_form_asks_for_a_date_a_channel_and_consent(world: World) -> None:
    answer = request("GET", JOIN)

    assert answer["statusCode"] == 200
    assert 'type="date"' in answer["body"]
    assert 'autocomplete="email" inputmode="email"' in answer["body"]
    assert 'autocomplete="tel" inputmode="tel"' in answer["body"]
    assert "文京区の配信は、きずな事務局がお届けします。" in text_of(answer)
    assert "<script" not in answer["body"]


def test_the_form_speaks_english_where_it_is_asked_to(world: World) -> None:
    answer = request("GET", f"{JOIN}?lang=en")

    assert '<html lang="en">' in answer["body"]
    assert "Due date, or date of birth" in answer["body"]
    assert '<a href="?lang=ja" lang="ja">日本語</a>' in answer["body"]


def test_only_what_the_account_offers_can_be_chosen(world: World) -> None:
    world.store.accounts.put(bunkyo(channels=frozenset({Channel.EMAIL})))

    shown = request("GET", JOIN)
    answer = request("POST", JOIN, form=expecting(channel="sms", phone="090-1234-5678"))

    assert "LINE" not in text_of(shown)
    assert answer["statusCode"] == 422
    assert "受けとりかたを、えらんでください" in text_of(answer)


@pytest.mark.parametrize("path", ["/join/nowhere/web", "/join/bunkyo/flyer", "/join/bunkyo/old"])
def test_an_unknown_account_or_touchpoint_and_a_closed_one_say_calmly_that_it_is_not_here(
    world: World, path: str
) -> None:
    closed = Touchpoint("bunkyo", "old", "古いちらし", datetime(2026, 1, 1, tzinfo=UTC))
    world.store.touchpoints.put(closed)

    for method in ("GET", "POST"):
        answer = request(method, path, form=expecting(step="send"))
        assert answer["statusCode"] == 404
        assert "このページからは登録できません" in text_of(answer)
    assert queued(world) == []


def test_an_account_that_sends_through_another_system_takes_nobody_here(world: World) -> None:
    world.store.accounts.put(bunkyo(delivery=Delivery.EXTERNAL))
    assert request("GET", JOIN)["statusCode"] == 404


def test_children_are_added_up_to_five_and_removed_without_losing_what_was_typed(
    world: World,
) -> None:
    form = expecting(**{"step": "add", "nickname-1": "まめ"})
    for rows in (2, 3, 4, 5, 5):
        answer = request("POST", JOIN, form=form)
        assert answer["statusCode"] == 200
        assert f'name="rows" value="{rows}"' in answer["body"]
        form["rows"] = str(rows)
    assert 'value="add"' not in answer["body"]

    answer = request("POST", JOIN, form={**form, "nickname-3": "そら", "step": "remove-1"})

    assert 'name="rows" value="4"' in answer["body"]
    assert re.findall(r'name="nickname-(\d)" type="text" value="([^"]+)"', answer["body"]) == [
        ("2", "そら")
    ]


# What is shown back.


@pytest.mark.parametrize(
    ("kind", "day", "said"),
    [
        ("due", 56, "今日は妊娠32週0日です"),
        ("due", 0, "今日は妊娠40週0日です"),
        ("due", -13, "今日は妊娠41週6日です"),
        ("due", 280, "今日は妊娠0週0日です"),
        ("born", 0, "今日で生後0日です"),
        ("born", -10, "今日で生後10日です"),
    ],
)
def test_the_week_or_age_of_each_date_is_shown_back(
    world: World, kind: str, day: int, said: str
) -> None:
    answer = request("POST", JOIN, form=expecting(**{"kind-1": kind, "day-1": days(day)}))

    assert answer["statusCode"] == 200
    assert said in text_of(answer)
    assert "hana@example.jp" in text_of(answer)


@pytest.mark.parametrize(
    "written",
    ["{0:%Y/%m/%d}", "{0:%Y年%m月%d日}", "{0:%Y-%m-%d}", "{0:%Y%m%d}", "令和{era}年{0:%m月%d日}"],
)
def test_a_date_may_be_typed_as_people_write_it(world: World, written: str) -> None:
    due = date.fromisoformat(days(56))
    day = written.format(due, era=due.year - 2018)
    full_width = day.translate(str.maketrans("0123456789", "０１２３４５６７８９"))

    answer = request("POST", JOIN, form=expecting(**{"day-1": full_width}))

    assert "今日は妊娠32週0日です" in text_of(answer)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"kind-1": ""}, "kind-1", "妊娠中か、お子さんがいるかを、えらんでください"),
        ({"day-1": ""}, "day-1", "日付を入れてください"),
        ({"day-1": "2027-02-30"}, "day-1", "日付を、2027年1月20日のように入れてください"),
        ({"day-1": "281"}, "day-1", "その出産予定日は、まだ先のようです"),
        ({"day-1": "-14"}, "day-1", "お子さんが生まれたかたは、「お子さんがいる」をえらんで"),
        ({"kind-1": "born", "day-1": "1"}, "day-1", "生まれた日は、今日までの日付に"),
        ({"kind-1": "born", "day-1": "-1200"}, "day-1", "お届けできる年齢をすぎています"),
        ({"nickname-1": "あ" * 21}, "nickname-1", "呼び名は、20文字までにしてください"),
        ({"channel": "pigeon"}, "channel", "受けとりかたを、えらんでください"),
        ({"email": ""}, "email", "メールアドレスを入れてください"),
        ({"email": "hana"}, "email", "name@example.jp のように"),
        ({"channel": "sms"}, "phone", "携帯電話の番号を入れてください"),
        ({"channel": "sms", "phone": "03-1234-5678"}, "phone", "090-1234-5678 のように"),
        ({"consent": ""}, "consent", "「同意する」にチェックを入れてください"),
    ],
)
def test_what_is_wrong_is_said_at_the_top_and_at_its_field(
    world: World, changes: dict[str, str], field: str, said: str
) -> None:
    if changes.get("day-1", "").lstrip("-").isdigit():
        changes = {**changes, "day-1": days(int(changes["day-1"]))}

    answer = request("POST", JOIN, form=expecting(**changes))

    assert answer["statusCode"] == 422
    assert text_of(answer).count(said) == 2
    assert f'href="#{field}"' in answer["body"]
    assert f'id="{field}"' in answer["body"]
    assert f'id="{field}-problem"' in answer["body"]
    assert f'{field}-problem"' in answer["body"].split("aria-describedby", 1)[1]


def test_a_slip_in_a_well_known_domain_is_asked_about_once_and_never_corrected(
    world: World,
) -> None:
    form = expecting(channel="email", email="hana@gmial.com")

    asked = request("POST", JOIN, form=form)

    assert asked["statusCode"] == 422
    assert "もしかして hana@gmail.com でしょうか" in text_of(asked)
    (typed,) = re.findall(r'name="as_typed" value="([^"]*)"', asked["body"])
    shown = request("POST", JOIN, form={**form, "as_typed": typed})
    assert shown["statusCode"] == 200
    assert "hana@gmial.com" in text_of(shown)
    corrected = request("POST", JOIN, form={**form, "email": "hana@gmail.com", "as_typed": typed})
    assert "hana@gmail.com" in text_of(corrected)


def test_the_number_is_shown_as_it_will_be_used(world: World) -> None:
    shown = request("POST", JOIN, form=expecting(channel="sms", phone="０９０−１２３４−５６７８"))

    assert "090-1234-5678" in text_of(shown)
    assert "０９０" not in text_of(shown)


def test_the_form_comes_back_filled_in_to_be_corrected(world: World) -> None:
    answer = request("POST", JOIN, form=expecting(step="edit", **{"nickname-1": "まめ"}))

    assert answer["statusCode"] == 200
    for value in (days(56), "まめ", "hana@example.jp"):
        assert f'value="{value}"' in answer["body"]
    assert answer["body"].count(" checked") == 3


def test_a_nickname_is_shown_as_it_was_typed_and_never_as_markup(world: World) -> None:
    form = expecting(**{"nickname-1": "<b>まめ</b>"})
    answers = [request("POST", JOIN, form={**form, "step": step}) for step in ("check", "edit")]
    for each in answers:
        assert "<b>" not in each["body"]
        assert "&lt;b&gt;まめ&lt;/b&gt;" in each["body"]


REFUSED_NAMES = ["<b>まめ</b>", "https://x.example", "x.example", "x．example", "ま\u202eめ"]
REFUSED_NAMES += [
    "ま\u2066め",
    "ま\u200bめ",
    "\ufeffまめ",
    "ま\u2028め",
    "ま@め",
    "\u3164\u3164",
    "12",
    "♡",
]
GOOD_NAMES = [
    "まめ",
    "まめ2",
    "ジャン・ポール",
    "Anne-Marie",
    "O’Hara",
    "山田 はな",
    "Đặng",
    "𠮷野",
    "葛󠄀",
]


@pytest.mark.parametrize("name", REFUSED_NAMES)
@pytest.mark.parametrize("field", ["nickname-1", "second-1"])
@pytest.mark.parametrize("step", ["check", "send"])
def test_a_nickname_is_made_of_letters_of_names(
    world: World, name: str, field: str, step: str
) -> None:
    form = expecting(step=step, **{"twins-1": "yes", field: name})

    answer = request("POST", JOIN, form=form)

    assert answer["statusCode"] == 422
    assert "呼び名は、ひらがな・カタカナ・漢字などの文字と、数字にしてください" in text_of(answer)
    assert queued(world) == []


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_names_as_people_have_them_are_taken(world: World, name: str) -> None:
    answer = request("POST", JOIN, form=expecting(**{"nickname-1": name}))
    assert answer["statusCode"] == 200


# What goes out.


def test_by_email_the_application_waits_for_the_link_and_nobody_is_stored_yet(
    world: World,
) -> None:
    answer = request("POST", JOIN, form=expecting(step="send"))

    assert "メールをお送りしました" in text_of(answer)
    (confirmation,) = confirmations(world)
    waiting = world.store.confirmations.get(confirmation)
    assert waiting is not None
    assert waiting.application is not None
    assert (waiting.account, waiting.channel, waiting.address) == (
        "bunkyo",
        Channel.EMAIL,
        "hana@example.jp",
    )
    assert waiting.application.consent.source == "web"
    assert waiting.application.touchpoint == "web"
    assert list(world.store.subscribers) == []


def test_by_sms_the_page_for_the_code_comes_next(world: World) -> None:
    form = expecting(step="send", channel="sms", phone="０９０－１２３４－５６７８")

    answer = request("POST", JOIN, form=form)

    (confirmation,) = confirmations(world, "SmsNoticeQueue")
    assert location(answer) == path_of(links().code_page(confirmation))
    waiting = world.store.confirmations.get(confirmation)
    assert waiting is not None
    assert waiting.address == "+819012345678"


def test_by_line_the_way_leads_to_line_and_nothing_is_queued(world: World) -> None:
    answer = request("POST", JOIN, form=expecting(step="send", channel="line"))

    confirmation = links().read_line_login(location(answer).removeprefix("/line/login/"))
    waiting = world.store.confirmations.get(confirmation)
    assert waiting is not None
    assert waiting.address == ""
    assert "https://access.line.me" in answer["headers"]["Content-Security-Policy"]
    assert queued(world) == []


def test_twins_and_siblings_join_in_one_form(world: World) -> None:
    more = {"rows": "2", "kind-2": "born", "day-2": days(-10), "nickname-2": "はな"}
    twins = {"twins-2": "yes", "second-2": "そら", "nickname-1": "まめ"}

    subscriber = join_by_mail(world, **more, **twins)

    assert [each.nickname for each in subscriber.enrolments] == ["まめ", "はな", "そら"]


def test_whoever_comes_back_to_the_form_with_check_only_stores_nothing(world: World) -> None:
    before = everything(world)["SubscriberTable"], everything(world)["PendingTable"]
    request("POST", JOIN, form=expecting())
    assert (everything(world)["SubscriberTable"], everything(world)["PendingTable"]) == before


def test_joining_with_a_known_address_looks_the_same_and_makes_the_same_calls(
    world: World,
) -> None:
    world.add(replace(pregnant(1), address="hana@example.jp"))

    known = request("POST", JOIN, form=expecting(step="send"))
    unknown = request("POST", JOIN, form=expecting(step="send", email="sora@example.jp"))

    assert known["statusCode"] == unknown["statusCode"] == 200
    assert known["body"].replace("hana@", "sora@") == unknown["body"]
    assert known["headers"] == unknown["headers"]
    first, second = queued(world)
    assert re.sub(r'"(id|mark)":"\w+"', "", first) == re.sub(r'"(id|mark)":"\w+"', "", second)


# What is counted.


def test_a_touchpoint_counts_who_opened_started_and_confirmed_once_each(world: World) -> None:
    world.store.touchpoints.put(Touchpoint("bunkyo", "boshi", "母子手帳交付"))
    path = "/join/bunkyo/boshi"

    request("GET", path)
    request("HEAD", path)
    request("POST", path, form=expecting(consent=""))
    request("POST", path, form=expecting())
    request("POST", path, form=expecting(started="yes"))
    request("POST", path, form=expecting(step="send", started="yes"))
    (confirmation,) = confirmations(world)
    confirm = path_of(links().confirm(confirmation))
    for _ in range(2):
        request("POST", confirm)

    month = Month.of(today())
    assert world.store.touchpoints.counts("bunkyo", month, month) == {"boshi": Funnel(1, 1, 1)}


# Brakes.


def test_an_address_gets_three_mails_an_hour_whether_it_is_known_or_not(world: World) -> None:
    world.add(replace(pregnant(1), address="hana@example.jp"))
    for address in ("hana@example.jp", "sora@example.jp"):
        answers = [
            request("POST", JOIN, form=expecting(step="send", email=each))["statusCode"]
            for each in [address, address.title(), address, address]
        ]
        assert answers == [200, 200, 200, 429]
    before = everything(world)

    answer = request("POST", JOIN, form=expecting(step="send"))

    assert "少し時間をおいてください" in text_of(answer)
    assert everything(world) == before
    assert len(queued(world)) == 6


def test_a_source_may_have_thirty_things_sent_an_hour_and_another_is_not_held_back(
    world: World,
) -> None:
    codes = [
        request("POST", JOIN, form=expecting(step="send", email=f"p{n}@example.jp"))["statusCode"]
        for n in range(31)
    ]
    assert codes == [200] * 30 + [429]

    other = request("POST", JOIN, form=expecting(step="send"), source="198.51.100.7")

    assert other["statusCode"] == 200


def test_another_account_is_joined_under_its_own_name(world: World) -> None:
    (settings,) = bunkyo().settings
    minato = replace(settings, name="港区", code="131032")
    world.store.accounts.put(Account("minato", (minato,)))
    assert "港区の配信に登録" in text_of(request("GET", "/join/minato/web"))


# An account that has ended.


def test_the_page_of_an_account_that_has_ended_says_so_and_where_to_join(world: World) -> None:
    yesterday = today() - timedelta(days=1)
    world.store.accounts.put(bunkyo().ended(yesterday, successor="chiyoda"))

    answer = request("GET", JOIN)

    assert answer["statusCode"] == 410
    assert "文京区からのメッセージの配信は終わりました。" in text_of(answer)
    assert 'href="/join/chiyoda/web"' in answer["body"]


def test_its_readers_still_open_their_page_and_can_have_a_fresh_link_sent(world: World) -> None:
    subscriber = join_by_mail(world)
    world.store.accounts.put(bunkyo().ended(today() - timedelta(days=1)))

    mine = request("GET", own_path(subscriber.id))
    lost = request("POST", "/lost/bunkyo", form={"channel": "email", "email": "hana@example.jp"})

    assert mine["statusCode"] == 200
    assert "文京区からの配信は終わりました。" in text_of(mine)
    assert lost["statusCode"] == 200
    assert queued(world), "the link was not sent"
