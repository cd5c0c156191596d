"""The program as a person calls it, against a store in process."""

from tests.cli.conftest import kizuna, store

__all__ = ["kizuna", "store"]
