"""Ending an account in the console: what will happen first, and then the end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from functions.au_snapshot import snapshot as au_snapshot
from functions.console.wording import day
from shared.rules.account import Delivery
from shared.rules.dates import jst_date
from shared.rules.text import Text
from tests.console.conftest import Console
from tests.console.test_accounts import CHIYODA, noted
from tests.world import Context, bunkyo, pregnant

END = "/console/accounts/bunkyo/end"
TODAY = jst_date(datetime.now(UTC))
LAST = TODAY + timedelta(days=30)
FAREWELL = {"title": "文京区より", "text": "今日で終わります。\nありがとうございました。"}


def form(**changes: str) -> dict[str, str]:
    return {"last_day": LAST.isoformat(), **changes}


@pytest.fixture
def merging(console: Console) -> Console:
    """文京区 with two readers, and 千代田区, which takes them over."""
    store = console.world.store
    store.accounts.put(replace(CHIYODA, settings=bunkyo(name="千代田区", code="131016").settings))
    console.world.add(pregnant(1), pregnant(2))
    au_snapshot.handler({"kind": "month_end", "month": "2026-10"}, Context())
    return console


def test_what_will_happen_is_shown_before_it_is_decided(merging: Console) -> None:
    answer = merging.post(END, form(step="check", successor="chiyoda", **FAREWELL))

    assert answer.status == 200
    assert f"{day(LAST)} 09:00 最後の配信。お別れの文を、約2人に送ります" in answer.text
    assert "千代田区の登録ページに案内します" in answer.text
    assert "SMS：文京区より" in answer.text
    assert merging.world.store.accounts.get("bunkyo") == bunkyo()


def test_an_account_ends_with_a_farewell_and_who_comes_after_it(merging: Console) -> None:
    answer = merging.post(END, form(step="save", successor="chiyoda", notice="終了", **FAREWELL))

    assert answer.location == "/console/accounts/bunkyo?done=ended"
    account = merging.world.store.accounts.get("bunkyo")
    assert account.on(LAST).delivery is Delivery.OWN
    assert account.on(LAST + timedelta(days=1)).delivery is Delivery.ENDED
    assert account.farewell_on(LAST) == Text(*FAREWELL.values(), "終了")
    assert account.successor == "chiyoda"
    what = f"ended the account after {LAST}, with a farewell"
    assert noted(merging) == [("管理 花子", what, "bunkyo")]
    assert (
        f"{day(LAST + timedelta(days=1))}から：終了します" in merging.get("/console/accounts").text
    )
    assert "あとをつぐ団体： 千代田区" in merging.get("/console/accounts/bunkyo").text


def test_what_was_decided_stands_in_the_form_and_the_last_word_holds(merging: Console) -> None:
    merging.post(END, form(step="save", successor="chiyoda", **FAREWELL))

    again = merging.get(END).body
    same = merging.post(
        END, form(step="save", successor="chiyoda", notice="文京区より", **FAREWELL)
    )
    merging.post(END, form(step="save", last_day=TODAY.isoformat()))

    assert f'value="{LAST}"' in again
    assert "ありがとうございました。</textarea>" in again
    assert '<option value="chiyoda" selected>' in again
    assert "もう、そのとおりに決まっています" in same.text
    account = merging.world.store.accounts.get("bunkyo")
    assert account.on(TODAY + timedelta(days=1)).delivery is Delivery.ENDED
    assert (account.farewell, account.successor) == (None, None)


def test_settings_that_were_to_come_are_said_to_go(console: Console) -> None:
    now = bunkyo().settings[0]
    later = replace(now, valid_from=LAST + timedelta(days=9), name="新文京区")
    console.world.store.accounts.put(replace(bunkyo(), settings=(now, later)))

    answer = console.post(END, form())

    assert (
        f"{day(later.valid_from)}からの設定は、この終わりに置きかわり、なくなります" in answer.text
    )


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"last_day": ""}, "日付は 2027-04-01 のように"),
        ({"last_day": (TODAY - timedelta(days=1)).isoformat()}, "今日か、これからの日に"),
        ({"last_day": "2026-09-30"}, "今日か、これからの日に"),
        ({"last_day": "2019-03-31"}, "設定がはじまった日より後に"),
        ({"title": "題" * 41, "text": "本文"}, "お別れの文は、題名40文字"),
        ({"title": "", "text": "本文"}, "題名と本文の両方が必要"),
        ({"title": "題", "text": "{mother}"}, "ほかの差し込みは使えません"),
        ({"successor": "bunkyo"}, "あとをつぐ団体は、ほかの団体に"),
        ({"successor": "nowhere"}, "一覧からえらんでください"),
    ],
)
def test_what_is_wrong_is_one_clear_line_and_nothing_ends(
    merging: Console, wrong: dict[str, str], line: str
) -> None:
    answer = merging.post(END, form(step="save", **wrong))

    assert answer.status == 422
    assert line in answer.text
    assert merging.world.store.accounts.get("bunkyo") == bunkyo()


def test_a_farewell_comes_too_late_once_the_day_is_under_way(console: Console) -> None:
    console.world.add(pregnant(1))
    console.world.tick(datetime.now(UTC).replace(hour=3))

    answer = console.post(END, form(step="save", last_day=TODAY.isoformat(), **FAREWELL))

    assert answer.status == 422
    assert "その日の配信はもう始まっています" in answer.text


def test_who_sends_elsewhere_has_no_farewell(console: Console) -> None:
    console.world.store.accounts.put(bunkyo(delivery=Delivery.EXTERNAL, channels=frozenset()))

    refused = console.post(END, form(**FAREWELL))
    seen = console.post(END, form())

    assert "別のシステムから送っている団体には、お別れの文を書けません" in refused.text
    assert "AUの報告を受けません" in seen.text


@pytest.mark.parametrize("role", ["viewer", "editor", "reviewer"])
def test_only_an_administrator_ends(console: Console, role: str) -> None:
    assert console.at(role).get(END).status == 403
    assert console.at(role).post(END, form(step="save")).status == 403
    assert console.world.store.accounts.get("bunkyo") == bunkyo()
