"""`kizuna runs`: how soon a day's messages were accepted, and whether any came twice."""

import json
from datetime import timedelta

import pytest

from shared.rules.account import Channel
from shared.rules.message import Due
from shared.rules.outcomes import Batch, Entry, Outcome, Result
from shared.rules.reconciliation import Sums
from shared.rules.stage import Phase
from shared.store.keys import JobId
from shared.store.run import Run
from tests.waves import wave
from tests.world import TEN, TODAY, bunkyo

EMAIL = JobId("bunkyo", TODAY, Channel.EMAIL, 0)
LINE = JobId("bunkyo", TODAY, Channel.LINE, 0)


def report(kizuna):
    ran = kizuna("runs", "--on", TODAY.isoformat(), "--json")
    assert ran.status == 0, ran.err
    return json.loads(ran.out)


@pytest.fixture
def run(store):
    """An open run of two jobs; that of the mails is done."""
    (settings,) = bunkyo().settings
    opened = Run("bunkyo", TODAY, settings, {}, ((Channel.EMAIL, 0), (Channel.LINE, 0)), TEN)
    assert store.ledger.open_run(opened)
    lease = store.ledger.lease(EMAIL, 300)
    call = Batch("b1", "key", TEN, (Entry("s1", ("e1",), Due(Phase.PREGNANCY, 224)),))
    store.waves.freeze(lease, wave(call))
    sent = call.with_outcomes([Outcome(Result.ACCEPTED, None, "m-1")])
    store.waves.record(EMAIL, wave(Batch(sent.id, sent.key, TEN, sent.entries, settled_at=TEN)))
    store.ledger.finish(lease, Sums(planned=20, accepted=20, minutes={1: 10, 3: 9, 14: 1}))
    return opened


def test_the_minutes_of_a_run_and_of_its_channels_are_told(kizuna, run):
    (found,) = report(kizuna)["runs"]

    soon = {"50": 1, "95": 3, "100": 14}
    assert (found["total"]["minutes"], found["channels"]["email"]["minutes"]) == (soon, soon)
    assert found["channels"]["line"]["minutes"] is None
    text = kizuna("runs", "--on", TODAY.isoformat()).out
    assert "minutes until accepted: 50% 1, 95% 3, 100% 14 (bunkyo)" in text
    assert "repeated: 0" in text


def test_without_runs_there_are_no_minutes(kizuna, store):
    assert report(kizuna)["total"]["minutes"] is None


@pytest.mark.parametrize("closed", [False, True])
def test_what_came_twice_is_told_by_the_sums_and_by_what_providers_told_later(
    kizuna, store, run, closed
):
    sums = {Channel.EMAIL: Sums(planned=20, accepted=20), Channel.LINE: Sums(repeated=2)}
    if closed:
        store.ledger.close_run(run, sums, TEN + timedelta(hours=1))
    else:
        store.ledger.finish(store.ledger.lease(LINE, 300), sums[Channel.LINE])

    for name in ("m-8", "m-9", "m-9"):
        store.waves.note_known(EMAIL, "b1", {0: name})

    (found,) = report(kizuna)["runs"]
    assert {name: each["repeated"] for name, each in found["channels"].items()} == {
        "email": 2,
        "line": 2,
    }
    assert found["total"]["repeated"] == report(kizuna)["total"]["repeated"] == 4
    assert "repeated: 4 (bunkyo 4)" in kizuna("runs", "--on", TODAY.isoformat()).out
