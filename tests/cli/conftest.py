"""A store in process, files to read, and the program as a person calls it."""

import csv
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from cli.files.faults import Fault, Faults
from cli.files.table import Row, read_table
from cli.main import main
from shared.rules.dates import JST
from shared.store.store import Names, Store, open_store
from tests.aws import aws
from tests.template import TEMPLATE, create_in_process

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
STACK = "kizuna-test"

ACCOUNT = {
    "account": "bunkyo",
    "name": "文京区",
    "code": "131059",
    "kind": "municipality",
    "delivery": "own",
    "channels": "email;line;sms",
    "send_at": "09:00",
    "quiet_from": "21:00",
    "quiet_to": "06:00",
    "end_of_delivery": "birthday(3)",
    "valid_from": "2019-04-01",
}
SUBSCRIBER = {
    "subscriber": "s-1",
    "account": "bunkyo",
    "channel": "email",
    "address": "hana@example.jp",
    "touchpoint": "母子手帳交付",
    "enrolment": "e-1",
    "nickname": "はな",
    "due_date": "2027-03-01",
    "birth_date": "",
    "birth_registered_at": "",
    "joined_at": "2026-10-01T12:00+09:00",
    "stopped_at": "",
    "stopped_by": "",
    "returned_at": "",
}
TEXT = {
    "series": "common",
    "phase": "pregnancy",
    "day": "28",
    "title": "4週0日",
    "text": "{account}からのお便りです。",
    "notice": "今日からお便りをお届けします。",
}


def csv_of(*rows: Mapping[str, str]) -> str:
    """Rows as the text of a CSV file; the first gives the columns."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def rows_of(path: Path, columns: Sequence[str]) -> tuple[list[Row], list[Fault]]:
    """The rows of a file, and the list to which their faults will be added."""
    faults = Faults(path.name)
    return read_table(path, columns, faults), faults.found


@dataclass
class Ran:
    """What came of a call of the program."""

    status: int
    out: str
    err: str


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store, as the template defines it, behind a stack that `connect` finds."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "KIZUNA_STACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with aws(), ExitStack() as answers:
        refs = create_in_process()
        answers.enter_context(_answered("cloudformation.DescribeStacks", _stack(refs)))
        names = Names(
            subscribers=refs["SubscriberTable"],
            directory=refs["DirectoryTable"],
            ledger=refs["LedgerTable"],
            pending=refs["PendingTable"],
            bucket=refs["Bucket"],
            snapshots=refs["SnapshotBucket"],
        )
        secret = boto3.client("secretsmanager").get_secret_value(SecretId=refs["AddressKey"])
        yield open_store(names, secret["SecretString"].encode)


def _stack(refs: Mapping[str, str]) -> dict[str, Any]:
    """The stack with what the template puts out of what is there, and of its parameters' defaults,
    as CloudFormation describes it.
    """
    defaults = {name: each["Default"] for name, each in TEMPLATE["Parameters"].items()}
    known = {**defaults, **refs, "TickFunction": "TickFunction"}
    found = {name: each["Value"].get("Ref") for name, each in TEMPLATE["Outputs"].items()}
    outputs = [
        {"OutputKey": name, "OutputValue": known[ref]}
        for name, ref in found.items()
        if ref in known
    ]
    outputs.append({"OutputKey": "CredentialsPrefix", "OutputValue": f"{STACK}/accounts"})
    return {"Stacks": [{"Outputs": outputs}]}


@contextmanager
def _answered(operation: str, answer: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """AWS's answer to an operation, on the wire's near end, where moto's needs packages that we
    lack; gives the requests.
    """
    asked: list[dict[str, Any]] = []

    def respond(params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        asked.append(params)
        return AWSResponse("", 200, {}, None), answer

    session = boto3.DEFAULT_SESSION
    assert session is not None
    session.events.register(f"before-call.{operation}", respond)
    try:
        yield asked
    finally:
        session.events.unregister(f"before-call.{operation}", respond)


@pytest.fixture
def ticks(store: Store) -> Iterator[list[dict[str, Any]]]:
    """The ticks that the program asked for, each of which does something."""
    done = io.BytesIO(b"{}")
    with _answered("lambda.Invoke", {"StatusCode": 200, "Payload": done}) as asked:
        yield asked


@pytest.fixture
def kizuna(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """The program, against the stack of the test."""
    monkeypatch.setenv("KIZUNA_STACK", STACK)

    def run(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["kizuna", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return Ran(int(ended.value.code or 0), shown.out, shown.err)

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file: text as UTF-8, bytes as they are, mappings as the rows of a CSV."""

    def write_file(name: str, *content: str | bytes | Mapping[str, str]) -> Path:
        path = tmp_path / name
        first = content[0] if content else b""
        if isinstance(first, bytes):
            path.write_bytes(first)
        elif isinstance(first, str):
            path.write_bytes(first.encode())
        else:
            path.write_bytes(csv_of(*content).encode())  # type: ignore[arg-type]
        return path

    return write_file
