"""LINE Login: only who LINE itself has verified gives a confirmation, in the browser that began."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import boto3
import pytest
import urllib3

from functions.line.login.handler import handler
from shared.rules.account import Channel
from shared.rules.joining import Application, Child
from shared.rules.subscriber import Language, Subscriber
from shared.secrets import platform_keys
from shared.store.confirmations import Confirmation
from shared.subscribers import consent
from shared.subscribers.links import Links
from tests.line.bridge import event_of
from tests.line.phone import USER, Phone, in_days
from tests.register.test_pages import request
from tests.world import Context, World, pregnant

OTHER = "U" + "b2" * 16
PUBLIC = "https://kizuna.example.jp"


@pytest.fixture
def links(phone: Phone) -> Links:
    login_to_public_url(phone.world)
    return Links(PUBLIC, platform_keys("LINK_KEY"))


def login_to_public_url(world: World) -> None:
    """LINE Login sends browsers back to the public address."""
    url = f"{world.standins.url}/_standins/config"
    line = urllib3.request("GET", url).json()["line"]
    for each in line["logins"].values():
        each["redirect"] = f"{PUBLIC}/line/callback"
    assert urllib3.request("PUT", url, json={"line": line}).status == 200


def waiting(world: World, name: str = "c1", mover: str | None = None) -> Confirmation:
    """Somebody has filled in the form and chosen LINE."""
    now = datetime.now(UTC)
    given = consent.given(Language.JAPANESE, "web", now)
    child = Child(due_date=in_days(56))
    asked = Application("bunkyo", Channel.LINE, "web", (child,), Language.JAPANESE, given)
    until = now + timedelta(hours=24)
    found = Confirmation(
        name,
        "bunkyo",
        Channel.LINE,
        "",
        Language.JAPANESE,
        until,
        application=None if mover else asked,
        mover=mover,
    )
    world.store.confirmations.put(found)
    return found


class Browser:
    """A browser without script, with its cookie."""

    def __init__(self, world: World) -> None:
        self.world, self.cookie = world, ""

    def get(self, url: str) -> dict[str, Any]:
        """The product's answer."""
        parts = urlsplit(url)
        headers = {"Cookie": self.cookie} if self.cookie else {}
        event = event_of("GET", parts.path, query=parts.query, headers=headers)
        answer = handler(event, Context())
        sent = dict(answer.get("headers", {}))
        if "Set-Cookie" in sent:
            self.cookie = sent["Set-Cookie"].partition(";")[0]
        return {**answer, "headers": sent}

    def at_line(self, url: str, *, user: str = USER, decision: str = "allow") -> str:
        """Press a button on LINE's page; where it leads."""
        page = urllib3.request("GET", url)
        assert page.status == 200
        hidden = re.findall(r'name="(\w+)" value="([^"]*)"', page.data.decode())
        fields = {**{k: unescape(v) for k, v in hidden}, "user": user, "decision": decision}
        form = urllib3.PoolManager(retries=False)
        answer = form.request(
            "POST",
            f"{self.world.standins.url}/oauth2/v2.1/authorize",
            fields=fields,
            encode_multipart=False,
            redirect=False,
        )
        assert answer.status == 302
        return str(answer.headers["Location"])


@pytest.fixture
def browser(links: Links, world: World) -> Iterator[Browser]:
    return Browser(world)


def subscriber(world: World, user: str = USER) -> Subscriber | None:
    place = ("bunkyo", user)
    found = world.store.subscribers.at_addresses([place]).get(place)
    return world.store.subscribers.get(found) if found else None


def begun(browser: Browser, link: str) -> str:
    answer = browser.get(link)
    assert answer["statusCode"] == 302
    return str(answer["headers"]["Location"])


def test_the_way_to_line_asks_for_the_user_id_only_and_to_add_the_account(
    browser: Browser, links: Links, world: World
) -> None:
    to_line = begun(browser, links.line_login(waiting(world).id))

    asked = {name: value for name, (value,) in parse_qs(urlsplit(to_line).query).items()}
    assert to_line.startswith(f"{world.standins.url}/oauth2/v2.1/authorize?")
    assert (asked["response_type"], asked["scope"]) == ("code", "openid")
    assert asked["bot_prompt"] == "aggressive"
    assert asked["redirect_uri"] == f"{PUBLIC}/line/callback"
    assert asked["client_id"] in world.standins.settings.current.line.logins
    assert len(asked["nonce"]) == 32
    assert browser.cookie.startswith("__Host-line=")
    assert browser.cookie.partition("=")[2] not in to_line


def test_whoever_line_has_verified_is_registered_and_sees_their_own_page(
    browser: Browser, links: Links, world: World
) -> None:
    to_line = begun(browser, links.line_login(waiting(world).id))

    answer = browser.get(browser.at_line(to_line))

    assert answer["statusCode"] == 303
    assert subscriber(world) is None
    where = urlsplit(answer["headers"]["Location"]).path
    shown, done = request("GET", where), request("POST", where)
    found = subscriber(world)
    assert found is not None
    assert found.address == USER
    assert "妊娠32週0日" in shown["body"]
    (token,) = re.findall(r"/me/([\w.-]+)", done["body"])
    assert links.read_preferences(token).subscriber == found.id


def test_who_is_sent_to_line_by_another_sees_what_they_filled_in_and_can_refuse_it(
    browser: Browser, links: Links, world: World, phone: Phone
) -> None:
    phone.joins(in_days(100))
    before = subscriber(world)
    strangers = links.line_login(waiting(world).id)

    answer = browser.get(browser.at_line(begun(browser, strangers)))

    where = urlsplit(answer["headers"]["Location"]).path
    assert "出産予定日を変えます" in request("GET", where)["body"]
    assert "取り消しました" in request("POST", where, form={"step": "not_me"})["body"]
    assert subscriber(world) == before
    assert request("POST", where)["statusCode"] == 410


def test_the_way_back_works_once(browser: Browser, links: Links, world: World) -> None:
    to_line = begun(browser, links.line_login(waiting(world).id))
    back = browser.at_line(to_line)
    kept = browser.cookie
    browser.get(back)
    browser.cookie = kept

    again = browser.get(back)

    assert again["statusCode"] == 410
    assert list(world.store.subscribers) == []


def test_a_link_that_was_used_leads_nowhere(browser: Browser, links: Links, world: World) -> None:
    link = links.line_login(waiting(world).id)
    browser.get(browser.at_line(begun(browser, link)))

    assert browser.get(link)["statusCode"] == 410


def test_who_says_no_at_line_gets_a_calm_page_with_a_way_back(
    browser: Browser, links: Links, world: World
) -> None:
    link = links.line_login(waiting(world).id)

    answer = browser.get(browser.at_line(begun(browser, link), decision="deny"))

    assert answer["statusCode"] == 200
    assert link in answer["body"]
    assert "何も登録されていません" in answer["body"]
    assert subscriber(world) is None


def test_a_login_that_another_browser_began_is_not_ended_here(
    browser: Browser, links: Links, world: World
) -> None:
    back = browser.at_line(begun(browser, links.line_login(waiting(world).id)))
    victim = Browser(world)
    begun(victim, links.line_login(waiting(world, "c2").id))

    for cookie in (victim.cookie, "", "__Host-line=", "nonsense"):
        victim.cookie = cookie
        assert victim.get(back)["statusCode"] == 400
    assert subscriber(world) is None
    calls = urllib3.request("GET", f"{world.standins.url}/_standins/counts").json()["calls"]
    assert "login_token" not in {each["operation"] for each in calls}


FORGED = {
    "nothing": {},
    "no state": {"code": "x"},
    "a state of nobody": {"code": "x", "state": "WyJqb2luIl0.x.y"},
    "no code": {"state": "STATE"},
    "a code of nobody": {"code": "forged", "state": "STATE"},
    "a cut state": {"code": "x", "state": "CUT"},
}


@pytest.mark.parametrize("query", FORGED.values(), ids=FORGED)
def test_a_way_back_that_line_did_not_send_is_refused_and_changes_nothing(
    browser: Browser, links: Links, world: World, query: dict[str, str]
) -> None:
    to_line = begun(browser, links.line_login(waiting(world).id))
    state = parse_qs(urlsplit(to_line).query)["state"][0]
    known = {"STATE": state, "CUT": state[:-3]}
    asked = {name: known.get(value, value) for name, value in query.items()}

    answer = browser.get(f"{PUBLIC}/line/callback?{urlencode(asked)}")

    assert answer["statusCode"] == 400
    assert "もう一度おねがいします" in answer["body"]
    assert subscriber(world) is None
    assert world.store.confirmations.get("c1") is not None


@pytest.mark.parametrize("token", ["x", "YzE.forged", "c1", "", "%00", "a" * 3000])
def test_a_link_that_is_not_ours_is_refused(browser: Browser, world: World, token: str) -> None:
    waiting(world)

    assert browser.get(f"{PUBLIC}/line/login/{token}")["statusCode"] == 404
    assert browser.cookie == ""


@pytest.mark.parametrize("kind", ["server_error", "garbled"])
@pytest.mark.parametrize("operation", ["login_token", "login_verify"])
def test_where_line_does_not_answer_nothing_changes_and_the_link_stays_good(
    browser: Browser, links: Links, world: World, kind: str, operation: str
) -> None:
    link = links.line_login(waiting(world).id)
    back = browser.at_line(begun(browser, link))
    world.fail(provider="line", kind=kind, operation=operation)

    assert browser.get(back)["statusCode"] == 503
    assert subscriber(world) is None
    assert browser.get(link)["statusCode"] == 302


def test_an_account_without_line_login_sends_people_to_its_chat(
    browser: Browser, links: Links, world: World
) -> None:
    boto3.client("secretsmanager").delete_secret(
        SecretId="kizuna/accounts/bunkyo/line-login", ForceDeleteWithoutRecovery=True
    )

    answer = browser.get(links.line_login(waiting(world).id))

    assert answer["statusCode"] == 503
    assert "友だちに追加してください" in answer["body"]


def test_a_move_to_line_keeps_the_history(browser: Browser, links: Links, world: World) -> None:
    world.add(pregnant(1))
    link = links.line_login(waiting(world, mover="s1").id)

    answer = browser.get(browser.at_line(begun(browser, link)))

    assert answer["statusCode"] == 303
    request("POST", urlsplit(answer["headers"]["Location"]).path)
    moved = world.store.subscribers.get("s1")
    assert moved is not None
    assert (moved.channel, moved.address) == (Channel.LINE, USER)
    assert len(moved.enrolments[0].history) == 2


def test_a_move_to_a_line_account_that_is_subscribed_already_changes_nothing(
    browser: Browser, links: Links, world: World
) -> None:
    world.add(pregnant(1))
    joined = browser.get(browser.at_line(begun(browser, links.line_login(waiting(world).id))))
    request("POST", urlsplit(joined["headers"]["Location"]).path)
    before = world.store.subscribers.get("s1")

    link = links.line_login(waiting(world, "c2", mover="s1").id)
    verified = browser.get(browser.at_line(begun(browser, link)))
    answer = request("POST", urlsplit(verified["headers"]["Location"]).path)

    assert answer["statusCode"] == 409
    assert world.store.subscribers.get("s1") == before


def test_the_way_to_the_own_page_opens_that_of_whom_line_has_verified(
    browser: Browser, links: Links, world: World, phone: Phone
) -> None:
    phone.joins(in_days(56))
    found = subscriber(world)
    assert found is not None

    mine = browser.get(browser.at_line(begun(browser, f"{PUBLIC}/line/me/bunkyo")))
    other = browser.get(browser.at_line(begun(browser, f"{PUBLIC}/line/me/bunkyo"), user=OTHER))

    token = urlsplit(mine["headers"]["Location"]).path.removeprefix("/me/")
    assert links.read_preferences(token).subscriber == found.id
    assert other["headers"]["Location"] == f"{PUBLIC}/join/bunkyo/web"


def test_the_way_to_the_own_page_of_an_unknown_account_is_none(browser: Browser) -> None:
    assert browser.get(f"{PUBLIC}/line/me/atlantis")["statusCode"] == 404


def test_on_plain_http_the_cookie_is_one_that_a_browser_keeps(
    browser: Browser, links: Links, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = links.line_login(waiting(world).id)
    secure = browser.get(link)["headers"]["Set-Cookie"]
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:8400")
    plain = browser.get(link)["headers"]["Set-Cookie"]

    assert secure.endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure")
    assert plain.startswith("line=")
    assert "Secure" not in plain


def test_pages_are_not_kept_and_may_load_nothing(browser: Browser) -> None:
    headers = browser.get(f"{PUBLIC}/line/login/x")["headers"]

    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
