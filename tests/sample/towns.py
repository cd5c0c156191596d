"""Towns for the generator, and rows of it as they are read."""

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from local.sample.generator import subscriber_rows
from shared.rules.account import Account, AccountKind, Channel, Delivery, Settings
from shared.rules.dates import JST
from shared.rules.ending import EndOfDelivery
from shared.rules.history import Event, Happened, Status, standing_at
from shared.rules.message import stage_on

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
