"""Links: what was signed here comes back as it was, and nothing else does."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import Signer

from shared.subscribers.links import _DIGEST, BadLinkError, Holder, Links, OutdatedLinkError

PUBLIC = "https://kizuna.example.jp/"
LINKS = Links(PUBLIC, [b"an invented key"])
OTHERS = Links(PUBLIC, [b"another key"])
STOP, TEXT = f"{PUBLIC}stop/", f"{PUBLIC}m/"
NOW = datetime(2026, 11, 25, 1, tzinfo=UTC)
NINETY_DAYS_ON = date(2027, 2, 23)
READERS: list[Callable[[str], object]] = [LINKS.read_stop, LINKS.read_text, LINKS.read_preferences]

ids = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
generations = st.integers(0, 2_000)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))


@given(subscriber=ids, generation=generations)
def test_a_stop_link_and_one_to_the_own_page_read_back_as_their_holder(
    subscriber: str, generation: int
) -> None:
    stop = LINKS.stop(subscriber, generation, NOW).removeprefix(STOP)
    own = LINKS.preferences(subscriber, generation, NOW).removeprefix(f"{PUBLIC}me/")

    holder = Holder(subscriber, generation, NINETY_DAYS_ON)
    assert LINKS.read_stop(stop) == LINKS.read_preferences(own) == holder


@given(subscriber=ids, generation=generations, day=days, enrolment=ids)
def test_a_text_link_reads_back_as_its_message(
    subscriber: str, generation: int, day: date, enrolment: str
) -> None:
    token = LINKS.text(subscriber, generation, day, enrolment).removeprefix(TEXT)

    holder = Holder(subscriber, generation, day + timedelta(days=90))
    assert LINKS.read_text(token) == (holder, day, enrolment, None)
    announced = LINKS.text(subscriber, generation, day, enrolment, "20261125-ab12cd")
    read = LINKS.read_text(announced.removeprefix(TEXT))
    assert read == (holder, day, enrolment, "20261125-ab12cd")


@given(family=ids, subscriber=ids, generation=generations)
def test_an_invitation_reads_back_as_its_family_and_who_made_it(
    family: str, subscriber: str, generation: int
) -> None:
    token = LINKS.invitation(family, subscriber, generation, NOW).rpartition("/")[2]

    assert LINKS.read_invitation(token, NOW) == (
        family,
        Holder(subscriber, generation, date(2026, 12, 9)),
    )
    with pytest.raises(BadLinkError):
        LINKS.read_invitation(token, NOW + timedelta(days=15))


def of_before(salt: str, what: str) -> str:
    """A token as it was signed before links carried a generation."""
    return Signer([b"an invented key"], salt=salt, digest_method=_DIGEST).sign(what).decode()


@given(subscriber=ids, day=days, enrolment=ids)
def test_a_link_of_before_opens_nothing_and_is_known_to_stop(
    subscriber: str, day: date, enrolment: str
) -> None:
    assert LINKS.read_stop(of_before("stop", subscriber)) == Holder(subscriber, 0, None)
    assert LINKS.stop_of_before(subscriber) == STOP + of_before("stop", subscriber)
    text = of_before("text", f"{subscriber}.{day.toordinal()}.{enrolment}")
    own = of_before("me", f"{subscriber}.{day.toordinal()}")
    for reader, token in ((LINKS.read_text, text), (LINKS.read_preferences, own)):
        with pytest.raises(OutdatedLinkError) as told:
            reader(token)
        assert told.value.subscriber == subscriber
    with pytest.raises(BadLinkError):
        LINKS.read_invitation(of_before("with", f"{subscriber}.{day.toordinal()}"), NOW)


@given(subscriber=ids, day=days, enrolment=ids)
def test_a_link_is_plain_ascii_that_no_mail_program_breaks(
    subscriber: str, day: date, enrolment: str
) -> None:
    for link in (LINKS.stop(subscriber, 7, NOW), LINKS.text(subscriber, 7, day, enrolment)):
        assert re.fullmatch(r"https://kizuna\.example\.jp/(stop|m)/[A-Za-z0-9._-]+", link)
        assert len(link) < 150


def test_a_link_in_an_sms_is_short() -> None:
    assert len(LINKS.text("s-000123", 0, date(2026, 11, 25), "e1")) == 61


def either(links: Links, subscriber: str, day: date, enrolment: str) -> list[tuple[str, str]]:
    """Both links of a message: which reader is theirs, and their token."""
    return [
        ("stop", links.stop(subscriber, 0, NOW).removeprefix(STOP)),
        ("text", links.text(subscriber, 0, day, enrolment).removeprefix(TEXT)),
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
