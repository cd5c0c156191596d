"""What a reviewer is told to look at first."""

from dataclasses import replace
from typing import Any

import pytest

from shared.rules.account import Channel
from shared.rules.review import Finding, Look, findings
from shared.rules.snapshot import OwnLine, Snapshot
from tests.au.sample import november

QUIET = [30, 31, 30, 29, 30, 31, 30, 30, 29, 30, 31, 30, 30]
"""AU of thirteen months in which nothing happens."""


def quiet(now: int = 30, **flow: int) -> Snapshot:
    """A snapshot of one account that is always as it was, but for what the test says."""
    snapshot = november()
    line = snapshot.line("bunkyo")
    assert isinstance(line, OwnLine)
    past = len(snapshot.measure.past)
    series = [*([30] * (past - len(QUIET))), *QUIET[:-1], now]
    halves: dict[str, Any] = {"email": [15] * past, "line": [15] * past, "sms": [0] * past}
    usual = dict.fromkeys(snapshot.detail["bunkyo"].flows, [2] * past)
    detail = replace(
        snapshot.detail["bunkyo"],
        series={**snapshot.detail["bunkyo"].series, **halves, "subscribers": series},
        flows={**usual, "graduated": [0] * past, "awaiting_birth": [0] * past},
    )
    figures = {**dict.fromkeys(usual, 2), "graduated": 0, "awaiting_birth": 0, **flow}
    came = sum(figures[n] for n in ("new_pregnancy", "new_childcare", "returned", "moved_in"))
    left = ("graduated", "stopped_subscriber", "stopped_system", "awaiting_birth", "moved_out")
    went = sum(figures[n] for n in left)
    balance = replace(line.flow, **figures, opening=30, closing=30 + came - went)
    line = replace(
        line,
        subscribers=now,
        enrolments=balance.closing,
        channels={Channel.EMAIL: 15, Channel.LINE: 15, Channel.SMS: 0},
        flow=balance,
    )
    return replace(snapshot, accounts=(line,), detail={"bunkyo": detail})


def test_nothing_needs_a_look_where_all_is_as_usual():
    assert findings(quiet()) == []


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (36, [Finding(Look.MOVED, "bunkyo", "", 36, 25, 35)]),
        (35, []),
        (25, []),
        (24, [Finding(Look.MOVED, "bunkyo", "", 24, 25, 35)]),
        (0, [Finding(Look.ZERO, "bunkyo", now=0), Finding(Look.MOVED, "bunkyo", "", 0, 25, 35)]),
    ],
)
def test_au_that_moved_more_than_usual_is_told_with_what_was_expected(now, found):
    assert findings(quiet(now)) == found


def test_known_graduations_are_expected():
    snapshot = quiet(20, graduated=10)
    detail = snapshot.detail["bunkyo"]
    graduated = [*detail.flows["graduated"][:-1], 10]
    known = replace(detail, flows={**detail.flows, "graduated": graduated})
    share = replace(snapshot.own_lines[0], enrolments=20)

    looks = findings(replace(snapshot, detail={"bunkyo": known}, accounts=(share,)))

    assert Look.MOVED not in {each.look for each in looks}


def test_a_channel_that_was_cut_off_is_told():
    snapshot = quiet()
    channels = {Channel.EMAIL: 11, Channel.LINE: 12, Channel.SMS: 0}
    line = replace(snapshot.own_lines[0], channels=channels)

    assert findings(replace(snapshot, accounts=(line,))) == [
        Finding(Look.CHANNEL_DROP, "bunkyo", "email", 11, 12, 15)
    ]


def test_a_line_of_the_balance_that_surprises_is_told():
    assert findings(quiet(stopped_system=9)) == [
        Finding(Look.FLOW, "bunkyo", "stopped_system", 9, 0, 7)
    ]


def test_a_balance_that_does_not_balance_comes_first():
    snapshot = quiet(0)
    line = snapshot.own_lines[0]
    wrong = replace(line, flow=replace(line.flow, closing=line.flow.closing + 1))

    assert findings(replace(snapshot, accounts=(wrong,)))[0] == Finding(
        Look.DOES_NOT_BALANCE, "bunkyo"
    )


def test_missing_and_surprising_figures_of_other_systems_are_told():
    snapshot = november()
    missing = replace(snapshot, accounts=(), missing_external=("sendai",))
    sendai = snapshot.line("sendai")
    assert sendai is not None
    far = replace(sendai, subscribers=2_000)

    assert findings(missing) == [Finding(Look.MISSING_EXTERNAL, "sendai", "2026-11")]
    assert findings(replace(snapshot, accounts=(far,))) == [
        Finding(Look.MOVED, "sendai", "", 2_000, 968, 1_452)
    ]


def test_of_a_young_account_nobody_knows_what_is_usual():
    snapshot = quiet(36)
    detail = snapshot.detail["bunkyo"]
    past = len(snapshot.measure.past)
    young = [0] * (past - 6) + list(detail.series["subscribers"][-6:])
    series = {**detail.series, "subscribers": young}

    assert findings(replace(snapshot, detail={"bunkyo": replace(detail, series=series)})) == []
