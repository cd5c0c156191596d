"""AU on the local platform: counted while people come and go, kept, mailed, opened."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Event as Flag
from typing import Any

import boto3
import pytest
import urllib3

from cli.au.invoke import ask, count
from cli.target import Target
from cli.tick import wait_for_queues
from local.platform import Platform
from shared.office.errors import NotDoneError
from shared.rules.account import Account, Delivery
from shared.rules.history import Event, Happened
from shared.rules.review import reviewed
from shared.rules.subscriber import Enrolment, Subscriber
from shared.store.staff import Colleague
from tests.store.people import subscriber
from tests.world import bunkyo

pytestmark = pytest.mark.platform

ACCOUNT = "au-town"
JOINED = datetime(2026, 5, 1, tzinfo=UTC)
PEOPLE = 200


def person(name: str, joined: datetime = JOINED) -> Subscriber:
    history = (
        Event(joined, Happened.JOINED),
        Event(joined, Happened.DUE_DATE, date(2026, 11, 20)),
    )
    made = subscriber(name, history, account=ACCOUNT)
    return replace(made, enrolments=(Enrolment("e1", "みらいちゃん", history),))


@pytest.fixture(scope="module")
def town(target: Target) -> Target:
    """An account of its own with 200 pregnancies since May; by November another system sends."""
    (settings,) = bunkyo(code=None).settings
    away = replace(settings, valid_from=date(2026, 8, 1), delivery=Delivery.EXTERNAL)
    target.store.accounts.put(Account(ACCOUNT, (settings, away)))
    people = (person(f"au-{n}") for n in range(PEOPLE))
    assert sum(target.store.subscribers.add(people, {ACCOUNT: 1})) == PEOPLE
    return target


def take(target: Target, as_of: str, **more: Any) -> dict[str, Any]:
    return count(target, {"kind": "internal", "as_of": as_of, "by": "花子", **more})


def line(taken: dict[str, Any]) -> dict[str, Any]:
    (found,) = [each for each in taken["accounts"] if each["account"] == ACCOUNT]
    return found


def coming_and_going(target: Target, over: Flag) -> Iterator[str]:
    """People join, stop and are erased until it is over; what each did."""
    store, shards = target.store.subscribers, {ACCOUNT: 1}
    for number in range(PEOPLE):
        if over.is_set():
            return
        now = datetime(2026, 6, 2, tzinfo=UTC) + timedelta(minutes=number)
        sum(store.add([person(f"new-{number}", now)], shards))
        yield "joined"
        old = store.get(f"au-{number}")
        assert old is not None
        store.erase(old, now, shards)
        yield "erased"


def take_now_or_later(target: Target, hour: int, over: Flag) -> dict[str, Any]:
    """A snapshot; where too many were erased meanwhile it counts nobody, and is asked again once
    that is over.
    """
    as_of = f"2026-06-01T0{hour}:00:00+09:00"
    try:
        return take(target, as_of)
    except NotDoneError as error:
        told = str(error)
    assert "erased during every count" in told
    over.set()
    return take(target, as_of)


def test_a_count_is_exact_while_people_join_and_are_erased(town: Target) -> None:
    over = Flag()
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(lambda: list(coming_and_going(town, over)))
        try:
            counted = [take_now_or_later(town, hour, over) for hour in range(3)]
        finally:
            over.set()
    assert "erased" in going.result()

    assert [line(each)["subscribers"] for each in counted] == [PEOPLE] * 3
    for each in counted:
        assert count(town, {"check": each["snapshot"]})["same"]


def test_two_who_ask_at_once_get_one_snapshot(town: Target) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: take(town, "2026-07-01T10:00:00+09:00"), range(2)))

    assert {each["sha256"] for each in both} == {both[0]["sha256"]}
    versions = boto3.client("s3").list_object_versions(
        Bucket=town.outputs["SnapshotBucket"], Prefix="au/snapshots/year=2026/month=07/"
    )["Versions"]
    assert len(versions) == 1


def test_a_snapshot_is_locked_in_the_bucket(town: Target) -> None:
    lock = boto3.client("s3").get_object_lock_configuration(Bucket=town.outputs["SnapshotBucket"])

    assert lock["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 10}},
    }


def test_a_colleague_opens_the_report_behind_the_link_in_the_mail(
    town: Target, platform: Platform
) -> None:
    store = town.store
    if "journey" not in {each.name for each in store.staff}:
        store.staff.add(Colleague("journey", "journey@kizuna.example.jp"))
    taken = count(town, {"kind": "month_end", "month": "2026-06", "by": "花子"})
    review = store.snapshots.review(taken["snapshot"])
    assert review is not None
    store.snapshots.update(review, reviewed(review, "太郎", datetime.now(UTC), colleagues=2))

    ask(town, "AuShareFunction", {"snapshot": taken["snapshot"], "by": "花子"})

    wait_for_queues(town)  # a mail to staff leaves nothing on the queues of messages
    inbox = urllib3.request("GET", f"{platform.address.pages_url}/_standins/sent").json()
    texts = [each["text"] for each in inbox if each["recipient"] == "journey@kizuna.example.jp"]
    (link,) = re.findall(r"http\S+/au/\S+", texts[-1])
    page = urllib3.request("GET", link, timeout=60, retries=False)
    assert page.status == 200
    assert f"{taken['total']['subscribers']:,}" in page.data.decode()
    assert urllib3.request("GET", link[:-1], timeout=60, retries=False).status == 404
