"""The sample texts and accounts: complete, short enough, and never pushy."""

import csv
import re
from collections import Counter, defaultdict
from datetime import date, time
from itertools import pairwise
from pathlib import Path

import pytest
import regex

import local.sample
from local.sample.generator import subscriber_rows
from shared.rules.account import (
    Account,
    AccountKind,
    Channel,
    Delivery,
    Settings,
    municipality_code_is_valid,
)
from shared.rules.catalogue import COMMON_SERIES, put_into_words, schedule_of, unknown_placeholders
from shared.rules.ending import EndOfDelivery
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.subscriber import Letter
from shared.rules.text import Text

SAMPLE = Path(next(iter(local.sample.__path__)))


def read(name):
    with (SAMPLE / name).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        return reader.fieldnames, list(reader)


CONTENT_COLUMNS, TEXTS = read("content.csv")
ACCOUNT_COLUMNS, ACCOUNTS = read("accounts.csv")

COMMON = [row for row in TEXTS if row["series"] == COMMON_SERIES]
WORDING = ("title", "text", "notice")


def place(row):
    return f"{row['series']} {row['phase']} {row['day']}"


def days(phase):
    return sorted(int(row["day"]) for row in COMMON if row["phase"] == phase)


def characters(text):
    """How many characters a person sees."""
    return len(regex.findall(r"\X", text))


def settings_of(row):
    return Settings(
        valid_from=date.fromisoformat(row["valid_from"]),
        name=row["name"],
        code=row["code"] or None,
        kind=AccountKind(row["kind"]),
        delivery=Delivery(row["delivery"]),
        channels=frozenset(map(Channel, row["channels"].split(";"))),
        send_at=time.fromisoformat(row["send_at"]),
        quiet_from=time.fromisoformat(row["quiet_from"]),
        quiet_to=time.fromisoformat(row["quiet_to"]),
        end_of_delivery=EndOfDelivery.parse(row["end_of_delivery"]),
    )


def accounts():
    history = defaultdict(list)
    for row in ACCOUNTS:
        history[row["account"]].append(settings_of(row))
    return [Account(account, tuple(settings)) for account, settings in history.items()]


# The days of the common schedule.


def test_the_columns_are_those_promised():
    assert CONTENT_COLUMNS == ["series", "phase", "day", "title", "text", "notice"]


def test_every_day_of_pregnancy_has_a_text():
    assert days("pregnancy") == list(range(28, 294))


def test_every_day_of_the_first_hundred_has_a_text():
    assert days("childcare")[:101] == list(range(101))


@pytest.mark.parametrize(
    ("first", "last", "every", "because"),
    [
        (100, 365, 3, "to the first birthday about every 3 days"),
        (365, 730, 7, "at one every 7 days"),
        (730, 1095, 14, "at two every 14 days"),
        (1095, 1460, 31, "then monthly"),
    ],
)
def test_texts_grow_rarer_with_the_years(first, last, every, because):
    inside = [day for day in days("childcare") if first <= day <= last]
    steps = Counter(later - earlier for earlier, later in pairwise(inside))

    # A milestone lies between two steps, so some steps are shorter and one may be longer.
    assert (inside[0], inside[-1]) == (first, last), because
    assert max(steps) <= every + 4, because
    assert abs(steps.most_common(1)[0][0] - every) <= 1, because
    assert len(inside) == pytest.approx((last - first) / every, rel=0.15, abs=2), because


@pytest.mark.parametrize("day", [100, 183, 365, 730, 1000, 1095])
def test_milestones_have_a_text(day):
    assert day in days("childcare")


def test_a_series_has_one_text_a_day():
    assert [what for what, number in Counter(map(place, TEXTS)).items() if number > 1] == []


def test_days_are_inside_the_windows_of_the_file():
    window = {"pregnancy": range(28, 294), "childcare": range(6936)}

    assert [place(row) for row in TEXTS if int(row["day"]) not in window[row["phase"]]] == []


def test_series_are_the_common_one_or_an_account():
    assert {row["series"] for row in TEXTS} <= {COMMON_SERIES} | {a["account"] for a in ACCOUNTS}


def test_some_accounts_add_to_a_day_and_some_have_a_day_of_their_own():
    common = {(row["phase"], row["day"]) for row in COMMON}
    own = [(row["phase"], row["day"]) for row in TEXTS if row["series"] != COMMON_SERIES]

    assert any(day in common for day in own)
    assert any(day not in common for day in own)


# The words.


def test_every_title_says_that_it_is_a_sample():
    assert [place(row) for row in TEXTS if not row["title"].startswith("【見本】")] == []


@pytest.mark.parametrize(("column", "most"), [("title", 40), ("text", 1000), ("notice", 60)])
def test_lengths_are_within_the_limits_as_a_person_counts(column, most):
    lengths = {place(row): characters(row[column]) for row in TEXTS}

    assert {what: n for what, n in lengths.items() if not 0 < n <= most} == {}


def test_a_person_counts_a_family_as_one_character():
    assert characters("👩‍👧‍👦が葛󠄀城市") == 5


@pytest.mark.parametrize("column", WORDING)
def test_there_are_many_different_texts(column):
    assert len({row[column] for row in COMMON}) >= 120


def test_every_placeholder_can_be_filled():
    assert [place(row) for row in TEXTS if any(unknown_placeholders(row[c]) for c in WORDING)] == []


def test_no_text_of_pregnancy_congratulates():
    words = re.compile("おめで|祝福|ご誕生|ようこそ|生まれましたね|ママになりました")
    pregnancy = [row for row in TEXTS if row["phase"] == "pregnancy"]

    assert [place(row) for row in pregnancy if any(words.search(row[c]) for c in WORDING)] == []


@pytest.mark.parametrize("day", range(280, 294))
def test_from_the_due_date_on_every_text_offers_to_register_a_birth(day):
    (text,) = [
        row["text"] for row in COMMON if (row["phase"], row["day"]) == ("pregnancy", str(day))
    ]

    assert re.search("登録|変更の画面", text)
    assert re.search("お?生まれ|お産|出産|赤ちゃん", text)


def test_before_the_due_date_no_text_asks_for_a_birth():
    early = [row for row in COMMON if row["phase"] == "pregnancy" and int(row["day"]) < 280]

    assert [
        place(row) for row in early if re.search("出産(を|の)登録|お生まれの登録", row["text"])
    ] == []


PHONE = re.compile(r"#\d+|0\d{1,4}[-‐－ー(（]\d+|0\d{9,}|\b1\d\d番|\d{3,4}-\d{4}", re.ASCII)
URL = re.compile(r"https?:|www\.|[a-z0-9-]+\.(jp|com|org|net|lg)\b|@", re.IGNORECASE)


def half_width(text):
    return text.translate(str.maketrans("０１２３４５６７８９＃", "0123456789#"))


def test_the_only_phone_number_is_that_for_a_childs_sudden_illness():
    found = {
        number
        for row in TEXTS
        for column in WORDING
        for number in PHONE.findall(half_width(row[column]))
    }

    assert found <= {"#8000"}


def test_there_are_no_addresses_of_pages():
    assert [place(row) for row in TEXTS if any(URL.search(row[c]) for c in WORDING)] == []


@pytest.mark.parametrize("text", ["#7119", "０３-1234-5678", "0312345678", "119番", "0120-12-3456"])
def test_the_search_for_phone_numbers_finds_them(text):
    assert PHONE.search(half_width(text))


@pytest.mark.parametrize("text", ["https://example.jp/a", "www.city", "city.lg.jp", "a@b"])
def test_the_search_for_addresses_of_pages_finds_them(text):
    assert URL.search(text)


def test_every_text_can_be_put_into_words():
    catalogues = defaultdict(dict)
    for row in TEXTS:
        due = Due(Phase(row["phase"]), int(row["day"]))
        catalogues[row["series"]][due] = Text(row["title"], row["text"], row["notice"])
    common = catalogues.pop(COMMON_SERIES)
    for own in [{}, *catalogues.values()]:
        for phase, day in schedule_of(common, own):
            letter = Letter("s-1", ("e1",), Due(phase, day), "はなちゃん", None)
            words = put_into_words(letter, common=common, own=own, account="横浜市鶴見区")
            whole = "".join([words.title, *words.parts, words.notice])
            assert not re.search("[{}]", whole)


# The accounts.


def test_the_columns_of_accounts_are_those_promised():
    assert ACCOUNT_COLUMNS == [
        "account",
        "name",
        "code",
        "kind",
        "delivery",
        "channels",
        "send_at",
        "quiet_from",
        "quiet_to",
        "end_of_delivery",
        "valid_from",
    ]


@pytest.mark.parametrize("row", ACCOUNTS, ids=lambda row: f"{row['account']}-{row['valid_from']}")
def test_every_account_keeps_the_rules_of_the_file(row):
    settings = settings_of(row)

    assert re.fullmatch(r"[a-z0-9-]{2,40}", row["account"])
    assert settings.name
    assert settings.channels
    assert settings.send_at.minute % 15 == 0
    assert not settings.quiet(settings.send_at)
    if settings.kind is AccountKind.MUNICIPALITY:
        assert settings.code is not None
        assert municipality_code_is_valid(settings.code)
    else:
        assert settings.code is None


def test_the_accounts_differ_in_everything_that_an_account_may_choose():
    settings = [settings_of(row) for row in ACCOUNTS]

    assert {each.delivery for each in settings} == {Delivery.OWN, Delivery.EXTERNAL}
    assert {each.kind for each in settings} == set(AccountKind)
    assert {channel for each in settings for channel in each.channels} == set(Channel)
    assert len({each.channels for each in settings}) >= 4
    assert len({each.send_at for each in settings}) >= 5
    assert {"birthday(3)", "school_year_end(1)"} <= {str(each.end_of_delivery) for each in settings}
    assert any(len(account.settings) > 1 for account in accounts())


def test_a_change_of_settings_has_a_day_of_its_own():
    begins = [(row["account"], row["valid_from"]) for row in ACCOUNTS]

    assert len(begins) == len(set(begins))


def test_the_sample_accounts_can_be_given_subscribers():
    today = date(2026, 11, 23)
    rows = list(subscriber_rows(accounts(), count=500, today=today))

    assert {row["account"] for row in rows} == {
        account.id for account in accounts() if account.on(today).delivery is Delivery.OWN
    }
