"""`kizuna pause`, `resume` and `pauses`: what is not sent until staff let it go on."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.rules.account import Channel
from shared.rules.dates import jst_date
from shared.rules.months import Month
from shared.store.pauses import Pause
from tests.world import bunkyo

AT = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
WHY = ("--why", "a wrong text", "--by", "sora")

SELECTORS = [
    (("bunkyo",), ("bunkyo", None), "bunkyo"),
    (("--channel", "line"), (None, Channel.LINE), "every account's line"),
    (("bunkyo", "--channel", "sms"), ("bunkyo", Channel.SMS), "bunkyo sms"),
    (("--everything",), (None, None), "everything"),
]


@pytest.fixture
def accounts(store):
    store.accounts.put(bunkyo())
    return store


def audited(store):
    today = Month.of(jst_date(datetime.now(UTC)))
    return [(e.by, e.what, e.about) for e in store.audit.of_month(today.year, today.month)]


@pytest.mark.usefixtures("ticks")
@pytest.mark.parametrize(("selector", "covers", "words"), SELECTORS)
def test_an_account_a_channel_both_or_everything_is_paused_and_resumed(
    accounts, kizuna, selector, covers, words
):
    paused = kizuna("pause", *selector, *WHY)

    (found,) = accounts.pauses
    assert (paused.status, paused.out) == (0, f"{words} is paused\n")
    assert (found.account, found.channel, found.by, found.why) == (*covers, "sora", "a wrong text")
    assert abs(datetime.now(UTC) - found.since) < timedelta(minutes=1)

    resumed = kizuna("resume", *selector, "--by", "umi")

    assert list(accounts.pauses) == []
    said = f"{words} goes on; it was paused because: a wrong text\n"
    assert (resumed.status, resumed.out) == (0, said)


def test_a_tick_comes_at_once_so_that_nobody_waits_for_the_next(accounts, kizuna, ticks):
    kizuna("pause", "bunkyo", *WHY)
    assert ticks == []

    kizuna("resume", "bunkyo", "--by", "umi")

    assert len(ticks) == 1


def test_where_no_tick_comes_at_once_the_next_one_lets_it_go_on(accounts, kizuna):
    kizuna("pause", "bunkyo", *WHY)

    ran = kizuna("resume", "bunkyo", "--by", "umi")

    said = "bunkyo goes on with the next tick; it was paused because: a wrong text\n"
    assert (ran.status, ran.out) == (0, said)
    assert list(accounts.pauses) == []


def test_who_paused_and_resumed_what_and_why_is_on_record(accounts, kizuna):
    kizuna("pause", "bunkyo", "--channel", "line", *WHY)
    kizuna("resume", "bunkyo", "--channel", "line", "--by", "umi")
    kizuna("pause", "--everything", *WHY)

    assert audited(accounts) == [
        ("sora", "paused line: a wrong text", "bunkyo"),
        ("umi", "resumed line", "bunkyo"),
        ("sora", "paused everything: a wrong text", "all accounts"),
    ]


def test_what_is_paused_is_shown_with_since_when_by_whom_and_why(accounts, kizuna):
    assert kizuna("pauses").out == "nothing is paused\n"
    accounts.pauses.put(Pause(None, Channel.SMS, AT, "sora", "Twilio is being changed"))
    accounts.pauses.put(Pause("bunkyo", None, AT, "umi", "a wrong text"))

    assert kizuna("pauses").out == (
        "every account's sms  since 2026-11-25 10:00 JST by sora: Twilio is being changed\n"
        "bunkyo  since 2026-11-25 10:00 JST by umi: a wrong text\n"
    )
    assert json.loads(kizuna("pauses", "--json").out)["pauses"][1] == {
        "account": "bunkyo",
        "channel": None,
        "since": "2026-11-25T01:00:00+00:00",
        "by": "umi",
        "why": "a wrong text",
    }


def test_pause_and_resume_tell_a_program_what_they_did(accounts, kizuna):
    paused = json.loads(kizuna("pause", "bunkyo", *WHY, "--json").out)["paused"]
    resumed = json.loads(kizuna("resume", "bunkyo", "--by", "umi", "--json").out)["resumed"]

    assert paused == resumed
    assert (paused["account"], paused["channel"], paused["by"]) == ("bunkyo", None, "sora")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pause", *WHY), "say what: an account, --channel, both, or --everything"),
        (("resume",), "say what: an account, --channel, both, or --everything"),
        (("pause", "bunkyo", "--everything", *WHY), "--everything leaves nothing to choose"),
        (("resume", "--channel", "sms", "--everything"), "--everything leaves nothing to choose"),
        (("pause", "bunkyo", "--by", "sora"), "Missing option '--why'"),
        (("pause", "bunkyo", "--why", " "), "why is blank"),
        (("pause", "bunkyo", "--why", "a\nb"), "why must be one line"),
        (("pause", "bunkyo", "--why", "x", "--by", "guard"), "the bounce guard's own name"),
        (("pause", "--channel", "fax", *WHY), "fax"),
    ],
)
def test_a_wrong_call_pauses_nothing_and_says_what_would_be_right(
    accounts, kizuna, arguments, said
):
    ran = kizuna(*arguments)

    assert (ran.status, ran.out, list(accounts.pauses)) == (2, "", [])
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert audited(accounts) == []


@pytest.mark.parametrize("arguments", [("pause", "narnia", *WHY), ("resume", "narnia")])
def test_an_account_that_is_not_there_is_named(accounts, kizuna, arguments):
    ran = kizuna(*arguments)

    assert (ran.status, ran.err) == (1, "kizuna: there is no account 'narnia'\n")
    assert list(accounts.pauses) == []


def test_pausing_twice_keeps_the_first_pause_and_says_so(accounts, kizuna):
    kizuna("pause", "bunkyo", *WHY)
    ran = kizuna("pause", "bunkyo", "--why", "another", "--by", "umi")

    assert ran.status == 1
    assert ran.err == "kizuna: bunkyo is paused already; `kizuna pauses` shows why\n"
    assert [each.by for each in accounts.pauses] == ["sora"]
    assert len(audited(accounts)) == 1


def test_only_what_was_paused_in_these_words_is_resumed(accounts, kizuna):
    kizuna("pause", "--everything", *WHY)
    ran = kizuna("resume", "bunkyo")

    assert ran.status == 1
    assert ran.err == "kizuna: bunkyo is not paused; `kizuna pauses` shows what is\n"
    assert len(list(accounts.pauses)) == len(audited(accounts)) == 1


def test_the_guard_s_own_pause_is_lifted_by_its_own_command_only(accounts, kizuna):
    by_guard = Pause("bunkyo", Channel.EMAIL, AT, "guard", "many bounced", jst_date(AT))
    accounts.pauses.put(by_guard)

    ran = kizuna("resume", "bunkyo", "--channel", "email")

    assert ran.status == 1
    assert "the bounce guard paused bunkyo email; `kizuna guard lift bunkyo`" in ran.err
    assert list(accounts.pauses) == [by_guard]


def test_a_pause_by_staff_is_not_lifted_with_the_guard_s(accounts, kizuna):
    kizuna("pause", "bunkyo", "--channel", "email", *WHY)

    ran = kizuna("guard", "lift", "bunkyo", "--by", "umi")

    assert ran.status == 1
    assert len(list(accounts.pauses)) == 1
