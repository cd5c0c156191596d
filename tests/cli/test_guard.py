"""`kizuna guard`: how many of each account's mails bounce, and who was paused for it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.rules.account import Channel, Delivery
from shared.rules.failures import Counts
from shared.rules.feedback import Feedback, State
from shared.rules.reconciliation import Sums
from shared.store.feedback import Learned, Place
from shared.store.keys import JobId
from shared.store.pauses import Pause
from shared.store.run import Run
from tests.world import bunkyo

DAY = date(2026, 11, 25)
AT = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


def sent(store, day, accepted, *, bounced=0, complained=0):
    """A day on which 文京区 sent so many mails, of which so many came to no good."""
    (settings,) = bunkyo().settings
    run = Run("bunkyo", day, settings, {}, (), AT)
    store.ledger.open_run(run)
    store.ledger.close_run(run, {Channel.EMAIL: Sums(accepted, accepted)}, AT)
    job = JobId("bunkyo", day, Channel.EMAIL, 0)
    counts = Counts(bounced, bounced, complained)
    store.feedback.learn(
        [Learned(Place(job, "000001-000000", 0), Feedback(), Feedback(State.FAILED), counts)]
    )


@pytest.fixture
def accounts(store):
    """文京区, and one whose own system sends."""
    store.accounts.put(bunkyo())
    sendai = replace(bunkyo(delivery=Delivery.EXTERNAL), id="sendai")
    store.accounts.put(sendai)
    return store


def report(kizuna, *options):
    ran = kizuna("guard", "--on", "2026-11-25", "--json", *options)
    assert ran.status == 0, ran.err
    return json.loads(ran.out)


def test_every_account_that_sends_is_shown_with_its_week(accounts, kizuna):
    sent(accounts, DAY, 100, bounced=5)
    sent(accounts, DAY - timedelta(days=6), 100, bounced=8, complained=1)
    sent(accounts, DAY - timedelta(days=7), 100, bounced=90)

    assert report(kizuna) == {
        "until": "2026-11-25",
        "days": 7,
        "accounts": [
            {
                "account": "bunkyo",
                "name": "文京区",
                "accepted": 200,
                "bounced": 13,
                "complained": 1,
                "bounce_rate": 0.065,
                "complaint_rate": 0.005,
                "state": "warn",
                "pause": None,
            }
        ],
    }
    shown = kizuna("guard", "--on", "2026-11-25").out
    assert "bunkyo" in shown
    assert "13 (6.5%)" in shown
    assert "warn" in shown


def test_a_pause_is_shown_with_its_reason_and_lifted_by_a_name_for_the_audit(accounts, kizuna):
    today = datetime.now(UTC)
    sent(accounts, DAY, 100, bounced=12)
    accounts.pauses.put(Pause("bunkyo", Channel.EMAIL, AT, "guard", "many bounced", DAY))
    (paused,) = report(kizuna)["accounts"]
    assert (paused["state"], paused["bounced"]) == ("paused", 12)
    assert paused["pause"] == {
        "account": "bunkyo",
        "channel": "email",
        "since": "2026-11-25T01:00:00+00:00",
        "by": "guard",
        "why": "many bounced",
    }

    ran = kizuna("guard", "lift", "bunkyo", "--by", "sora")

    assert (ran.status, ran.out) == (
        0,
        "bunkyo sends mail again; it was paused because many bounced\n",
    )
    assert list(accounts.pauses) == []
    (entry,) = accounts.audit.of_month(today.year, today.month)
    assert (entry.by, entry.what, entry.about) == ("sora", "lifted the pause of email", "bunkyo")
    (after,) = report(kizuna)["accounts"]
    assert (after["state"], after["accepted"], after["bounced"]) == ("fine", 100, 0)


def test_what_bounces_after_a_pause_was_lifted_counts_again(accounts, kizuna):
    sent(accounts, DAY, 100, bounced=12)
    accounts.pauses.put(Pause("bunkyo", Channel.EMAIL, AT, "guard", "many bounced", DAY))
    kizuna("guard", "lift", "bunkyo", "--by", "sora")

    job = JobId("bunkyo", DAY, Channel.EMAIL, 0)
    place = Place(job, "000002-000000", 0)
    accounts.feedback.learn(
        [Learned(place, Feedback(), Feedback(State.FAILED), Counts(6, 6))],
    )

    (after,) = report(kizuna)["accounts"]
    assert (after["state"], after["bounced"]) == ("warn", 6)


def test_a_lift_says_in_json_what_was_lifted(accounts, kizuna):
    accounts.pauses.put(Pause("bunkyo", Channel.EMAIL, AT, "guard", "many bounced", DAY))

    ran = kizuna("guard", "lift", "bunkyo", "--by", "sora", "--json")

    assert json.loads(ran.out)["lifted"]["why"] == "many bounced"


@pytest.mark.parametrize("pause", [None, Pause("bunkyo", Channel.SMS, AT, "sora", "a wrong text")])
def test_what_the_guard_did_not_pause_cannot_be_lifted(accounts, kizuna, pause):
    if pause:
        accounts.pauses.put(pause)

    ran = kizuna("guard", "lift", "bunkyo", "--by", "sora")

    assert (ran.status, ran.out) == (1, "")
    assert "'bunkyo' is not paused by the guard" in ran.err
    assert list(accounts.pauses) == ([pause] if pause else [])
