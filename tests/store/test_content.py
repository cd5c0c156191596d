"""Content: a version is named by what it says, is written once, and is read once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key

from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text
from shared.store.content import Version
from shared.store.drafts import Draft
from shared.store.store import Names, Store, open_store
from shared.store.tables import ConflictError
from tests.store.conftest import Items, Requests
from tests.world import bunkyo, texts

A, B = Due(Phase.PREGNANCY, 28), Due(Phase.CHILDCARE, 0)
FIRST = {A: Text("一", "一日目です。", "一"), B: Text("二", "二日目です。", "二")}
SECOND = {**FIRST, A: Text("一", "直しました。", "一")}


def objects(names: Names) -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=names.bucket).get("Contents", [])
    return sorted(each["Key"] for each in found)


def test_a_published_series_is_read_back_whole(store: Store) -> None:
    version = store.content.publish("common", texts())

    assert store.content.published("common") == version
    assert store.content.load("common", version) == texts()


def test_publishing_the_same_again_is_the_same_version(store: Store, names: Names) -> None:
    first = store.content.publish("common", FIRST)

    again = store.content.publish("common", dict(reversed(FIRST.items())))

    assert again == first
    assert objects(names) == [f"content/common/{first}.json"]


def test_a_version_that_is_there_is_never_written_over(store: Store, names: Names) -> None:
    version = store.content.publish("common", FIRST)
    key, s3 = f"content/common/{version}.json", boto3.client("s3")
    s3.put_object(Bucket=names.bucket, Key=key, Body=b"what was there")

    store.content.publish("common", FIRST)

    assert s3.get_object(Bucket=names.bucket, Key=key)["Body"].read() == b"what was there"


def test_another_text_is_another_version_and_the_old_one_stays(store: Store, names: Names) -> None:
    first = store.content.publish("common", FIRST)
    second = store.content.publish("common", SECOND)

    assert first != second
    assert store.content.published("common") == second
    fresh = open_store(names).content
    assert (fresh.load("common", first), fresh.load("common", second)) == (FIRST, SECOND)


def test_an_older_version_can_be_published_again(store: Store) -> None:
    first = store.content.publish("common", FIRST)
    store.content.publish("common", SECOND)

    assert store.content.publish("common", FIRST) == first
    assert store.content.published("common") == first


def test_every_series_has_its_own_version(store: Store) -> None:
    first = store.content.publish("common", FIRST)
    second = store.content.publish("bunkyo", SECOND)

    assert store.content.published("common") == first
    assert store.content.published("bunkyo") == second
    assert store.content.published("chofu") is None


@pytest.mark.parametrize("broken_off", ["s3.PutObject", "dynamodb.TransactWriteItems"])
def test_a_crash_in_the_middle_of_publishing_leaves_the_old_version_in_force(
    store: Store, broken_off: str
) -> None:
    first = store.content.publish("common", FIRST)

    def crash(**_: Any) -> None:
        raise SystemExit

    for client in (store.accounts._table.meta.client, store.content._s3):
        client.meta.events.register(f"before-call.{broken_off}", crash)
    with pytest.raises(SystemExit):
        store.content.publish("common", SECOND)
    for client in (store.accounts._table.meta.client, store.content._s3):
        client.meta.events.unregister(f"before-call.{broken_off}", crash)

    assert store.content.published("common") == first
    second = store.content.publish("common", SECOND)
    assert store.content.load("common", second) == SECOND


def test_a_version_is_fetched_once(store: Store, requests: Requests) -> None:
    first, second = store.content.publish("common", FIRST), store.content.publish("common", SECOND)
    requests.clear()

    for _ in range(3):
        assert store.content.load("common", first) == FIRST
        assert store.content.load("common", second) == SECOND

    assert requests.count() == {"GetObject": 2}


def test_the_same_version_of_two_series_is_kept_apart(store: Store) -> None:
    version = store.content.publish("common", FIRST)
    store.content.load("common", version)

    with pytest.raises(boto3.client("s3").exceptions.NoSuchKey):
        store.content.load("bunkyo", version)


def test_a_series_without_a_version_is_empty_and_nothing_is_fetched(
    store: Store, requests: Requests
) -> None:
    assert store.content.load("bunkyo", None) == {}
    assert requests.count() == {}


def test_accounts_come_by_id_also_where_they_do_not_fit_into_one_page(
    store: Store, requests: Requests
) -> None:
    """A page of DynamoDB ends after 1 MB."""
    accounts = {f"a{n:02}": bunkyo(name="市" * 20_000) for n in range(40)}
    for name, account in reversed(accounts.items()):
        store.accounts.put(type(account)(name, account.settings, shards=2))
    requests.clear()

    found = list(store.accounts)

    assert [each.id for each in found] == list(accounts)
    assert all(len(each.settings[0].name) == 20_000 and each.shards == 2 for each in found)
    assert requests.count()["Query"] > 1


def test_an_account_that_cannot_be_read_stops_no_other(
    store: Store, items: Items, caplog: pytest.LogCaptureFixture
) -> None:
    store.accounts.put(bunkyo())
    items.directory.put_item(Item={"pk": "ACCOUNTS", "sk": "akita", "account": {"id": "akita"}})

    assert list(store.accounts) == [bunkyo()]

    assert "the account akita cannot be read: settings" in caplog.text


def test_an_account_is_stored_whole_with_its_settings_history(store: Store) -> None:
    (first,) = bunkyo().settings
    (second,) = bunkyo(name="文京区役所", valid_from=date(2026, 12, 1)).settings
    account = type(bunkyo())("bunkyo", (first, second), 2)
    store.accounts.put(bunkyo())

    store.accounts.put(account)

    assert store.accounts.get("bunkyo") == account
    assert list(store.accounts) == [account]
    assert store.accounts.get("chofu") is None


# Versions from a day on.

NOW = datetime(2026, 11, 25, 1, tzinfo=UTC)
TODAY, APRIL, MAY = date(2026, 11, 25), date(2027, 4, 1), date(2027, 5, 1)
C = Due(Phase.CHILDCARE, 1)


def saying(a: str, b: str, c: str | None = None) -> dict[Due, Text]:
    """A series whose days say these words."""
    words = {A: a, B: b, C: c}
    return {due: Text(word, word, word) for due, word in words.items() if word}


def said(store: Store, day: date) -> str:
    """What the days say that are in force on a day."""
    texts = store.content.load("common", store.content.published("common", day))
    return "".join(texts[due].text for due in (A, B, C) if due in texts)


def publish(store: Store, *words: str, since: date | None = None) -> str:
    return store.content.publish("common", saying(*words), since=since, by="確認", now=NOW)


def test_a_version_comes_into_force_on_its_day_by_itself(store: Store) -> None:
    publish(store, "一", "二")
    publish(store, "い", "二", since=APRIL)

    assert said(store, TODAY) == "一二"
    assert said(store, date(2027, 3, 31)) == "一二"
    assert said(store, APRIL) == "い二"
    assert said(store, MAY) == "い二"


def test_before_the_first_version_has_come_there_is_none(store: Store) -> None:
    version = publish(store, "一", "二", since=APRIL)

    assert store.content.published("common", TODAY) is None
    assert store.content.published("common", APRIL) == version


def test_several_days_have_their_own_versions(store: Store) -> None:
    publish(store, "一", "二")
    publish(store, "一", "ろ", since=MAY)
    publish(store, "い", "二", since=APRIL)

    assert [said(store, day) for day in (TODAY, APRIL, MAY)] == ["一二", "い二", "いろ"]


def test_what_is_put_right_today_stays_right_in_what_is_to_come(store: Store) -> None:
    """The version of April was written before: as a whole it would bring the mistake back."""
    publish(store, "誤", "二")
    publish(store, "誤", "ろ", since=APRIL)
    publish(store, "正", "二")

    assert [said(store, day) for day in (TODAY, APRIL)] == ["正二", "正ろ"]


def test_a_day_that_a_version_to_come_changes_itself_says_what_that_says(store: Store) -> None:
    publish(store, "一", "二")
    publish(store, "い", "二", since=APRIL)
    publish(store, "壱", "二")

    assert [said(store, day) for day in (TODAY, APRIL)] == ["壱二", "い二"]


def test_added_and_removed_days_are_carried_too(store: Store) -> None:
    publish(store, "一", "二")
    publish(store, "い", "二", since=APRIL)
    store.content.publish("common", saying("一", "", "三"), by="確認", now=NOW)

    assert [said(store, day) for day in (TODAY, APRIL)] == ["一三", "い三"]


def test_another_version_of_the_same_day_takes_its_place(store: Store) -> None:
    publish(store, "一", "二")
    publish(store, "い", "二", since=APRIL)
    publish(store, "あ", "二", since=APRIL)

    assert said(store, APRIL) == "あ二"
    assert len(store.content.pointer("common").coming) == 1


def test_a_version_to_come_can_be_withdrawn_out_of_later_ones_too(store: Store) -> None:
    publish(store, "一", "二")
    publish(store, "い", "二", since=APRIL)
    publish(store, "い", "ろ", since=MAY)

    assert store.content.withdraw("common", APRIL, by="確認", now=NOW)

    assert [said(store, day) for day in (TODAY, APRIL, MAY)] == ["一二", "一二", "一ろ"]
    assert not store.content.withdraw("common", APRIL, by="確認", now=NOW)


def test_once_its_day_has_come_a_version_is_no_more_to_come(store: Store) -> None:
    publish(store, "一", "二")
    publish(store, "い", "二", since=APRIL)
    later = datetime(2027, 4, 1, 1, tzinfo=UTC)
    store.content.publish("common", saying("い", "ろ"), by="確認", now=later)

    pointer = store.content.pointer("common")
    assert pointer.coming == ()
    assert said(store, APRIL) == "いろ"


@pytest.mark.parametrize("day", [TODAY, date(2026, 11, 24)])
def test_a_day_that_has_begun_is_refused(store: Store, day: date) -> None:
    with pytest.raises(ValueError, match="not to come"):
        publish(store, "一", "二", since=day)


def test_of_two_who_publish_on_the_same_ground_the_second_is_told(store: Store) -> None:
    publish(store, "一", "二")
    seen = store.content.pointer("common").revision
    publish(store, "い", "二")

    with pytest.raises(ConflictError):
        store.content.publish("common", saying("一", "ろ"), now=NOW, revision=seen)

    assert said(store, TODAY) == "い二"


def test_of_two_who_publish_at_the_same_moment_the_second_is_told(store: Store) -> None:
    publish(store, "一", "二")
    events, begun = store.content._s3.meta.events, []

    def another(**_: Any) -> None:
        if not begun:
            begun.append(True)
            publish(store, "い", "二")

    events.register("before-call.s3.PutObject", another)
    with pytest.raises(ConflictError):
        publish(store, "一", "ろ")
    events.unregister("before-call.s3.PutObject", another)

    assert said(store, TODAY) == "い二"


def test_who_published_what_is_kept(store: Store) -> None:
    first = store.content.publish("common", saying("一", "二"), now=NOW)
    second = store.content.publish(
        "common",
        saying("い", "二"),
        since=APRIL,
        by="確認",
        proposed_by="編集",
        now=NOW + timedelta(hours=1),
    )

    found = store.content.versions("common")
    assert [each.version for each in found] == [second, first]
    assert found[0] == Version(second, NOW + timedelta(hours=1), "確認", "編集", APRIL, 2)
    assert found[1].by == "kizuna import"


def test_a_pointer_of_before_is_read_and_its_version_stays_known(
    store: Store, items: Items
) -> None:
    old = publish(store, "一", "二")
    items.directory.put_item(Item={"pk": "CONTENT", "sk": "common", "version": old})
    for item in items.directory.query(KeyConditionExpression=Key("pk").eq("VERSIONS#common"))[
        "Items"
    ]:
        items.directory.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})

    assert store.content.published("common") == old
    new = publish(store, "い", "二")

    assert [each.version for each in store.content.versions("common")] == [new, old]


def test_a_pointer_of_before_keeps_its_version_to_come(store: Store, items: Items) -> None:
    old, later = publish(store, "一", "二"), publish(store, "い", "二")
    before = {"version": old, "next_version": later, "next_since": "2027-04-01", "revision": 7}
    items.directory.put_item(Item={"pk": "CONTENT", "sk": "common", **before})

    assert [said(store, day) for day in (TODAY, APRIL)] == ["一二", "い二"]
    publish(store, "一", "ろ")

    assert [said(store, day) for day in (TODAY, APRIL)] == ["一ろ", "いろ"]


# Drafts.


def draft(word: str, minute: int = 0) -> Draft:
    return Draft(Text(word, word, word), "編集", NOW + timedelta(minutes=minute))


def test_a_draft_is_kept_by_day_and_series(store: Store) -> None:
    store.drafts.put("common", A, draft("い"), seen=None)
    store.drafts.put("bunkyo", A, Draft(None, "編集", NOW), seen=None)

    assert store.drafts.of("common") == {A: draft("い")}
    assert store.drafts.get("bunkyo", A) == Draft(None, "編集", NOW)
    assert store.drafts.get("common", B) is None


def test_a_draft_takes_no_place_that_somebody_has_not_seen(store: Store) -> None:
    store.drafts.put("common", A, draft("い"), seen=None)

    for seen in (None, draft("ろ")):
        with pytest.raises(ConflictError):
            store.drafts.put("common", A, draft("は", 1), seen=seen)
        assert store.drafts.get("common", A) == draft("い")
    store.drafts.put("common", A, draft("は", 1), seen=draft("い"))
    with pytest.raises(ConflictError):
        store.drafts.drop("common", A, seen=draft("い"))

    assert store.drafts.get("common", A) == draft("は", 1)


def test_a_whole_series_is_drafted_in_few_requests(store: Store, requests: Requests) -> None:
    store.drafts.put_all("common", {due: Draft(text, "編集", NOW) for due, text in texts().items()})

    assert requests.count() == {"TransactWriteItems": 4}
    assert len(store.drafts.of("common")) == 367
