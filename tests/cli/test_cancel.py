"""`kizuna cancel`: nothing more of a run goes out. `kizuna runs` shows it."""

import json
from datetime import UTC, date, datetime

import pytest

from shared.rules.account import Channel
from shared.rules.dates import jst_date
from shared.rules.months import Month
from shared.rules.reconciliation import Sums
from shared.store.keys import JobId
from shared.store.pauses import Pause
from shared.store.run import Cancelled, Run
from tests.world import bunkyo

DAY = date(2026, 11, 25)
AT = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
CANCEL = ("cancel", "bunkyo", "--on", "2026-11-25", "--by", "sora")


@pytest.fixture
def opened(store):
    """文京区's run of a day, with a job for each channel."""
    store.accounts.put(bunkyo())
    (settings,) = bunkyo().settings
    jobs = tuple((channel, 0) for channel in sorted(Channel))
    store.ledger.open_run(Run("bunkyo", DAY, settings, {}, jobs, AT))
    return store


def done(store, channel):
    lease = store.ledger.lease(JobId("bunkyo", DAY, channel, 0), 300)
    store.ledger.finish(lease, Sums(planned=1, accepted=1))


def close(store):
    store.ledger.close_run(store.ledger.run(DAY, "bunkyo"), {Channel.EMAIL: Sums(1, 1)}, AT)


def audited(store):
    today = Month.of(jst_date(datetime.now(UTC)))
    return [(e.by, e.what, e.about) for e in store.audit.of_month(today.year, today.month)]


def cancelled(store):
    return {c: each.by for c, each in store.ledger.run(DAY, "bunkyo").cancelled.items()}


def test_a_run_is_cancelled_and_it_is_on_record_who_did_it(opened, kizuna):
    ran = kizuna(*CANCEL)

    assert (ran.status, ran.out) == (0, "cancelled email, line, sms of bunkyo on 2026-11-25\n")
    assert cancelled(opened) == dict.fromkeys(Channel, "sora")
    assert audited(opened) == [("sora", "cancelled email, line, sms of 2026-11-25", "bunkyo")]


def test_one_channel_alone_can_be_cancelled(opened, kizuna):
    ran = kizuna(*CANCEL, "--channel", "line", "--json")

    report = {"account": "bunkyo", "date": "2026-11-25", "cancelled": ["line"]}
    assert json.loads(ran.out) == report
    assert cancelled(opened) == {Channel.LINE: "sora"}


def test_a_channel_that_is_done_or_was_cancelled_before_is_left_as_it_is(opened, kizuna):
    done(opened, Channel.EMAIL)
    kizuna(*CANCEL, "--channel", "line")

    ran = kizuna("cancel", "bunkyo", "--on", "2026-11-25", "--by", "umi")

    assert ran.out == "cancelled sms of bunkyo on 2026-11-25\n"
    assert cancelled(opened) == {Channel.LINE: "sora", Channel.SMS: "umi"}


def test_cancelling_twice_says_that_nothing_is_left_and_notes_nothing(opened, kizuna):
    kizuna(*CANCEL)
    ran = kizuna("cancel", "bunkyo", "--on", "2026-11-25", "--by", "umi")

    assert ran.status == 1
    assert "of the run of bunkyo on 2026-11-25 nothing is left to cancel" in ran.err
    assert cancelled(opened) == dict.fromkeys(Channel, "sora")
    assert len(audited(opened)) == 1


def test_a_run_that_is_closed_is_not_cancelled(opened, kizuna):
    close(opened)

    ran = kizuna(*CANCEL)

    assert ran.status == 1
    said = "the run of bunkyo on 2026-11-25 is closed: nothing of it is left to cancel"
    assert ran.err == f"kizuna: {said}\n"
    assert cancelled(opened) == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("narnia", "--on", "2026-11-25"), "there is no account 'narnia'"),
        (("bunkyo", "--on", "2026-11-24"), "no run of bunkyo was opened on 2026-11-24"),
    ],
)
def test_what_is_not_there_is_named(opened, kizuna, arguments, said):
    ran = kizuna("cancel", *arguments)

    assert (ran.status, ran.out, ran.err) == (1, "", f"kizuna: {said}\n")
    assert audited(opened) == []


def test_a_channel_that_the_run_has_not_is_named(store, kizuna):
    store.accounts.put(bunkyo())
    (settings,) = bunkyo().settings
    store.ledger.open_run(Run("bunkyo", DAY, settings, {}, ((Channel.EMAIL, 0),), AT))

    ran = kizuna(*CANCEL, "--channel", "sms")

    assert ran.status == 1
    assert ran.err == "kizuna: the run of bunkyo on 2026-11-25 has no sms, but email\n"


# What `kizuna runs` shows.


def shown(kizuna):
    (run,) = json.loads(kizuna("runs", "--on", "2026-11-25", "--json").out)["runs"]
    return run["state"], list(run["cancelled"]), run["paused"]


def test_runs_show_what_is_cancelled_and_what_is_paused(opened, kizuna):
    assert shown(kizuna) == ("open", [], [])

    opened.pauses.put(Pause(None, Channel.SMS, AT, "sora", "Twilio is being changed"))
    opened.pauses.put(Pause("bunkyo", Channel.LINE, AT, "sora", "a wrong text"))
    opened.pauses.put(Pause("chofu", None, AT, "sora", "a wrong text"))
    assert shown(kizuna) == ("paused", [], ["line", "sms"])

    run = opened.ledger.run(DAY, "bunkyo")
    opened.control.cancel(run, [Channel.LINE], Cancelled(AT, "sora"))
    assert shown(kizuna) == ("cancelled", ["line"], ["sms"])
    out = kizuna("runs", "--on", "2026-11-25").out
    names = [line.partition(" 0")[0].strip() for line in out.splitlines()]
    assert names[4:8] == ["bunkyo (open)", "email", "line (cancelled)", "sms (paused)"]


def test_a_closed_run_waits_for_no_pause(opened, kizuna):
    close(opened)
    opened.pauses.put(Pause(None, None, AT, "sora", "a wrong text"))

    assert shown(kizuna) == ("closed", [], [])
