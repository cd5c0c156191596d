"""Credentials in the console: stored, tried at the provider, and never shown again."""

import json

import pytest
import urllib3

from tests.console.conftest import Console
from tests.console.test_accounts import noted
from tests.template import client

KEYS = "/console/accounts/bunkyo/credentials"
SID, TOKEN, SECRET = f"AC{'a1' * 16}", "b2" * 16, "c3" * 16
LINE = {"channel_id": "2001234567", "channel_secret": SECRET}
SMS = {"account_sid": SID, "auth_token": TOKEN, "sender": "KIZUNA"}


def stored(kind: str) -> dict[str, str]:
    found = client("secretsmanager").get_secret_value(SecretId=f"kizuna/accounts/bunkyo/{kind}")
    return json.loads(found["SecretString"])


def twilio_is(console: Console, status: str) -> None:
    url = f"{console.world.standins.url}/_standins/config"
    account = {"auth_token": TOKEN, "status": status}
    assert urllib3.request("PUT", url, json={"twilio": {"accounts": {SID: account}}}).status < 300


def test_what_is_stored_is_never_shown_again(console: Console) -> None:
    before = stored("sms")
    answer = console.post(f"{KEYS}/sms", SMS)
    page = console.get(answer.location)

    assert answer.status == 303
    assert stored("sms") == SMS
    assert "SMS（Twilio）の接続情報を保存しました" in page.text
    assert "最後に変えた日" in page.text
    for value in (*before.values(), *SMS.values()):
        assert value not in page.body
        assert value not in answer.location
        assert value not in str(noted(console))
    assert noted(console) == [("管理 花子", "replaced the credentials for sms", "bunkyo")]


def test_the_first_are_made_and_a_page_says_where_the_provider_posts_to(console: Console) -> None:
    name = "kizuna/accounts/bunkyo/line-login"
    client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)

    before = console.get(KEYS).text
    console.post(f"{KEYS}/line-login", LINE)

    assert "LINEログイン なし" in before
    assert "LINEログイン あり" in console.get(KEYS).text
    assert "/line/webhook/bunkyo" in before
    assert "/sms/inbound/bunkyo" in before
    assert stored("line-login") == LINE
    assert noted(console) == [("管理 花子", "stored the credentials for line-login", "bunkyo")]


@pytest.mark.parametrize(
    ("kind", "parts", "line"),
    [
        ("line", {**LINE, "channel_id": "200"}, "チャネルID：数字10けた"),
        ("line", {**LINE, "channel_secret": ""}, "チャネルシークレット：英数字32文字"),
        ("sms", {**SMS, "account_sid": f"SK{'0' * 32}"}, "アカウントSID：ACではじまる34文字"),
        ("sms", {**SMS, "auth_token": "x" * 32}, "Auth Token：英数字32文字"),
        ("sms", {**SMS, "sender": "090-1234-5678"}, "送信元：+81"),
    ],
)
def test_what_cannot_be_right_is_not_stored(
    console: Console, kind: str, parts: dict[str, str], line: str
) -> None:
    before = stored(kind)

    answer = console.post(f"{KEYS}/{kind}", parts)

    assert answer.status == 422
    assert line in answer.text
    assert SECRET not in answer.body, "what is secret is typed in again"
    assert TOKEN not in answer.body
    assert stored(kind) == before
    assert noted(console) == []


@pytest.mark.parametrize("kind", ["line", "sms"])
def test_good_credentials_are_tried_without_sending_anything(console: Console, kind: str) -> None:
    answer = console.get(console.post(f"{KEYS}/{kind}/try").location)

    assert "この接続情報で、つながりました" in answer.text
    assert console.world.sent() == []
    assert noted(console) == [("管理 花子", f"tried the credentials for {kind}", "bunkyo")]


@pytest.mark.parametrize(("kind", "parts"), [("line", LINE), ("sms", SMS)])
def test_credentials_that_the_provider_does_not_know_are_said_to_be_so(
    console: Console, kind: str, parts: dict[str, str]
) -> None:
    console.post(f"{KEYS}/{kind}", parts)

    tried = console.post(f"{KEYS}/{kind}/try")

    assert "この接続情報を受け付けません" in console.get(tried.location).text


def test_an_account_that_its_provider_has_suspended_is_said_to_be_so(console: Console) -> None:
    console.post(f"{KEYS}/sms", SMS)
    twilio_is(console, "suspended")
    suspended = console.get(console.post(f"{KEYS}/sms/try").location)
    twilio_is(console, "active")
    active = console.get(console.post(f"{KEYS}/sms/try").location)

    assert "アカウントが止められています" in suspended.text
    assert "つながりました" in active.text


@pytest.mark.parametrize(("kind", "operation"), [("line", "token"), ("sms", "account")])
@pytest.mark.parametrize("fault", ["server_error", "garbled", "disconnect", "throttle"])
def test_without_an_answer_nothing_is_said_of_the_credentials(
    console: Console, kind: str, operation: str, fault: str
) -> None:
    provider = {"line": "line", "sms": "twilio"}[kind]
    console.world.fail(provider=provider, kind=fault, operation=operation)

    tried = console.post(f"{KEYS}/{kind}/try")

    assert "返事がありません" in console.get(tried.location).text


def test_what_is_not_there_cannot_be_tried(console: Console) -> None:
    name = "kizuna/accounts/bunkyo/sms"
    client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)

    assert console.post(f"{KEYS}/sms/try").status == 409
    assert console.post(f"{KEYS}/line-login/try").status == 404
    assert console.post(f"{KEYS}/fax", SMS).status == 404


def test_a_secret_that_is_being_deleted_counts_for_nothing(console: Console) -> None:
    client("secretsmanager").delete_secret(SecretId="kizuna/accounts/bunkyo/sms")

    assert "SMS（Twilio） なし" in console.get(KEYS).text
    assert console.post(f"{KEYS}/sms/try").status == 409


@pytest.mark.parametrize("role", ["viewer", "editor", "reviewer"])
def test_only_an_administrator_has_to_do_with_them(console: Console, role: str) -> None:
    before = stored("sms")

    assert console.at(role).get(KEYS).status == 403
    assert console.at(role).post(f"{KEYS}/sms", SMS).status == 403
    assert console.at(role).post(f"{KEYS}/sms/try").status == 403
    assert stored("sms") == before
