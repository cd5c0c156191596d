"""What SES tells of mails that it took: who is stopped by whom, and who is not."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.email.feedback import BOUNCE_SUBTYPES, BOUNCES, KINDS
from shared.feedback.events import News
from shared.rules.account import Channel
from shared.rules.changes import returned
from shared.rules.failures import Counts
from shared.rules.feedback import State, Told
from shared.rules.history import Happened
from shared.rules.subscriber import Enrolment, Subscriber
from shared.store.feedback import MessageFeedback, Place
from tests.email import test_feedback as sends
from tests.email.news import MINUTE, bounce, counts, failing, known, person, status, take, told
from tests.email.test_feedback import JOB, event, log_of_feedback, stored
from tests.world import TEN, TODAY, World, pregnant


def writes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the calls of DynamoDB from now on that write."""
    made: list[str] = []

    def note(model: Any, **_: Any) -> None:
        if model.name in {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}:
            made.append(model.name)

    from botocore.client import BaseClient  # noqa: PLC0415

    real = BaseClient._make_api_call

    def watched(self: Any, name: str, params: Any) -> Any:
        note(self.meta.service_model.operation_model(name))
        return real(self, name, params)

    monkeypatch.setattr(BaseClient, "_make_api_call", watched)
    return made


@pytest.mark.parametrize(
    ("kind", "detail", "state", "expected"),
    [
        ("Bounce", {"bounceType": "Permanent", "bounceSubType": "General"}, "failed", "suspended"),
        ("Bounce", {"bounceType": "Permanent", "bounceSubType": "NoEmail"}, "failed", "suspended"),
        (
            "Bounce",
            {"bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList"},
            "failed",
            "suspended",
        ),
        (
            "Bounce",
            {"bounceType": "Transient", "bounceSubType": "Suppressed"},
            "failed",
            "suspended",
        ),
        ("Bounce", {"bounceType": "Transient", "bounceSubType": "General"}, "bounced", "active"),
        (
            "Bounce",
            {"bounceType": "Transient", "bounceSubType": "MailboxFull"},
            "bounced",
            "active",
        ),
        ("Bounce", {"bounceType": "Undetermined"}, "bounced", "active"),
        ("Bounce", {"bounceType": "Invented"}, "bounced", "active"),
        (
            "Bounce",
            {"bounceType": "Transient", "bounceSubType": "ContentRejected"},
            "rejected",
            "active",
        ),
        (
            "Bounce",
            {"bounceType": "Transient", "bounceSubType": "AttachmentRejected"},
            "rejected",
            "active",
        ),
        (
            "Bounce",
            {"bounceType": "Transient", "bounceSubType": "MessageTooLarge"},
            "rejected",
            "active",
        ),
        ("Complaint", {"complaintFeedbackType": "abuse"}, "complained", "stopped"),
        (
            "Complaint",
            {"complaintSubType": "OnAccountSuppressionList"},
            "complained",
            "stopped",
        ),
        ("DeliveryDelay", {"delayType": "MailboxFull"}, "delayed", "active"),
        ("Reject", {"reason": "Bad content"}, "rejected", "active"),
        ("Rendering Failure", {"errorMessage": "x"}, "rendering_failed", "active"),
        ("Delivery", {}, None, "active"),
    ],
)
def test_what_an_event_makes_of_a_mail_and_of_its_reader(
    world: World, kind: str, detail: dict[str, str], state: str | None, expected: str
) -> None:
    world.add(pregnant(1), pregnant(2))
    world.day()

    take(told(world, kind, 0, **detail))

    assert known(world) == state
    assert (status(world), status(world, "s2")) == (expected, "active")


def test_every_kind_of_bounce_in_the_tables_is_one_of_ses_s() -> None:
    assert set(BOUNCES) == {"Permanent", "Transient", "Undetermined"}
    assert {each for each, what in BOUNCE_SUBTYPES.items() if what is Told.REJECTED} == {
        "ContentRejected",
        "AttachmentRejected",
        "MessageTooLarge",
    }
    assert Told.COMPLAINED in KINDS.values()


def test_a_stop_is_dated_when_it_became_known(world: World) -> None:
    world.add(pregnant(1))
    world.day()
    before = datetime.now(UTC)

    take(bounce(world))

    last = person(world).enrolments[0].history[-1]
    assert last.what is Happened.STOPPED_BY_SYSTEM
    assert before <= last.at <= datetime.now(UTC)


def test_whoever_complains_gets_no_more_and_counts_as_stopped_by_themselves(world: World) -> None:
    world.add(pregnant(1))
    world.day()

    take(told(world, "Delivery"), told(world, "Complaint"))
    world.day(TEN + timedelta(days=1))

    assert person(world).enrolments[0].history[-1].what is Happened.STOPPED_BY_SUBSCRIBER
    assert person(world).generation == 1, "no link of before opens anything"
    assert len(world.sent()) == 1


def test_the_same_event_again_changes_nothing_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(*(pregnant(number) for number in range(4)))
    world.day()
    bodies = [
        bounce(world, 0),
        bounce(world, 1, "Transient"),
        told(world, "Complaint", 2),
        told(world, "DeliveryDelay", 3),
    ]
    take(*bodies)
    after = [person(world, f"s{n}") for n in range(4)]
    assert counts(world) == Counts(failed=2, bounced=1, complained=1)

    made = writes(monkeypatch)
    take(*bodies, *bodies)

    assert made == []
    assert [person(world, f"s{n}") for n in range(4)] == after
    assert counts(world) == Counts(failed=2, bounced=1, complained=1)


def test_plain_deliveries_write_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add(*(pregnant(number) for number in range(60)))
    world.day()
    batches = world.store.waves.batches(JOB)
    bodies = [
        event("Delivery", position, batch=batch.id).replace("hanako@example.jp", "x@example.jp")
        for batch in batches
        for position in range(len(batch.entries))
    ]
    assert len(bodies) == 60

    made = writes(monkeypatch)
    take(*bodies)

    assert made == []


def test_a_delivery_forgets_earlier_failures(world: World) -> None:
    world.add(failing(1, 21, 22, 23, 24))
    world.day()

    take(told(world, "Delivery"))

    assert person(world).failed_on == ()


def test_a_process_that_dies_before_it_writes_what_it_learned_loses_and_doubles_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1), failing(2, 23, 24), pregnant(3))
    world.day()
    bodies = [bounce(world, 0), bounce(world, 1, "Transient"), told(world, "Complaint", 2)]

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(MessageFeedback, "learn", die)
        with pytest.raises(SystemExit):
            take(*bodies)
    take(*bodies)

    assert [status(world, f"s{n}") for n in (1, 2, 3)] == ["suspended", "active", "stopped"]
    assert person(world, "s2").failed_on == (date(2026, 11, 23), date(2026, 11, 24), TODAY)
    assert len(person(world).enrolments[0].history) == 3
    assert counts(world) == Counts(failed=2, bounced=1, complained=1)


def test_two_processes_that_learn_of_the_same_mail_count_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    world.day()
    body = bounce(world, kind="Transient")
    real = MessageFeedback.learn
    others = [body]

    def overtaken(self: MessageFeedback, learned: Any) -> None:
        if others:
            take(others.pop())
        real(self, learned)

    monkeypatch.setattr(MessageFeedback, "learn", overtaken)
    take(body)

    assert counts(world) == Counts(failed=1)
    assert known(world) is State.BOUNCED


# Failures that add up.


# News that concern nobody any more.


def test_a_bounce_from_before_the_reader_came_back_stops_nothing(world: World) -> None:
    world.add(pregnant(1))
    world.day()
    world.stop("s1", TEN + MINUTE)
    old = person(world)
    world.store.subscribers.update(old, returned(old, TEN + 2 * MINUTE, "e1"), {"bunkyo": 1})

    take(bounce(world), told(world, "Complaint"))

    assert status(world) == "active"
    assert counts(world).bounced == 1


def test_a_bounce_of_an_address_that_was_changed_since_stops_nothing(world: World) -> None:
    world.add(pregnant(1))
    world.day()
    body = bounce(world)
    old = person(world)
    new = Subscriber(
        old.id, old.account, old.channel, "new@example.jp", None, old.enrolments, old.version
    )
    world.store.subscribers.update(old, new, {"bunkyo": 1})

    take(body)

    assert status(world) == "active"


def test_a_bounce_after_a_stop_does_not_hide_it(world: World) -> None:
    world.add(pregnant(1))
    world.day()
    world.stop("s1", TEN + MINUTE)

    take(bounce(world))

    assert status(world) == "stopped"


def test_those_who_follow_the_same_pregnancy_are_offered_a_stop_after_a_complaint(
    world: World,
) -> None:
    mother, father = pregnant(1), pregnant(2)
    for each in (mother, father):
        (one,) = each.enrolments
        family = (Enrolment(one.id, None, one.history, "f1"),)
        world.add(Subscriber(each.id, "bunkyo", Channel.EMAIL, each.address, None, family))
    world.day()
    position = [each.subscriber for each in stored(world).entries].index("s1")

    take(told(world, "Complaint", position))

    assert [each.subscriber for each in world.store.offers] == ["s2"]


def test_news_of_nobody_s_message_are_dropped_with_a_warning(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    world.day()
    log = log_of_feedback(monkeypatch)

    take(
        event("Bounce", batch="000009-000000"),
        event("Bounce", account="chofu"),
        event("Bounce", 1, batch=stored(world).id),
        event("Complaint", batch="probe"),
    )

    assert '"news":3' in log.getvalue().replace(" ", "")
    assert status(world) == "active"


def test_of_a_bounce_nothing_personal_is_logged_or_kept(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.add(pregnant(1))
    world.day()
    log = log_of_feedback(monkeypatch)
    detail = {
        "bounceType": "Permanent",
        "bouncedRecipients": [{"emailAddress": person(world).address, "diagnosticCode": "x"}],
    }

    take(told(world, "Bounce", **detail), told(world, "Complaint"))

    ledger = boto3.resource("dynamodb").Table(world.refs["LedgerTable"]).scan()["Items"]
    output = capsys.readouterr()
    seen = log.getvalue() + output.out + output.err + repr(ledger)
    assert "reader10000001" not in seen
    assert "reader10000001" not in repr(News(Place(JOB, "b", 0), Told.FAILED, address="reader1"))


def test_news_may_come_before_the_batch_has_a_record(world: World) -> None:
    batch = sends.freeze(world)
    world.add(pregnant(1))
    place = Place(JOB, batch.id, 0)

    take(event("Bounce", 0, batch=batch.id).replace("hanako", "reader10000001"))

    assert world.store.feedback.known([place])[place].state is State.BOUNCED
    assert person(world).failed_on == (TODAY,)
