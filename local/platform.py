"""The local platform: the deployed template on a local AWS, and the providers' stand-ins."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import urllib3

from functions.console.oidc import ACCOUNT, GROUPS
from local.deploy import ROOT, deploy
from local.processes import (
    LOOPBACK,
    Process,
    aws_environment,
    free_port,
    start_aws,
    start_sign_in,
    start_standins,
)
from shared.console.roles import Role
from shared.rules.account import Account, Channel, Delivery

STACK = "kizuna"
MAIL_DOMAIN = "kizuna.example.jp"
STATE = ROOT / ".kizuna"
_UP = STATE / "up.json"


STAFF = tuple(
    {
        "sub": f"{role}@kizuna.example.jp",
        "email": f"{role}@kizuna.example.jp",
        "name": name,
        GROUPS: [role.value],
        **({ACCOUNT: "bunkyo"} if role is Role.OFFICER else {}),
    }
    for role, name in (
        (Role.ADMIN, "管理 花子"),
        (Role.REVIEWER, "確認 次郎"),
        (Role.EDITOR, "編集 三郎"),
        (Role.VIEWER, "閲覧 四郎"),
        (Role.OFFICER, "文京区 担当"),
    )
)
"""Who can sign in to the console of a local platform, by one click each: invented people."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a running platform listens, and the process that runs it."""

    pid: int
    aws_url: str
    pages_url: str

    def environment(self) -> dict[str, str]:
        """What points this program and the aws client at the platform."""
        return {**aws_environment(self.aws_url), "KIZUNA_STACK": STACK}


def use(address: Address) -> None:
    """Point this process, and those it starts, at a platform, whatever profile or proxy the
    machine has for the world outside.
    """
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    beside = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    direct = ",".join(each for each in (LOOPBACK, beside) if each)
    os.environ.update(address.environment(), NO_PROXY=direct, no_proxy=direct)


def running() -> Address | None:
    """The platform that `kizuna up` keeps running from this checkout, or None."""
    try:
        address = Address(**json.loads(_UP.read_text(encoding="utf-8")))
        os.kill(address.pid, 0)
    except (FileNotFoundError, ProcessLookupError, ValueError, TypeError):
        return None
    return address


class Platform:
    """A platform of its own on free ports, for as long as the `with` block lasts.

    Where it is `live`, EventBridge ticks as on AWS; else time passes only as ticks are told. Where
    it is `fallible`, its Lambdas reach DynamoDB and SQS by way of the stand-ins, which can be told
    to fail there as for any provider; each call then takes a little longer.
    """

    def __init__(
        self,
        folder: Path,
        *,
        pages_port: int | None = None,
        live: bool = False,
        fallible: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("outbox.sqlite3*"):
            left.unlink()
        self.folder = folder
        self._pages_port, self._live, self._fallible = pages_port or free_port(), live, fallible

    def __enter__(self) -> Self:
        """Start everything and deploy; what was started is stopped where that fails."""
        pages = f"http://{LOOPBACK}:{self._pages_port}"
        aws_port = free_port()
        self.address = Address(os.getpid(), f"http://{LOOPBACK}:{aws_port}", pages)
        use(self.address)
        sign_in_port = free_port()
        self._processes: list[Process] = []
        try:
            self._processes.append(start_standins(self._pages_port, self.folder))
            self._processes.append(start_sign_in(sign_in_port, self.folder, STAFF))
            self._processes.append(start_aws(aws_port, self.folder, self._ways(pages)))
        except BaseException:
            self.stop()
            raise
        try:
            self.outputs = deploy(
                STACK,
                {
                    "Clock": "given",
                    "Ticks": "ENABLED" if self._live else "DISABLED",
                    "MailDomain": MAIL_DOMAIN,
                    "PublicUrl": pages,
                    "LineApi": pages,
                    "LineDataApi": pages,
                    "LineLogin": pages,
                    "TwilioApi": pages,
                    # The stand-ins take what they are given; nobody has to wait for a laptop.
                    "SmsRate": "1000",
                    "OidcIssuer": f"http://{LOOPBACK}:{sign_in_port}",
                },
            )
            self._configure()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything."""
        self.stop()

    def stop(self) -> None:
        """Stop what was started, and withdraw the announcement."""
        for each in reversed(self._processes):
            each.stop()
        if running() == self.address:
            _UP.unlink()

    def _ways(self, pages: str) -> dict[str, str]:
        """Which services the Lambdas reach at the stand-ins."""
        ways = {"AWS_ENDPOINT_URL_SESV2": pages}
        if self._fallible:
            ways |= dict.fromkeys(
                ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS"), f"{pages}/_aws"
            )
        return ways

    def announce(self) -> None:
        """Let other commands of this checkout find the platform."""
        STATE.mkdir(exist_ok=True)
        _UP.write_text(json.dumps(asdict(self.address)), encoding="utf-8")

    def _configure(self) -> None:
        api = f"{self.address.aws_url}/_aws/execute-api/{self.outputs['PagesApi']}/$default"
        put_config(
            self.address,
            {
                "pages": {"api": api},
                "ses": {
                    "verified_domains": [MAIL_DOMAIN],
                    "configuration_sets": [f"{STACK}-messages"],
                    "events_topic": self.outputs["EmailEventTopic"],
                    "aws_endpoint": self.address.aws_url,
                },
            },
        )


def provide_credentials(address: Address, accounts: Iterable[Account]) -> None:
    """Give each account that sends through us its invented LINE and Twilio credentials: in
    Secrets Manager, as staff do on AWS, and at the stand-ins, which refuse all others.
    """
    secrets = boto3.client("secretsmanager")
    line: dict[str, Any] = {}
    logins: dict[str, Any] = {}
    twilio: dict[str, Any] = {}
    for account in accounts:
        if account.settings[-1].delivery is Delivery.EXTERNAL:
            continue
        digest = hashlib.sha256(account.id.encode()).hexdigest()
        line_channel = {"channel_id": f"{int(digest[:12], 16) % 10**10:010d}"}
        line_channel["channel_secret"] = digest[:32]
        sms = {"account_sid": f"AC{digest[:32]}", "auth_token": digest[32:]}
        sms["sender"] = f"+8150{int(digest[12:24], 16) % 10**8:08d}"
        line[line_channel["channel_id"]] = {
            "secret": line_channel["channel_secret"],
            "name": account.settings[-1].name,
            "webhook": f"{address.pages_url}/line/webhook/{account.id}",
        }
        login = {"channel_id": f"{int(digest[24:36], 16) % 10**10:010d}"}
        login["channel_secret"] = digest[16:48]
        logins[login["channel_id"]] = {
            "secret": login["channel_secret"],
            "redirect": f"{address.pages_url}/line/callback",
            "bot": line_channel["channel_id"],
        }
        inbound = f"{address.pages_url}/sms/inbound/{account.id}"
        twilio[sms["account_sid"]] = {"auth_token": sms["auth_token"], "inbound_url": inbound}
        secret_parts = {Channel.LINE: line_channel, "line-login": login, Channel.SMS: sms}
        for channel, credentials in secret_parts.items():
            name = f"{STACK}/accounts/{account.id}/{channel}"
            try:
                secrets.create_secret(Name=name, SecretString=json.dumps(credentials))
            except secrets.exceptions.ResourceExistsException:
                secrets.put_secret_value(SecretId=name, SecretString=json.dumps(credentials))
    line_section = {"channels": line, "logins": logins}
    put_config(address, {"line": line_section, "twilio": {"accounts": twilio}})


def counts(address: Address) -> dict[str, Any]:
    """What the stand-ins counted: messages `sent` by channel, how many were `repeated`, calls."""
    found: dict[str, Any] = urllib3.request("GET", f"{address.pages_url}/_standins/counts").json()
    return {name: found[name] for name in ("sent", "repeated", "calls", "incidents")}


def put_config(address: Address, config: dict[str, Any]) -> None:
    """Tell the stand-ins what accounts they imitate."""
    answer = urllib3.request("PUT", f"{address.pages_url}/_standins/config", json=config)
    if answer.status >= 300:
        message = f"the stand-ins refused their configuration: {answer.data.decode()}"
        raise RuntimeError(message)
