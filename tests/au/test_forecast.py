"""`kizuna au forecast`: what it makes of a snapshot."""

from dataclasses import replace

import pytest

from cli.au.forecast import _accounts_table, _months_table, _notes, forecast_report
from cli.errors import CallError
from shared.rules.forecast import forecasts
from tests.au.sample import november


def test_the_total_is_told_month_by_month_and_every_account_in_a_line():
    told = forecast_report(november(), None, 36)

    assert (told["snapshot"], told["as_of"]) == ("month_end-2026-11", "2026-11-30T15:00:00Z")
    assert told["account"] is None
    assert told["au"] == november().own.subscribers
    assert [told["months"][n]["month"] for n in (0, 35)] == ["2026-12", "2029-11"]
    assert len(told["months"]) == 36
    assert {each["account"]: each["au"] for each in told["accounts"]} == {
        line.account: line.subscribers for line in november().own_lines
    }
    for name in ("au", "registrations"):
        assert told[name] == pytest.approx(sum(each[name] for each in told["accounts"]), abs=0.6)
    for name, index in (("in_12_months", 11), ("in_36_months", 35)):
        in_all = sum(each[name] for each in told["accounts"])
        assert told["months"][index]["middle"] == pytest.approx(in_all, abs=0.6)


def test_the_total_says_which_accounts_are_left_out():
    told = forecast_report(november(), None, 12)

    assert told["left_out"] == ["sendai"]
    assert _notes(told)[1] == "left out, as they send elsewhere: sendai"


def test_an_account_is_told_as_its_snapshot_has_it():
    told = forecast_report(november(), "bunkyo", 3)
    made = forecasts(november().detail, november().measure)["bunkyo"]

    assert told["account"] == "bunkyo"
    assert "accounts" not in told
    assert told["months"] == [
        {
            "month": str(made.months[n]),
            "known": made.known[n],
            "middle": round(made.middle[n], 1),
            "low": round(made.low[n], 1),
            "high": round(made.high[n], 1),
            "graduating": made.graduating[n],
            "awaiting_birth": made.awaiting[n],
            "due": made.due[n],
        }
        for n in range(3)
    ]


def test_an_external_account_has_no_forecast():
    with pytest.raises(CallError, match="sendai sends through another system"):
        forecast_report(november(), "sendai", 36)


def test_an_unknown_account_is_named():
    with pytest.raises(CallError, match="there is no account 'kobe' in month_end-2026-11"):
        forecast_report(november(), "kobe", 36)


def test_a_snapshot_of_external_accounts_alone_has_no_forecast():
    with pytest.raises(CallError, match="nothing was sent from here"):
        forecast_report(replace(november(), detail={}), None, 36)


def test_the_tables_have_a_line_for_each_month_and_account():
    told = forecast_report(november(), None, 12)

    assert _months_table(told).row_count == 12
    assert _accounts_table(told).row_count == 11


@pytest.mark.parametrize(
    ("holding", "estimated_from", "expected"),
    [
        (3.0, 12, "registrations a month in the last 12 months: 6.0; 3.0 hold the AU of 180"),
        (
            None,
            1,
            "registrations a month in the last month: 6.0; how many hold the AU cannot be said",
        ),
    ],
)
def test_a_line_says_how_many_registrations_hold_the_au(holding, estimated_from, expected):
    told = {"registrations": 6.0, "au": 180, "holding": holding, "estimated_from": estimated_from}

    assert _notes(told) == [expected]
