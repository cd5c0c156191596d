"""The page behind a link in a mail to staff, and the link itself."""

import base64
import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from functions.au_report import pages
from shared.console.guard import COOKIE
from shared.console.roles import Role
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

    def ask(path, role=None, account=None):
        sessions = world.store.sessions
        token = sessions.begin("山田", "y@example.jp", Role(role), account) if role else ""
        event = {
            "cookies": [f"{COOKIE}={token}"],
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


# Files for whoever is signed in.

FILES = "/reports/month_end-2026-11"


def content(answer):
    return base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"]


def test_whoever_is_not_signed_in_is_led_to_the_sign_in(get):
    answer = get(f"{FILES}/office.html")

    assert answer["statusCode"] == 303
    assert answer["headers"]["Location"] == "/console"


@pytest.mark.parametrize("name", ["office", "bunkyo", "bunkyo-staff"])
def test_the_office_has_every_report_as_page_and_workbook(get, name):
    shown = get(f"{FILES}/{name}.html", "viewer")
    book = get(f"{FILES}/{name}.xlsx", "viewer")

    assert shown["statusCode"] == book["statusCode"] == 200
    assert "AU報告書" in shown["body"]
    load_workbook(io.BytesIO(content(book)))
    assert book["headers"]["Content-Disposition"] == (
        f'attachment; filename="month_end-2026-11-{name}.xlsx"'
    )


def test_all_accounts_come_as_one_zip(get):
    answer = get(f"{FILES}/accounts-1.zip", "viewer")

    with zipfile.ZipFile(io.BytesIO(content(answer))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    expected = november(150).scope.accounts
    assert names == [f"month_end-2026-11-{a}.{kind}" for a in expected for kind in ("html", "xlsx")]


def test_an_officer_has_their_own_report_once_it_was_shared(get, world):
    before = get(f"{FILES}/bunkyo.html", "officer", "bunkyo")
    noted = world.store.snapshots.review("month_end-2026-11")
    shared = replace(noted, shared_by="確認 次郎", shared_at=datetime.now(UTC))
    world.store.snapshots.update(noted, shared)
    after = get(f"{FILES}/bunkyo.html", "officer", "bunkyo")

    assert before["statusCode"] == 403
    assert after["statusCode"] == 200
    for other in ("office", "naha", "bunkyo-staff", "accounts-1"):
        for kind in ("html", "xlsx", "zip"):
            answer = get(f"{FILES}/{other}.{kind}", "officer", "bunkyo")
            assert answer["statusCode"] == 403, other


@pytest.mark.parametrize(
    "path",
    [
        f"{FILES}/nowhere.html",
        f"{FILES}/bunkyo.pdf",
        f"{FILES}/accounts-2.zip",
        f"{FILES}/accounts-x.zip",
        f"{FILES}/..html",
        "/reports/month_end-2020-01/office.html",
    ],
)
def test_a_file_that_is_not_there_is_told_calmly(get, path):
    assert get(path, "admin")["statusCode"] == 404
