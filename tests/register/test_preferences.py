"""The own page: what parents see there, and every change they make by themselves."""

import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.rules.account import Account, Channel, Delivery
from shared.rules.dates import jst_date
from shared.rules.history import Event, Happened, Status, latest_standing
from shared.rules.subscriber import Enrolment, Language, Subscriber
from shared.subscribers.consent import given
from tests.register.parents import (
    confirmations,
    days,
    everything,
    links,
    location,
    own_path,
    queued,
    stop_path,
    stored,
    text_of,
    today,
)
from tests.register.test_pages import request
from tests.world import JOINED, World, bunkyo, pregnant


def due_in(number: int) -> date:
    return today() + timedelta(days=number)


def born(*birth_in: int, due: int | None = None) -> Subscriber:
    """A subscriber with a child born so many days from today (before its due date, where given)."""
    dues = () if due is None else (Event(JOINED, Happened.DUE_DATE, due_in(due)),)
    enrolments = tuple(
        Enrolment(
            f"e{n}",
            None,
            (Event(JOINED, Happened.JOINED), *dues, Event(JOINED, Happened.BIRTH, due_in(each))),
        )
        for n, each in enumerate(birth_in, 1)
    )
    return replace(pregnant(1), enrolments=enrolments)


def what_happened(world: World, enrolment: int = 0) -> list[Happened]:
    return [each.what for each in stored(world, "s1").enrolments[enrolment].history]


@pytest.fixture
def expects(world: World) -> World:
    """A world with somebody at 32w0d."""
    world.add(pregnant(1, due=due_in(56), nickname="まめ"))
    return world


# What it shows.


def test_the_page_shows_each_pregnancy_and_child_with_its_stage_today(world: World) -> None:
    pregnancy, child = pregnant(1, due=due_in(56)), born(-10)
    both = (*pregnancy.enrolments, replace(child.enrolments[0], id="e2"))
    world.add(replace(pregnancy, enrolments=both))

    shown = text_of(request("GET", own_path("s1")))

    assert "妊娠32週0日" in shown
    assert "生後10日" in shown
    assert pregnant(1).address in shown


def test_a_pregnancy_that_is_not_yet_at_4w0d_says_from_when(world: World) -> None:
    world.add(pregnant(1, due=due_in(262)))
    day = due_in(10)
    said = f"{day.year}年{day.month}月{day.day}日（妊娠4週0日）からお届けします。"
    assert said in text_of(request("GET", own_path("s1")))


def test_past_41w6d_the_page_says_nothing_of_weeks_and_offers_to_register_the_birth(
    world: World,
) -> None:
    world.add(pregnant(1, due=due_in(-20)))
    answer = request("GET", own_path("s1"))
    assert "週" not in text_of(answer)
    assert "/birth/e1" in answer["body"]


def test_what_has_stopped_shows_neither_week_nor_date_nor_name(expects: World) -> None:
    request("POST", stop_path("s1"))

    answer = request("GET", own_path("s1"))

    assert "配信は止まっています" in text_of(answer)
    for gone in ("32週", "出産予定日", "まめ", days(56)):
        assert gone not in text_of(answer)
    assert "/resume/e1" in answer["body"]
    assert "/birth/e1" not in answer["body"]


def test_an_own_link_works_for_90_days_and_then_offers_a_new_one(expects: World) -> None:
    ninety = own_path("s1", datetime.now(UTC) - timedelta(days=90))
    old = own_path("s1", datetime.now(UTC) - timedelta(days=91))

    assert request("GET", ninety)["statusCode"] == 200
    answer = request("GET", old)
    assert answer["statusCode"] == 410
    assert "/lost/bunkyo" in answer["body"]
    assert pregnant(1).address not in answer["body"]
    assert request("POST", f"{old}/language", form={"language": "en"})["statusCode"] == 410
    assert stored(expects, "s1").language is Language.JAPANESE


def test_who_asks_for_a_new_link_is_answered_the_same_whether_they_are_known(
    world: World,
) -> None:
    world.add(replace(pregnant(1), address="hana@example.jp"))
    answers = [
        request("POST", "/lost/bunkyo", form={"channel": "email", "email": each})
        for each in ("hana@example.jp", "sora@example.jp")
    ]
    assert answers[0] == answers[1]
    known, unknown = (json.loads(each) for each in queued(world))
    assert (known["kind"], unknown["kind"]) == ("preferences", "preferences")
    assert known["id"] == "s1"
    assert world.store.subscribers.get(unknown["id"]) is None


def test_the_new_link_opens_the_page(world: World) -> None:
    world.add(replace(pregnant(1), address="hana@example.jp"))
    request("POST", "/lost/bunkyo", form={"channel": "email", "email": "Hana@example.jp"})
    world.work()
    (mail,) = world.sent(Channel.EMAIL)
    link = mail.text[mail.text.index("/me/") :].split()[0]
    assert request("GET", link)["statusCode"] == 200


# Dates and births.


def test_a_due_date_is_shown_back_and_then_corrected(expects: World) -> None:
    path = f"{own_path('s1')}/due/e1"

    checked = request("POST", path, form={"step": "check", "day": days(49)})
    assert "今日は妊娠33週0日です" in text_of(checked)
    assert what_happened(expects) == [Happened.JOINED, Happened.DUE_DATE]
    done = request("POST", path, form={"step": "save", "day": days(49)})

    assert location(done) == f"{own_path('s1')}?done=saved"
    assert latest_standing(stored(expects, "s1").enrolments[0].history).due_date == due_in(49)


@pytest.mark.parametrize(("due", "birth"), [(56, -3), (0, 0), (-13, -1), (-60, -50), (100, -2)])
def test_a_birth_is_registered_early_or_long_after_the_due_date(
    world: World, due: int, birth: int
) -> None:
    world.add(pregnant(1, due=due_in(due)))
    path = f"{own_path('s1')}/birth/e1"

    checked = request("POST", path, form={"step": "check", "day": days(birth)})
    done = request("POST", path, form={"step": "save", "day": days(birth)})

    assert "今日で生後" in text_of(checked)
    assert location(done).endswith("?done=born")
    assert what_happened(world) == [Happened.JOINED, Happened.DUE_DATE, Happened.BIRTH]
    assert "登録しました" in text_of(request("GET", location(done)))


def test_twins_who_were_expected_as_one_are_registered_with_their_names(expects: World) -> None:
    form = {"day": days(-1), "twins": "yes", "nickname-1": "はな", "nickname-2": "そら"}
    path = f"{own_path('s1')}/birth/e1"

    checked = request("POST", path, form={**form, "step": "check"})
    request("POST", path, form={**form, "step": "save"})

    assert "ふたご" in text_of(checked)
    twins = stored(expects, "s1").enrolments
    assert [each.nickname for each in twins] == ["はな", "そら"]
    assert {latest_standing(each.history).birth_date for each in twins} == {due_in(-1)}


@pytest.mark.parametrize(
    ("page", "day", "said"),
    [
        ("due", 281, "まだ先のようです"),
        ("due", -14, "「出産の登録」から登録できます"),
        ("birth", 1, "今日までの日付にしてください"),
        ("birth", -1200, "お届けできる年齢をすぎています"),
    ],
)
@pytest.mark.parametrize("step", ["check", "save"])
def test_a_date_that_makes_no_sense_is_said_so_and_changes_nothing(
    expects: World, page: str, day: int, said: str, step: str
) -> None:
    before = everything(expects)
    answer = request("POST", f"{own_path('s1')}/{page}/e1", form={"step": step, "day": days(day)})
    assert answer["statusCode"] == 422
    assert said in text_of(answer)
    assert everything(expects) == before


def test_a_birth_date_is_corrected(world: World) -> None:
    world.add(born(-10))
    form = {"step": "save", "day": days(-11)}
    done = request("POST", f"{own_path('s1')}/birth/e1", form=form)
    assert location(done).endswith("?done=saved")
    assert latest_standing(stored(world, "s1").enrolments[0].history).birth_date == due_in(-11)


def test_the_corrected_age_is_offered_to_children_born_early_only(world: World) -> None:
    world.add(born(-30, due=20), replace(born(-30), id="s2", address="sora@example.jp"))
    path = f"{own_path('s1')}/age/e1"

    assert "出産予定日から数えるのが、修正月齢です" in text_of(request("GET", path))
    request("POST", path, form={"count": "due"})
    assert latest_standing(stored(world, "s1").enrolments[0].history).corrected_age
    assert "修正月齢で数えています" in text_of(request("GET", own_path("s1")))
    request("POST", path, form={"count": "birth"})

    assert not latest_standing(stored(world, "s1").enrolments[0].history).corrected_age
    other = f"{own_path('s2')}/age/e1"
    assert other not in request("GET", own_path("s2"))["body"]
    assert request("POST", other, form={"count": "due"})["statusCode"] == 404


def test_a_nickname_is_changed_and_taken_away(expects: World) -> None:
    path = f"{own_path('s1')}/names/e1"
    request("POST", path, form={"nickname-1": "そら"})
    assert stored(expects, "s1").enrolments[0].nickname == "そら"
    request("POST", path, form={"nickname-1": " "})
    assert stored(expects, "s1").enrolments[0].nickname is None
    assert request("POST", path, form={"nickname-1": "あ" * 21})["statusCode"] == 422


def test_a_child_is_added(expects: World) -> None:
    form = {"kind-1": "born", "day-1": days(-400), "nickname-1": "はな"}
    path = f"{own_path('s1')}/add"
    assert "今日で1歳1か月です" in text_of(request("POST", path, form={**form, "step": "check"}))
    assert location(request("POST", path, form={**form, "step": "save"})).endswith("done=added")
    assert [each.nickname for each in stored(expects, "s1").enrolments] == ["まめ", "はな"]


def test_nobody_follows_more_than_twelve(world: World) -> None:
    world.add(born(*range(-12, 0)))
    form = {"kind-1": "due", "day-1": days(56), "step": "save"}
    answer = request("POST", f"{own_path('s1')}/add", form=form)
    assert answer["statusCode"] == 422
    assert "登録できる人数をこえています" in text_of(answer)


# Language, address, account.


def test_the_language_is_chosen(expects: World) -> None:
    request("POST", f"{own_path('s1')}/language", form={"language": "en"})
    assert stored(expects, "s1").language is Language.ENGLISH
    assert "Your page" in text_of(request("GET", own_path("s1")))


def test_a_new_address_counts_once_it_is_confirmed_and_the_history_goes_along(
    expects: World,
) -> None:
    before = stored(expects, "s1")
    form = {"channel": "sms", "phone": "090-1234-5678"}
    code_page = location(request("POST", f"{own_path('s1')}/address", form=form))
    assert stored(expects, "s1") == before

    confirmation = links().read_code_page(code_page.removeprefix("/code/"))
    answer = request("POST", code_page, form={"code": links().code(confirmation)})

    after = stored(expects, "s1")
    assert "変更しました" in text_of(answer)
    assert (after.channel, after.address) == (Channel.SMS, "+819012345678")
    assert after.enrolments == before.enrolments
    assert after.earlier[0].channel is Channel.EMAIL


def test_to_line_the_way_leads_through_line(expects: World) -> None:
    answer = request("POST", f"{own_path('s1')}/address", form={"channel": "line"})
    confirmation = links().read_line_login(location(answer).removeprefix("/line/login/"))
    waiting = expects.store.confirmations.get(confirmation)
    assert waiting is not None
    assert (waiting.mover, waiting.account) == ("s1", "bunkyo")


def test_asking_for_a_known_address_looks_the_same_as_for_a_free_one(expects: World) -> None:
    expects.add(replace(pregnant(2), address="hana@example.jp"))
    answers = [
        request("POST", f"{own_path('s1')}/address", form={"channel": "email", "email": each})
        for each in ("hana@example.jp", "sora@example.jp")
    ]
    assert answers[0]["body"].replace("hana@", "sora@") == answers[1]["body"]


@pytest.fixture
def two_accounts(expects: World) -> World:
    """A world where 港区 sends too, and 千代田区 through another system."""
    (settings,) = bunkyo().settings
    for name, more in (("minato", {}), ("chiyoda", {"delivery": Delivery.EXTERNAL})):
        changed = replace(settings, name={"minato": "港区"}.get(name, "千代田区"), **more)
        expects.store.accounts.put(Account(name, (changed,)))
    return expects


def test_who_moves_house_moves_to_another_account_at_once(two_accounts: World) -> None:
    path = f"{own_path('s1')}/account"
    shown = request("GET", path)
    assert "港区" in shown["body"]
    assert "千代田区" not in shown["body"]

    assert location(request("POST", path, form={"account": "minato"})).endswith("done=moved")

    after = stored(two_accounts, "s1")
    assert (after.account, after.earlier[0].account) == ("minato", "bunkyo")
    assert "港区" in text_of(request("GET", own_path("s1")))


def test_where_the_address_is_subscribed_there_already_nothing_moves(two_accounts: World) -> None:
    there = replace(pregnant(2), account="minato", address=pregnant(1).address)
    list(two_accounts.store.subscribers.add([there], {"minato": 1}))
    answer = request("POST", f"{own_path('s1')}/account", form={"account": "minato"})
    assert answer["statusCode"] == 409
    assert stored(two_accounts, "s1").account == "bunkyo"


@pytest.mark.parametrize("account", ["chiyoda", "nowhere", "Bunkyo"])
def test_nobody_moves_to_an_account_that_is_not_on_offer(two_accounts: World, account: str) -> None:
    answer = request("POST", f"{own_path('s1')}/account", form={"account": account})
    assert answer["statusCode"] == 400
    assert stored(two_accounts, "s1").account == "bunkyo"


def test_on_line_another_account_asks_line_who_they_are(two_accounts: World) -> None:
    two_accounts.add(pregnant(3, Channel.LINE))
    answer = request("POST", f"{own_path('s3')}/account", form={"account": "minato"})
    confirmation = links().read_line_login(location(answer).removeprefix("/line/login/"))
    waiting = two_accounts.store.confirmations.get(confirmation)
    assert waiting is not None
    assert (waiting.account, waiting.mover, waiting.address) == ("minato", "s3", "")


# What is stored.


def test_the_export_holds_all_that_is_stored(world: World) -> None:
    whole = replace(
        born(-10, due=20),
        touchpoint="web",
        consents=(given(Language.ENGLISH, "web", JOINED),),
        failed_on=(due_in(-1),),
    )
    world.add(whole)

    answer = request("GET", f"{own_path('s1')}/export")

    disposition = answer["headers"]["Content-Disposition"]
    assert disposition == 'attachment; filename="kizuna.json"'
    told = json.loads(answer["body"])
    assert set(asdict(whole)) <= set(told)
    (enrolment,) = told["enrolments"]
    assert set(asdict(whole.enrolments[0])) == set(enrolment)
    assert enrolment["history"][2] == {
        "at": "2026-10-01T12:00:00+09:00",
        "what": "birth",
        "day": days(-10),
    }
    assert told["consents"][0]["source"] == "web"
    assert told["touchpoint_name"] == "ホームページ"
    assert told["failed_on"] == [days(-1)]


def test_the_page_of_what_is_stored_tells_the_history_in_words(expects: World) -> None:
    shown = text_of(request("GET", f"{own_path('s1')}/stored"))
    joined = jst_date(JOINED)
    assert f"{joined.year}年{joined.month}月{joined.day}日 登録しました" in shown
    assert "出産予定日を" in shown
    assert "まめ" in shown


# Stopping, resuming, erasing.


def test_one_child_is_stopped_alone_and_resumed_by_their_own_act(world: World) -> None:
    world.add(born(-400, -10))
    path = own_path("s1")

    answer = request("POST", f"{path}/stop/e2")
    assert "えらんだ配信は、これから届きません" in text_of(answer)
    assert "再開" not in text_of(answer)
    statuses = [latest_standing(e.history).status for e in stored(world, "s1").enrolments]
    assert statuses == [Status.ACTIVE, Status.STOPPED]
    request("GET", f"{path}/resume/e2")
    assert what_happened(world, 1)[-1] is Happened.STOPPED_BY_SUBSCRIBER
    request("POST", f"{path}/resume/e2")

    assert what_happened(world, 1)[-1] is Happened.RETURNED


def test_one_of_twins_is_stopped_alone(world: World) -> None:
    world.add(pregnant(1, due=due_in(56), twins=True))
    request("POST", f"{own_path('s1')}/stop/e1", form={"only": "e2"})
    statuses = [latest_standing(e.history).status for e in stored(world, "s1").enrolments]
    assert statuses == [Status.ACTIVE, Status.STOPPED]


def test_both_twins_are_stopped_and_resumed_together(world: World) -> None:
    world.add(pregnant(1, due=due_in(56), twins=True))
    request("POST", f"{own_path('s1')}/stop/e1")
    assert {what_happened(world, n)[-1] for n in (0, 1)} == {Happened.STOPPED_BY_SUBSCRIBER}
    request("POST", f"{own_path('s1')}/resume/e2")
    assert {what_happened(world, n)[-1] for n in (0, 1)} == {Happened.RETURNED}


def test_the_stop_page_offers_one_of_several_and_the_first_button_stops_all(world: World) -> None:
    world.add(born(-400, -10))
    path = stop_path("s1")

    assert 'name="only" value="e2"' in request("GET", path)["body"]
    request("POST", path, form={"only": "e2"})
    assert what_happened(world, 0)[-1] is Happened.BIRTH
    request("POST", path, form={})

    assert what_happened(world, 0)[-1] is Happened.STOPPED_BY_SUBSCRIBER


def test_the_stop_page_of_one_child_has_one_button(expects: World) -> None:
    assert request("GET", stop_path("s1"))["body"].count("<button") == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        ("--x\r\nContent-Disposition: form-data\r\n", "multipart/form-data; boundary=x"),
        (None, None),
    ],
)
def test_a_mail_program_stops_everything_with_one_click(
    world: World, body: str | None, content_type: str | None
) -> None:
    world.add(born(-400, -10))
    path = stop_path("s1")
    answer = request("POST", path, body=body, content_type=content_type)
    assert answer["statusCode"] == 200
    assert {what_happened(world, n)[-1] for n in (0, 1)} == {Happened.STOPPED_BY_SUBSCRIBER}


def test_erasure_asks_twice_and_leaves_nobody(expects: World) -> None:
    path = f"{own_path('s1')}/erase"
    before = everything(expects)
    for asked in (request("GET", path), request("POST", path, form={"step": "check"})):
        assert asked["statusCode"] == 200
        assert everything(expects) == before

    answer = request("POST", path, form={"step": "erase"})

    assert "消去しました" in text_of(answer)
    assert expects.store.subscribers.get("s1") is None
    (left,) = expects.store.subscribers
    assert left.erased
    assert request("GET", own_path("s1"))["statusCode"] == 404


def test_an_address_is_asked_to_be_confirmed_as_rarely_as_when_joining(expects: World) -> None:
    form = {"channel": "email", "email": "sora@example.jp"}
    codes = [
        request("POST", f"{own_path('s1')}/address", form=form)["statusCode"] for _ in range(4)
    ]
    assert codes == [200, 200, 200, 429]
    assert len(confirmations(expects)) == 3


def test_twins_born_on_two_days_are_shown_and_registered_each_with_its_own(expects: World) -> None:
    form = {"day": days(-1), "day-2": days(0), "twins": "yes", "nickname-1": "はな"}
    path = f"{own_path('s1')}/birth/e1"

    checked = text_of(request("POST", path, form={**form, "step": "check"}))
    request("POST", path, form={**form, "step": "save"})

    assert "生後1日" in checked
    assert "生後0日" in checked
    twins = stored(expects, "s1").enrolments
    assert [latest_standing(each.history).birth_date for each in twins] == [due_in(-1), due_in(0)]
    assert [each.nickname for each in twins] == ["はな", None]


def test_a_second_birth_date_that_makes_no_sense_is_said_at_its_field(expects: World) -> None:
    form = {"day": days(-1), "day-2": days(1), "twins": "yes", "step": "save"}

    answer = request("POST", f"{own_path('s1')}/birth/e1", form=form)

    assert answer["statusCode"] == 422
    assert 'href="#day-2"' in answer["body"]
    assert len(stored(expects, "s1").enrolments) == 1


def test_another_due_date_by_the_hospital_on_the_same_day_holds_at_once(expects: World) -> None:
    for day in (49, 52):
        form = {"day": days(day), "step": "save"}
        request("POST", f"{own_path('s1')}/due/e1", form=form)

    standing = latest_standing(stored(expects, "s1").enrolments[0].history)
    assert standing.due_date == due_in(52)
