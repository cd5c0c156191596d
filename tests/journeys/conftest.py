"""The same platform as in tests/local."""

from tests.local.conftest import platform, started, target

__all__ = ["platform", "started", "target"]
