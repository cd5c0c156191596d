"""Files as people of this job save them: each stands for a whole kind (see docs/files.md)."""

import io
from datetime import UTC, date, datetime

import openpyxl
import pytest

from cli.files.load import load_accounts, load_subscribers
from cli.files.subscribers import SUBSCRIBER_COLUMNS
from shared.rules import changes
from shared.rules.history import Event, Happened
from tests.cli.conftest import ACCOUNT, NOW, SUBSCRIBER

HEADER = ",".join(SUBSCRIBER_COLUMNS)
IMPORT = ("import", "subscribers", "--now", NOW.isoformat())
TEN = datetime(2026, 10, 1, 1, tzinfo=UTC)


@pytest.fixture
def bunkyo(store, write):
    load_accounts(store, write("accounts.csv", ACCOUNT), NOW)
    return store


def test_a_workbook_as_a_spreadsheet_saves_it(bunkyo, kizuna, write):
    """Cells missing at the end, a blank row, real dates and instants, a second sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "登録"
    sheet.append(SUBSCRIBER_COLUMNS)
    mail, line = "f1@example.jp", f"U{1:032x}"
    due, born = date(2027, 1, 20), date(2026, 9, 3)
    joined, at = "2026-10-01T10:00+09:00", datetime(2026, 9, 10, 9, 30)  # noqa: DTZ001
    sheet.append(("f1", "bunkyo", "email", mail, None, "e1", "ゆうちゃん", due, None, None, joined))
    sheet.append(())
    sheet.append(("f2", "bunkyo", "line", line, None, "e1", None, None, born, at, at))
    book.create_sheet("メモ").append(("いろいろ",))
    content = io.BytesIO()
    book.save(content)

    ran = kizuna(*IMPORT, write("x.xlsx", content.getvalue()))

    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "2 subscribers with 2 enrolments loaded, 0 unchanged",
        "only the first sheet, 登録, was read",
        "2 instants without an offset, read as Asia/Tokyo",
    ]
    (child,) = bunkyo.subscribers.get("f2").enrolments
    assert child.history[0] == Event(datetime(2026, 9, 10, 0, 30, tzinfo=UTC), Happened.JOINED)


def test_a_csv_as_excel_in_japan_saves_it(bunkyo, kizuna, write):
    """CP932, CRLF, dates with slashes, instants without an offset."""
    row = "g1,bunkyo,email,g1@example.jp,,e1,髙﨑①,2027/1/20,,,2026/10/1 10:00,,,"

    ran = kizuna(*IMPORT, write("x.csv", f"{HEADER}\r\n{row}\r\n".encode("cp932")))

    assert ran.out.splitlines() == [
        "1 subscriber with 1 enrolment loaded, 0 unchanged",
        "read as CP932 (Shift_JIS), as Excel in Japan saves it",
        "1 dates written in another way than 2026-11-25",
        "1 instants without an offset, read as Asia/Tokyo",
    ]
    (child,) = bunkyo.subscribers.get("g1").enrolments
    assert child.nickname == "髙﨑①"
    assert child.history == (
        Event(TEN, Happened.JOINED),
        Event(TEN, Happened.DUE_DATE, date(2027, 1, 20)),
    )


@pytest.mark.parametrize("address", ["aaa..bbb@docomo.ne.jp", "xxx.yyy.@docomo.ne.jp"])
def test_an_address_that_a_carrier_gave_out_is_stored_plain(bunkyo, write, address):
    row = {**SUBSCRIBER, "channel": "email", "address": f"　{address} "}

    assert load_subscribers(bunkyo, write("x.csv", row), NOW).loaded == 1

    assert bunkyo.subscribers.get("s-1").address == address


def test_a_number_that_lost_its_zero_is_a_mobile_phone_s(bunkyo, write):
    row = {**SUBSCRIBER, "channel": "sms", "address": "9012345678"}

    loaded = load_subscribers(bunkyo, write("x.csv", row), NOW)

    assert bunkyo.subscribers.get("s-1").address == "+819012345678"
    assert loaded.notes == ("1 phone numbers that had lost their first 0, which was put back",)


def test_a_code_that_lost_its_zero(store, write):
    sapporo = {**ACCOUNT, "account": "sapporo", "code": "11002"}

    loaded = load_accounts(store, write("x.csv", sapporo), NOW)

    assert store.accounts.get("sapporo").settings[0].code == "011002"
    assert loaded.notes == ("1 codes that had lost their first 0, which was put back",)


STOPPED = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def stopped(bunkyo, write):
    """A subscriber of a file, who has stopped since it was exported."""
    file = write("old.csv", SUBSCRIBER)
    load_subscribers(bunkyo, file, NOW)
    old = bunkyo.subscribers.get("s-1")
    bunkyo.subscribers.update(old, changes.stopped(old, STOPPED), {"bunkyo": 1})
    return file


def test_an_old_file_restarts_nobody_who_has_stopped(bunkyo, kizuna, stopped):
    ran = kizuna(*IMPORT, stopped)

    assert ran.status == 1
    assert "row 2, column subscriber: has stopped, and this row would restart them" in ran.err
    assert not changes.active(bunkyo.subscribers.get("s-1").enrolments[0])


def test_nor_under_another_id_with_the_same_address(bunkyo, kizuna, write, stopped):
    ran = kizuna(*IMPORT, write("x.csv", {**SUBSCRIBER, "subscriber": "s-9"}))

    assert ran.status == 1
    assert "column address: is that of s-1, who has stopped" in ran.err
    assert bunkyo.subscribers.get("s-9") is None


def test_staff_restart_the_very_person_whom_they_name_and_it_is_on_record(bunkyo, kizuna, stopped):
    ran = kizuna(*IMPORT, "--restart", "s-1", "--by", "hanako", stopped)

    assert (ran.status, ran.err) == (0, "")
    assert "1 subscriber restarted" in ran.out
    assert changes.active(bunkyo.subscribers.get("s-1").enrolments[0])
    (entry,) = bunkyo.audit.of_month(NOW.year, NOW.month)
    assert (entry.by, entry.what) == ("hanako", "restarted a subscriber by an import")


def test_who_is_named_and_would_not_be_restarted_is_a_fault(bunkyo, kizuna, stopped):
    ran = kizuna(*IMPORT, "--restart", "s-1", "--restart", "s-2", stopped)

    assert ran.status == 1
    assert "--restart s-2: no row would restart them" in ran.err
    assert not changes.active(bunkyo.subscribers.get("s-1").enrolments[0])


def test_only_checking_restarts_nobody(bunkyo, kizuna, stopped):
    assert kizuna(*IMPORT, "--restart", "s-1", "--check", stopped).status == 0
    assert not changes.active(bunkyo.subscribers.get("s-1").enrolments[0])
