"""subscribers.csv: each rule, and the history that a row tells."""

from datetime import UTC, date, datetime

import pytest

from cli.files.subscribers import SUBSCRIBER_COLUMNS, read_subscribers
from shared.office.account.settings import ACCOUNT_COLUMNS, read_accounts
from shared.rules.account import Channel
from shared.rules.history import Event, Happened
from shared.rules.subscriber import Enrolment, Subscriber
from tests.cli.conftest import ACCOUNT, NOW, SUBSCRIBER, rows_of

JOINED = datetime(2026, 10, 1, 3, 0, tzinfo=UTC)
BOTH = {"birth_date": "2026-11-01", "due_date": "2026-11-05"}
BIRTH_ONLY = {"birth_date": "2026-09-30", "due_date": ""}
STOPPED = {"stopped_at": "2026-10-20T08:00+09:00", "stopped_by": "subscriber"}

ACCOUNTS = (
    ACCOUNT,
    {**ACCOUNT, "valid_from": "2026-06-01", "channels": "email"},
    {**ACCOUNT, "account": "naha", "code": "472018", "channels": "line"},
    {**ACCOUNT, "account": "sendai", "code": "041009", "delivery": "external", "channels": ""},
)


@pytest.fixture
def read(write):
    rows, faults = rows_of(write("accounts.csv", *ACCOUNTS), ACCOUNT_COLUMNS)
    accounts = read_accounts(rows, {}, NOW.date())
    assert not faults

    def read_rows(*changes):
        file = write("subscribers.csv", *({**SUBSCRIBER, **change} for change in changes))
        rows, faults = rows_of(file, SUBSCRIBER_COLUMNS)
        found = read_subscribers(rows, accounts, NOW)
        return [each for _, each in found], [(f.row, f.column, f.reason) for f in faults]

    return read_rows


def test_a_row_is_a_subscriber_with_an_enrolment(read):
    found, faults = read({"address": "Hana@EXAMPLE.jp"})
    assert faults == []
    assert found == [
        Subscriber(
            id="s-1",
            account="bunkyo",
            channel=Channel.EMAIL,
            address="Hana@example.jp",
            touchpoint="母子手帳交付",
            enrolments=(
                Enrolment(
                    "e-1",
                    "はな",
                    (
                        Event(JOINED, Happened.JOINED),
                        Event(JOINED, Happened.DUE_DATE, date(2027, 3, 1)),
                    ),
                ),
            ),
        )
    ]


def test_what_happened_stands_in_its_order(read):
    row = {
        **BOTH,
        "birth_registered_at": "2026-11-02T00:00Z",
        "stopped_at": "2026-11-10T00:00Z",
        "stopped_by": "system",
        "returned_at": "2026-11-11T00:00Z",
    }
    (subscriber,), faults = read(row)
    assert faults == []
    assert subscriber.enrolments[0].history == (
        Event(JOINED, Happened.JOINED),
        Event(JOINED, Happened.DUE_DATE, date(2026, 11, 5)),
        Event(datetime(2026, 11, 2, tzinfo=UTC), Happened.BIRTH, date(2026, 11, 1)),
        Event(datetime(2026, 11, 10, tzinfo=UTC), Happened.STOPPED_BY_SYSTEM),
        Event(datetime(2026, 11, 11, tzinfo=UTC), Happened.RETURNED),
    )


def test_a_birth_without_a_due_date_is_known_from_joining_on(read):
    (subscriber,), faults = read({**BIRTH_ONLY, "birth_registered_at": SUBSCRIBER["joined_at"]})
    assert faults == []
    assert subscriber.enrolments[0].history == (
        Event(JOINED, Happened.JOINED),
        Event(JOINED, Happened.BIRTH, date(2026, 9, 30)),
    )


def test_rows_of_one_subscriber_are_one_person_with_several_enrolments(read):
    found, faults = read({}, {"enrolment": "e-2", "nickname": "", **BIRTH_ONLY})
    assert faults == []
    assert [[each.id for each in one.enrolments] for one in found] == [["e-1", "e-2"]]


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"subscriber": ""}, "subscriber", "is blank, but required"),
        ({"subscriber": "s 2"}, "subscriber", "must be 1 to 40 of A-Z"),
        ({"subscriber": "s" * 41}, "subscriber", "must be 1 to 40 of A-Z"),
        ({"account": "nowhere"}, "account", "there is no such account"),
        ({"channel": "fax"}, "channel", "must be email, line or sms"),
        ({"channel": "sms", "address": "090-1234-5678"}, "channel", "bunkyo does not offer sms"),
        ({"account": "naha"}, "channel", "naha does not offer email"),
        ({"address": ""}, "address", "is blank, but required"),
        ({"address": "090-1234-5678"}, "address", "must be an email address"),
        ({"touchpoint": "a\nb"}, "touchpoint", "must be one line"),
        ({"enrolment": ""}, "enrolment", "is blank, but required"),
        ({"enrolment": "e#2"}, "enrolment", "must be 1 to 40 of A-Z"),
        ({"nickname": "は" * 21}, "nickname", "has 21 characters; at most 20"),
        ({"nickname": "は\u0007な"}, "nickname", "without control characters"),
        ({"due_date": ""}, "due_date", "give a due_date, a birth_date, or both"),
        ({"due_date": "2027-02-29"}, "due_date", "the calendar has no such date"),
        ({"due_date": "270301"}, "due_date", "must be a date like 2026-11-25"),
        ({"due_date": "2027-09-22"}, "due_date", "lies more than 300 days ahead"),
        ({"due_date": "1989-12-31"}, "due_date", "must not lie before 1990-01-01"),
        (
            {**BIRTH_ONLY, "birth_date": "2026-11-26", "joined_at": "2026-11-25T00:00+09:00"},
            "birth_date",
            "lies in the future",
        ),
        ({**BIRTH_ONLY, "birth_date": "0208-05-01"}, "birth_date", "must not lie before 1990"),
        ({"birth_registered_at": "2026-11-02T00:00Z"}, "birth_registered_at", "must be blank"),
        (BOTH, "birth_registered_at", "is required where there is a due_date and a birth_date"),
        (
            {**BOTH, "birth_registered_at": "2026-10-31T14:59Z"},
            "birth_registered_at",
            "must not lie before the birth date's 00:00 in Japan",
        ),
        (
            {**BOTH, "birth_date": "2026-09-30", "birth_registered_at": "2026-10-01T11:59+09:00"},
            "birth_registered_at",
            "must not lie before joined_at",
        ),
        (
            {**BIRTH_ONLY, "birth_registered_at": "2026-10-02T00:00Z"},
            "birth_registered_at",
            "must be blank or joined_at where there is no due_date",
        ),
        (
            {**BIRTH_ONLY, "birth_date": "2026-10-02"},
            "joined_at",
            "must not lie before the birth date's 00:00 in Japan",
        ),
        ({"joined_at": ""}, "joined_at", "is blank, but required"),
        ({"joined_at": "10/1/2026 12:00"}, "joined_at", "must be an instant like"),
        ({"joined_at": "2026-10-01T12:60"}, "joined_at", "the clock has no such instant"),
        ({"joined_at": "2026-10-01T24:30+09:00"}, "joined_at", "has no such instant"),
        ({"joined_at": "1989-12-31T12:00Z"}, "joined_at", "must not lie before 1990"),
        ({"joined_at": "2026-11-25T10:01+09:00"}, "joined_at", "lies in the future"),
        ({**STOPPED, "stopped_at": "2026-12-01T00:00Z"}, "stopped_at", "lies in the future"),
        ({**STOPPED, "stopped_by": ""}, "stopped_by", "is required with stopped_at"),
        ({**STOPPED, "stopped_at": ""}, "stopped_at", "is required with stopped_by"),
        ({**STOPPED, "stopped_by": "loss"}, "stopped_by", "must be subscriber or system"),
        ({**STOPPED, "stopped_at": "2026-09-30T00:00Z"}, "stopped_at", "before joined_at"),
        ({"returned_at": "2026-10-20T00:00Z"}, "returned_at", "where there is no stopped_at"),
        ({**STOPPED, "returned_at": "2026-10-19T23:00Z"}, "returned_at", "after stopped_at"),
    ],
)
def test_a_bad_row_is_a_fault_of_its_cell(read, change, column, reason):
    other = {"subscriber": "s-0", "address": "other@example.jp"}
    found, faults = read(other, change)
    ((row, found_column, found_reason),) = faults
    assert (row, found_column) == (3, column)
    assert reason in found_reason
    assert [each.id for each in found] == ["s-0"]


@pytest.mark.parametrize(
    "change",
    [
        {"due_date": "2027-09-21"},
        {"nickname": "👩‍👩‍👧‍👦" * 20},
        {"joined_at": "2026-11-25T10:00+09:00"},
        {**STOPPED, "stopped_at": SUBSCRIBER["joined_at"]},
        {**BOTH, "birth_registered_at": "2026-10-31T15:00Z"},
        {**BOTH, "birth_date": "2026-10-01", "birth_registered_at": SUBSCRIBER["joined_at"]},
        {"account": "sendai"},
        {"joined_at": "2019-01-01T00:00Z"},
        {"channel": "sms", "address": "09012345678", "joined_at": "2026-05-31T14:59Z"},
    ],
    ids=[
        "300 days ahead",
        "20 families as one nickname",
        "joined now",
        "stopped as joined",
        "registered as the birth date began",
        "born and registered as joined",
        "an external account",
        "before the account's first settings",
        "a channel offered when she joined",
    ],
)
def test_what_lies_just_within_the_rules_is_accepted(read, change):
    found, faults = read(change)
    assert faults == []
    assert len(found) == 1


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({}, "enrolment", "is in row 2 already"),
        ({"enrolment": "e-2", "address": "b@example.jp"}, "address", "differs from row 2"),
        ({"enrolment": "e-2", "touchpoint": ""}, "touchpoint", "differs from row 2"),
        ({"enrolment": "e-2", "account": "sendai"}, "account", "differs from row 2"),
        ({"subscriber": "s-2"}, "address", "is that of row 2, another subscriber"),
        (
            {"subscriber": "s-2", "address": "HANA@example.jp"},
            "address",
            "is that of row 2, another subscriber",
        ),
    ],
)
def test_rows_that_contradict_each_other_are_faults(read, change, column, reason):
    found, faults = read({}, change)
    assert "s-2" not in [each.id for each in found]
    ((row, found_column, found_reason),) = faults
    assert (row, found_column) == (3, column)
    assert reason in found_reason


def test_two_accounts_may_write_to_one_address(read):
    found, faults = read({}, {"subscriber": "s-2", "account": "sendai"})
    assert faults == []
    assert len(found) == 2


def test_a_subscriber_has_no_more_enrolments_than_a_transaction_holds(read):
    _, faults = read(*({"enrolment": f"e-{number}"} for number in range(91)))
    assert faults == [(92, "enrolment", "is one too many; a subscriber has at most 90")]


def test_every_bad_row_is_told_and_none_of_it_says_what_stood_there(read):
    private = {"address": "hana.at.example", "nickname": "ひみつのなまえ" * 4}
    _, faults = read(
        {**private, "due_date": "1988-05-17"},
        {**private, "subscriber": "s-2", "joined_at": "2031-05-17T00:00Z"},
    )
    assert [(row, column) for row, column, _ in faults] == [
        (2, "address"),
        (2, "nickname"),
        (2, "due_date"),
        (3, "address"),
        (3, "nickname"),
        (3, "joined_at"),
    ]
    told = "".join(reason for _, _, reason in faults)
    assert not [word for word in ("hana", "ひみつ", "1988", "2031") if word in told]
