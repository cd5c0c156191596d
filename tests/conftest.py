"""Fixtures that tests of several subjects share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.providers import http
from tests.browser import browser
from tests.world import World, a_world

__all__ = ["browser", "closed", "world"]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No test leaves connections to its stand-ins behind."""
    yield
    http.close()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A platform in process, with one account and its texts, and nobody subscribed yet."""
    with a_world(tmp_path, monkeypatch) as made:
        yield made
