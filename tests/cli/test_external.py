"""`kizuna au external` and `kizuna au published`: figures from outside, and their corrections."""

import json
from datetime import date

import pytest

from cli.files.load import load_accounts
from shared.office.account.settings import ACCOUNT_COLUMNS, read_accounts
from shared.office.external import why_not
from shared.rules.months import Month
from tests.cli.conftest import ACCOUNT, NOW, rows_of

SENDAI = {
    **ACCOUNT,
    "account": "sendai",
    "code": "041009",
    "delivery": "external",
    "channels": "",
    "send_at": "",
    "valid_from": "2024-05-31",
}
HOME = {**SENDAI, "delivery": "own", "channels": "email", "send_at": "09:00"}


@pytest.fixture
def au(store, kizuna, write):
    """The commands, against a store that knows Sendai (external from 31 May to 14 July 2024)."""
    accounts = write("accounts.csv", ACCOUNT, SENDAI, {**HOME, "valid_from": "2024-07-15"})
    load_accounts(store, accounts, NOW)
    return lambda *arguments: kizuna("au", *arguments)


# What an external account reports.


def test_a_report_is_stored_and_told(store, au):
    ran = au("external", "sendai", "2024-06", "1200", "--by", "sora")

    (figure,) = store.external.history("sendai", Month(2024, 6))
    assert (figure.subscribers, figure.by) == (1200, "sora")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("sendai 2024-06: 1,200 subscribers, noted by sora on ")
    assert ran.out.count("\n") == 1


def test_a_correction_says_what_it_corrects(store, au):
    first = json.loads(au("external", "sendai", "2024-06", "1200", "--by", "sora", "--json").out)
    second = json.loads(au("external", "sendai", "2024-06", "0", "--by", "hana", "--json").out)

    assert (first["account"], first["month"], first["corrects"]) == ("sendai", "2024-06", None)
    assert (second["subscribers"], second["by"]) == (0, "hana")
    assert second["corrects"] == {"subscribers": 1200, "by": "sora", "at": first["at"]}
    ran = au("external", "sendai", "2024-06", "1")
    assert ran.out.splitlines()[1].startswith("corrects 0 subscribers, noted by hana on ")
    kept = [each.subscribers for each in store.external.history("sendai", Month(2024, 6))]
    assert kept == [1200, 0, 1]


def test_without_a_figure_it_shows_all_that_is_on_record(store, au):
    nothing = au("external", "sendai", "2024-06")
    assert (nothing.status, nothing.out) == (0, "sendai 2024-06: nothing is on record\n")
    au("external", "sendai", "2024-06", "1200", "--by", "sora")
    au("external", "sendai", "2024-06", "1100", "--by", "hana")

    shown = au("external", "sendai", "2024-06").out.splitlines()
    told = json.loads(au("external", "sendai", "2024-06", "--json").out)

    assert [line.endswith("(corrected since)") for line in shown] == [True, False]
    assert "1,200 subscribers, noted by sora" in shown[0]
    assert "1,100 subscribers, noted by hana" in shown[1]
    assert told.keys() == {"account", "month", "figures"}
    assert [(each["subscribers"], each["by"]) for each in told["figures"]] == [
        (1200, "sora"),
        (1100, "hana"),
    ]
    assert len(store.external.history("sendai", Month(2024, 6))) == 2


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("naha", "2024-06", "1"), "there is no account 'naha'"),
        (("naha", "2024-06"), "there is no account 'naha'"),
        (("bunkyo", "2024-06", "1"), "bunkyo was external on no day of 2024-06"),
        (("sendai", "2024-08", "1"), "sendai was external on no day of 2024-08"),
        (("sendai", "2024-6", "1"), "'2024-6' is no month; write it as 2026-11"),
        (("sendai", "2024-06", "--", "-1"), "'-1' is no whole number; write it as 1234"),
        (("sendai", "2024-06", "1.5"), "'1.5' is no whole number; write it as 1234"),
        (("sendai", "2024-06", "1,200"), "'1,200' is no whole number; write it as 1234"),
        (("sendai", "2024-06", "1_200"), "'1_200' is no whole number; write it as 1234"),
        (("sendai", "2024-06", "1200", "--by", "a\nb"), "a name must be one line"),
    ],
)
def test_a_report_that_cannot_be_is_refused_in_one_line(store, au, arguments, line):
    ran = au("external", *arguments)

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert line in ran.err
    assert store.external.history("sendai", Month(2024, 6)) == []


@pytest.mark.parametrize(
    ("month", "local", "refusal", "because"),
    [
        ("2024-04", False, "external on no day", "it was no account yet"),
        ("2024-05", False, None, "it was external on the 31st"),
        ("2024-06", False, None, "the whole month"),
        ("2024-07", False, None, "until the 14th"),
        ("2024-08", False, "external on no day", "it sends from here"),
        ("2026-11", False, None, "a month that is going on"),
        ("2026-12", False, "2026-12 has not begun", "a month to come"),
        ("2026-12", True, None, "a month to come, rehearsed"),
    ],
)
def test_an_account_reports_the_months_in_which_it_was_external(
    write, month, local, refusal, because
):
    rows, _ = rows_of(
        write(
            "a.csv",
            SENDAI,
            {**HOME, "valid_from": "2024-07-15"},
            {**SENDAI, "valid_from": "2026-11-01"},
        ),
        ACCOUNT_COLUMNS,
    )
    account = read_accounts(rows, {}, date(2026, 11, 25))["sendai"]

    found = why_not(account, Month.parse(month), NOW, local=local)

    if refusal is None:
        assert found is None, because
    else:
        assert refusal in found, because


def test_a_month_that_has_not_begun_is_refused_on_aws(store, au, write):
    load_accounts(store, write("more.csv", {**SENDAI, "valid_from": "2026-11-26"}), NOW)

    ran = au("external", "sendai", "2150-01", "1")

    assert (ran.status, ran.out) == (2, "")
    assert "2150-01 has not begun" in ran.err


# What the office published.


def test_published_totals_are_noted_corrected_and_listed(store, au):
    assert au("published").out == "nothing is on record\n"
    au("published", "2022", "46396", "--source", "annual letter 2023", "--by", "sora")
    au("published", "2021", "36076", "--source", "annual letter 2022", "--by", "sora")
    ran = au("published", "2021", "36706", "--source", "annual letter 2022", "--by", "hana")

    assert ran.status == 0
    first, second = ran.out.splitlines()
    assert first.startswith("2021: 36,706 subscribers (annual letter 2022), noted by hana on ")
    assert second.startswith("corrects 2021: 36,076 subscribers")
    assert [line.split(" subscribers")[0] for line in au("published").out.splitlines()] == [
        "2021: 36,706",
        "2022: 46,396",
    ]


def test_json_of_published_totals_says_where_they_come_from(au):
    call = ("published", "2021", "36706", "--source", "annual letter 2022", "--by", "sora")
    first = json.loads(au(*call, "--json").out)
    second = json.loads(au(*call, "--json").out)
    listed = json.loads(au("published", "--json").out)

    assert first.pop("corrects") is None
    assert {**first, "at": None} == {
        "fiscal_year": 2021,
        "subscribers": 36706,
        "source": "annual letter 2022",
        "by": "sora",
        "at": None,
    }
    assert second.pop("corrects") == first
    assert listed == {"published": [second]}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("2021",), "give the total and its source"),
        (("2021", "36706"), "give the total and its source"),
        (("2021", "36706", "--source", " "), "--source is blank"),
        (("2021", "36706", "--source", "a\nb"), "--source must be one line"),
        (("2021", "36,706", "--source", "x"), "'36,706' is no whole number"),
        (("1999", "1", "--source", "x"), "'1999' is no fiscal year"),
    ],
)
def test_a_total_that_cannot_be_is_refused_in_one_line(store, au, arguments, line):
    ran = au("published", *arguments)

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert line in ran.err
    assert store.published.all() == {}
