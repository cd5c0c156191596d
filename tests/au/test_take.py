"""Snapshots, from the event that asks for one to what is kept in S3, on tables in process."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import boto3
import pytest

from functions.au_snapshot.snapshot import BadEventError, handler, scheduled_measure
from functions.au_snapshot.take import take
from shared.rules.account import Account, AccountKind, Channel, Delivery
from shared.rules.au import Measure
from shared.rules.history import Event, Happened
from shared.rules.months import Month
from shared.rules.subscriber import Enrolment
from shared.store.figures import ExternalFigure
from tests.world import Context, World, bunkyo, pregnant

TAKE = {"kind": "internal", "as_of": "2026-11-25T10:00:00+09:00", "by": "hanako"}
NAME = "internal-20261125T010000Z"
NOW = datetime(2026, 11, 25, 1, 2, tzinfo=UTC)
JOIN = Event(datetime(2026, 10, 1, tzinfo=UTC), Happened.JOINED)
NOVEMBER = Month(2026, 11)


def sendai() -> Account:
    (settings,) = bunkyo().settings
    changes = {"name": "仙台市", "code": "041009", "delivery": Delivery.EXTERNAL}
    return Account("sendai", (replace(settings, **changes),))


def report(world: World, subscribers: int, at: datetime) -> ExternalFigure:
    return world.store.external.report("sendai", NOVEMBER, subscribers, by="taro", at=at)


@pytest.fixture
def office(world: World) -> World:
    """An account of three subscribers: two pregnancies by email and LINE, and twins by SMS."""
    world.add(
        pregnant(1),
        pregnant(2, Channel.LINE),
        pregnant(3, Channel.SMS, due=date(2026, 12, 1), twins=True),
    )
    return world


def ask(event):
    return handler(event, Context())


def objects(world: World) -> dict[str, list[str]]:
    """The versions of every object in the bucket of snapshots, by key."""
    found: dict[str, list[str]] = {}
    bucket = world.refs["SnapshotBucket"]
    for each in boto3.client("s3").list_object_versions(Bucket=bucket).get("Versions", []):
        found.setdefault(each["Key"], []).append(each["VersionId"])
    return found


def test_a_snapshot_has_the_form_that_is_promised(office):
    taken = ask(TAKE)

    del taken["sha256"], taken["new"]
    assert taken == {
        "snapshot": NAME,
        "kind": "internal",
        "as_of": "2026-11-25T01:00:00Z",
        "scope": {
            "system": "own",
            "kinds": ["municipality"],
            "accounts": ["bunkyo"],
            "month": "2026-11",
            "since": "2026-10-25T01:00:00Z",
        },
        "complete": True,
        "missing_external": [],
        "total": {"subscribers": 3, "enrolments": 4},
        "own": {"subscribers": 3, "enrolments": 4},
        "external": 0,
        "accounts": [
            {
                "account": "bunkyo",
                "delivery": "own",
                "subscribers": 3,
                "enrolments": 4,
                "pregnancy": {"subscribers": 3, "enrolments": 4},
                "childcare": {"subscribers": 0, "enrolments": 0},
                "channels": {"email": 1, "line": 1, "sms": 1},
                "awaiting_birth": 0,
                "flow": {
                    "since": "2026-10-25T01:00:00Z",
                    "opening": 4,
                    "new_pregnancy": 0,
                    "new_childcare": 0,
                    "returned": 0,
                    "moved_in": 0,
                    "graduated": 0,
                    "stopped_subscriber": 0,
                    "stopped_system": 0,
                    "awaiting_birth": 0,
                    "moved_out": 0,
                    "closing": 4,
                    "born": 0,
                },
            }
        ],
        "state": "draft",
        "restates": None,
    }


def test_the_hash_is_that_of_the_figures_in_canonical_json(office):
    taken = ask(TAKE)

    sha256 = taken.pop("sha256")
    del taken["state"], taken["new"]
    text = json.dumps(taken, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == sha256


def test_who_asks_twice_gets_the_same_and_nothing_is_written_again(office):
    first = ask(TAKE)
    before = objects(office)
    again = ask({**TAKE, "as_of": "2026-11-25T01:00:00Z", "by": "taro"})

    assert first.pop("new") is True
    assert again.pop("new") is False
    assert again == first
    assert objects(office) == before
    assert {len(versions) for versions in before.values()} == {1}
    assert sorted(before) == [
        f"au/lines/year=2026/month=11/{NAME}.jsonl",
        f"au/snapshots/year=2026/month=11/{NAME}.json",
        f"au/tables/year=2026/month=11/{NAME}.csv",
        f"au/tables/year=2026/month=11/{NAME}.xlsx",
    ]


def test_the_month_end_does_not_hold_the_first_instant_of_the_next_month(office):
    office.stop("s1", datetime(2026, 11, 30, 15, 0, tzinfo=UTC))
    office.stop("s2", datetime(2026, 11, 30, 14, 59, 59, tzinfo=UTC))

    taken = ask({"kind": "month_end", "month": "2026-11"})

    assert taken["as_of"] == "2026-11-30T15:00:00Z"
    assert taken["total"] == {"subscribers": 2, "enrolments": 3}
    assert taken["accounts"][0]["flow"]["stopped_subscriber"] == 1


def test_what_happens_later_changes_no_past_figure(office):
    first = ask(TAKE)
    office.stop("s1", datetime(2026, 11, 25, 1, 0, 1, tzinfo=UTC))
    old = office.store.subscribers.get("s3")
    office.store.subscribers.erase(old, datetime(2026, 11, 26, tzinfo=UTC), {"bunkyo": 1})
    (settings,) = bunkyo().settings
    later = replace(settings, valid_from=date(2026, 11, 26), delivery=Delivery.EXTERNAL)
    office.store.accounts.put(Account("bunkyo", (settings, later)))

    checked = ask({"check": NAME})

    assert checked["same"] is True
    assert checked["recounted_sha256"] == first["sha256"]
    assert ask({**TAKE, "again": True})["snapshot"] == NAME


def test_a_record_of_before_the_instant_that_is_added_later_is_seen_and_can_be_restated(office):
    ask(TAKE)
    office.add(pregnant(9))

    assert ask({"check": NAME}) | {"sha256": "", "recounted_sha256": ""} == {
        "snapshot": NAME,
        "same": False,
        "differs": ["bunkyo"],
        "sha256": "",
        "recounted_sha256": "",
    }
    again = ask({**TAKE, "again": True})
    assert (again["snapshot"], again["restates"]) == (f"{NAME}-r2", NAME)
    assert again["total"]["subscribers"] == 4
    assert ask(TAKE)["snapshot"] == f"{NAME}-r2"
    assert office.store.snapshots.review(NAME).restated_by == f"{NAME}-r2"


def test_a_missing_external_figure_is_said_and_never_zero(office):
    office.store.accounts.put(sendai())

    taken = ask(TAKE)

    assert (taken["complete"], taken["missing_external"]) == (False, ["sendai"])
    assert [line["account"] for line in taken["accounts"]] == ["bunkyo"]
    assert taken["scope"]["system"] == "both"


def test_an_external_figure_that_comes_in_is_taken_as_a_correction(office):
    office.store.accounts.put(sendai())
    ask(TAKE)
    report(office, 1_234, datetime.now(UTC))

    corrected = ask(TAKE)

    assert (corrected["snapshot"], corrected["restates"]) == (f"{NAME}-r2", NAME)
    assert corrected["accounts"][1] == {
        "account": "sendai",
        "delivery": "external",
        "subscribers": 1_234,
    }
    assert corrected["total"] == {"subscribers": 1_237, "enrolments": 4}
    assert (corrected["complete"], corrected["external"]) == (True, 1_234)


def test_a_check_counts_with_the_external_figures_that_were_known_then(office):
    office.store.accounts.put(sendai())
    report(office, 1_234, datetime.now(UTC))
    taken = ask(TAKE)
    report(office, 9_999, datetime.now(UTC))

    assert ask({"check": taken["snapshot"]})["same"] is True


def test_a_crash_between_the_object_and_the_note_is_made_good_by_asking_again(office):
    first = ask(TAKE)
    table = boto3.resource("dynamodb").Table(office.refs["DirectoryTable"])
    table.delete_item(Key={"pk": "SNAPSHOTS", "sk": NAME})
    office.add(pregnant(9))  # what is in S3 already stands

    again = ask({**TAKE, "by": "taro"})

    assert again["sha256"] == first["sha256"]
    assert office.store.snapshots.review(NAME).requested_by == "taro"
    assert {len(versions) for versions in objects(office).values()} == {1}


def test_a_record_that_cannot_be_read_stops_the_count_and_is_named_without_what_is_in_it(office):
    table = boto3.resource("dynamodb").Table(office.refs["SubscriberTable"])
    table.put_item(Item={"id": "s-broken", "account": "bunkyo", "channel": "0312345678"})
    stray = replace(pregnant(8), account="nowhere")
    dateless = replace(pregnant(7), enrolments=(Enrolment("e1", None, (JOIN,)),))
    for each in (stray, dateless):
        sum(office.store.subscribers.add([each], {each.account: 1}))

    with pytest.raises(Exception, match="AU cannot be counted") as raised:
        ask(TAKE)

    assert "s-broken cannot be read: channel, enrolments" in str(raised.value)
    assert "s8 is with no account: nowhere" in str(raised.value)
    assert "s7: an enrolment needs a due date or a birth date" in str(raised.value)
    assert "0312345678" not in str(raised.value)
    assert objects(office) == {}


def test_an_erasure_during_the_count_neither_loses_nor_doubles_anybody(office):
    erased = []

    def erase_once(*_):
        if not erased:
            old = office.store.subscribers.get("s2")
            erased.append(office.store.subscribers.erase(old, NOW, {"bunkyo": 1}))

    measure = Measure.internal(datetime(2026, 11, 25, 1, 0, tzinfo=UTC))
    taken = take(office.store, measure, by="hanako", now=NOW, counting=erase_once)

    assert erased
    assert taken.snapshot.own.subscribers == 3


def test_a_count_reads_nothing_that_names_anybody(office):
    asked = []
    client = office.store.census._client
    boto3.setup_default_session()
    boto3.DEFAULT_SESSION.events.register(
        "before-parameter-build.dynamodb.Scan", lambda params, **_: asked.append(params)
    )
    from functions.au_snapshot import snapshot  # noqa: PLC0415 - its clients are made anew

    snapshot._store.cache_clear()
    ask(TAKE)
    boto3.setup_default_session()

    names = {name for each in asked for name in each["ExpressionAttributeNames"].values()}
    assert client is not None
    assert len(asked) == 4
    assert names == {"id", "account", "channel", "enrolments", "earlier"}


BAD_EVENTS = [
    ({}, "takes"),
    ([], "no JSON object"),
    ({"kind": "weekly", "as_of": "2026-11-25T10:00:00+09:00"}, "takes"),
    ({"kind": "internal"}, "as_of: Field required"),
    ({"kind": "internal", "as_of": "2026-11-25T10:00:00"}, "timezone"),
    ({"kind": "internal", "as_of": "yesterday"}, "as_of"),
    ({**TAKE, "also": 1}, "also: Extra inputs are not permitted"),
    ({**TAKE, "since": TAKE["as_of"]}, "`since` must lie before `as_of`"),
    ({"kind": "month_end", "month": "2026-13"}, "must be a month like 2026-11"),
    ({"kind": "month_end", "month": "November"}, "must be a month like 2026-11"),
    ({"check": "internal-1"}, "there is no snapshot"),
    ({"scheduled": "daily"}, "scheduled"),
]


@pytest.mark.parametrize(("event", "told"), BAD_EVENTS)
def test_a_bad_event_is_refused_in_a_line_that_says_what_would_be_right(office, event, told):
    with pytest.raises(BadEventError) as raised:
        ask(event)

    assert told in str(raised.value)
    assert "\n" not in str(raised.value)
    assert objects(office) == {}


def test_an_instant_that_has_not_come_is_refused_where_the_clock_is_real(office, monkeypatch):
    monkeypatch.setenv("CLOCK", "real")

    with pytest.raises(BadEventError, match="lies in the future"):
        ask({"kind": "internal", "as_of": "2099-11-25T10:00:00+09:00"})
    with pytest.raises(BadEventError, match="lies in the future"):
        ask({"kind": "month_end", "month": "2099-01"})


@pytest.mark.parametrize(
    ("now", "kind", "as_of", "because"),
    [
        ("2026-11-25T10:05+09:00", "internal", "2026-11-25T10:00+09:00", "on time"),
        ("2026-11-26T03:00+09:00", "internal", "2026-11-25T10:00+09:00", "late by a day"),
        ("2026-11-25T09:59+09:00", "internal", "2026-10-25T10:00+09:00", "not yet come"),
        ("2026-01-02T00:00+09:00", "internal", "2025-12-25T10:00+09:00", "over the new year"),
        ("2026-12-01T00:05+09:00", "month_end", "2026-12-01T00:00+09:00", "on time"),
        ("2026-11-30T15:05+00:00", "month_end", "2026-12-01T00:00+09:00", "told in UTC"),
        ("2026-12-31T23:59+09:00", "month_end", "2026-12-01T00:00+09:00", "a month late"),
    ],
)
def test_the_schedule_asks_for_the_instant_that_came_last(office, now, kind, as_of, because):
    measure = scheduled_measure(kind, datetime.fromisoformat(now))

    assert measure.as_of == datetime.fromisoformat(as_of), because


def test_a_scheduled_event_takes_its_snapshot(office):
    taken = ask({"scheduled": "month_end"})

    assert taken["kind"] == "month_end"
    assert office.store.snapshots.review(taken["snapshot"]).requested_by == "schedule"


def test_other_accounts_are_told_as_what_they_are(office):
    (settings,) = bunkyo().settings
    hospital = replace(settings, name="見本病院", code=None, kind=AccountKind.OTHER)
    office.store.accounts.put(Account("hospital", (hospital,)))
    office.store.accounts.put(Account("later", (replace(settings, valid_from=date(2026, 12, 1)),)))

    taken = ask(TAKE)

    assert taken["scope"]["kinds"] == ["municipality", "other"]
    assert taken["scope"]["accounts"] == ["bunkyo", "hospital"]


def test_stopping_and_returning_on_the_day_is_told_as_it_happened(office):
    old = office.store.subscribers.get("s1")
    day = [
        Event(datetime(2026, 11, 24, 23, 0, tzinfo=UTC), Happened.STOPPED_BY_SUBSCRIBER),
        Event(datetime(2026, 11, 25, 0, 30, tzinfo=UTC), Happened.RETURNED),
    ]
    (one,) = old.enrolments
    new = replace(old, enrolments=(replace(one, history=(*one.history, *day)),))
    office.store.subscribers.update(old, new, {"bunkyo": 1})

    flow = ask(TAKE)["accounts"][0]["flow"]

    assert (flow["stopped_subscriber"], flow["returned"], flow["closing"]) == (1, 1, 4)
