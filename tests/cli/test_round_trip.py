"""What was exported imports again unchanged."""

import shutil
import string
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.exporting import csv_text, xlsx_bytes
from cli.files.columns import JAPANESE
from cli.files.csv_cells import csv_cells
from cli.files.enrolments import enrolment_cells
from cli.files.faults import Faults
from cli.files.subscribers import SUBSCRIBER_COLUMNS, read_subscribers, write_subscribers
from cli.files.table import Row, read_table
from shared.rules.account import Account, AccountKind, Channel, Delivery, Settings
from shared.rules.dates import JST, jst_date, jst_instant
from shared.rules.ending import DEFAULT_END
from shared.rules.history import Event, Happened, standing_at
from shared.rules.subscriber import Enrolment
from tests.cli.conftest import NOW

SETTINGS = Settings(
    valid_from=date(2019, 4, 1),
    name="文京区",
    code="131059",
    kind=AccountKind.MUNICIPALITY,
    delivery=Delivery.OWN,
    channels=frozenset(Channel),
    send_at=NOW.time(),
    quiet_from=NOW.time().replace(hour=21),
    quiet_to=NOW.time().replace(hour=6),
    end_of_delivery=DEFAULT_END,
)
ACCOUNTS = {each: Account(each, (SETTINGS,)) for each in ("bunkyo", "naha")}

ids = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=40)
words = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=15)
addresses = {
    "email": st.from_regex(r"[a-zA-Z0-9=+-]{1,20}@[a-zA-Z]{1,10}\.jp", fullmatch=True),
    "line": st.from_regex(r"U[0-9a-f]{32}", fullmatch=True),
    "sms": st.from_regex(r"(0|\+81|\+81 )[6-9]0-?[0-9]{4}-?[0-9]{4}", fullmatch=True),
}
offsets = st.sampled_from([UTC, JST])


def written(at: datetime | None, offset) -> str:
    return "" if at is None else at.astimezone(offset).isoformat()


@st.composite
def histories(draw) -> dict[str, str]:
    """The cells of something that may have happened to an enrolment."""
    since = datetime(2015, 1, 1, tzinfo=JST)
    joined = since + draw(st.timedeltas(timedelta(0), NOW - since))
    later = st.timedeltas(timedelta(0), NOW - joined).map(lambda gap: joined + gap)
    due = draw(st.none() | st.dates(date(2015, 1, 1), date(2027, 6, 1)))
    last_birth = jst_date(joined) if due is None else NOW.date()
    births = st.dates(date(2014, 1, 1), last_birth)
    birth = draw(births if due is None else st.none() | births)
    registered = None
    if birth and due:
        registered = max(draw(later), jst_instant(birth))
    stopped = draw(st.none() | later)
    returned = None
    if stopped and stopped < NOW:
        gaps = st.timedeltas(timedelta(microseconds=1), NOW - stopped)
        returned = draw(st.none() | gaps.map(lambda gap: stopped + gap))
    offset = draw(offsets)
    return {
        "nickname": draw(words),
        "due_date": due.isoformat() if due else "",
        "birth_date": birth.isoformat() if birth else "",
        "birth_registered_at": written(registered, offset),
        "joined_at": written(joined, offset),
        "stopped_at": written(stopped, offset),
        "stopped_by": draw(st.sampled_from(["subscriber", "system"])) if stopped else "",
        "returned_at": written(returned, offset),
    }


@st.composite
def people(draw) -> list[dict[str, str]]:
    """The rows of a file that has no faults."""
    rows = []
    contact_of = st.tuples(st.sampled_from(sorted(ACCOUNTS)), st.sampled_from(sorted(addresses)))
    names = draw(st.lists(ids, min_size=1, max_size=4, unique=True))
    taken: set[tuple[str, str]] = set()
    for name in names:
        account, channel = draw(contact_of)
        plain = draw(addresses[channel])
        same = plain.lower() if channel == "email" else plain.replace("-", "")[-10:]
        if (account, same) in taken:
            continue
        taken.add((account, same))
        touchpoint = draw(words)
        rows += [
            {
                "subscriber": name,
                "account": account,
                "channel": channel,
                "address": plain,
                "touchpoint": touchpoint,
                "enrolment": enrolment,
                **draw(histories()),
            }
            for enrolment in draw(st.lists(ids, min_size=1, max_size=3, unique=True))
        ]
    return rows


def read(rows):
    faults = Faults("subscribers.csv")
    found = read_subscribers(
        [Row(number, row, faults) for number, row in enumerate(rows, 2)], ACCOUNTS, NOW
    )
    assert faults.found == []
    return [subscriber for _, subscriber in found]


def through_csv(rows):
    """The rows, written as bytes and read again."""
    content = csv_text(SUBSCRIBER_COLUMNS, rows).encode()
    (_, header), *cells = csv_cells(content, Faults("x"))
    return [dict(zip(header, row, strict=True)) for _, row in cells]


@given(people())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_exported_imports_again_unchanged(rows):
    subscribers = read(rows)
    exported = list(write_subscribers(subscribers))
    assert through_csv(exported) == exported
    again = read(exported)
    assert again == subscribers
    assert list(write_subscribers(again)) == exported


def through_table(path: Path, content: bytes) -> list[dict[str, str]]:
    """The rows of a file of any kind, as an import reads them."""
    path.write_bytes(content)
    faults = Faults(path.name)
    found = [dict(row.cells) for row in read_table(path, SUBSCRIBER_COLUMNS, faults)]
    assert faults.found == []
    return found


def in_cp932(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows without the letters that CP932 does not have."""
    return [
        {name: cell.encode("cp932", "ignore").decode("cp932") for name, cell in row.items()}
        for row in rows
    ]


@given(people())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_it_comes_back_unchanged_through_cp932_utf_16_and_xlsx(tmp_path, rows):
    exported = list(write_subscribers(read(rows)))
    japanese = {each: JAPANESE[each] for each in SUBSCRIBER_COLUMNS}
    renamed = [{japanese[name]: cell for name, cell in row.items()} for row in exported]
    poorer = in_cp932(exported)
    tabs = csv_text(SUBSCRIBER_COLUMNS, exported, delimiter="\t")

    of_excel = through_table(tmp_path / "a.xlsx", xlsx_bytes(tuple(japanese.values()), renamed))
    of_cp932 = through_table(
        tmp_path / "b.csv", csv_text(SUBSCRIBER_COLUMNS, poorer).encode("cp932")
    )
    of_utf16 = through_table(tmp_path / "c.csv", tabs.encode("utf-16"))

    assert of_excel == of_utf16 == exported
    assert of_cp932 == poorer


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_an_xlsx_that_libreoffice_opened_and_saved_imports_unchanged(tmp_path):
    exported = [row for n in range(100) for row in write_subscribers(read(invented(n)))]
    (tmp_path / "x.xlsx").write_bytes(xlsx_bytes(SUBSCRIBER_COLUMNS, exported))
    saved = tmp_path / "saved"
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    convert = ["soffice", home, "--headless", "--convert-to", "xlsx", "--outdir", str(saved)]
    subprocess.run([*convert, str(tmp_path / "x.xlsx")], check=True, capture_output=True)

    again = through_table(tmp_path / "again.xlsx", (saved / "x.xlsx").read_bytes())

    assert again == exported


def invented(number: int) -> list[dict[str, str]]:
    """A subscriber whose cells a spreadsheet would like to change."""
    blank = dict.fromkeys(SUBSCRIBER_COLUMNS, "")
    return [
        {
            **blank,
            "subscriber": f"{number:08d}",
            "account": "bunkyo",
            "channel": "sms",
            "address": f"0901234{number:04d}",
            "touchpoint": ("=1+1", "1/2", "003", "1E5", "TRUE", "'a", " a ", "+81", "@x")[
                number % 9
            ],
            "enrolment": f"{number % 10}E5",
            "nickname": ("髙﨑①", "3月", "", "ゆう")[number % 4],
            "due_date": "2027-01-20",
            "joined_at": f"2026-10-01T10:00:{number % 60:02d}+09:00",
        }
    ]


def on(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=JST)


def test_a_richer_history_is_told_by_what_was_last():
    history = (
        Event(on(1), Happened.JOINED),
        Event(on(1), Happened.DUE_DATE, date(2026, 11, 3)),
        Event(on(2), Happened.DUE_DATE, date(2026, 11, 4)),
        Event(on(2), Happened.STOPPED_BY_SYSTEM),
        Event(on(3), Happened.RETURNED),
        Event(on(5), Happened.BIRTH, date(2026, 11, 4)),
        Event(on(6), Happened.BIRTH, date(2026, 11, 5)),
        Event(on(7), Happened.STOPPED_BY_SUBSCRIBER),
        Event(on(8), Happened.RETURNED),
    )
    cells = enrolment_cells(Enrolment("e-1", None, history))
    assert cells == {
        "enrolment": "e-1",
        "nickname": "",
        "due_date": "2026-11-04",
        "birth_date": "2026-11-05",
        "birth_registered_at": "2026-11-05T12:00:00+09:00",
        "joined_at": "2026-11-01T12:00:00+09:00",
        "stopped_at": "2026-11-07T12:00:00+09:00",
        "stopped_by": "subscriber",
        "returned_at": "2026-11-08T12:00:00+09:00",
    }


def test_a_birth_corrected_to_a_later_day_is_not_registered_before_it():
    history = (
        Event(on(1), Happened.JOINED),
        Event(on(1), Happened.DUE_DATE, date(2026, 11, 3)),
        Event(on(4), Happened.BIRTH, date(2026, 11, 4)),
        Event(on(6), Happened.BIRTH, date(2026, 11, 5)),
    )
    row = {
        **dict.fromkeys(SUBSCRIBER_COLUMNS, ""),
        "subscriber": "s-1",
        "account": "bunkyo",
        "channel": "sms",
        "address": "+819012345678",
        **enrolment_cells(Enrolment("e-1", None, history)),
    }
    (subscriber,) = read([row])
    assert standing_at(subscriber.enrolments[0].history, NOW) == standing_at(history, NOW)
