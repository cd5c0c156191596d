"""One local platform for all tests that need one: started by the first, stopped after the last."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from local.platform import Platform

_PLATFORM = pytest.StashKey[Platform]()


def the_platform(config: pytest.Config, folders: pytest.TempPathFactory) -> Platform:
    """The platform of this test run. The environment stays as it was: see `at`."""
    if _PLATFORM not in config.stash:
        config.stash[_PLATFORM] = started = _started(Platform(folders.mktemp("platform")))
        config.add_cleanup(started.stop)
    return config.stash[_PLATFORM]


@contextmanager
def fallible(folder: Path) -> Iterator[Platform]:
    """Another platform, whose AWS can be told to fail; boto3 and the program talk to it."""
    started = _started(Platform(folder, fallible=True))
    try:
        with at(started):
            yield started
    finally:
        started.stop()


def _started(platform: Platform) -> Platform:
    """Start a platform, which points this very process at it, and turn the process back."""
    before = dict(os.environ)
    try:
        with _no_session():
            return platform.__enter__()
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def at(platform: Platform) -> Iterator[Platform]:
    """Meanwhile boto3 and the program talk to the platform."""
    with pytest.MonkeyPatch.context() as patch, _no_session():
        for name in [each for each in os.environ if each.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in platform.address.environment().items():
            patch.setenv(name, value)
        yield platform


@contextmanager
def _no_session() -> Iterator[None]:
    """boto3 without what an earlier test left in its session, and without leaving anything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        yield
