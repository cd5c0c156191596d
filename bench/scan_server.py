"""A loopback server that answers DynamoDB's Scan with pages of invented people, as many as asked.

Its work is done beforehand and in a process of its own, so what is measured is the reader.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from pydantic import TypeAdapter

from cli.files.faults import Faults
from cli.files.subscribers import read_subscribers
from cli.files.table import Row, read_table
from local.sample.generator import subscriber_rows
from shared.office.account.settings import ACCOUNT_COLUMNS, read_accounts
from shared.rules.account import Account
from shared.rules.subscriber import Subscriber
from shared.store import keys
from shared.store.tables import keyed

TODAY = date(2026, 12, 1)
NOW = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
PAST_DAYS = 3 * 365
"""Whoever graduated so long ago is in the table still, as in a service of some years."""

PEOPLE = 4_000
"""So many are invented; a larger table has them again and again, under other ids."""

PAGE_BYTES = 1 << 20
"""DynamoDB reads so much for a page (API reference, Scan, read November 2026)."""

_PAGE = "@page@"
"""Stands in a ready-made page where the number of the page belongs."""

_serialize = TypeSerializer().serialize


def table_of(enrolments: int) -> str:
    """The name under which the server has a table of about so many enrolments."""
    return f"enrolments-{enrolments}"


@cache
def accounts() -> dict[str, Account]:
    """The accounts of the sample."""
    faults = Faults("accounts.csv")
    file = Path(__file__).parents[1] / "local" / "sample" / "accounts.csv"
    found = read_accounts(read_table(file, ACCOUNT_COLUMNS, faults), {}, TODAY)
    faults.stop()
    return found


def invented(count: int) -> list[Subscriber]:
    """So many invented subscribers."""
    faults = Faults("subscribers.csv")
    written = subscriber_rows(
        list(accounts().values()), count=count, today=TODAY, past_days=PAST_DAYS
    )
    rows = (Row(n, each, faults) for n, each in enumerate(written, 2))
    found = read_subscribers(rows, accounts(), NOW)
    faults.stop()
    return [subscriber for _, subscriber in found]


@contextmanager
def scan_server(*, people: int = PEOPLE, page_bytes: int = PAGE_BYTES) -> Iterator[str]:
    """The URL of a server that ends with the block."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, people, page_bytes), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(parent: Connection, people: int, page_bytes: int) -> None:
    _Answers.tables = _Tables(invented(people), page_bytes)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    parent.send(server.server_address[1])
    server.serve_forever()


@dataclass(frozen=True)
class _Page:
    """A page of people whose ids still lack the number of the page."""

    documents: Sequence[Mapping[str, Any]]
    enrolments: int


class _Tables:
    """What the server says, by DynamoDB's name of the request."""

    def __init__(self, people: Iterable[Subscriber], page_bytes: int) -> None:
        adapter = TypeAdapter(Subscriber)
        documents = [adapter.dump_python(each, mode="json") for each in people]
        numbered = [{**each, "id": f"{_PAGE}-{each['id']}"} for each in documents]
        self._pages = list(_pages(numbered, page_bytes))
        self._written: dict[tuple[int, int, tuple[str, ...]], str] = {}

    def answer(self, operation: str, asked: Mapping[str, Any]) -> bytes:
        """The body of an answer: people to Scan, the accounts to Query, nothing to GetItem."""
        if operation == "Scan":
            return self._scan(asked)
        return self._accounts if operation == "Query" else b"{}"

    @property
    def _accounts(self) -> bytes:
        adapter = TypeAdapter(Account)
        items = [
            _wire(keyed(keys.account(each.id), {"account": adapter.dump_python(each, mode="json")}))
            for each in accounts().values()
        ]
        return json.dumps({"Items": items}).encode()

    def _scan(self, asked: Mapping[str, Any]) -> bytes:
        segment, segments = asked.get("Segment", 0), asked.get("TotalSegments", 1)
        after = asked.get("ExclusiveStartKey")
        number = segment if after is None else int(after["id"]["S"][:6]) + segments
        whole, rest = self._extent(int(asked["TableName"].rpartition("-")[2]))
        last = whole if rest else whole - 1
        if number > last:
            return b'{"Items":[],"Count":0,"ScannedCount":0}'
        page = self._pages[number % len(self._pages)]
        length = rest if number == whole else len(page.documents)
        names = tuple(asked.get("ExpressionAttributeNames", {}).values())
        body = self._body(number % len(self._pages), length, names)
        more = f',"LastEvaluatedKey":{{"id":{{"S":"{_PAGE}"}}}}}}' if number < last else "}"
        return (body + more).replace(_PAGE, f"{number:06d}").encode()

    def _extent(self, enrolments: int) -> tuple[int, int]:
        """How many whole pages a table has, and how many people on the page after them."""
        whole = 0
        while (page := self._pages[whole % len(self._pages)]).enrolments <= enrolments:
            enrolments -= page.enrolments
            whole += 1
        rest = 0
        while enrolments > 0:
            enrolments -= len(page.documents[rest]["enrolments"])
            rest += 1
        return whole, rest

    def _body(self, page: int, length: int, names: tuple[str, ...]) -> str:
        """A page as it goes over the wire, made once, up to where its last brace belongs."""
        made = page, length, names
        if made not in self._written:
            items = [
                _wire({name: each[name] for name in names or each if name in each})
                for each in self._pages[page].documents[:length]
            ]
            found = {"Items": items, "Count": length, "ScannedCount": length}
            text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
            self._written[made] = text.removesuffix("}")
        return self._written[made]


def _pages(documents: Sequence[Mapping[str, Any]], page_bytes: int) -> Iterator[_Page]:
    """The documents as pages: as DynamoDB does, each is full before what is asked for is chosen."""
    ends, sizes = 0, []
    for each in documents:
        ends += _size(each)
        sizes.append(ends)
    by_page = groupby(zip(documents, sizes, strict=True), key=lambda each: each[1] // page_bytes)
    for _, group in by_page:
        of_page = [document for document, _ in group]
        yield _Page(of_page, sum(len(each["enrolments"]) for each in of_page))


def _size(value: Any) -> int:  # noqa: ANN401 - as stored
    """About as DynamoDB counts (Developer Guide, "item sizes and formats"): names and texts in
    UTF-8, 3 bytes for a list or a map and 1 for each in it.
    """
    match value:
        case dict():
            return 3 + sum(len(name) + 1 + _size(each) for name, each in value.items())
        case list() | tuple():
            return 3 + sum(1 + _size(each) for each in value)
        case str():
            return len(value.encode())
        case _:
            return 1


def _wire(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in document.items()}


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    tables: _Tables

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        _, _, operation = self.headers["X-Amz-Target"].partition(".")
        body = self.tables.answer(operation, asked)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amz-crc32", str(zlib.crc32(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of single requests."""
