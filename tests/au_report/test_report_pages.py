"""The page behind a link in a mail to staff, and the link itself."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.au_report import pages
from shared.secrets import platform_keys
from shared.settings import setting
from shared.subscribers.links import BadLinkError, Links
from tests.au.sample import november
from tests.au_report.made import Page, review_of
from tests.world import Context

PUBLIC = "https://kizuna.example.jp"
LINKS = Links(PUBLIC, [b"an invented key"])
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
SNAPSHOTS = ["month_end-2026-11", "internal-20261125T010000Z", "internal-20261125T010000.5Z-r2"]


def token(link):
    return link.removeprefix(f"{PUBLIC}/au/")


@pytest.mark.parametrize("snapshot", SNAPSHOTS)
def test_a_link_reads_back_as_its_snapshot_for_90_days(snapshot):
    made = token(LINKS.snapshot(snapshot, NOW))

    assert LINKS.read_snapshot(made, NOW) == snapshot
    assert LINKS.read_snapshot(made, NOW + timedelta(days=90)) == snapshot
    with pytest.raises(BadLinkError):
        LINKS.read_snapshot(made, NOW + timedelta(days=91))


@given(garbage=st.text(max_size=80))
def test_whatever_was_not_signed_here_is_bad(garbage):
    with pytest.raises(BadLinkError):
        LINKS.read_snapshot(garbage, NOW)


@given(length=st.integers(0, 38))
def test_a_link_that_was_cut_off_is_bad(length):
    made = token(LINKS.snapshot("month_end-2026-11", NOW))

    with pytest.raises(BadLinkError):
        LINKS.read_snapshot(made[:length], NOW)


def test_one_kind_of_link_never_passes_for_another():
    stop = LINKS.stop("month_end-2026-11.999999", 0, NOW).rpartition("/")[2]
    text = LINKS.text("month_end-2026-11", 0, NOW.date(), "999999").rpartition("/")[2]
    report = token(LINKS.snapshot("s1", NOW))

    for other in (stop, text):
        with pytest.raises(BadLinkError):
            LINKS.read_snapshot(other, NOW)
    for reader in (LINKS.read_stop, LINKS.read_text):
        with pytest.raises(BadLinkError):
            reader(report)


def test_nobody_else_can_make_a_link():
    made = token(Links(PUBLIC, [b"another key"]).snapshot("month_end-2026-11", NOW))

    with pytest.raises(BadLinkError):
        LINKS.read_snapshot(made, NOW)


@pytest.fixture
def get(world):
    """Asks the Lambda for a report, where the November snapshot was taken."""
    pages._resources.cache_clear()
    world.store.snapshots.keep(november(150))
    world.store.snapshots.note(review_of(november(150)))

    def ask(path):
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {},
            "requestContext": {"http": {"method": "GET", "path": path}, "stage": "$default"},
            "isBase64Encoded": False,
        }
        return pages.handler(event, Context())

    yield ask
    pages._resources.cache_clear()


def links():
    return Links(setting("PUBLIC_URL"), platform_keys("LINK_KEY"))


def path_of(link):
    return link.removeprefix(setting("PUBLIC_URL").rstrip("/"))


def test_a_good_link_shows_the_offices_report(get):
    answer = get(path_of(links().snapshot("month_end-2026-11", datetime.now(UTC))))

    assert answer["statusCode"] == 200
    assert Page(answer["body"]).words["h1"] == ["AU報告書（全団体）"]
    assert november(150).sha256 in answer["body"]


def test_the_page_is_not_kept_and_gives_nothing_away(get):
    answer = get(path_of(links().snapshot("month_end-2026-11", datetime.now(UTC))))

    headers = {name.lower(): value for name, value in answer["headers"].items()}
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex"
    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def test_every_link_that_is_no_good_gets_the_same_calm_page(get):
    now = datetime.now(UTC)
    good = path_of(links().snapshot("month_end-2026-11", now))
    bad = [
        path_of(links().snapshot("month_end-2026-11", now - timedelta(days=92))),
        path_of(links().snapshot("month_end-2020-01", now)),
        f"/au/{links().stop('month_end-2026-11', 0, now).rpartition('/')[2]}",
        f"/au/{links().text('month_end-2026-11', 0, now.date(), 'e1').rpartition('/')[2]}",
        good[:-1],
        "/au/x",
        "/au/..",
        "/au/%00",
        f"/au/{'a' * 3000}",
    ]

    answers = [get(path) for path in bad]

    assert {answer["statusCode"] for answer in answers} == {404}
    assert len({answer["body"] for answer in answers}) == 1
    assert Page(answers[0]["body"]).words["h1"] == ["この報告書は開けません"]
