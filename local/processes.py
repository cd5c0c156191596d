"""The processes of the local platform: AWS (ministack) and the stand-ins, all on loopback."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import urllib3

REGION = "ap-northeast-1"
LOOPBACK = "127.0.0.1"
START_SECONDS = 60.0
_POLL_SECONDS = 0.05


class StartError(RuntimeError):
    """A process did not come up; the message says which, and where its log is."""


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def aws_environment(aws_url: str) -> dict[str, str]:
    """What points boto3 and the aws client at the local platform. The keys are not secret."""
    return {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }


@dataclass(frozen=True, slots=True)
class Process:
    """A started process with its log."""

    name: str
    popen: "subprocess.Popen[bytes]"
    log: Path

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self.popen.terminate()
        try:
            self.popen.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until `ready`; StartError where the process ends before, or it takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self.popen.poll() is not None or time.monotonic() > deadline:
                self.stop()
                message = f"{self.name} did not start; its log is {self.log}"
                raise StartError(message)
            time.sleep(_POLL_SECONDS)


def start_aws(port: int, folder: Path, extra: Mapping[str, str]) -> Process:
    """Start the local AWS on a port; Lambdas get `extra` in their environment."""
    environment = {
        **aws_environment(f"http://{LOOPBACK}:{port}"),
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_REGION": REGION,
        "GATEWAY_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(folder),
        "S3_DATA_DIR": str(folder / "s3"),
        **extra,
    }
    process = _start("ministack", ["-m", "ministack"], folder, environment)
    process.wait_until(lambda: _answers(f"http://{LOOPBACK}:{port}/_ministack/health"))
    return process


def start_standins(port: int, folder: Path) -> Process:
    """Start the providers' stand-ins and the inbox on a port."""
    arguments = ["-m", "local.standins.server"]
    arguments += ["--port", str(port), "--outbox", str(folder / "outbox.sqlite3")]
    process = _start("standins", arguments, folder, {})
    process.wait_until(lambda: _answers(f"http://{LOOPBACK}:{port}/_standins/health"))
    return process


def start_sign_in(port: int, folder: Path, people: Sequence[Mapping[str, object]]) -> Process:
    """Start the identity provider's stand-in on a port, where each of `people` (claims) signs in by
    one click.
    """
    arguments = ["-m", "oidc_provider_mock", "--host", LOOPBACK, "--port", str(port)]
    for each in people:
        arguments += ["--user-claims", json.dumps(each, ensure_ascii=False)]
    process = _start("sign-in", arguments, folder, {})
    there = f"http://{LOOPBACK}:{port}/.well-known/openid-configuration"
    process.wait_until(lambda: _answers(there))
    return process


def _start(
    name: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> Process:
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=Path(__file__).resolve().parent.parent,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Process(name, popen, log)


def _answers(url: str) -> bool:
    try:
        answer = urllib3.request("GET", url, timeout=2, retries=False)
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status == 200
