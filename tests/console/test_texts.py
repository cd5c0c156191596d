"""Texts in the console: written as drafts, checked, published by a second person, rolled back."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from shared.rules.dates import jst_date
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text
from tests.console.conftest import Answer, Console

DAY = "/console/texts/common/pregnancy/224"
CHANGES = "/console/texts/common/changes"
DUE = Due(Phase.PREGNANCY, 224)
NEW = {"title": "新しい題名", "text": "新しい本文です。\n二行目", "notice": "新しいお知らせ"}


def seen(console: Console, path: str = DAY) -> str:
    (found,) = re.findall(r'name="seen" value="([^"]*)"', console.at("editor").get(path).body)
    return str(html.unescape(found))


def write(console: Console, **changes: str) -> Answer:
    form = {**NEW, "step": "save", "seen": seen(console), **changes}
    return console.at("editor").post(DAY, form)


def now_in_force(console: Console, series: str = "common") -> str:
    content = console.world.store.content
    found = content.load(series, content.published(series)).get(DUE)
    return found.text if found else ""


def digest(console: Console) -> str:
    (found,) = re.findall(r'name="digest" value="(\w+)"', console.at("reviewer").get(CHANGES).body)
    return str(found)


def publish(console: Console, since: str = "") -> Answer:
    console.at("editor").post("/console/texts/common/propose", {"since": since})
    form = {"digest": digest(console)}
    return console.at("reviewer").post("/console/texts/common/publish", form)


# Finding one's way.


def test_every_series_and_its_days_are_shown(console: Console) -> None:
    shown = console.at("viewer").get("/console/texts")
    days = console.at("viewer").get("/console/texts/common")

    assert "共通" in shown.text
    assert "文京区" in shown.text
    assert "367日分" in shown.text
    assert days.body.count('class="daycell own"') >= 367


def test_a_search_finds_a_text_in_any_series(console: Console) -> None:
    answer = console.get("/console/texts?q=本文224")

    assert "1件" in answer.text
    assert DAY in answer.body
    assert "見つかりませんでした" in console.get("/console/texts?q=ありえない").text


@pytest.mark.parametrize(
    "path",
    [
        "/console/texts/nowhere",
        "/console/texts/common/pregnancy/27",
        "/console/texts/common/pregnancy/294",
        "/console/texts/common/childcare/6936",
        "/console/texts/common/other/1",
        "/console/texts/common/childcare/x",
        "/console/texts/nowhere/changes",
        "/console/texts/nowhere/export",
    ],
)
def test_what_is_not_there_is_told_calmly(console: Console, path: str) -> None:
    assert console.get(path).status == 404


def test_the_file_of_a_series_imports_again(console: Console) -> None:
    answer = console.get("/console/texts/common/export")

    assert answer.body.startswith("\ufeffseries,phase,day,title,text,notice\r\n")
    assert "common,pregnancy,224,妊娠224日,本文224です。,お知らせ224" in answer.body
    assert answer.headers["Content-Disposition"] == 'attachment; filename="common.csv"'


# Writing.


def test_a_day_shows_how_each_channel_would_show_it_with_its_counts(console: Console) -> None:
    answer = console.at("editor").post(DAY, {**NEW, "step": "preview"})

    assert answer.status == 200
    assert "題名（5 / 40文字）" in answer.text
    assert "SMS（" in answer.text
    assert "LINE（約1画面。1画面を、17文字の行が15行として）" in answer.text
    assert console.world.store.drafts.of("common") == {}


def test_what_is_kept_is_a_draft_and_changes_nothing_that_is_sent(console: Console) -> None:
    assert write(console).status == 303

    assert now_in_force(console) == "本文224です。"
    assert console.world.store.drafts.of("common")[DUE].by == "編集 三郎"
    assert "新しい題名" in console.get(DAY).body


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "題名を書いてください"),
        ({"title": "あ" * 41}, "題名が長すぎます（40文字まで）"),
        ({"text": "あ" * 1001}, "本文が長すぎます（1,000文字まで）"),
        ({"notice": "あ" * 61}, "SMSの文が長すぎます（60文字まで）"),
        ({"text": "{mother}さん"}, "使えない差し込みがあります"),
    ],
)
def test_what_breaks_a_rule_is_said_and_what_was_typed_stays(
    console: Console, changes: dict[str, str], said: str
) -> None:
    answer = write(console, **changes)

    assert answer.status == 422
    assert said in answer.text
    assert "新しい" in answer.body
    assert console.world.store.drafts.of("common") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [("詳しくは https://example.jp へ", "リンクがあります"), ("ﾐﾙｸ", "半角カナ")],
)
def test_what_looks_like_a_slip_is_pointed_out(console: Console, text: str, said: str) -> None:
    answer = console.at("editor").post(DAY, {**NEW, "text": text, "step": "preview"})

    assert said in answer.text


def test_an_accounts_own_text_is_seen_together_with_the_common_one(console: Console) -> None:
    answer = console.at("editor").post(
        "/console/texts/bunkyo/pregnancy/224", {**NEW, "step": "preview"}
    )

    assert "本文224です。" in answer.text
    assert "（文京区より）" in answer.text


def test_a_colleague_sends_a_text_to_themselves_and_changes_nothing(console: Console) -> None:
    tried = console.at("editor").post(DAY, {**NEW, "step": "try"})
    console.world.work()

    assert "editor@example.jp に送りました" in tried.text
    assert "新しい本文です。" in tried.body, "what was typed stays"
    assert not console.world.store.drafts.of("common")
    (mail,) = console.world.sent()
    assert (mail.recipient, mail.subject) == ("editor@example.jp", "【試し送り】新しい題名")
    assert "新しい本文です。\n二行目" in mail.text
    assert "新しいお知らせ" in mail.text
    (queued,) = (each for each in console.world.queued if "trial" in each)
    assert "example.jp" not in queued
    assert "新しい" not in queued


def test_an_accounts_text_is_tried_together_with_the_common_one(console: Console) -> None:
    day = DAY.replace("common", "bunkyo")

    console.at("editor").post(day, {**NEW, "step": "try"})
    console.world.work()

    (mail,) = console.world.sent()
    assert "（文京区より）\n新しい本文です。" in mail.text
    assert now_in_force(console) in mail.text


def test_a_text_that_breaks_a_rule_is_not_tried(console: Console) -> None:
    refused = console.at("editor").post(DAY, {**NEW, "text": "{name}", "step": "try"})
    console.world.work()

    assert refused.status == 422
    assert console.world.sent() == []


def test_the_same_as_published_is_no_draft(console: Console) -> None:
    write(console)
    write(console, title="妊娠224日", text="本文224です。", notice="お知らせ224")

    assert console.world.store.drafts.of("common") == {}


def test_a_viewer_reads_and_writes_nothing(console: Console) -> None:
    viewer = console.at("viewer")

    assert viewer.get(DAY).status == 200
    assert viewer.post(DAY, {**NEW, "step": "save"}).status == 403
    assert viewer.post("/console/texts/common/propose").status == 403


# Publishing.


def test_a_second_person_publishes_what_was_proposed(console: Console) -> None:
    write(console)
    shown = console.get(CHANGES)

    answer = publish(console)

    assert "<ins>新しい本文です。</ins>" in shown.body
    assert "<del>本文224です。</del>" in shown.body
    assert answer.location.endswith("done=publish")
    assert now_in_force(console) == "新しい本文です。\n二行目"
    assert console.world.store.drafts.of("common") == {}
    version, first = console.world.store.content.versions("common")
    assert first.by == "kizuna import"
    assert (version.proposed_by, version.by, version.texts) == ("編集 三郎", "確認 次郎", 367)


def test_who_proposed_it_cannot_publish_it(console: Console) -> None:
    write(console)
    console.at("reviewer").post("/console/texts/common/propose")

    proposal = console.world.store.drafts.proposal("common")
    assert proposal is not None
    form = {"digest": proposal.digest}
    refused = console.at("reviewer").post("/console/texts/common/publish", form)

    assert refused.status == 409
    assert "頼んだ人とは、別の人" in console.at("reviewer").get(CHANGES).text
    assert now_in_force(console) == "本文224です。"


def test_what_changed_after_it_was_seen_is_not_published(console: Console) -> None:
    write(console)
    console.at("editor").post("/console/texts/common/propose")
    before = digest(console)
    write(console, text="あとから変えた本文")
    console.at("editor").post("/console/texts/common/propose")

    answer = console.at("reviewer").post("/console/texts/common/publish", {"digest": before})

    assert answer.status == 409
    assert now_in_force(console) == "本文224です。"


def test_an_editor_alone_publishes_nothing(console: Console) -> None:
    write(console)

    assert console.at("editor").post("/console/texts/common/publish").status == 403
    assert console.at("reviewer").post("/console/texts/common/publish").status == 409


def test_a_text_comes_into_force_from_its_day_on(console: Console) -> None:
    day = jst_date(datetime.now(UTC)) + timedelta(days=3)
    write(console)
    publish(console, day.isoformat())

    content = console.world.store.content
    assert now_in_force(console) == "本文224です。"
    then = content.load("common", content.published("common", day))
    assert then[DUE].text == NEW["text"]
    assert "から新しい版" in console.get("/console/texts").text


def test_a_day_shows_the_text_of_today_and_leads_to_the_one_that_is_to_come(
    console: Console,
) -> None:
    before = now_in_force(console)
    write(console)
    publish(console, IN_THREE_DAYS.isoformat())

    assert f"\n{before}</textarea>" in console.get(DAY).body
    there = f"?on={IN_THREE_DAYS}"
    assert f'href="{there}"' in console.get(DAY).body
    assert f"\n{NEW['text']}</textarea>" in console.get(f"{DAY}{there}").body
    assert f"\n{before}</textarea>" in console.get(f"{DAY}?on=soon").body


@pytest.mark.parametrize("since", ["soon", "2020-01-01"])
def test_a_day_that_is_not_to_come_is_refused(console: Console, since: str) -> None:
    write(console)

    answer = console.at("editor").post("/console/texts/common/propose", {"since": since})

    assert answer.status == 422
    assert console.world.store.drafts.proposal("common") is None


def test_an_earlier_version_can_be_brought_back(console: Console) -> None:
    write(console)
    publish(console)
    first = console.world.store.content.published("common")
    write(console, text="三つ目")
    publish(console)

    back, where = {"version": str(first)}, "/console/texts/common/back"
    assert console.at("editor").post(where, back).status == 403
    asked = console.at("reviewer").get(f"{where}?version={first}")
    assert "次の1日分が変わります" in asked.text
    assert now_in_force(console) == "三つ目"
    console.at("reviewer").post(where, back)

    assert now_in_force(console) == NEW["text"]
    assert console.at("reviewer").post(where, back).status == 409
    assert console.at("reviewer").post(where, {"version": "x"}).status == 409
    assert console.at("reviewer").get(f"{where}?version=x").status == 404


def test_what_an_import_published_can_be_brought_back(console: Console) -> None:
    imported = console.world.store.content.published("common")
    write(console)
    publish(console)

    console.at("reviewer").post("/console/texts/common/back", {"version": str(imported)})

    assert now_in_force(console) == "本文224です。"


def test_a_day_can_be_emptied_and_a_change_dropped(console: Console) -> None:
    console.at("editor").post(DAY, {"step": "remove"})
    assert "削除" in console.get(CHANGES).text

    console.at("editor").post("/console/texts/common/drop", {"due": "pregnancy-224"})
    assert "変更はありません" in console.get(CHANGES).text


# Days to come.

IN_THREE_DAYS = jst_date(datetime.now(UTC)) + timedelta(days=3)


def then_in_force(console: Console, due: Due = DUE) -> str:
    content = console.world.store.content
    return content.load("common", content.published("common", IN_THREE_DAYS))[due].text


def test_what_is_published_today_is_not_undone_by_what_is_to_come(console: Console) -> None:
    write(console)
    publish(console, IN_THREE_DAYS.isoformat())
    other = DAY.replace("224", "225")
    form = {**NEW, "text": "きょう直した本文", "step": "save", "seen": ""}
    console.at("editor").post(other, form)
    publish(console)

    assert then_in_force(console) == NEW["text"]
    assert then_in_force(console, Due(Phase.PREGNANCY, 225)) == "きょう直した本文"


def test_a_day_tells_what_it_will_say_from_a_day_on(console: Console) -> None:
    write(console)
    publish(console, IN_THREE_DAYS.isoformat())

    assert "「新しい題名」に変わります" in console.get(DAY).text


def test_a_version_to_come_can_be_withdrawn(console: Console) -> None:
    write(console)
    publish(console, IN_THREE_DAYS.isoformat())
    form, where = {"since": IN_THREE_DAYS.isoformat()}, "/console/texts/common/withdraw"

    assert console.at("editor").post(where, form).status == 403
    assert console.at("reviewer").post(where, form).status == 303
    assert then_in_force(console) == "本文224です。"
    assert console.at("reviewer").post(where, form).status == 409
    assert console.at("reviewer").post(where, {"since": "x"}).status == 409


def test_where_what_is_published_changed_a_proposal_is_looked_at_anew(console: Console) -> None:
    write(console)
    console.at("editor").post("/console/texts/common/propose")
    before = digest(console)
    content = console.world.store.content
    texts = dict(content.load("common", content.published("common")))
    content.publish("common", {**texts, DUE: Text("別", "取り込みで変わった本文", "別")})

    answer = console.at("reviewer").post("/console/texts/common/publish", {"digest": before})

    assert answer.status == 409
    assert "もう一度、頼んでください" in console.at("reviewer").get(CHANGES).text
    assert now_in_force(console) == "取り込みで変わった本文"


def test_a_proposal_can_be_given_back(console: Console) -> None:
    write(console)
    console.at("editor").post("/console/texts/common/propose")
    console.at("editor").post("/console/texts/common/give-back")

    assert console.world.store.drafts.proposal("common") is None
    assert console.world.store.drafts.get("common", DUE) is not None


# Several people, and what is kept of it.


def test_of_two_who_write_the_same_day_the_second_is_told(console: Console) -> None:
    before = seen(console)
    write(console)

    form = {**NEW, "text": "別の人の本文", "step": "save", "seen": before}
    answer = console.at("reviewer").post(DAY, form)

    assert answer.status == 422
    assert "ほかの人が、先に" in answer.text
    assert "別の人の本文" in answer.body
    assert "残っている下書き（編集 三郎" in answer.text
    draft = console.world.store.drafts.get("common", DUE)
    assert draft is not None
    assert draft.text is not None
    assert draft.text.text == NEW["text"]


def test_everything_that_is_done_is_audited_without_a_text(console: Console) -> None:
    write(console)
    publish(console)

    audit = console.world.store.audit
    today = jst_date(datetime.now(UTC))
    entries = [each for each in audit.of_month(today.year, today.month) if each.about == "common"]
    assert [each.what.split(":")[0] for each in entries] == [
        "drafted pregnancy 224",
        "proposed 1 texts",
        "published 1 texts",
    ]
    assert [each.by for each in entries] == ["編集 三郎", "編集 三郎", "確認 次郎"]
    assert not any("新しい" in each.what for each in entries)


def test_the_overview_says_what_is_published_since_when_and_by_whom(console: Console) -> None:
    write(console)
    publish(console)

    assert "確認 次郎" in console.at("viewer").get("/console/texts").text


def test_a_paragraph_keeps_its_indentation(console: Console) -> None:
    write(console, text="　字下げの本文です。")

    draft = console.world.store.drafts.get("common", DUE)
    assert draft is not None
    assert draft.text is not None
    assert draft.text.text == "　字下げの本文です。"
    assert write(console, text="　").status == 422


# What readers get.


def test_a_preview_is_filled_in_and_joined_as_it_is_sent(console: Console) -> None:
    text = "{child}と{account}へ"
    answer = console.at("editor").post(
        "/console/texts/bunkyo/pregnancy/224", {**NEW, "text": text, "step": "preview"}
    )

    assert "メール（共通と文京区）" in answer.text
    assert "赤ちゃんと文京区へ" in answer.text
    assert "【文京区】お知らせ224" in answer.text


def test_a_viewer_sends_nothing_to_themselves(console: Console) -> None:
    assert console.at("viewer").post(DAY, {**NEW, "step": "try"}).status == 403
    console.world.work()

    assert console.world.sent() == []


# Files.

HEAD = "series,phase,day,title,text,notice\n"
IMPORT = "/console/texts/common/import"


def test_a_pasted_file_goes_into_the_draft(console: Console) -> None:
    answer = console.at("editor").post(
        IMPORT, {"csv": f'\ufeff{HEAD}common,pregnancy,224,題,"　一行目\n二行目",知\n'}
    )

    assert answer.status == 303
    drafts = console.world.store.drafts.of("common")
    assert {due: each.text for due, each in drafts.items()} == {
        DUE: Text("題", "　一行目\n二行目", "知")
    }


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("common,pregnancy,x,題,文,知", "2行目：phase と day は"),
        ("common,pregnancy,300,題,文,知", "2行目：phase と day は"),
        ("common,childcare,6936,題,文,知", "2行目：phase と day は"),
        ("bunkyo,pregnancy,224,題,文,知", "series は common"),
        ("common,pregnancy,224,,文,知", "2行目：題名を書いてください。"),
        ("common,pregnancy,224,題,{mother},知", "使えない差し込み"),
        ("common,pregnancy,224,題,文,知\ncommon,pregnancy,224,題,文,知", "3行目：同じ日が2回"),
        ('common,pregnancy,224,"題"x,文,知', "CSVとして読めません"),
        ("", "行がありません"),
    ],
)
def test_of_a_file_with_a_fault_nothing_is_taken(console: Console, rows: str, said: str) -> None:
    good = f"{HEAD}common,pregnancy,225,題,文,知\n" if rows else HEAD
    given = good.replace(
        "common,pregnancy,225,題,文,知\n", f"{rows}\ncommon,pregnancy,225,題,文,知\n"
    )
    answer = console.at("editor").post(IMPORT, {"csv": given})

    assert answer.status == 422
    assert said in answer.text
    assert "何も取り込んでいません" in answer.text
    assert console.world.store.drafts.of("common") == {}


def test_a_file_without_its_header_says_which_columns_are_missing(console: Console) -> None:
    answer = console.at("editor").post(IMPORT, {"csv": "common,pregnancy,224,題,文,知"})

    assert "1行目に、見出し series,phase,day,title,text,notice がありません" in answer.text


def test_what_was_saved_can_be_pasted_whole_and_changes_nothing(console: Console) -> None:
    saved = console.get("/console/texts/common/export").body

    answer = console.at("editor").post(IMPORT, {"csv": saved})

    assert "of=367&new=0" in answer.location
    assert console.world.store.drafts.of("common") == {}


def test_a_series_of_full_length_can_be_pasted(console: Console) -> None:
    """What a form makes of it has nine bytes for each Japanese character."""
    rows = "".join(f"common,childcare,{n},題,{'あ' * 300},知\n" for n in range(1_000))

    answer = console.at("editor").post(IMPORT, {"csv": HEAD + rows})

    assert answer.status == 303
    assert len(console.world.store.drafts.of("common")) == 1_000


def test_a_viewer_pastes_nothing(console: Console) -> None:
    assert console.at("viewer").get(IMPORT).status == 403
    assert console.at("viewer").post(IMPORT, {"csv": HEAD}).status == 403
