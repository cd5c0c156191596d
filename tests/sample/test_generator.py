"""The invented subscribers: every row keeps the rules of the file, and they are many-sided."""

import csv
import re
import time as stopwatch
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import phonenumbers
import pytest
from email_validator import validate_email

from cli.files.faults import Faults
from cli.files.subscribers import SUBSCRIBER_COLUMNS, read_subscribers
from cli.files.table import read_table
from local.sample.generator import subscriber_rows, write_subscribers_csv
from shared.rules.account import Account, AccountKind, Channel, Delivery, Settings
from shared.rules.dates import JST
from shared.rules.ending import EndOfDelivery
from shared.rules.history import Event, Happened, Status, standing_at
from shared.rules.message import stage_on
from shared.rules.stage import Phase, Reason

TODAY = date(2026, 11, 23)

EVERY_CHANNEL = frozenset(Channel)
CITY = Settings(
    valid_from=date(2010, 4, 1),
    name="見本市",
    code="011002",
    kind=AccountKind.MUNICIPALITY,
    delivery=Delivery.OWN,
    channels=EVERY_CHANNEL,
    send_at=time(9),
    quiet_from=time(21),
    quiet_to=time(6),
    end_of_delivery=EndOfDelivery.parse("birthday(3)"),
)
EXTERNAL = replace(CITY, delivery=Delivery.EXTERNAL)


def town(code, end="birthday(3)", channels="email;line;sms", valid_from=date(2010, 4, 1)):
    return replace(
        CITY,
        code=code,
        end_of_delivery=EndOfDelivery.parse(end),
        channels=frozenset(map(Channel, channels.split(";"))),
        valid_from=valid_from,
    )


ACCOUNTS = [
    Account("town", (town("203211", channels="email"),)),
    Account("hospital", (replace(town(None, "birthday(1)", "email;sms"), kind=AccountKind.OTHER),)),
    Account("ward", (town("131059", "school_year_end(1)"),)),
    Account("city", (CITY,)),
    Account("line-only", (town("472018", "birthday(6)", "line"),)),
    Account("new", (town("162019", valid_from=TODAY - timedelta(days=20)),)),
    Account("long", (town("382019", "birthday(18)"),)),
    Account("other-system", (EXTERNAL,)),
    Account("moved-out", (CITY, replace(EXTERNAL, valid_from=TODAY))),
    Account("not-begun", (replace(CITY, valid_from=TODAY + timedelta(days=1)),)),
]
SENDING = {"town", "hospital", "ward", "city", "line-only", "new", "long"}

DAYS = [TODAY, date(2024, 2, 29), date(2027, 3, 1), date(2027, 4, 1), date(2031, 12, 31)]


def rows_of(count=2000, *, accounts=ACCOUNTS, today=TODAY, **kwargs):
    return list(subscriber_rows(accounts, count=count, today=today, **kwargs))


@pytest.fixture(scope="module")
def rows():
    return rows_of()


def settings_of(row, today=TODAY):
    account = next(each for each in ACCOUNTS if each.id == row["account"])
    settings = account.on(today)
    assert settings is not None
    return settings


def by_subscriber(rows):
    people = defaultdict(list)
    for row in rows:
        people[row["subscriber"]].append(row)
    return people


def a_date(text):
    return date.fromisoformat(text) if text else None


def an_instant(text):
    return datetime.fromisoformat(text) if text else None


def history_of(row):
    """What the row says happened, as formats.md reads it."""
    joined_at = an_instant(row["joined_at"])
    birth_at = an_instant(row["birth_registered_at"]) or joined_at
    stop = Happened(f"stopped_by_{row['stopped_by']}") if row["stopped_by"] else None
    happened = [
        (joined_at, Happened.JOINED, None),
        (joined_at, Happened.DUE_DATE, a_date(row["due_date"])),
        (birth_at, Happened.BIRTH, a_date(row["birth_date"])),
        (an_instant(row["stopped_at"]), stop, None),
        (an_instant(row["returned_at"]), Happened.RETURNED, None),
    ]
    return [
        Event(at, what, day)
        for at, what, day in happened
        if at and what and (day or what not in {Happened.DUE_DATE, Happened.BIRTH})
    ]


def standing_now(row, today=TODAY):
    return standing_at(history_of(row), datetime.combine(today, time(9), JST))


def stage_now(row):
    return stage_on(standing_now(row), TODAY, settings_of(row).end_of_delivery)


def active(rows):
    return [row for row in rows if standing_now(row).status is Status.ACTIVE]


# The same seed, the same people.


def test_the_same_seed_invents_the_same_people():
    assert rows_of(200) == rows_of(200)
    assert rows_of(200, seed=1) == rows_of(200, seed=1)


def test_another_seed_or_another_day_invents_others():
    assert rows_of(50) != rows_of(50, seed=1)
    assert rows_of(50) != rows_of(50, today=TODAY + timedelta(days=1))


def test_more_subscribers_leave_the_earlier_ones_as_they_are():
    few, many = rows_of(100), rows_of(150)

    assert many[: len(few)] == few


def test_two_thousand_are_there_in_two_seconds():
    begin = stopwatch.process_time()
    rows_of()

    assert stopwatch.process_time() - begin < 2


def test_the_file_holds_the_rows_under_the_promised_columns(tmp_path, rows):
    path = tmp_path / "subscribers.csv"

    written = write_subscribers_csv(path, ACCOUNTS, count=2000, today=TODAY)

    assert path.read_text(encoding="utf-8").splitlines()[0] == (
        "subscriber,account,channel,address,touchpoint,enrolment,nickname,due_date,birth_date,"
        "birth_registered_at,joined_at,stopped_at,stopped_by,returned_at"
    )
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == rows
    assert written == len(rows)


@pytest.mark.parametrize(
    "accounts",
    [[], [Account("other-system", (EXTERNAL,))], [ACCOUNTS[-1]]],
    ids=["none", "external", "not begun"],
)
def test_without_an_account_that_sends_itself_there_is_nobody_to_invent(accounts):
    with pytest.raises(ValueError, match="no account sends messages itself on 2026-11-23"):
        rows_of(1, accounts=accounts)


def test_an_account_that_begins_today_has_people_already():
    begun = [Account("today", (replace(CITY, valid_from=TODAY),))]

    rows = rows_of(50, accounts=begun)

    assert {row["joined_at"] for row in rows} == {"2026-11-23T05:00+09:00"}


# Every row keeps the rules of the file.


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_every_row_keeps_the_rules_on_any_day(today):
    sending = [account for account in ACCOUNTS if account.id != "new"]
    for row in rows_of(1000, accounts=sending, today=today):
        assert tuple(row) == SUBSCRIBER_COLUMNS
        assert broken_rules(row, settings_of(row, today), today) == []


def test_every_row_of_a_new_account_keeps_the_rules_too(rows):
    new = [row for row in rows if row["account"] == "new"]

    assert new
    assert all(broken_rules(row, settings_of(row), TODAY) == [] for row in new)
    assert min(row["joined_at"] for row in new) >= "2026-11-03T00:00+09:00"


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_the_import_takes_every_row(tmp_path, today):
    sending = [account for account in ACCOUNTS if account.id != "new"]
    path, faults = tmp_path / "subscribers.csv", Faults("subscribers.csv")
    write_subscribers_csv(path, sending, count=1000, today=today)
    rows = read_table(path, SUBSCRIBER_COLUMNS, faults)

    people = read_subscribers(
        rows, {account.id: account for account in sending}, datetime.combine(today, time(5), JST)
    )

    assert faults.found == []
    assert len(people) == 1000


def broken_rules(row, settings, today):
    """The rules of formats.md that the row breaks."""
    due, born = a_date(row["due_date"]), a_date(row["birth_date"])
    registered, joined, stopped, returned = (
        an_instant(row[column])
        for column in ("birth_registered_at", "joined_at", "stopped_at", "returned_at")
    )
    instants = [at for at in (registered, joined, stopped, returned) if at]
    now = datetime.combine(today, time(5), JST)
    midnight = datetime.combine(born, time.min, JST) if born else None
    rules = {
        "ids": re.fullmatch(r"s-\d{6}", row["subscriber"])
        and re.fullmatch(r"e\d", row["enrolment"]),
        "channel offered": Channel(row["channel"]) in settings.channels,
        "a date": due or born,
        "due at most 300 days ahead": not due or due <= joined.date() + timedelta(days=300),
        "both dates need the instant of the change": bool(registered) == bool(due and born),
        "no registration before the birth": not registered or registered >= midnight,
        "nor before joining": not registered or registered >= joined,
        "no birth in the future": not born or born <= today,
        "joined": joined,
        "a child is born when it alone is known": not born or due or midnight <= joined,
        "who stopped it": bool(stopped) == (row["stopped_by"] in {"subscriber", "system"}),
        "stopped after joining": not stopped or stopped > joined,
        "returned after stopping": not returned or (stopped and returned > stopped),
        "nobody stopped registers a birth": not (stopped and registered)
        or registered < stopped
        or (returned and registered >= returned),
        "offset of Tokyo": all(at.utcoffset() == timedelta(hours=9) for at in instants),
        "nothing in the future": all(at <= now for at in instants),
        "nobody joins after the end": not born
        or joined.date() <= settings.end_of_delivery.last_day(born),
    }
    return [rule for rule, kept in rules.items() if not kept]


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"channel": "sms"}, "channel offered"),
        ({"due_date": "", "birth_date": "", "birth_registered_at": ""}, "a date"),
        ({"birth_registered_at": ""}, "both dates need the instant of the change"),
        ({"birth_registered_at": "2026-10-01T23:59+09:00"}, "no registration before the birth"),
        ({"joined_at": "2026-10-06T09:00+09:00"}, "nor before joining"),
        ({"stopped_at": "2026-11-01T09:00+09:00"}, "who stopped it"),
        ({"returned_at": "2026-11-01T09:00+09:00"}, "returned after stopping"),
        ({"joined_at": "2026-03-01T00:00+00:00"}, "offset of Tokyo"),
        ({"due_date": "2027-06-01"}, "due at most 300 days ahead"),
    ],
)
def test_the_check_of_the_rules_finds_a_broken_one(changes, broken):
    row = dict.fromkeys(SUBSCRIBER_COLUMNS, "") | {
        "subscriber": "s-000001",
        "enrolment": "e1",
        "channel": "email",
        "due_date": "2026-10-08",
        "birth_date": "2026-10-02",
        "birth_registered_at": "2026-10-05T14:30+09:00",
        "joined_at": "2026-03-01T09:00+09:00",
    }
    settings = town("131059", channels="email")
    assert broken_rules(row, settings, TODAY) == []

    assert broken in broken_rules(row | changes, settings, TODAY)


def test_rows_of_one_subscriber_are_one_person(rows):
    for person in by_subscriber(rows).values():
        for column in ("account", "channel", "address", "touchpoint"):
            assert len({row[column] for row in person}) == 1
        assert [row["enrolment"] for row in person] == [f"e{n + 1}" for n in range(len(person))]
        named = [row["nickname"] for row in person if row["nickname"]]
        assert len(named) == len(set(named))


def test_two_subscribers_never_have_one_address(rows):
    people = [person[0] for person in by_subscriber(rows).values()]

    assert len({(row["account"], row["address"]) for row in people}) == len(people) == 2000


def test_nothing_is_said_of_a_loss(rows):
    assert {row["stopped_by"] for row in rows} == {"", "subscriber", "system"}
    assert {tuple(row) for row in rows} == {SUBSCRIBER_COLUMNS}


# Addresses are valid and nobody's.


def test_email_goes_to_domains_kept_for_examples(rows):
    addresses = {row["address"] for row in rows if row["channel"] == "email"}

    for address in addresses:
        assert re.fullmatch(r"parent\d{6}@example\.(jp|com|org|net)", address)
        validate_email(address, check_deliverability=False)


def test_line_ids_have_the_form_of_line(rows):
    addresses = {row["address"] for row in rows if row["channel"] == "line"}

    assert all(re.fullmatch(r"U[0-9a-f]{32}", address) for address in addresses)


def test_phone_numbers_are_japanese_mobile_numbers_counted_up(rows):
    addresses = [row["address"] for row in rows if row["channel"] == "sms"]

    assert {address[:5] for address in addresses} == {"+8190", "+8180", "+8170"}
    assert all(re.fullmatch(r"\+81[789]01000\d{4}", address) for address in addresses)
    for address in addresses:
        assert phonenumbers.is_valid_number(phonenumbers.parse(address))
        assert (
            phonenumbers.format_number(
                phonenumbers.parse(address), phonenumbers.PhoneNumberFormat.E164
            )
            == address
        )


# Shares: roughly as wanted.


def share(some, all_):
    return len(list(some)) / len(list(all_))


def test_people_are_with_accounts_that_send_themselves_and_most_with_the_city(rows):
    people = Counter(person[0]["account"] for person in by_subscriber(rows).values())

    assert set(people) == SENDING
    assert people.most_common(1)[0][0] == "city"
    assert people["city"] > 2000 * 0.3
    assert people["city"] > 4 * people["town"]
    assert min(people.values()) > 2000 * 0.02


def test_channels_are_shared_as_wanted_where_all_are_offered(rows):
    city = Counter(
        person[0]["channel"]
        for person in by_subscriber(rows).values()
        if person[0]["account"] == "city"
    )

    assert city["line"] / city.total() == pytest.approx(0.6, abs=0.05)
    assert city["email"] / city.total() == pytest.approx(0.3, abs=0.05)
    assert city["sms"] / city.total() == pytest.approx(0.1, abs=0.04)


def are_twins(person):
    dates = Counter((row["due_date"], row["birth_date"]) for row in person)
    return max(dates.values()) > 1


def are_siblings(person):
    return len({(row["due_date"], row["birth_date"]) for row in person}) > 1


@pytest.mark.parametrize(
    ("what", "wanted", "tolerance"),
    [
        ("siblings", 0.12, 0.03),
        ("twins", 0.013, 0.008),
        ("stopped by subscriber", 0.08, 0.025),
        ("stopped by system", 0.02, 0.01),
        ("returned", 0.02, 0.012),
        ("nicknamed", 0.6, 0.04),
        ("with a touchpoint", 0.95, 0.03),
    ],
)
def test_the_shares_of_subscribers_are_roughly_as_wanted(rows, what, wanted, tolerance):
    is_so = {
        "siblings": are_siblings,
        "twins": are_twins,
        "stopped by subscriber": lambda p: any(row["stopped_by"] == "subscriber" for row in p),
        "stopped by system": lambda p: any(row["stopped_by"] == "system" for row in p),
        "returned": lambda p: any(row["returned_at"] for row in p),
        "nicknamed": lambda p: any(row["nickname"] for row in p),
        "with a touchpoint": lambda p: any(row["touchpoint"] for row in p),
    }[what]
    people = by_subscriber(rows).values()

    assert share(filter(is_so, people), people) == pytest.approx(wanted, abs=tolerance)


def test_most_join_between_week_8_and_week_20(rows):
    days = [
        280 - (a_date(row["due_date"]) - an_instant(row["joined_at"]).date()).days
        for row in rows
        if row["due_date"] and row["account"] != "new"
    ]

    assert share((day for day in days if 56 <= day <= 146), days) > 0.5
    assert any(day < 28 for day in days), "some before 4w0d"
    assert any(not row["due_date"] for row in rows), "some after the birth"


def test_births_come_in_every_month_and_a_little_more_in_summer():
    born = Counter(
        a_date(row["birth_date"]).month
        for row in rows_of(20_000, accounts=[Account("city", (CITY,))])
        if row["birth_date"] and a_date(row["birth_date"]) > date(2023, 11, 23)
    )

    assert min(born.values()) > 0.6 * born.total() / 12
    assert born[7] + born[8] > born[1] + born[2]


def test_births_are_registered_a_few_days_after(rows):
    delays = sorted(
        (an_instant(row["birth_registered_at"]).date() - a_date(row["birth_date"])).days
        for row in rows
        if row["birth_registered_at"] > row["joined_at"]
    )

    assert len(delays) > 500
    assert 2 <= delays[len(delays) // 2] <= 7
    assert delays[-1] <= 45 or share((d for d in delays if d > 45), delays) < 0.02


# A whole history, where one is asked for.

THREE_YEARS = 1200


@pytest.fixture(scope="module")
def history():
    return rows_of(6000, accounts=[Account("city", (CITY,))], past_days=THREE_YEARS)


def au_on(rows, day):
    """How many enrolments are reached on a day, by what was known then."""
    at = datetime.combine(day, time(9), JST)
    standings = (standing_at(history_of(row), at) for row in rows)
    active = (each for each in standings if each.status is Status.ACTIVE)
    return sum(stage_on(each, day, CITY.end_of_delivery).open for each in active)


def by_year(instants):
    """How many lie in each of the last three years, the latest first."""
    years = Counter((TODAY - at.date()).days // 365 for at in instants)
    return [years[n] for n in range(3)]


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_every_row_of_a_history_keeps_the_rules(today):
    sending = [account for account in ACCOUNTS if account.id != "new"]
    for row in rows_of(1000, accounts=sending, today=today, past_days=THREE_YEARS):
        assert broken_rules(row, settings_of(row, today), today) == []


def test_an_account_that_begins_today_has_a_history_of_today():
    begun = [Account("today", (replace(CITY, valid_from=TODAY),))]

    rows = rows_of(50, accounts=begun, past_days=THREE_YEARS)

    assert {row["joined_at"] for row in rows} == {"2026-11-23T05:00+09:00"}


def test_a_history_holds_who_graduated_within_its_days(history, rows):
    def days_since_graduation(row):
        return (TODAY - CITY.end_of_delivery.last_day(a_date(row["birth_date"]))).days

    born = [row for row in history if row["birth_date"]]
    of_today = [row for row in rows if row["birth_date"] and row["account"] == "city"]

    assert sum(900 < days_since_graduation(row) <= 1200 for row in born) > 200
    assert sum(900 < days_since_graduation(row) <= 1200 for row in of_today) < 10


def test_au_grows_gently_through_a_history(history):
    au = [au_on(history, TODAY - timedelta(days=365 * years)) for years in (3, 2, 1, 0)]

    assert au[0] > 2500
    for earlier, later in pairwise(au):
        assert 1.0 < later / earlier < 1.12


def test_joins_and_stops_are_spread_over_the_years_of_a_history(history):
    joined = by_year(an_instant(row["joined_at"]) for row in history)
    stopped = by_year(an_instant(row["stopped_at"]) for row in history if row["stopped_at"])

    assert max(joined) < 1.2 * min(joined)
    for years, stops in enumerate(stopped):
        # 7% of those there stop in a year, and 3% of the pregnancies are lost.
        there = au_on(history, TODAY - timedelta(days=365 * years + 182))
        assert stops / there == pytest.approx(0.085, abs=0.025)


def test_stops_do_not_crowd_in_the_last_month_of_a_history(history, rows):
    def in_the_last_month(rows):
        days = [
            (TODAY - an_instant(row["stopped_at"]).date()).days for row in rows if row["stopped_at"]
        ]
        return sum(day <= 30 for day in days) / sum(day <= 365 for day in days)

    assert in_the_last_month(history) == pytest.approx(1 / 12, abs=0.03)
    assert in_the_last_month(rows) > 2 / 12


def test_a_history_is_written_as_its_rows_are(tmp_path):
    path = tmp_path / "subscribers.csv"

    write_subscribers_csv(path, ACCOUNTS, count=100, today=TODAY, past_days=THREE_YEARS)

    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == rows_of(100, past_days=THREE_YEARS)


# People stand everywhere, and some are silent.


def test_somebody_is_in_every_week_of_both_phases(rows):
    weeks = defaultdict(set)
    for row in active(rows):
        stage = stage_now(row)
        if stage.open:
            weeks[stage.phase].add(stage.day // 7)

    assert set(range(4, 42)) <= weeks[Phase.PREGNANCY]
    assert set(range(3 * 52)) <= weeks[Phase.CHILDCARE]


def test_every_channel_has_people_in_both_phases(rows):
    found = {(row["channel"], stage_now(row).phase) for row in active(rows)}

    assert {(channel.value, phase) for channel in Channel for phase in Phase} <= found


@pytest.mark.parametrize(
    ("reason", "at_least"),
    [(Reason.NOT_YET, 5), (Reason.AWAITING_BIRTH, 20), (Reason.GRADUATED, 50)],
)
def test_some_of_the_active_ones_are_silent(rows, reason, at_least):
    assert sum(stage_now(row).reason is reason for row in active(rows)) >= at_least


@pytest.mark.parametrize(("status", "at_least"), [(Status.STOPPED, 80), (Status.SUSPENDED, 10)])
def test_some_have_stopped(rows, status, at_least):
    assert sum(standing_now(row).status is status for row in rows) >= at_least


def test_most_are_reached_today(rows):
    assert 0.6 < share((row for row in active(rows) if stage_now(row).open), rows) < 0.9


def test_some_pregnancies_are_overdue_and_still_have_messages(rows):
    overdue = [row for row in active(rows) if stage_now(row).phase is Phase.PREGNANCY]

    assert sum(stage_now(row).day > 280 for row in overdue) >= 3


def test_some_stops_come_early_in_pregnancy(rows):
    early = [
        row
        for row in rows
        if row["stopped_by"] == "subscriber"
        and row["due_date"]
        and not row["birth_date"]
        and (a_date(row["due_date"]) - an_instant(row["stopped_at"]).date()).days > 280 - 24 * 7
    ]

    assert len(early) >= 20
