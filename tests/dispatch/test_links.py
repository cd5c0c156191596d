"""Links: what was signed here comes back as it was, and nothing else does."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.subscribers.links import BadLinkError, Links

PUBLIC = "https://kizuna.example.jp/"
LINKS = Links(PUBLIC, [b"an invented key"])
OTHERS = Links(PUBLIC, [b"another key"])
STOP, TEXT = f"{PUBLIC}stop/", f"{PUBLIC}m/"
READERS: list[Callable[[str], object]] = [LINKS.read_stop, LINKS.read_text]

ids = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))


@given(subscriber=ids)
def test_a_stop_link_reads_back_as_its_subscriber(subscriber: str) -> None:
    token = LINKS.stop(subscriber).removeprefix(STOP)

    assert LINKS.read_stop(token) == subscriber


@given(subscriber=ids, day=days, enrolment=ids)
def test_a_text_link_reads_back_as_its_message(subscriber: str, day: date, enrolment: str) -> None:
    token = LINKS.text(subscriber, day, enrolment).removeprefix(TEXT)

    assert LINKS.read_text(token) == (subscriber, day, enrolment)


@given(subscriber=ids, day=days, enrolment=ids)
def test_a_link_is_plain_ascii_that_no_mail_program_breaks(
    subscriber: str, day: date, enrolment: str
) -> None:
    for link in (LINKS.stop(subscriber), LINKS.text(subscriber, day, enrolment)):
        assert re.fullmatch(r"https://kizuna\.example\.jp/(stop|m)/[A-Za-z0-9._-]+", link)
        assert len(link) < 150


def test_a_link_in_an_sms_is_short() -> None:
    assert len(LINKS.text("s-000123", date(2026, 11, 25), "e1")) == 61


def either(links: Links, subscriber: str, day: date, enrolment: str) -> list[tuple[str, str]]:
    """Both links of a message: which reader is theirs, and their token."""
    return [
        ("stop", links.stop(subscriber).removeprefix(STOP)),
        ("text", links.text(subscriber, day, enrolment).removeprefix(TEXT)),
    ]


def read(links: Links, kind: str, token: str) -> object:
    """What a token says, or None where it is bad."""
    try:
        return links.read_stop(token) if kind == "stop" else links.read_text(token)
    except BadLinkError:
        return None


@given(subscriber=ids, day=days, enrolment=ids, data=st.data())
def test_whoever_changes_a_link_gets_nothing_else_than_it_said(
    subscriber: str, day: date, enrolment: str, data: st.DataObject
) -> None:
    for kind, token in either(LINKS, subscriber, day, enrolment):
        place = data.draw(st.integers(0, len(token) - 1))
        other = data.draw(st.characters())
        for changed in (
            token[:place] + other + token[place + 1 :],
            token[:place] + other + token[place:],
            token[:place] + token[place + 1 :],
            token[:place],
        ):
            assert read(LINKS, kind, changed) in (None, read(LINKS, kind, token))


@given(subscriber=ids, other=ids, day=days, enrolment=ids)
def test_parts_of_two_links_make_no_third(
    subscriber: str, other: str, day: date, enrolment: str
) -> None:
    ours, theirs = (either(LINKS, name, day, enrolment) for name in (subscriber, other))
    for (kind, one), (_, two) in zip(ours, theirs, strict=True):
        mixed = f"{one.rpartition('.')[0]}.{two.rpartition('.')[2]}"
        assert read(LINKS, kind, mixed) == (read(LINKS, kind, one) if one == two else None)


@given(subscriber=ids, day=days, enrolment=ids)
def test_one_kind_of_link_never_passes_for_the_other(
    subscriber: str, day: date, enrolment: str
) -> None:
    (_, stop), (_, text) = either(LINKS, subscriber, day, enrolment)

    assert read(LINKS, "text", stop) is None
    assert read(LINKS, "stop", text) is None


@given(subscriber=ids, day=days, enrolment=ids)
def test_a_link_of_another_platform_is_bad(subscriber: str, day: date, enrolment: str) -> None:
    for kind, token in either(OTHERS, subscriber, day, enrolment):
        assert read(LINKS, kind, token) is None


@given(subscriber=ids, day=days, enrolment=ids)
def test_a_link_stays_good_when_the_key_is_changed_until_the_old_one_is_taken_away(
    subscriber: str, day: date, enrolment: str
) -> None:
    both = Links(PUBLIC, [b"an invented key", b"another key"])

    old, new = either(LINKS, subscriber, day, enrolment), either(both, subscriber, day, enrolment)

    assert new == either(OTHERS, subscriber, day, enrolment)
    for kind, token in (*old, *new):
        assert read(both, kind, token) is not None
    for kind, token in old:
        assert read(OTHERS, kind, token) is None


@given(token=st.text(st.characters()))
def test_whatever_was_not_signed_here_is_bad(token: str) -> None:
    for reader in READERS:
        with pytest.raises(BadLinkError):
            reader(token)


@given(token=st.from_regex(r"[A-Za-z0-9_.-]{0,60}\.[A-Za-z0-9_-]{14}", fullmatch=True))
def test_what_only_looks_signed_is_bad(token: str) -> None:
    for reader in READERS:
        with pytest.raises(BadLinkError):
            reader(token)
