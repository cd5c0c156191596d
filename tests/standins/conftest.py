"""A stand-in server for each test, and the clients that real code would use."""

import json
from typing import Any

import boto3
import pytest
import urllib3
from botocore.config import Config as BotoConfig
from botocore.validate import ParamValidator
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client as TwilioClient

from local.standins.config import Config
from local.standins.server import Standins

ACCOUNT = "AC" + "0123456789abcdef" * 2
CHANNEL, SECRET = "2001234567", "line-secret"
CONFIG = Config.model_validate(
    {
        "line": {"channels": {CHANNEL: {"secret": SECRET}}},
        "twilio": {"accounts": {ACCOUNT: {"auth_token": "token", "api_keys": {"SK1": "key"}}}},
        "ses": {"verified_domains": ["asunaro.example.jp"]},
    }
)


@pytest.fixture
def standins(tmp_path):
    with Standins(tmp_path / "outbox.db", CONFIG) as running:
        yield running


@pytest.fixture
def http():
    with urllib3.PoolManager(retries=False, timeout=5.0) as pool:
        yield pool


@pytest.fixture
def control(standins, http):
    """Calls a control route and gives what it answers."""

    def call(method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body)
        answer = http.request(method, f"{standins.url}/_standins/{path}", body=data)
        assert answer.status == 200, answer.data
        return answer.json()

    return call


@pytest.fixture
def configure(control):
    """Changes one section of the configuration, keeping what the tests rely on."""

    def change(section: str, **values: Any) -> None:
        before = CONFIG.model_dump(mode="json")[section]
        control("PUT", "config", {section: {**before, **values}})

    return change


@pytest.fixture
def fail(control):
    """Has the next call of a provider fail."""

    def ask(provider: str, kind: str, **values: Any) -> None:
        control("POST", "faults", {"provider": provider, "kind": kind, **values})

    return ask


@pytest.fixture
def ses(standins):
    """The real boto3 client, which also checks every answer against botocore's API model."""
    client = boto3.client(
        "sesv2",
        endpoint_url=standins.url,
        region_name="ap-northeast-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=BotoConfig(retries={"total_max_attempts": 1}, read_timeout=2),
    )

    def check(http_response, model, **_):
        if http_response.status_code == 200 and http_response.content.startswith(b"{"):
            report = ParamValidator().validate(
                json.loads(http_response.content), model.output_shape
            )
            assert not report.has_errors(), report.generate_report()

    client.meta.events.register("after-call.sesv2", check)
    yield client
    client.close()


@pytest.fixture
def twilio(standins):
    """The real twilio package, pointed at the stand-in."""
    http_client = TwilioHttpClient(timeout=2)
    client = TwilioClient(ACCOUNT, "token", http_client=http_client)
    client.api.base_url = standins.url
    yield client
    http_client.session.close()


class LineAccount:
    """Calls LINE by hand, as the product does."""

    def __init__(self, url: str, http: urllib3.PoolManager) -> None:
        self.url = url
        self.http = http
        self.headers: dict[str, str] = {}

    def log_in(self, secret: str = SECRET, channel: str = CHANNEL) -> Any:
        answer = self.http.request(
            "POST",
            f"{self.url}/oauth2/v3/token",
            fields={
                "grant_type": "client_credentials",
                "client_id": channel,
                "client_secret": secret,
            },
            encode_multipart=False,
        )
        if answer.status == 200:
            self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return answer

    def get(self, path: str) -> Any:
        return self.http.request("GET", f"{self.url}/v2/bot/message/{path}", headers=self.headers)

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> Any:
        return self.http.request(
            "POST",
            f"{self.url}/v2/bot/message/{path}",
            body=json.dumps(body) if not isinstance(body, bytes) else body,
            headers={
                "Content-Type": "application/json",
                **self.headers,
                **({"X-Line-Retry-Key": key} if key else {}),
                **headers,
            },
        )


@pytest.fixture
def line(standins, http):
    account = LineAccount(standins.url, http)
    account.log_in()
    return account
