"""`kizuna resend`: the message of the day for those who did not get it."""

import json
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from shared.rules.account import Channel
from shared.rules.message import Due
from shared.rules.outcomes import Batch, Entry, Outcome, Result
from shared.rules.reconciliation import Sums
from shared.rules.stage import Phase
from shared.store.keys import JobId
from shared.store.pauses import Pause
from shared.store.run import Run
from shared.subscribers import actions
from tests.waves import wave
from tests.world import TEN, TODAY, bunkyo, pregnant, texts

RESEND = ("resend", "bunkyo", "--on", "2026-11-25", "--by", "sora")
DUE = Due(Phase.PREGNANCY, 224)
JOB = JobId("bunkyo", TODAY, Channel.LINE, 0)
OUTCOMES = {
    "s1": Outcome(Result.ACCEPTED),
    "s2": Outcome(Result.REFUSED, "monthly_limit"),
    "s3": Outcome(Result.REFUSED, "monthly_limit"),
    "s4": Outcome(Result.UNKNOWN, "nobody_knows"),
}


@pytest.fixture
def clock(monkeypatch):
    """Says what time it is for the command."""

    def at(now: datetime) -> None:
        monkeypatch.setattr("cli.resend.datetime", SimpleNamespace(now=now.astimezone))

    at(TEN)
    return at


@pytest.fixture
def closed(store, clock):
    """A closed run: of four in a batch two were refused, and a fifth joined later."""
    store.accounts.put(bunkyo())
    store.content.publish("common", texts())
    versions = {"common": store.content.published("common")}
    (settings,) = bunkyo().settings
    run = Run("bunkyo", TODAY, settings, versions, ((Channel.LINE, 0),), TEN)
    store.ledger.open_run(run)
    people = [pregnant(n, Channel.LINE) for n in range(1, 6)]
    assert sum(store.subscribers.add(people, {"bunkyo": 1})) == 5
    lease = store.ledger.lease(JOB, 300)
    entries = tuple(Entry(each, ("e1",), DUE) for each in OUTCOMES)
    batch = Batch("000001-000000", "k", TEN, entries)
    store.waves.freeze(lease, wave(batch))
    settled = batch.with_outcomes(OUTCOMES.values())
    store.waves.record(JOB, wave(Batch(batch.id, "k", TEN, settled.entries, settled_at=TEN)))
    sums = Sums(planned=4, accepted=1, refused=2, unknown=1)
    store.ledger.finish(lease, sums)
    store.ledger.close_run(run, {Channel.LINE: sums}, TEN)
    return store


def state(store):
    run, job = store.ledger.run(TODAY, "bunkyo"), store.ledger.job(JOB)
    return run.closed_at is not None, job.done


def test_a_check_tells_how_many_by_code_and_changes_nothing(closed, kizuna):
    before = closed.ledger.run(TODAY, "bunkyo")

    ran = kizuna(*RESEND, "--check")

    assert (ran.status, ran.out) == (0, "3 did not get it: monthly_limit 2, not_sent 1\n")
    assert closed.ledger.run(TODAY, "bunkyo") == before
    assert state(closed) == (True, True)
    assert list(closed.audit.of_month(2026, 11)) == []


def test_the_run_and_its_jobs_are_reopened_and_it_is_on_record_by_whom(closed, kizuna):
    ran = kizuna(*RESEND)

    said = "the next tick sends to 3 who did not get it: monthly_limit 2, not_sent 1\n"
    assert (ran.status, ran.out) == (0, said)
    assert state(closed) == (False, False)
    run = closed.ledger.run(TODAY, "bunkyo")
    assert (run.reopened_at, run.sums) == (TEN, None)
    (entry,) = closed.audit.of_month(2026, 11)
    noted = ("sora", "resent line of 2026-11-25", "bunkyo")
    assert (entry.by, entry.what, entry.about) == noted


def test_resend_tells_a_program_what_it_did(closed, kizuna):
    report = {
        "account": "bunkyo",
        "date": "2026-11-25",
        "left": {"monthly_limit": 2, "not_sent": 1},
        "resent": True,
        "paused": [],
    }
    checked = json.loads(kizuna(*RESEND, "--check", "--json").out)
    assert checked == {**report, "resent": False}
    assert json.loads(kizuna(*RESEND, "--json").out) == report


def test_it_begins_at_once_where_a_tick_comes(closed, kizuna, ticks):
    kizuna(*RESEND, "--check")
    assert ticks == []

    ran = kizuna(*RESEND)

    said = "sending to 3 who did not get it: monthly_limit 2, not_sent 1\n"
    assert (ran.status, ran.out, len(ticks)) == (0, said, 1)


def test_whoever_has_sent_again_what_is_paused_is_told_so(closed, kizuna):
    closed.pauses.put(Pause("bunkyo", Channel.LINE, TEN, "sora", "a wrong text"))

    ran = kizuna(*RESEND)

    assert ran.status == 0
    said = "but nothing goes out by line while it is paused; `kizuna pauses` shows why\n"
    assert ran.out.endswith(said)
    assert json.loads(kizuna(*RESEND, "--json").out)["paused"] == ["line"]


def test_where_everybody_got_it_or_perhaps_did_nothing_is_reopened(closed, kizuna):
    for each in ("s2", "s3", "s5"):
        actions.stop(closed, each, TEN)

    ran = kizuna(*RESEND)

    said = "nobody of the run of bunkyo on 2026-11-25 is left to send to\n"
    assert (ran.status, ran.out) == (0, said)
    assert state(closed) == (True, True)
    assert list(closed.audit.of_month(2026, 11)) == []


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (TEN.replace(hour=21), "it is 21:00, and bunkyo sends from 09:00 to 21:00"),
        (TEN.replace(hour=8), "it is 08:00, and bunkyo sends from 09:00 to 21:00"),
        (TEN + timedelta(days=1), "today is 2026-11-26: the messages of 2026-11-25 are never"),
        (TEN - timedelta(days=1), "today is 2026-11-24: the messages of 2026-11-25 are never"),
    ],
)
def test_a_message_is_never_sent_late(closed, kizuna, clock, now, said):
    clock(now)

    ran = kizuna(*RESEND)

    assert (ran.status, ran.out) == (1, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert state(closed) == (True, True)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("narnia", "--on", "2026-11-25"), 1, "there is no account 'narnia'"),
        (("bunkyo", "--on", "2026-11-24"), 1, "no run of bunkyo was opened on 2026-11-24"),
        (("bunkyo", "--on", "2026-11-25", "--channel", "sms"), 1, "has no sms, but line"),
        (
            ("bunkyo", "--on", "2026-11-25", "--now", "2026-11-25T10:00+09:00"),
            2,
            "--now is for the local platform",
        ),
    ],
)
def test_a_wrong_call_reopens_nothing_and_says_why(closed, kizuna, arguments, status, said):
    ran = kizuna("resend", *arguments)

    assert (ran.status, ran.out) == (status, "")
    assert said in ran.err
    assert state(closed) == (True, True)
