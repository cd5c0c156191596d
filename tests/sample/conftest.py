"""The people that most tests look at."""

import pytest

from tests.sample.towns import rows_of


@pytest.fixture(scope="module")
def rows():
    return rows_of()
