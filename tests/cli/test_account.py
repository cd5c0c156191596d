"""`kizuna account`: municipalities that end, merge and split."""

import json
from dataclasses import replace
from datetime import date, datetime

import boto3
import pytest

from cli.account.moving import OTHER_LINE
from shared.rules.account import Channel, Delivery
from shared.rules.au import Measure
from shared.rules.dates import JST
from shared.rules.months import Month
from shared.rules.tally import Tally
from shared.rules.text import Text
from tests.cli.conftest import STACK
from tests.world import bunkyo, pregnant

NOW = "2026-11-25T08:00+09:00"
AT = datetime(2026, 11, 25, 8, 0, tzinfo=JST)
CHIYODA = replace(
    bunkyo(name="千代田区", code="131016", channels=frozenset({Channel.EMAIL, Channel.LINE})),
    id="chiyoda",
)


@pytest.fixture
def town(store):
    """文京区 with three readers, and 千代田区 with none."""
    store.accounts.put(bunkyo())
    store.accounts.put(CHIYODA)
    people = [pregnant(1), pregnant(2), pregnant(3, Channel.SMS), pregnant(4, Channel.LINE)]
    assert sum(store.subscribers.add(people, {"bunkyo": 1})) == 4
    return store


def call(kizuna, *arguments, now=NOW):
    return kizuna("account", *arguments, "--now", now, "--by", "山田")


def figures(store, at):
    accounts = {each.id: each for each in store.accounts}
    tally = Tally(Measure.internal(at), accounts)
    for each in store.subscribers:
        tally.add(each)
    return tally.figures()


# The end.


def test_an_account_ends_after_its_last_day_with_a_farewell(town, kizuna, write):
    farewell = write("farewell.txt", "文京区より\n今日で終わります。\nありがとうございました。\n")

    ran = call(kizuna, "end", "bunkyo", "--on", "2027-03-31", "--farewell", farewell)

    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "bunkyo ends after 2027-03-31, with a farewell\n"
    account = town.accounts.get("bunkyo")
    assert account.on(date(2027, 3, 31)).delivery is Delivery.OWN
    assert account.on(date(2027, 4, 1)).delivery is Delivery.ENDED
    text = "今日で終わります。\nありがとうございました。"
    assert account.farewell_on(date(2027, 3, 31)) == Text("文京区より", text, "文京区より")
    assert account.farewell_on(date(2027, 3, 30)) is None
    (noted,) = town.audit.of_month(2026, 11)
    what = "ended the account after 2027-03-31, with a farewell"
    assert (noted.by, noted.what, noted.about) == ("山田", what, "bunkyo")


def test_said_again_it_changes_nothing_and_with_another_day_the_last_holds(town, kizuna):
    call(kizuna, "end", "bunkyo", "--on", "2027-03-31")
    again = call(kizuna, "end", "bunkyo", "--on", "2027-03-31")
    earlier = call(kizuna, "end", "bunkyo", "--on", "2026-12-31", "--json")

    assert again.out == "bunkyo ends after 2027-03-31, without a farewell; it was so already\n"
    assert json.loads(earlier.out)["changed"] is True
    account = town.accounts.get("bunkyo")
    assert account.on(date(2027, 1, 1)).delivery is Delivery.ENDED
    assert len(account.settings) == 2


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("nowhere", "--on", "2027-03-31"), "there is no account 'nowhere'"),
        (("bunkyo", "--on", "2026-11-24"), "2026-11-24 has passed; the last day is 2026-11-25"),
        (("bunkyo", "--on", "2019-03-31"), "has no settings that are in force on 2019-03-31"),
        (("bunkyo", "--on", "2027-03-31", "--notice", "知"), "give the farewell with --farewell"),
        (("bunkyo", "--on", "2027-03-31", "--successor", "bunkyo"), "its own successor"),
        (("bunkyo", "--on", "2027-03-31", "--successor", "x"), "there is no account 'x'"),
    ],
)
def test_what_makes_no_sense_is_one_line(town, kizuna, arguments, line):
    ran = call(kizuna, "end", *arguments)

    assert ran.status == 2
    assert line in ran.err
    assert ran.err.count("\n") == 1
    assert town.accounts.get("bunkyo") == bunkyo()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("題\n", "its text"),
        ("題\n{name}さん", "its text {name} is unknown"),
        ("あ" * 41 + "\n文", "its title"),
        (b"\x8f\xaa\n", "must be a text in UTF-8"),
    ],
)
def test_a_farewell_is_held_to_the_rules_of_texts(town, kizuna, write, text, line):
    file = write("farewell.txt", text)

    ran = call(kizuna, "end", "bunkyo", "--on", "2027-03-31", "--farewell", file)

    assert ran.status == 2
    assert f"farewell.txt: {line}" in ran.err


def test_an_account_that_has_ended_is_not_ended_again(town, kizuna):
    call(kizuna, "end", "bunkyo", "--on", "2026-12-31")

    ran = call(kizuna, "end", "bunkyo", "--on", "2027-02-01", now="2027-01-10T08:00+09:00")

    assert ran.status == 1
    assert "bunkyo has ended already: nothing is sent from 2027-01-01 on" in ran.err


def test_the_end_closes_the_balance_sheet_of_its_month(town, kizuna):
    call(kizuna, "end", "bunkyo", "--on", "2026-12-14")

    tally = Tally(Measure.month_end(Month(2026, 12)), {each.id: each for each in town.accounts})
    for each in town.subscribers:
        tally.add(each)
    flow = tally.figures()["bunkyo"].flow

    assert (flow.opening, flow.moved_out, flow.closing) == (4, 4, 0)
    assert flow.balances


# The move.


def test_readers_move_with_their_history(town, kizuna):
    before = town.subscribers.get("s1")

    ran = call(kizuna, "move", "bunkyo", "chiyoda", "--from", "2026-11-25")

    assert ran.status == 0, ran.err
    assert ran.out.splitlines() == [
        "2 moved from bunkyo to chiyoda",
        "1 stay with bunkyo: chiyoda does not offer their channel: s3",
        f"1 stay with bunkyo: {OTHER_LINE.format(new='chiyoda')}: s4",
    ]
    moved = town.subscribers.get("s1")
    assert moved.account == "chiyoda"
    assert moved.enrolments == before.enrolments
    assert moved.generation == before.generation, "their links go on working"
    assert moved.where(datetime(2026, 11, 24, 23, 59, tzinfo=JST))[0] == "bunkyo"
    assert moved.where(datetime(2026, 11, 25, 0, 0, tzinfo=JST))[0] == "chiyoda"
    flows = {account: found.flow for account, found in figures(town, AT).items()}
    assert all(flow.balances for flow in flows.values())
    assert (flows["bunkyo"].moved_out, flows["chiyoda"].moved_in) == (2, 2)


def test_readers_by_line_move_where_both_have_the_same_channel(town, kizuna):
    channel = json.dumps({"channel_id": "1234567890", "channel_secret": "0" * 32})
    for account in ("bunkyo", "chiyoda"):
        boto3.client("secretsmanager").create_secret(
            Name=f"{STACK}/accounts/{account}/line", SecretString=channel
        )

    ran = call(kizuna, "move", "bunkyo", "chiyoda", "--from", "2026-11-25", "--channel", "line")

    assert ran.out == "1 moved from bunkyo to chiyoda\n"
    assert town.subscribers.get("s4").account == "chiyoda"


def test_run_again_it_moves_nobody_twice(town, kizuna):
    call(kizuna, "move", "bunkyo", "chiyoda", "--from", "2026-11-25")
    moved = town.subscribers.get("s1")

    ran = call(kizuna, "move", "bunkyo", "chiyoda", "--from", "2026-11-25", "--json")

    assert json.loads(ran.out)["moved"] == []
    assert town.subscribers.get("s1") == moved


def test_a_check_moves_nobody(town, kizuna):
    ran = call(kizuna, "move", "bunkyo", "chiyoda", "--from", "2026-11-25", "--check")

    assert ran.out.startswith("2 would move from bunkyo to chiyoda\n")
    assert town.subscribers.get("s1").account == "bunkyo"
    assert list(town.audit.of_month(2026, 11)) == []


def test_only_those_of_a_list_move(town, kizuna, write):
    ran = call(
        kizuna,
        *("move", "bunkyo", "chiyoda", "--from", "2026-11-25"),
        *("--only", write("ids.txt", "s2\n"), "--json"),
    )

    assert json.loads(ran.out)["moved"] == ["s2"]
    assert town.subscribers.get("s1").account == "bunkyo"


def test_a_list_with_somebody_else_moves_nobody(town, kizuna, write):
    ran = call(
        kizuna,
        *("move", "bunkyo", "chiyoda", "--from", "2026-11-25"),
        *("--only", write("ids.txt", "s2\nnobody\n")),
    )

    assert ran.status == 2
    assert "1 are not of bunkyo: nobody" in ran.err
    assert town.subscribers.get("s2").account == "bunkyo"


def test_whoever_is_known_there_keeps_that_record_and_follows_the_same_there(town, kizuna):
    there = replace(
        pregnant(1),
        id="c1",
        account="chiyoda",
        enrolments=pregnant(1, due=date(2027, 1, 22)).enrolments,
    )
    assert sum(town.subscribers.add([there], {"chiyoda": 1})) == 1

    ran = call(kizuna, "move", "bunkyo", "chiyoda", "--from", "2026-11-25")

    assert "1 stay with bunkyo: chiyoda has their address already" in ran.out
    assert town.subscribers.get("s1").account == "bunkyo"
    assert len(town.subscribers.get("c1").enrolments) == 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("bunkyo", "bunkyo", "--from", "2026-11-25"), "is both the old and the new account"),
        (("bunkyo", "naha", "--from", "2026-11-25"), "there is no account 'naha'"),
        (("bunkyo", "chiyoda", "--from", "2027-04-01"), "2027-04-01 has not come"),
        (("bunkyo", "chiyoda", "--from", "2019-03-31"), "choose a later day"),
    ],
)
def test_a_move_that_makes_no_sense_is_one_line(town, kizuna, arguments, line):
    ran = call(kizuna, "move", *arguments)

    assert ran.status == 2
    assert line in ran.err
    assert town.subscribers.get("s1").account == "bunkyo"
