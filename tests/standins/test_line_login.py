"""LINE Login as LINE answers it: a page with two buttons, codes that are good once, ID tokens."""

import re
from html import unescape
from urllib.parse import parse_qs, urlencode

import pytest

from tests.standins.conftest import CHANNEL, SECRET

LOGIN, LOGIN_SECRET = "1650000000", "login-secret"
BACK = "https://kizuna.example.jp/line/callback"
USER = "U" + "c" * 32
ASKED = {
    "response_type": "code",
    "client_id": LOGIN,
    "redirect_uri": BACK,
    "state": "the state",
    "nonce": "the nonce",
    "scope": "openid",
}


@pytest.fixture
def post(standins, http, configure):
    login = {LOGIN: {"secret": LOGIN_SECRET, "redirect": BACK, "bot": CHANNEL}}
    configure("line", channels={CHANNEL: {"secret": SECRET}}, logins=login)

    def send(call, **fields):
        url = f"{standins.url}/oauth2/v2.1/{call}"
        return http.request("POST", url, fields=fields, encode_multipart=False, redirect=False)

    return send


def back(post, decision="allow", **changes):
    """What the browser is sent back with."""
    answer = post("authorize", **{**ASKED, "user": USER, "decision": decision, **changes})
    assert answer.status == 302
    url, _, query = answer.headers["Location"].partition("?")
    assert url == BACK
    return {name: value for name, (value,) in parse_qs(query).items()}


def exchange(post, code, **changes):
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": LOGIN,
        "client_secret": LOGIN_SECRET,
    }
    return post("token", **{**fields, **changes})


def test_the_page_asks_with_two_buttons_and_carries_what_was_asked(standins, http, post):
    page = http.request("GET", f"{standins.url}/oauth2/v2.1/authorize?{urlencode(ASKED)}")

    text = page.data.decode()
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text))
    assert {name: unescape(value) for name, value in hidden.items() if value} == ASKED
    assert "許可する" in text
    assert "キャンセル" in text


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "1"},
        {"redirect_uri": "https://elsewhere.example"},
        {"response_type": "token"},
        {"state": ""},
        {"scope": "profile"},
    ],
)
def test_a_request_that_line_would_not_take_shows_no_button(standins, http, post, changes):
    query = urlencode({**ASKED, **changes})

    assert http.request("GET", f"{standins.url}/oauth2/v2.1/authorize?{query}").status == 400
    assert (
        post("authorize", **{**ASKED, **changes, "user": USER, "decision": "allow"}).status == 400
    )


def test_a_yes_leads_back_with_a_code_that_tells_who_it_is(post):
    came = back(post)
    token = exchange(post, came["code"]).json()

    verified = post("verify", id_token=token["id_token"], client_id=LOGIN, nonce="the nonce")

    assert came["state"] == "the state"
    assert token["token_type"] == "Bearer"
    assert (verified.status, verified.json()["sub"], verified.json()["aud"]) == (200, USER, LOGIN)


def test_a_no_leads_back_with_the_reason(post):
    came = back(post, "deny")

    assert (came["error"], came["state"]) == ("access_denied", "the state")
    assert "code" not in came


def test_a_code_is_good_once_for_its_channel_and_its_way_back(post):
    assert exchange(post, back(post)["code"], client_secret="wrong").status == 400
    assert exchange(post, back(post)["code"], redirect_uri=f"{BACK}/").status == 400
    assert exchange(post, back(post)["code"], grant_type="password").status == 400
    code = back(post)["code"]

    assert [exchange(post, code).status for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(
    "changes",
    [{"nonce": "another"}, {"client_id": "1"}, {"id_token": "a.b.c"}, {"id_token": ""}],
    ids=["another nonce", "another channel", "a forged token", "no token"],
)
def test_an_id_token_that_is_not_line_s_for_this_login_is_refused(post, changes):
    token = exchange(post, back(post)["code"]).json()["id_token"]

    fields = {"id_token": token, "client_id": LOGIN, "nonce": "the nonce", **changes}

    assert post("verify", **fields).status == 400


def test_who_is_asked_to_add_the_account_has_then_added_it(post, line, control, standins):
    standins.app.line.events.did(CHANNEL, USER, {"type": "unfollow"})

    back(post, bot_prompt="aggressive")

    assert not standins.app.line.events.blocks(CHANNEL, USER)
