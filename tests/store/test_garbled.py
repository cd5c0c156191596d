"""An answer of DynamoDB's that cannot be read is not taken for an empty one."""

import botocore.endpoint
import pytest

from shared.rules.account import Channel
from shared.store.keys import JobId
from shared.store.store import Store
from shared.store.tables import GarbledError
from tests.aws import ENGINE, answer_of
from tests.store.test_ledger import a_run
from tests.world import TODAY


def test_a_record_that_could_not_be_read_is_not_taken_for_one_that_is_not_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.ledger.open_run(a_run())
    monkeypatch.setattr(botocore.endpoint.time, "sleep", lambda _seconds: None)

    with monkeypatch.context() as patch:
        patch.setattr(
            ENGINE,
            "between",
            lambda _service, _operation, request, _go_on: answer_of(
                request, 200, b"<html><body>upstream"
            ),
        )
        with pytest.raises(GarbledError, match="no JSON"):
            store.ledger.run(TODAY, "bunkyo")
        with pytest.raises(GarbledError, match="no JSON"):
            list(store.ledger.runs(TODAY))
        with pytest.raises(GarbledError, match="no JSON"):
            store.ledger.lease(JobId("bunkyo", TODAY, Channel.EMAIL, 0), 300)

    assert store.ledger.run(TODAY, "bunkyo") == a_run()
