"""Texts in the console: written as drafts, checked, published by a second person, rolled back."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from shared.rules.dates import jst_date
from shared.rules.message import Due
from shared.rules.stage import Phase
from tests.console.conftest import Answer, Console
from tests.world import TEN, TODAY, pregnant

DAY = "/console/texts/common/pregnancy/224"
CHANGES = "/console/texts/common/changes"
DUE = Due(Phase.PREGNANCY, 224)
NEW = {"title": "新しい題名", "text": "新しい本文です。\n二行目", "notice": "新しいお知らせ"}


def write(console: Console, **changes: str) -> Answer:
    return console.at("editor").post(DAY, {**NEW, "step": "save", **changes})


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
    assert "LINE（約1画面）" in answer.text
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
    (version,) = console.world.store.drafts.versions("common")
    assert (version.proposed_by, version.by, version.texts) == ("編集 三郎", "確認 次郎", 367)


def test_who_proposed_it_cannot_publish_it(console: Console) -> None:
    write(console)
    console.at("reviewer").post("/console/texts/common/propose")

    seen = console.world.store.drafts.proposal("common").digest
    refused = console.at("reviewer").post("/console/texts/common/publish", {"digest": seen})

    assert refused.status == 409
    assert "頼んだ人とは、別の人" in console.at("reviewer").get(CHANGES).text
    assert now_in_force(console) == "本文224です。"


def test_what_changed_after_it_was_seen_is_not_published(console: Console) -> None:
    write(console)
    console.at("editor").post("/console/texts/common/propose")
    seen = digest(console)
    write(console, text="あとから変えた本文")
    console.at("editor").post("/console/texts/common/propose")

    answer = console.at("reviewer").post("/console/texts/common/publish", {"digest": seen})

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


@pytest.mark.parametrize("since", ["soon", "2020-01-01"])
def test_a_day_that_is_not_to_come_is_refused(console: Console, since: str) -> None:
    write(console)

    answer = console.at("editor").post("/console/texts/common/propose", {"since": since})

    assert answer.status == 422
    assert console.world.store.drafts.proposal("common") is None


def test_a_run_takes_the_version_of_its_day(console: Console) -> None:
    world = console.world
    content = world.store.content
    version = content.write(
        "common", {DUE: content.load("common", content.published("common"))[DUE]}
    )
    content.point("common", version, TODAY)
    world.add(pregnant(1))

    world.day(TEN)

    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    assert run.versions == {"common": version}


def test_an_earlier_version_can_be_brought_back(console: Console) -> None:
    write(console)
    publish(console)
    first = console.world.store.content.published("common")
    write(console, text="三つ目")
    publish(console)

    back = {"version": str(first)}
    assert console.at("editor").post("/console/texts/common/roll-back", back).status == 403
    console.at("reviewer").post("/console/texts/common/roll-back", back)
    unknown = console.at("reviewer").post("/console/texts/common/roll-back", {"version": "x"})

    assert now_in_force(console) == NEW["text"]
    assert unknown.status == 409


def test_a_day_can_be_emptied_and_a_change_dropped(console: Console) -> None:
    console.at("editor").post(DAY, {"step": "remove"})
    assert "削除" in console.get(CHANGES).text

    console.at("editor").post("/console/texts/common/drop", {"due": "pregnancy-224"})
    assert "変更はありません" in console.get(CHANGES).text


def test_a_pasted_file_goes_into_the_draft_whole_or_not_at_all(console: Console) -> None:
    head = "series,phase,day,title,text,notice\n"
    good = f'{head}common,pregnancy,224,題,"一行目\n二行目",知\n'
    bad = f"{head}common,pregnancy,225,題,文,知\ncommon,pregnancy,x,題,文,知\n"
    where = "/console/texts/common/import"

    refused = console.at("editor").post(where, {"csv": bad})
    console.at("editor").post(where, {"csv": good})

    assert refused.status == 422
    assert "3行目" in refused.text
    drafts = console.world.store.drafts.of("common")
    assert [each.day for each in drafts] == [224]
    assert drafts[DUE].text is not None
    assert drafts[DUE].text.text == "一行目\n二行目"
