"""A small day, with what it comes to when nothing fails."""

import logging
from collections.abc import Iterator

import pytest

from tests.faults.cases import Trial
from tests.faults.search import a_trial


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    """The day, recorded once for a module; its Lambdas' thousands of log lines are not kept."""
    logging.disable(logging.CRITICAL)
    try:
        with a_trial() as found:
            yield found
    finally:
        logging.disable(logging.NOTSET)
