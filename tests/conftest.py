"""Fixtures that tests of several subjects share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import browser
from tests.world import World, a_world

__all__ = ["browser", "world"]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A platform in process, with one account and its texts, and nobody subscribed yet."""
    with a_world(tmp_path, monkeypatch) as made:
        yield made
