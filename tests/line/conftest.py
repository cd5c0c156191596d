"""A phone, and the HTTP API behind the public address, for tests of LINE."""

from collections.abc import Iterator

import pytest
import urllib3

from tests.line.bridge import http_api
from tests.line.phone import Phone
from tests.world import World


@pytest.fixture
def phone(world: World) -> Iterator[Phone]:
    with http_api() as url:
        pages = {"pages": {"api": url}}
        answer = urllib3.request("PUT", f"{world.standins.url}/_standins/config", json=pages)
        assert answer.status == 200
        yield Phone(world)
