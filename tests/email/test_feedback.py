"""What SES tells by itself: which batches it settles, what it leaves alone, what comes back."""

import io
import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from functions.email.feedback import handler
from shared.rules.account import Channel
from shared.rules.outcomes import Batch, Outcome, Result
from shared.store.keys import JobId
from tests.email.letters import frozen, letter
from tests.waves import wave
from tests.world import TEN, TODAY, Context, World, pregnant

JOB = JobId("bunkyo", TODAY, Channel.EMAIL, 0)
OTHERS = ("Delivery", "Open", "Click", "Subscription")


def event(kind: str, position: int = 0, *, batch: str = "000001-000000", **changes: Any) -> str:
    """An event of SES about one of our mails, in the shape in which it is published."""
    tags = {
        "ses:operation": ["SendBulkEmail"],
        "ses:configuration-set": ["kizuna-messages"],
        "account": ["bunkyo"],
        "date": ["2026-11-25"],
        "shard": ["0"],
        "batch": [batch],
        "position": [str(position)],
        "frozen": [str(int(TEN.timestamp()))],
    }
    tags |= {name: [value] for name, value in changes.items()}
    mail = {
        "timestamp": "2026-11-25T01:00:01.000Z",
        "messageId": f"id-{position}",
        "source": "bunkyo@kizuna.example.jp",
        "destination": ["hanako@example.jp"],
        "commonHeaders": {"subject": "32週0日"},
        "tags": tags,
    }
    return json.dumps({"eventType": kind, "mail": mail, kind.lower(): {}})


def take_in(*bodies: str) -> list[str]:
    """Have the Lambda take in SQS records m0, m1, …; the ids of those that come back."""
    records = [
        {"messageId": f"m{n}", "body": body, "attributes": {}} for n, body in enumerate(bodies)
    ]
    answer = handler({"Records": records}, Context())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def freeze(world: World) -> Batch:
    """A batch of two that a process froze and left without a record."""
    world.tick()
    lease = world.store.ledger.lease(JOB, 300)
    assert lease is not None
    batch = frozen(letter("s1", "hanako@example.jp"), letter("s2", "taro@example.jp"))
    world.store.waves.freeze(lease, wave(batch))
    return batch


def stored(world: World) -> Batch:
    (found,) = world.store.waves.batches(JOB)
    return found


def log_of_feedback(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    log = io.StringIO()
    (stream,) = logging.getLogger("email-feedback").handlers
    monkeypatch.setattr(stream, "stream", log)
    return log


def test_send_events_are_noted_at_their_place_in_a_batch_without_a_record(world: World) -> None:
    freeze(world)

    assert take_in(event("Send", 1), event("Send", 0), event("Send", 1)) == []

    assert stored(world).known == {"0": "id-0", "1": "id-1"}
    assert not stored(world).settled


def test_events_that_come_one_by_one_add_up(world: World) -> None:
    freeze(world)

    take_in(event("Send", 1))
    assert stored(world).known == {"1": "id-1"}
    take_in(event("Send", 0))

    assert stored(world).known == {"0": "id-0", "1": "id-1"}


def test_a_batch_with_a_record_is_left_as_it_is(world: World) -> None:
    world.add(pregnant(1))
    world.day()
    settled = stored(world)
    told = event("Send", batch=settled.id)

    assert take_in(told.replace("id-0", str(settled.entries[0].outcome.provider_id))) == []

    assert settled.settled
    assert stored(world) == settled
    assert stored(world).known == {}


def repeats(world: World) -> frozenset[str]:
    """The ids of the mails that were seen to be sent twice."""
    job = world.store.ledger.job(JOB)
    assert job is not None
    return job.repeats


def test_a_second_mail_for_one_reader_is_seen_and_counted_once(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """SES tells of two mails where the ledger has one: whoever made the second call."""
    world.add(pregnant(1))
    world.day()
    world.ses_reports()
    assert '"Repeated":[1.0]' not in capsys.readouterr().out

    for _ in range(2):
        take_in(event("Send", batch=stored(world).id))

    assert repeats(world) == {"id-0"}
    assert capsys.readouterr().out.count('"Repeated":[1.0]') == 1


def test_a_mail_that_came_late_after_another_was_sent_in_its_place_is_seen(world: World) -> None:
    """SES had taken the first one after all; its event came only when the second was out."""
    world.add(pregnant(1))
    world.fail(provider="ses", kind="disconnect", times=1, after=True)
    world.day()
    (first,) = world.sent()
    world.store.ledger.note_heard(Channel.EMAIL, int(TEN.timestamp()) + 60)
    world.day(TEN + timedelta(minutes=16))
    assert [each.recipient for each in world.sent()] == [first.recipient] * 2
    assert (world.sums().accepted, world.sums().repeated) == (1, 0)

    world.ses_reports()

    assert repeats(world) == {first.provider_id}


def test_events_of_other_kinds_are_taken_in_and_change_nothing(world: World) -> None:
    batch = freeze(world)

    assert take_in(*(event(kind) for kind in OTHERS)) == []

    assert stored(world) == batch


GARBAGE = {
    "no JSON": "hanako@example.jp",
    "no object": '["hanako@example.jp"]',
    "another shape": '{"Message": "hanako@example.jp"}',
    "a position that is none": event("Send").replace(
        '"position": ["0"]', '"position": ["hanako@example.jp"]'
    ),
    "two batches": event("Send").replace(
        '"batch": ["000001-000000"]', '"batch": ["1", "hanako@example.jp"]'
    ),
}


def test_what_is_no_event_of_ours_comes_back_alone_and_its_content_is_not_logged(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    freeze(world)
    log = log_of_feedback(monkeypatch)

    failed = take_in(event("Send", 0), *GARBAGE.values(), event("Send", 1))

    assert failed == [f"m{n + 1}" for n in range(len(GARBAGE))]
    assert stored(world).known == {"0": "id-0", "1": "id-1"}
    output = capsys.readouterr()
    seen = log.getvalue() + output.out + output.err
    assert seen.count("not an SES event of ours") == len(GARBAGE)
    assert "hanako" not in seen


NOT_OF_A_RUN = {
    "a mail to the staff": {},
    "another use of the address": {"ses:from-domain": ["kizuna.example.jp"], "campaign": ["x"]},
    "a notice": {"notice": ["1"]},
}


@pytest.mark.parametrize("tags", NOT_OF_A_RUN.values(), ids=NOT_OF_A_RUN)
@pytest.mark.parametrize("kind", ["Send", "Bounce", "Complaint"])
def test_events_of_mails_that_belong_to_no_run_are_taken_in_and_change_nothing(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tags: dict[str, list[str]],
    kind: str,
) -> None:
    batch = freeze(world)
    log = log_of_feedback(monkeypatch)
    mail = {"messageId": "id", "destination": ["hanako@example.jp"], "tags": tags}

    assert take_in(json.dumps({"eventType": kind, "mail": mail, kind.lower(): {}})) == []

    assert stored(world) == batch
    assert "EmailNotOfARun" in capsys.readouterr().out
    assert "hanako" not in log.getvalue()


def test_an_event_of_a_batch_that_nobody_knows_is_dropped_with_a_warning(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(world)
    log = log_of_feedback(monkeypatch)

    assert take_in(event("Send", batch="000009-000000"), event("Send", account="chofu")) == []

    assert log.getvalue().count("SES events name no batch of ours") == 2
    assert "hanako" not in log.getvalue()
    assert stored(world).known == {}


def test_of_a_batch_that_ses_knows_in_part_the_rest_stays_unknown_and_is_not_sent_again(
    world: World,
) -> None:
    world.add(pregnant(1), pregnant(2))
    world.fail(provider="ses", kind="disconnect", times=1, after=True)
    world.day()
    first, second = world.sent()

    take_in(event("Send", 0, batch=stored(world).id))
    world.day(TEN + timedelta(minutes=15))
    world.day(TEN.replace(hour=12))

    assert stored(world).entries[0].outcome == Outcome(Result.ACCEPTED, None, "id-0")
    sums = world.sums()
    assert (sums.accepted, sums.unknown, sums.reconciles) == (1, 1, True)
    assert [each.recipient for each in world.sent()] == [first.recipient, second.recipient]


def test_events_of_the_rest_that_come_a_little_later_settle_the_batch(world: World) -> None:
    world.add(pregnant(1), pregnant(2))
    world.fail(provider="ses", kind="disconnect", times=1, after=True)
    world.day()
    take_in(event("Send", 0, batch=stored(world).id))
    world.day(TEN + timedelta(minutes=10))
    assert not stored(world).settled

    world.ses_reports()
    world.day(TEN + timedelta(minutes=14))

    assert (world.sums().accepted, world.sums().unknown) == (2, 0)
    assert len(world.sent()) == 2


def test_the_newest_mail_that_was_heard_of_is_noted_and_never_an_older_one(world: World) -> None:
    freeze(world)
    assert world.store.ledger.heard(Channel.EMAIL) is None

    take_in(event("Send", 0), event("Send", 1, frozen="1795500000"))
    take_in(event("Send", 0, frozen="1795400000"), event("Delivery", 1, frozen="1795600000"))

    heard = world.store.ledger.heard(Channel.EMAIL)
    assert heard is not None
    assert heard.timestamp() == max(int(TEN.timestamp()), 1_795_500_000)


def test_the_event_of_a_probe_is_heard_and_belongs_to_no_batch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = freeze(world)
    log = log_of_feedback(monkeypatch)

    assert take_in(event("Send", batch="probe", frozen="1795600000")) == []

    heard = world.store.ledger.heard(Channel.EMAIL)
    assert heard is not None
    assert heard.timestamp() == 1_795_600_000
    assert stored(world) == batch
    assert "no batch of ours" not in log.getvalue()


def test_more_than_fifty_readers_are_written_to_in_calls_of_fifty(world: World) -> None:
    world.add(*(pregnant(number) for number in range(51)))

    world.day()

    assert sorted(len(each.entries) for each in world.store.waves.batches(JOB)) == [1, 50]
    assert len(world.sent()) == world.sums().accepted == 51
