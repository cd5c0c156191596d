"""Content: a version is named by what it says, is written once, and is read once."""

from datetime import date
from typing import Any

import boto3
import pytest

from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.text import Text
from shared.store.store import Names, Store, open_store
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


@pytest.mark.parametrize("broken_off", ["s3.PutObject", "dynamodb.PutItem"])
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


# A version from a day on.


def other(word: str) -> dict[Due, Text]:
    return {Due(Phase.PREGNANCY, 28): Text(word, word, word)}


def test_a_version_comes_into_force_on_its_day_by_itself(store: Store) -> None:
    first = store.content.publish("common", other("一"))
    second = store.content.write("common", other("二"))
    store.content.point("common", second, date(2100, 4, 1))

    assert store.content.published("common") == first
    assert store.content.published("common", date(2100, 3, 31)) == first
    assert store.content.published("common", date(2100, 4, 1)) == second
    assert store.content.to_come("common", date(2100, 3, 31)) == (second, date(2100, 4, 1))
    assert store.content.to_come("common", date(2100, 4, 1)) is None


def test_what_is_published_at_once_leaves_what_is_to_come(store: Store) -> None:
    later = store.content.write("common", other("のち"))
    store.content.publish("common", other("一"))
    store.content.point("common", later, date(2100, 4, 1))
    now = store.content.publish("common", other("いま"))

    assert store.content.published("common") == now
    assert store.content.published("common", date(2100, 4, 1)) == later


def test_once_its_day_has_come_the_next_one_takes_its_place(store: Store) -> None:
    store.content.publish("common", other("一"))
    past = store.content.write("common", other("二"))
    store.content.point("common", past, date(2020, 4, 1))
    third = store.content.write("common", other("三"))
    store.content.point("common", third, date(2100, 4, 1))

    assert store.content.published("common") == past
    assert store.content.publish("common", other("四")) == store.content.published("common")
    assert store.content.published("common", date(2100, 4, 1)) == third
