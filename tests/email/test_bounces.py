"""What SES tells of mails that it took: who is stopped by whom, who is not, and who is guarded."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.email.feedback import BOUNCE_SUBTYPES, BOUNCES, KINDS
from shared.feedback import News
from shared.rules.account import Channel
from shared.rules.changes import returned
from shared.rules.failures import Counts
from shared.rules.feedback import State, Told
from shared.rules.history import Happened, Status, latest_standing
from shared.rules.subscriber import Enrolment, Subscriber
from shared.store.feedback import MessageFeedback, Place
from shared.store.pauses import Pause
from tests.email import test_feedback as sends
from tests.email.test_feedback import JOB, event, log_of_feedback, stored
from tests.world import JOINED, TEN, TODAY, World, pregnant

MINUTE = timedelta(minutes=1)


def told(
    world: World,
    kind: str,
    position: int = 0,
    *,
    at: datetime = TEN + MINUTE,
    **detail: Any,
) -> str:
    """An event of SES about a mail that was delivered to a reader of the day."""
    body = json.loads(event(kind, position, batch=stored(world).id))
    reader = world.store.subscribers.get(stored(world).entries[position].subscriber)
    body["mail"]["destination"] = [reader.address if reader else "gone@example.jp"]
    part = "deliveryDelay" if kind == "DeliveryDelay" else kind.lower()
    body[part] = {"timestamp": at.astimezone(UTC).isoformat(), **detail}
    return json.dumps(body)


def bounce(world: World, position: int = 0, kind: str = "Permanent", sub: str = "General") -> str:
    return told(world, "Bounce", position, bounceType=kind, bounceSubType=sub)


def take(*bodies: str) -> None:
    assert sends.take_in(*bodies) == []


def person(world: World, name: str = "s1") -> Subscriber:
    found = world.store.subscribers.get(name)
    assert found is not None
    return found


def status(world: World, name: str = "s1") -> Status:
    return latest_standing(person(world, name).enrolments[0].history).status


def known(world: World, position: int = 0) -> State | None:
    place = Place(JOB, stored(world).id, position)
    found = world.store.feedback.known([place]).get(place)
    return found and found.state


def counts(world: World, day: date = TODAY) -> Counts:
    return world.store.feedback.counts([day], Channel.EMAIL, "bunkyo").get(day, Counts())


def failing(number: int, *days: int) -> Subscriber:
    """A reader whose mails failed on these days of November."""
    failed_on = tuple(date(2026, 11, day) for day in days)
    one = pregnant(number)
    return Subscriber(
        one.id, one.account, one.channel, one.address, None, one.enrolments, failed_on=failed_on
    )


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
    batches = world.store.ledger.batches(JOB)
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


def test_the_fifth_day_of_failure_suspends(world: World) -> None:
    world.add(failing(1, 20, 21, 22, 23), failing(2, 20, 21, 22))
    world.day()

    take(*(bounce(world, n, "Transient") for n in (0, 1)))

    assert (status(world, "s1"), status(world, "s2")) == ("suspended", "active")


@pytest.mark.parametrize(("failures", "expected"), [(20, "active"), (19, "suspended")])
def test_an_outage_counts_nobody(world: World, failures: int, expected: str) -> None:
    world.add(*(failing(number, 20, 21, 22, 23) for number in range(25)))
    world.day()

    take(*(bounce(world, n, "Transient") for n in range(failures)))

    assert {status(world, stored(world).entries[n].subscriber) for n in range(failures)} == {
        expected
    }


def test_an_outage_on_an_earlier_day_counts_nobody_later(world: World) -> None:
    world.add(*(pregnant(number) for number in range(25)))
    yesterday = TEN - timedelta(days=1)
    world.day(yesterday)
    (batch,) = world.store.ledger.batches(type(JOB)("bunkyo", yesterday.date(), Channel.EMAIL, 0))
    take(
        *(
            event("Bounce", n, batch=batch.id, date="2026-11-24").replace(
                "hanako@example.jp", person(world, batch.entries[n].subscriber).address
            )
            for n in range(25)
        )
    )
    # The next ones fail on other days than this, but for s25.
    world.add(failing(30, 20, 21, 22, 24), failing(31, 20, 21, 22, 23))
    world.day()
    places = {each.subscriber: n for n, each in enumerate(stored(world).entries)}

    take(*(bounce(world, places[name], "Transient") for name in ("s30", "s31")))

    assert (status(world, "s30"), status(world, "s31")) == ("active", "suspended")
    assert person(world, "s30").failed_on == (
        *(date(2026, 11, day) for day in (20, 21, 22)),
        TODAY,
    )


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


# The guard.


def test_ten_bounces_of_a_hundred_pause_the_account_s_mails(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.add(*(pregnant(number) for number in range(50)))
    world.day()

    take(*(bounce(world, n) for n in range(4)))
    assert list(world.store.pauses) == []
    take(*(bounce(world, n) for n in range(5)))

    (pause,) = world.store.pauses
    assert (pause.account, pause.channel, pause.by) == ("bunkyo", Channel.EMAIL, "guard")
    assert pause.why == ("of 50 mails in 7 days 5 bounced for good and 0 were marked as spam")
    assert pause.until_day == TODAY
    out = capsys.readouterr().out
    assert out.count('"GuardWarned":[1.0]') == 1
    assert out.count('"GuardPaused":[1.0]') == 1
    today = datetime.now(UTC)
    notes = [each.what for each in world.store.audit.of_month(today.year, today.month)]
    assert [each.partition(":")[0] for each in notes] == ["warned of email", "paused email"]


def test_while_an_account_is_paused_no_call_is_made_and_what_is_left_expires_with_the_reason(
    world: World,
) -> None:
    world.add(pregnant(1), pregnant(2, Channel.SMS))
    world.store.pauses.put(Pause("bunkyo", Channel.EMAIL, JOINED, "guard", "too many bounce"))

    world.day()
    world.day(TEN.replace(hour=21))

    assert [each.channel for each in world.sent()] == ["sms"]
    sums = world.sums()
    assert (sums.accepted, sums.expired, sums.reconciles) == (1, 1, True)
    assert sums.codes == {"paused": 1}


@pytest.mark.parametrize(
    ("account", "channel", "sent"),
    [
        (None, None, 0),
        ("bunkyo", None, 0),
        (None, Channel.EMAIL, 0),
        ("chofu", None, 1),
        (None, Channel.LINE, 1),
        ("bunkyo", Channel.SMS, 1),
    ],
)
def test_a_pause_covers_an_account_a_channel_or_everything(
    world: World, account: str | None, channel: Channel | None, sent: int
) -> None:
    world.add(pregnant(1))
    world.store.pauses.put(Pause(account, channel, JOINED, "佐藤", "a wrong text"))

    world.day()

    assert len(world.sent()) == sent


def test_after_a_pause_is_lifted_the_day_goes_on(world: World) -> None:
    world.add(pregnant(1))
    world.store.pauses.put(Pause("bunkyo", Channel.EMAIL, JOINED, "guard", "too many bounce"))
    world.day()

    world.store.pauses.lift("bunkyo", Channel.EMAIL)
    world.day(TEN + timedelta(hours=1))

    assert len(world.sent()) == 1
    assert world.sums().accepted == 1


def test_the_guard_counts_the_mails_of_a_run_that_is_still_open(world: World) -> None:
    world.add(*(pregnant(number) for number in range(50)))
    world.tick()
    world.work()
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    assert run.closed_at is None

    take(*(bounce(world, n) for n in range(5)))

    assert [each.why[:11] for each in world.store.pauses] == ["of 50 mails"]


def test_news_may_come_before_the_batch_has_a_record(world: World) -> None:
    batch = sends.freeze(world)
    world.add(pregnant(1))
    place = Place(JOB, batch.id, 0)

    take(event("Bounce", 0, batch=batch.id).replace("hanako", "reader10000001"))

    assert world.store.feedback.known([place])[place].state is State.BOUNCED
    assert person(world).failed_on == (TODAY,)
