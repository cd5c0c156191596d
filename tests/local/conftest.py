"""The running platform, and the stack on it."""

from collections.abc import Iterator

import pytest

from cli.target import Target, connect_to
from local.platform import STACK, Platform
from tests.local.running import at, the_platform


@pytest.fixture(scope="session")
def started(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return the_platform(pytestconfig, tmp_path_factory)


@pytest.fixture(scope="module")
def platform(started: Platform) -> Iterator[Platform]:
    with at(started) as reached:
        yield reached


@pytest.fixture(scope="module")
def target(platform: Platform) -> Target:
    return connect_to(STACK, platform.address)
