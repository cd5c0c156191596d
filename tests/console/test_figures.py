"""AU in the console: read from what is stored, reviewed by another, external figures in a grid."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.console.roles import Role
from shared.rules.account import Delivery
from shared.rules.au import Measure
from shared.rules.dates import jst_date
from shared.rules.months import Month
from shared.rules.snapshot import State
from shared.store.staff import Colleague
from tests.au import sample
from tests.au.sample import november
from tests.au_report.made import review_of
from tests.console.conftest import Console
from tests.world import bunkyo

NOVEMBER = "month_end-2026-11"
SHEET = f"/console/au/{NOVEMBER}"


@pytest.fixture
def counted(console: Console) -> Console:
    """A console with November's month-end, which somebody else asked for."""
    store = console.world.store
    store.snapshots.keep(november(150))
    store.snapshots.note(review_of(november(150), reviewed_by=None, reviewed_at=None))
    return console


def month_before(count: int = 1) -> Month:
    return Month.of(jst_date(datetime.now(UTC))).plus(-count)


# At one look.


def test_the_newest_figure_its_trend_and_every_account_are_at_one_look(counted: Console) -> None:
    snapshot = november(150)

    answer = counted.at("viewer").get("/console/au")

    assert answer.status == 200
    assert f"{snapshot.total.subscribers:,}" in answer.text
    for about in snapshot.about.values():
        assert about.name in answer.text
    assert answer.body.count("<polyline") >= 6, "three lines, and their keys"
    assert "計測する" not in answer.text, "a viewer takes none"


def test_without_any_snapshot_it_says_so(console: Console) -> None:
    assert "まだ一度も計測していません" in console.get("/console/au").text
    assert "まだ一度も計測していません" in console.get("/console/au/forecast").text


def test_a_figure_that_is_missing_is_named_and_is_no_fall(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    until_october = {Month(2026, n): 1_200 + n for n in range(4, 11)}
    monkeypatch.setattr(sample, "REPORTED", {"sendai": until_october})
    snapshot = sample.snapshot(Measure.month_end(Month(2026, 11)), 150)
    console.world.store.snapshots.keep(snapshot)
    console.world.store.snapshots.note(review_of(snapshot))

    shown = console.get("/console/au").text

    assert "2026-11の数がまだ届いていないため、AUに入っていない団体：仙台市。" in shown
    assert "仙台市 ほかのシステム 未報告" in shown
    assert "前の月末とは、くらべられません" in shown


def test_phases_channels_and_the_change_of_external_accounts_are_told(counted: Console) -> None:
    snapshot = november(150)
    email = sum(line.channels["email"] for line in snapshot.own_lines)

    shown = counted.get("/console/au").text

    assert f"メール {email}" in shown
    assert "仙台市 ほかのシステム 1,211 +1" in shown
    assert "AUに入っていない団体" not in shown


# Taking one.


@pytest.mark.parametrize(
    "form",
    [
        {"what": "instant", "day": "2999-01-01", "clock": "10:00"},
        {"what": "instant", "day": "yesterday", "clock": "10:00"},
        {"what": "instant", "day": "0001-01-01", "clock": "00:00"},
        {"what": "month", "month": "0001-01"},
        {"what": "month", "month": "2999-01"},
        {"what": "month", "month": "x"},
        {"what": "everything"},
        {},
    ],
)
def test_what_cannot_be_counted_is_not_asked_for(console: Console, form: dict[str, str]) -> None:
    answer = console.post("/console/au/take", form)

    assert answer.status == 422
    assert "今より前" in answer.text


def test_how_far_a_count_is_and_where_its_figures_will_stand_are_told(console: Console) -> None:
    snapshots = console.world.store.snapshots

    begun = console.get("/console/au?counting=yes", x_fragment="1").text
    snapshots.counting("internal-x", 1_234)
    going = console.get("/console/au?counting=yes", x_fragment="1").text
    snapshots.counting("internal-x", None)

    assert begun == "計測を頼みました。数えおわると一覧に出ます。 新しい一覧を見る"
    assert "いま数えています：1,234人" in going
    assert console.get("/console/au", x_fragment="1").text == ""


# Review.


def test_the_sheet_says_what_needs_a_look_first(counted: Console) -> None:
    answer = counted.at("viewer").get(SHEET)

    assert answer.status == 200
    assert "先に確かめたいところ" in answer.text
    assert november(150).sha256 in answer.text
    assert f"/reports/{NOVEMBER}/office.html" in answer.body


def test_a_comment_stays_for_good_with_its_name(counted: Console) -> None:
    counted.at("editor").post(f"{SHEET}/comment", {"text": "那覇市の増え方を確かめました。"})

    shown = counted.get(SHEET).text
    assert "編集 三郎" in shown
    assert "那覇市の増え方を確かめました。" in shown
    now = datetime.now(UTC)
    (noted,) = counted.world.store.audit.of_month(now.year, now.month)
    assert (noted.by, noted.what, noted.about) == ("編集 三郎", "au.comment", NOVEMBER)


@pytest.mark.parametrize("text", ["", " ", "あ" * 501])
def test_a_comment_that_is_none_is_refused(counted: Console, text: str) -> None:
    answer = counted.post(f"{SHEET}/comment", {"text": text})

    assert answer.status == 422
    assert counted.world.store.snapshots.review(NOVEMBER).comments == ()


def test_another_than_who_asked_for_it_approves_it(counted: Console) -> None:
    store = counted.world.store
    for name in ("管理 花子", "確認 次郎"):
        store.staff.add(Colleague(name, "y@example.jp"))
    old = store.snapshots.review(NOVEMBER)
    store.snapshots.update(old, replace(old, requested_by="管理 花子"))

    own = counted.post(f"{SHEET}/approve")
    assert own.status == 409
    assert "別の人が行います" in own.text
    assert counted.at("editor").post(f"{SHEET}/approve").status == 403
    assert counted.at("reviewer").post(f"{SHEET}/approve").status == 303

    review = store.snapshots.review(NOVEMBER)
    assert (review.state, review.reviewed_by) == (State.REVIEWED, "確認 次郎")


@pytest.mark.parametrize("path", ["/console/au/x", "/console/au/month_end-2020-01"])
def test_a_snapshot_that_is_not_there_is_told_calmly(counted: Console, path: str) -> None:
    assert counted.get(path).status == 404


@pytest.mark.parametrize("what", ["comment", "approve", "share"])
def test_nothing_is_done_to_a_snapshot_that_is_not_there(console: Console, what: str) -> None:
    answer = console.post(f"/console/au/month_end-2020-01/{what}", {"text": "x"})

    assert answer.status == 404
    assert "この計測はありません" in answer.text


def test_a_draft_is_not_shared(counted: Console) -> None:
    refused = counted.at("reviewer").post(f"{SHEET}/share")

    assert refused.status == 409
    assert "いまの状態では、できません。" in refused.text
    now = datetime.now(UTC)
    assert not list(counted.world.store.audit.of_month(now.year, now.month))


def test_before_it_is_shared_it_says_how_many_will_have_a_mail(counted: Console) -> None:
    store = counted.world.store
    assert "メールが届" not in counted.get(SHEET).text, "a draft is not shared"
    old = store.snapshots.review(NOVEMBER)
    store.snapshots.update(old, review_of(november(150)))

    nobody = counted.get(SHEET).text
    for name in ("管理 花子", "確認 次郎"):
        store.staff.add(Colleague(name, "y@example.jp"))

    assert "職員が、まだ登録されていません" in nobody
    assert "職員2人に" in counted.get(SHEET).text
    assert "職員2人に" not in counted.at("editor").get(SHEET).text


# External figures.


@pytest.fixture
def sendai(console: Console) -> Console:
    account = replace(bunkyo(name="仙台市", code="041009", delivery=Delivery.EXTERNAL), id="sendai")
    console.world.store.accounts.put(account)
    return console


def cell(month: Month) -> dict[str, str]:
    return {"year": str(month.fiscal_year), f"sendai.{month}": "1,234"}


def opened(console: Console, month: Month) -> dict[str, str]:
    """The fields of the grid as a browser would send them back."""
    page = console.get(f"/console/au/external?year={month.fiscal_year}").body
    fields = re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', page)
    return {name: value for name, value in fields if name != "csrf"}


def test_a_page_that_has_lain_open_undoes_no_correction(sendai: Console) -> None:
    month = month_before()
    figures = sendai.world.store.external
    figures.report("sendai", month, 1_234, by="編集 三郎", at=datetime.now(UTC))
    mine = opened(sendai, month)
    figures.report("sendai", month, 1_300, by="編集 三郎", at=datetime.now(UTC))

    untouched = sendai.post("/console/au/external", mine)
    changed = sendai.post("/console/au/external", {**mine, f"sendai.{month}": "1250"})

    assert untouched.location.endswith("saved=0")
    assert changed.status == 422
    assert f"仙台市の{month}は、この画面を開いたあとに、ほかの人が 1,300 にしました" in changed.text
    assert [each.subscribers for each in figures.history("sendai", month)] == [1_234, 1_300]

    again = {**opened(sendai, month), f"sendai.{month}": "1250"}
    assert sendai.post("/console/au/external", again).location.endswith("saved=1")


def test_a_figure_is_not_taken_back_by_blanking_its_cell(sendai: Console) -> None:
    month = month_before()
    sendai.post("/console/au/external", cell(month))

    answer = sendai.post("/console/au/external", {**opened(sendai, month), f"sendai.{month}": ""})

    assert answer.status == 422
    assert f"仙台市の{month}は、空欄にはもどせません。" in answer.text


def test_digits_of_a_japanese_keyboard_are_digits(sendai: Console) -> None:
    month = month_before()
    sendai.post("/console/au/external", {**cell(month), f"sendai.{month}": "１，２３４"})

    (figure,) = sendai.world.store.external.history("sendai", month)
    assert figure.subscribers == 1_234


@pytest.mark.parametrize("year", ["x", "9" * 5_000, "1999", "2999", "２０２５"])
def test_a_year_that_is_none_shows_this_one(sendai: Console, year: str) -> None:
    now = Month.of(jst_date(datetime.now(UTC))).fiscal_year

    assert f"{now}年度" in sendai.get(f"/console/au/external?year={year}").text


def test_a_figure_is_entered_corrected_and_kept(sendai: Console) -> None:
    month = month_before()
    figures = sendai.world.store.external

    sendai.at("editor").post("/console/au/external", cell(month))
    again = sendai.at("editor").post("/console/au/external", cell(month))
    sendai.post("/console/au/external", {**opened(sendai, month), f"sendai.{month}": "0"})

    assert again.location.endswith("saved=0"), "what is so already is not written"
    assert [each.subscribers for each in figures.history("sendai", month)] == [1234, 0]
    assert [each.by for each in figures.history("sendai", month)] == ["編集 三郎", "管理 花子"]


def test_a_blank_cell_is_missing_and_writes_nothing(sendai: Console) -> None:
    month = month_before()
    answer = sendai.post("/console/au/external", {**cell(month), f"sendai.{month}": ""})

    assert answer.location.endswith("saved=0")
    assert sendai.world.store.external.history("sendai", month) == []


@pytest.mark.parametrize("text", ["many", "-1", "1.5", "99999999", "9" * 5_000, "=1+1"])
def test_one_bad_cell_keeps_the_grid_as_it_was_typed_and_writes_nothing(
    sendai: Console, text: str
) -> None:
    good, bad = month_before(1), month_before(2)
    if good.fiscal_year != bad.fiscal_year:
        good = bad.plus(-1)
    form = {**cell(good), f"sendai.{bad}": text}

    answer = sendai.post("/console/au/external", form)

    assert answer.status == 422
    assert f"{bad}は、1234 のような数" in answer.text
    assert 'value="1,234"' in answer.body
    assert sendai.world.store.external.history("sendai", good) == []


def test_a_viewer_sees_the_grid_and_cannot_write(sendai: Console) -> None:
    viewer = sendai.at(Role.VIEWER)

    assert "<input name=" not in viewer.get("/console/au/external").body
    assert viewer.post("/console/au/external", cell(month_before())).status == 403


# The forecast.


def test_the_forecast_is_drawn_and_redrawn_with_other_registrations(counted: Console) -> None:
    plain = counted.get("/console/au/forecast")
    more = counted.get("/console/au/forecast?registrations=500")
    one = counted.get("/console/au/forecast?account=bunkyo&registrations=0")

    assert plain.status == more.status == one.status == 200
    assert '<polygon class="band"' in plain.body
    assert "月500件の登録なら" in more.text
    assert "月500件" not in plain.text
    assert plain.body != one.body


@pytest.mark.parametrize("text", ["x", "-1", "nan", "inf", "100001"])
def test_registrations_that_are_no_number_are_told_and_nothing_is_drawn_of_them(
    counted: Console, text: str
) -> None:
    answer = counted.get(f"/console/au/forecast?registrations={text}")

    assert answer.status == 422
    assert "0から100,000までの数で書いてください" in answer.text
    assert f'value="{text}"' in answer.body
    assert "登録なら" not in answer.text


@pytest.mark.parametrize("query", ["registrations=", "account=x", "account="])
def test_what_cannot_be_drawn_is_drawn_as_it_is(counted: Console, query: str) -> None:
    assert counted.get(f"/console/au/forecast?{query}").status == 200


def test_the_goal_stands_beside_the_births(counted: Console) -> None:
    births = counted.world.store.births
    births.put("bunkyo", 2025, 1_900, "人口動態統計", at=datetime.now(UTC) - timedelta(days=1))

    shown = counted.get("/console/au/forecast").text
    assert "1,900（2025年度）" in shown
    assert "届かない見込み" in shown
    assert "出生数が未登録" in shown, "of the other accounts"


def test_fiscal_years_stand_as_published_and_as_counted(counted: Console) -> None:
    published = counted.world.store.published
    for year, number in ((2024, 50_000), (2025, 55_000)):
        published.put(year, number, "年次報告", by="sora", at=datetime.now(UTC))

    shown = counted.get("/console/au/forecast").text

    assert "2025年度 55,000 +10.0%" in shown
    assert "年次報告" in shown
    assert "（未報告あり）" in shown, "Sendai reported nothing of that March"


def test_no_page_of_figures_reads_anybodys_record(
    counted: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    world = counted.world
    client = world.store.subscribers._people.meta.client
    client.meta.events.register(
        "before-call.dynamodb", lambda model, params, **_: asked.append(str(params["body"]))
    )
    for path in ("/console/au", SHEET, "/console/au/forecast", "/console/au/external"):
        assert counted.get(path).status == 200

    assert asked
    assert not [each for each in asked if "SubscriberTable" in json.dumps(each)]
