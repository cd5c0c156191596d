"""accounts.csv: each rule, and a history that is added to and never changed."""

from datetime import UTC, date, datetime, time

import pytest

from cli.files.faults import BadFileError
from cli.files.load import load_accounts
from shared.office.account.settings import ACCOUNT_COLUMNS, read_accounts
from shared.rules.account import Account, AccountKind, Channel, Delivery, Settings
from shared.rules.au import Kind
from shared.rules.ending import EndKind, EndOfDelivery
from shared.rules.snapshot import Review
from tests.cli.conftest import ACCOUNT, NOW, rows_of

TODAY = date(2026, 11, 25)

HOSPITAL = {**ACCOUNT, "account": "hospital", "code": "", "kind": "other"}
EXTERNAL = {
    **ACCOUNT,
    "account": "sendai",
    "code": "041009",
    "delivery": "external",
    "channels": "",
    "send_at": "",
}


def read(write, *accounts, known=()):
    rows, faults = rows_of(write("accounts.csv", *accounts), ACCOUNT_COLUMNS)
    found = read_accounts(rows, {each.id: each for each in known}, TODAY)
    return found, [(fault.row, fault.column, fault.reason) for fault in faults]


def test_a_row_is_an_account(write):
    found, faults = read(write, ACCOUNT)
    assert faults == []
    assert found == {
        "bunkyo": Account(
            "bunkyo",
            (
                Settings(
                    valid_from=date(2019, 4, 1),
                    name="文京区",
                    code="131059",
                    kind=AccountKind.MUNICIPALITY,
                    delivery=Delivery.OWN,
                    channels=frozenset(Channel),
                    send_at=time(9),
                    quiet_from=time(21),
                    quiet_to=time(6),
                    end_of_delivery=EndOfDelivery(EndKind.BIRTHDAY, 3),
                ),
            ),
        )
    }


def test_quiet_hours_left_blank_are_those_of_the_night(write):
    found, faults = read(write, {**ACCOUNT, "quiet_from": "", "quiet_to": ""})
    assert faults == []
    assert found["bunkyo"].settings[0].quiet_from == time(21)
    assert found["bunkyo"].settings[0].quiet_to == time(6)


def test_an_external_account_needs_neither_channels_nor_a_sending_time(write):
    found, faults = read(write, EXTERNAL)
    assert faults == []
    assert found["sendai"].settings[0].channels == frozenset()


def test_a_further_row_changes_the_settings_from_its_day_on(write):
    later = {**ACCOUNT, "end_of_delivery": "school_year_end(1)", "valid_from": "2024-04-01"}
    found, faults = read(write, later, ACCOUNT)
    assert faults == []
    assert [str(each.end_of_delivery) for each in found["bunkyo"].settings] == [
        "birthday(3)",
        "school_year_end(1)",
    ]


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"account": ""}, "account", "is blank, but required"),
        ({"account": "B"}, "account", "must be 2 to 40 of a-z, 0-9 and -"),
        ({"account": "common"}, "account", "is the name of the common series"),
        ({"name": ""}, "name", "is blank, but required"),
        ({"name": "文京区\n保健所"}, "name", "must be one line"),
        ({"name": "区" * 101}, "name", "has 101 characters; at most 100"),
        ({"code": ""}, "code", "is required for a municipality"),
        ({"code": "1310"}, "code", "must be six digits"),
        ({"code": "13105"}, "code", "is not the check digit"),
        ({"code": "131058"}, "code", "is not the check digit"),
        ({"kind": "other"}, "code", "must be blank where kind is other"),
        ({"kind": "ward"}, "kind", "must be municipality or other"),
        ({"delivery": "ours"}, "delivery", "must be own or external"),
        ({"channels": ""}, "channels", "is blank, but required"),
        ({"channels": ";"}, "channels", "must be one or more of email;line;sms"),
        ({"channels": "email,sms"}, "channels", "must be one or more of email;line;sms"),
        ({"send_at": ""}, "send_at", "is blank, but required"),
        ({"send_at": "9.00"}, "send_at", "must be a time like 09:30"),
        ({"send_at": "25:00"}, "send_at", "the clock has no such time"),
        ({"send_at": "09:10"}, "send_at", "must be a multiple of 15 minutes"),
        ({"send_at": "05:45"}, "send_at", "must lie between 06:00 and 21:00"),
        ({"send_at": "21:00"}, "send_at", "outside the quiet hours (21:00-06:00)"),
        ({"quiet_from": "12"}, "quiet_from", "must be a time like 09:30"),
        ({"quiet_to": "21:00"}, "quiet_to", "must differ from quiet_from"),
        ({"end_of_delivery": ""}, "end_of_delivery", "is blank, but required"),
        ({"end_of_delivery": "birthday(19)"}, "end_of_delivery", "birthday takes 1 to 18"),
        ({"end_of_delivery": "3"}, "end_of_delivery", "must be birthday(n) or school_year_end"),
        ({"valid_from": ""}, "valid_from", "is blank, but required"),
        ({"valid_from": "4/1/2024"}, "valid_from", "must be a date like 2026-11-25"),
        ({"valid_from": "2026-02-29"}, "valid_from", "the calendar has no such date"),
    ],
)
def test_a_bad_row_is_a_fault_of_its_cell(write, change, column, reason):
    _, faults = read(write, HOSPITAL, {**ACCOUNT, **change})
    ((row, found_column, found_reason),) = faults
    assert (row, found_column) == (3, column)
    assert reason in found_reason


def test_every_fault_of_a_row_is_told(write):
    _, faults = read(write, {**ACCOUNT, "code": "1", "kind": "ward", "send_at": "soon"})
    assert [column for _, column, _ in faults] == ["kind", "code", "send_at"]


def test_two_rows_of_an_account_from_the_same_day_are_a_fault(write):
    _, faults = read(write, ACCOUNT, {**ACCOUNT, "name": "文京"})
    assert faults == [(3, "valid_from", "bunkyo has another row with this valid_from")]


def test_two_accounts_cannot_have_one_code(write):
    stored, _ = read(write, ACCOUNT)
    ward = {**ACCOUNT, "account": "ward"}
    expected = [(3, "code", "is the code of the account bunkyo")]
    assert read(write, ACCOUNT, ward)[1] == expected
    assert read(write, HOSPITAL, ward, known=stored.values())[1] == expected


def test_a_code_is_free_once_its_account_has_ended_or_has_another(write):
    stored, _ = read(write, ACCOUNT)
    ward = {**ACCOUNT, "account": "ward", "valid_from": "2027-04-01"}
    ended = stored["bunkyo"].ended(date(2027, 3, 31))
    anew = {**ACCOUNT, "code": "131016", "valid_from": "2027-04-01"}

    assert read(write, ward, known=[ended])[1] == []
    assert read(write, ward, anew, known=stored.values())[1] == []
    too_early = {**ward, "valid_from": "2027-03-31"}
    assert read(write, too_early, known=[ended])[1] == [
        (2, "code", "is the code of the account bunkyo")
    ]
    assert read(write, too_early, anew, known=stored.values())[1] == [
        (2, "code", "is the code of the account bunkyo")
    ]


def test_settings_that_were_in_force_do_not_change(write):
    stored, _ = read(write, ACCOUNT, {**ACCOUNT, "valid_from": "2024-04-01"})
    for changed in (
        {**ACCOUNT, "name": "文京", "valid_from": "2019-04-01"},
        {**ACCOUNT, "name": "文京", "valid_from": "2024-04-01"},
        {**ACCOUNT, "valid_from": "2018-04-01"},
        {**ACCOUNT, "valid_from": "2020-04-01"},
    ):
        _, faults = read(write, changed, known=stored.values())
        ((row, column, reason),) = faults
        assert (row, column) == (2, "valid_from")
        assert "add a row with a valid_from after 2024-04-01" in reason


def test_the_same_rows_again_change_nothing(write):
    stored, _ = read(write, ACCOUNT)
    again, faults = read(write, ACCOUNT, known=stored.values())
    assert faults == []
    assert again == stored


def test_settings_to_come_are_added_and_may_be_replaced(write):
    stored, _ = read(write, ACCOUNT)
    planned, _ = read(write, {**ACCOUNT, "valid_from": "2027-04-01"}, known=stored.values())
    assert [each.valid_from for each in planned["bunkyo"].settings] == [
        date(2019, 4, 1),
        date(2027, 4, 1),
    ]
    new_plan = {**ACCOUNT, "valid_from": "2027-04-01", "end_of_delivery": "birthday(6)"}
    replaced, faults = read(write, new_plan, known=planned.values())
    assert faults == []
    assert str(replaced["bunkyo"].settings[1].end_of_delivery) == "birthday(6)"


def test_the_number_of_shards_stays_as_it_was_chosen(write):
    stored, _ = read(write, ACCOUNT)
    known = [Account("bunkyo", stored["bunkyo"].settings, shards=4)]
    changed, _ = read(write, {**ACCOUNT, "valid_from": "2027-04-01"}, known=known)
    assert changed["bunkyo"].shards == 4


def test_settings_with_which_au_was_counted_do_not_change(store, write):
    load_accounts(store, write("accounts.csv", ACCOUNT), NOW)
    store.snapshots.note(a_review(as_of=datetime(2026, 11, 20, 1, 0, tzinfo=UTC)))
    until = {**ACCOUNT, "end_of_delivery": "birthday(6)", "valid_from": "2026-11-20"}
    later = {**until, "valid_from": "2026-11-21"}

    with pytest.raises(BadFileError) as raised:
        load_accounts(store, write("until.csv", until), NOW)
    assert raised.value.faults[0].reason == (
        "AU was counted until 2026-11-20 with the settings that were known; choose a later day"
    )
    assert load_accounts(store, write("later.csv", later), NOW).loaded == 1


def a_review(*, as_of: datetime) -> Review:
    return Review("internal-1", Kind.INTERNAL, as_of, "2026-11", "0" * 64, "hanako", as_of)


@pytest.mark.parametrize(
    "name", ["文京区\u202e", "https://x.example", "文京区.example", "文京\u200b区", "<b>文京区</b>"]
)
def test_the_name_of_an_account_is_made_of_letters_of_names(write, name):
    _, faults = read(write, {**ACCOUNT, "name": name})
    assert [(row, column) for row, column, _ in faults] == [(2, "name")]


@pytest.mark.parametrize("name", ["〇〇市", "見本総合病院（産科）", "A&Bクリニック"])
def test_names_as_accounts_have_them_are_taken(write, name):
    found, faults = read(write, {**ACCOUNT, "name": name})
    assert (faults, found["bunkyo"].settings[0].name) == ([], name)
