"""Accounts in the console: listed, changed from a day on, added; what that does is shown first."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from functions.au_snapshot import snapshot as au_snapshot
from shared.rules.account import AccountKind, Channel, Delivery
from shared.rules.dates import jst_date
from shared.rules.ending import EndKind, EndOfDelivery
from shared.rules.history import Event, Happened
from shared.rules.subscriber import Enrolment
from tests.console.conftest import Console
from tests.template import client
from tests.world import JOINED, Context, bunkyo, pregnant

CHANGE, NEW = "/console/accounts/bunkyo/change", "/console/accounts/_new"
TODAY = jst_date(datetime.now(UTC))
SOON = TODAY + timedelta(days=60)
CHIYODA = replace(bunkyo(name="千代田区", code="131016", valid_from=SOON), id="chiyoda")


def change(**changes: str) -> dict[str, str]:
    """The form as it stands there for 文京区, with another day and what else changes."""
    form = {"name": "文京区", "code": "131059", "delivery": "own", "send_at": "09:00"}
    form |= {"quiet_from": "21:00", "quiet_to": "06:00", "end_kind": "birthday", "end_n": "3"}
    form |= {f"channel-{each}": "yes" for each in Channel}
    return {**form, "valid_from": SOON.isoformat(), **changes}


def new(**changes: str) -> dict[str, str]:
    form = change(account="chiyoda", kind="municipality", name="千代田区", code="131016")
    return {**form, **changes}


def noted(console: Console) -> list[tuple[str, str, str]]:
    entries = console.world.store.audit.of_month(TODAY.year, TODAY.month)
    return [(each.by, each.what, each.about) for each in entries]


@pytest.fixture
def counted(console: Console) -> Console:
    """文京区 has three pregnancies and a child of 1 in October's AU, one of them on LINE."""
    birth = Event(JOINED, Happened.BIRTH, date(2025, 9, 20))
    history = (Event(JOINED, Happened.JOINED), birth)
    child = replace(pregnant(4), enrolments=(Enrolment("e1", None, history),))
    console.world.add(pregnant(1), pregnant(2), pregnant(3, Channel.LINE), child)
    au_snapshot.handler({"kind": "month_end", "month": "2026-10"}, Context())
    return console


# The list, and one of them.


def test_every_account_is_listed_with_what_changes_soon(console: Console) -> None:
    store = console.world.store
    now = bunkyo().settings[0]
    store.accounts.put(
        replace(bunkyo(), settings=(now, replace(now, valid_from=SOON, send_at=time(18))))
    )
    store.accounts.put(CHIYODA)
    external = bunkyo(
        name="仙台市", code="041009", delivery=Delivery.EXTERNAL, channels=frozenset()
    )
    store.accounts.put(replace(external, id="sendai"))

    text = console.at("viewer").get("/console/accounts").text

    assert "文京区 bunkyo・131059 このシステム メール・LINE・SMS 09:00" in text
    assert "から：配信時刻 09:00→18:00" in text
    assert "仙台市 sendai・041009 別のシステム なし" in text
    assert "から：はじまります" in text
    assert "団体を加える" not in text, "a viewer adds none"


def test_until_the_first_message_what_is_still_to_be_done_is_listed(console: Console) -> None:
    client("secretsmanager").delete_secret(
        SecretId="kizuna/accounts/bunkyo/sms", ForceDeleteWithoutRecovery=True
    )

    body = console.get("/console/accounts/bunkyo").text
    line = console.get("/console/accounts").text

    assert "すみ 設定が効いている" in body
    assert "すみ 接続情報：LINE公式アカウント" in body
    assert "まだ 接続情報：SMS" in body
    assert "すみ 文面が公開されている （共通）" in body
    assert "すみ 登録の入口がある" in body
    assert "まだ 最初のかたが登録した" in body
    assert "まだ 最初の一通が送られた" in body
    assert "3 / 6" in line


def test_once_the_first_message_went_out_nothing_is_left_to_do(console: Console) -> None:
    world = console.world
    world.add(pregnant(1))
    world.day(datetime.now(UTC).replace(hour=3, minute=0))

    assert world.store.ledger.run(TODAY, "bunkyo").total().accepted == 1
    assert "最初の配信まで" not in console.get("/console/accounts/bunkyo").text
    assert "送信ずみ" in console.get("/console/accounts").text


def test_an_accounts_settings_are_told_as_they_were_are_and_will_be(console: Console) -> None:
    now = bunkyo().settings[0]
    early = replace(now, valid_from=date(2015, 4, 1), name="旧文京区")
    late = replace(now, valid_from=SOON, end_of_delivery=EndOfDelivery.parse("school_year_end(1)"))
    console.world.store.accounts.put(replace(bunkyo(), settings=(early, now, late)))

    text = console.at("viewer").get("/console/accounts/bunkyo").text

    assert "2015年4月1日(水) これまで 旧文京区" in text
    assert "2019年4月1日(月) いま 文京区" in text
    assert "これから 文京区" in text
    assert "配信の終わり 3歳のお誕生日まで→小学1年生の3月まで" in text
    assert "設定を変える" not in text, "a viewer changes none"


@pytest.mark.parametrize("path", ["", "/change", "/end", "/credentials", "/touchpoints"])
def test_an_account_that_is_none_has_a_calm_page(console: Console, path: str) -> None:
    answer = console.get(f"/console/accounts/nowhere{path}")

    assert answer.status == 404
    assert "この団体はありません" in answer.text


# A change.


def test_what_a_change_does_is_shown_before_it_is_stored(counted: Console) -> None:
    form = change(end_n="1", **{"channel-line": ""}, send_at="18:30", step="check")

    answer = counted.post(CHANGE, form)

    assert answer.status == 200
    assert "配信時刻 09:00 18:30" in answer.text
    assert "LINEの約1人のかたに、お便りが届かなくなります" in answer.text
    assert "約4人のお子さん（妊娠中を含む）で、配信が早く終わります。そのうち約1人は" in answer.text
    assert "おおよその数" in answer.text
    assert counted.world.store.accounts.get("bunkyo") == bunkyo()


def test_a_change_holds_from_its_day_on_and_is_on_record(counted: Console) -> None:
    answer = counted.post(CHANGE, change(send_at="18:30", end_n="4", step="save"))

    assert answer.location == "/console/accounts/bunkyo?done=changed"
    account = counted.world.store.accounts.get("bunkyo")
    assert account.on(SOON - timedelta(days=1)) == bunkyo().settings[0]
    assert account.on(SOON).send_at == time(18, 30)
    assert account.on(SOON).end_of_delivery == EndOfDelivery(EndKind.BIRTHDAY, 4)
    what = f"changed the settings from {SOON}: 配信時刻、配信の終わり"
    assert noted(counted) == [("管理 花子", what, "bunkyo")]


def test_without_a_snapshot_it_says_that_the_number_is_not_known(console: Console) -> None:
    assert "影響する人数は分かりません" in console.post(CHANGE, change(end_n="1")).text
    assert "人数は分かりません" not in console.post(CHANGE, change(send_at="18:00")).text


def test_who_is_accompanied_for_longer_is_counted_too(counted: Console) -> None:
    answer = counted.post(CHANGE, change(end_kind="school_year_end", end_n="1"))

    assert "約4人のお子さん（妊娠中を含む）で、配信が遅くまで続きます" in answer.text
    assert "早く終わります" not in answer.text


def test_an_account_that_leaves_for_another_system_loses_all_readers(counted: Console) -> None:
    form = change(delivery="external", **{f"channel-{each}": "" for each in Channel})
    assert (
        "約4人のかたに、このシステムからのお便りが届かなくなります"
        in counted.post(CHANGE, form).text
    )


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"name": ""}, "名称は、100文字まで"),
        ({"name": "https://x.example"}, "名称は、100文字まで"),
        ({"name": "区" * 101}, "名称は、100文字まで"),
        ({"code": ""}, "団体コードは、検査数字まで入れて6けた"),
        ({"code": "131058"}, "団体コードは、検査数字まで入れて6けた"),
        ({"code": "131016"}, "ほかの団体と重ならないもの"),
        ({"delivery": "ended"}, "配信を、このシステムか別のシステムから"),
        ({f"channel-{each}": "" for each in Channel}, "届け方を、ひとつ以上"),
        ({"send_at": "09:10"}, "15分きざみ"),
        ({"send_at": "05:00"}, "6:00から21:00まで"),
        ({"send_at": "20:00", "quiet_from": "19:00"}, "配信しない時間の外"),
        ({"quiet_from": "夜"}, "配信しない時間のはじめは"),
        ({"quiet_to": "21:00"}, "はじめとちがう時刻"),
        ({"end_n": "19"}, "1歳から18歳までの誕生日"),
        ({"end_kind": "never"}, "1歳から18歳までの誕生日"),
        ({"valid_from": "4月1日"}, "2019年4月1日(月)より後の日"),
        ({"valid_from": "2019-03-31"}, "2019年4月1日(月)より後の日"),
        ({"send_at": "09:00", "valid_from": "2019-04-01", "name": "千代田"}, "より後の日"),
    ],
)
def test_what_is_wrong_is_one_clear_line_and_the_form_again(
    console: Console, wrong: dict[str, str], line: str
) -> None:
    console.world.store.accounts.put(replace(CHIYODA, settings=bunkyo(code="131016").settings))

    answer = console.post(CHANGE, change(step="save", **{"name": "文京の区", **wrong}))

    assert answer.status == 422
    assert line in answer.text
    assert console.world.store.accounts.get("bunkyo") == bunkyo()
    assert noted(console) == []
    if wrong.get("name") != "":
        assert f'value="{wrong.get("name", "文京の区")}"' in answer.body


def test_what_au_was_counted_with_does_not_change(counted: Console) -> None:
    answer = counted.post(CHANGE, change(valid_from="2026-10-31", send_at="18:00", step="save"))

    assert answer.status == 422
    assert "2026年10月31日(土)より後の日" in answer.text


def test_a_change_of_nothing_is_none(console: Console) -> None:
    answer = console.post(CHANGE, change(valid_from="2019-04-01", step="save"))

    assert answer.status == 422
    assert "いまの設定と同じです" in answer.text


def test_back_from_what_it_does_the_form_is_as_it_was(console: Console) -> None:
    answer = console.post(CHANGE, change(name="文京の区", step="edit"))

    assert answer.status == 200
    assert 'value="文京の区"' in answer.body


# A new account.


def test_an_account_is_added_once_it_was_seen(console: Console) -> None:
    seen = console.post(NEW, new(step="check"))
    before = console.world.store.accounts.get("chiyoda")
    answer = console.post(NEW, new(step="save"))

    assert "登録ページ（/join/chiyoda/web）が開きます" in seen.text
    assert before is None
    assert answer.location == "/console/accounts/chiyoda?done=added"
    assert console.world.store.accounts.get("chiyoda") == CHIYODA
    assert noted(console) == [("管理 花子", "added the account", "chiyoda")]
    assert "最初の配信まで" in console.get("/console/accounts/chiyoda?done=added").text


def test_a_hospital_has_no_code(console: Console) -> None:
    console.post(NEW, new(account="hospital", kind="other", code="", step="save"))

    settings = console.world.store.accounts.get("hospital").settings[0]
    assert (settings.kind, settings.code) == (AccountKind.OTHER, None)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"account": "Chiyoda"}, "IDは、英小文字・数字・ハイフンで"),
        ({"account": "common"}, "commonは使えません"),
        ({"account": ""}, "IDは、英小文字"),
        ({"account": "bunkyo"}, "このIDの団体は、もうあります"),
        ({"kind": ""}, "種別をえらんでください"),
        ({"code": "131059"}, "ほかの団体と重ならない"),
        ({"valid_from": ""}, "適用日は、2027-04-01 のような日付にしてください"),
    ],
)
def test_a_new_account_keeps_the_rules(console: Console, wrong: dict[str, str], line: str) -> None:
    form = new(step="save", **wrong)
    if wrong.get("code"):
        form["valid_from"] = TODAY.isoformat()

    answer = console.post(NEW, form)

    assert answer.status == 422
    assert line in answer.text
    assert [each.id for each in console.world.store.accounts] == ["bunkyo"]


@pytest.mark.parametrize("role", ["viewer", "editor", "reviewer"])
def test_only_an_administrator_changes_and_adds(console: Console, role: str) -> None:
    assert console.at(role).post(CHANGE, change(step="save")).status == 403
    assert console.at(role).post(NEW, new(step="save")).status == 403
    assert [each.settings for each in console.world.store.accounts] == [bunkyo().settings]
