"""What happens when a process dies or a provider does not answer: nothing lost, nothing twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from functions.email.sender import EmailSender
from functions.line.sender import LineSender
from functions.sms.sender import SmsSender
from shared.rules.account import Channel
from shared.rules.changes import stopped
from shared.rules.outcomes import Batch, Outcome, Result
from shared.rules.reconciliation import Sums
from shared.rules.stage import Reason
from shared.rules.subscriber import Subscriber
from shared.store.keys import JobId
from shared.store.tables import ConflictError
from shared.store.waves import Waves
from tests.waves import wave
from tests.world import TEN, TODAY, World, pregnant

SENDERS = {Channel.EMAIL: EmailSender, Channel.LINE: LineSender, Channel.SMS: SmsSender}
LATER = TEN + timedelta(minutes=30)


def die(*_args: object, **_parameters: object) -> None:
    """The process ends here, without a word."""
    raise SystemExit


@pytest.mark.parametrize("channel", Channel)
def test_a_process_that_dies_after_sending_and_before_recording_repeats_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    world.add(pregnant(1, channel))
    world.tick()

    with monkeypatch.context() as patch:
        patch.setattr(Waves, "record", die)
        with pytest.raises(SystemExit):
            world.work()
    world.ses_reports()
    world.leases_run_out()
    world.day(LATER)

    assert len(world.sent()) == 1
    assert (world.sums().accepted, world.sums().reconciles) == (1, True)


@pytest.mark.parametrize("channel", Channel)
def test_a_process_that_dies_after_freezing_and_before_sending_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    world.add(pregnant(1, channel))
    world.tick()

    with monkeypatch.context() as patch:
        patch.setattr(SENDERS[channel], "send", die)
        with pytest.raises(SystemExit):
            world.work()
    world.day(LATER)
    world.ses_reports()
    world.day(LATER + timedelta(minutes=15))

    assert len(world.sent()) == 1
    assert (world.sums().accepted, world.sums().reconciles) == (1, True)


@pytest.mark.parametrize("provider", ["ses", "line", "twilio"])
@pytest.mark.parametrize("after", [True, False], ids=["accepted", "not accepted"])
def test_an_answer_that_never_came_is_settled_and_neither_lost_nor_repeated(
    world: World, provider: str, after: bool
) -> None:
    channel = {"ses": Channel.EMAIL, "line": Channel.LINE, "twilio": Channel.SMS}[provider]
    world.add(pregnant(1, channel))
    world.fail(provider=provider, kind="disconnect", times=1, after=after)

    world.day()
    for minutes in (30, 45):
        world.ses_reports()
        world.day(TEN + timedelta(minutes=minutes))

    assert len(world.sent()) == 1
    assert world.sums().accepted == 1


@pytest.mark.parametrize("channel", Channel)
def test_what_is_still_unknown_when_the_quiet_hours_begin_stays_unknown_or_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    world.add(pregnant(1, channel))
    world.tick(TEN.replace(hour=20, minute=45))
    with monkeypatch.context() as patch:
        patch.setattr(SENDERS[channel], "send", die)
        with pytest.raises(SystemExit):
            world.work()
    world.leases_run_out()

    world.day(TEN.replace(hour=21, minute=30))

    assert world.sent() == []
    sums = world.sums()
    # LINE can only be asked by sending, and of SES nothing later was heard; Twilio's list says
    # that it knows nothing, so that the message expired.
    expected = (0, 1) if channel is Channel.SMS else (1, 0)
    assert (sums.unknown, sums.expired) == expected
    assert sums.reconciles


@pytest.mark.parametrize(
    ("provider", "kind"),
    [
        ("ses", "throttle"),
        ("ses", "unauthorized"),
        ("line", "throttle"),
        ("line", "slow_down"),
        ("line", "unauthorized"),
        ("twilio", "throttle"),
        ("twilio", "unauthorized"),
    ],
)
def test_what_a_provider_did_not_take_is_tried_again_the_same_day(
    world: World, provider: str, kind: str
) -> None:
    channel = {"ses": Channel.EMAIL, "line": Channel.LINE, "twilio": Channel.SMS}[provider]
    world.add(pregnant(1, channel), pregnant(2, channel))
    world.fail(provider=provider, kind=kind, times=1)

    world.day()
    assert len(world.sent()) < 2
    world.day(LATER)

    assert len(world.sent()) == 2
    assert world.sums().accepted == 2


def test_of_a_bulk_mail_only_the_entries_that_failed_are_sent_again(world: World) -> None:
    world.add(*(pregnant(number) for number in range(5)))
    world.fail(provider="ses", kind="partial", times=1, entries=[1, 3], status="TRANSIENT_FAILURE")

    world.day()
    assert len(world.sent()) == 3
    world.day(LATER)

    assert len({each.recipient for each in world.sent()}) == len(world.sent()) == 5
    assert world.sums().accepted == 5


def test_a_user_id_that_line_cannot_take_is_dropped_and_the_others_get_theirs(world: World) -> None:
    world.add(*(pregnant(number, Channel.LINE) for number in range(4)))
    world.fail(provider="line", kind="bad_recipient", times=1)

    world.day()
    world.day(LATER)

    sums = world.sums()
    assert (sums.accepted, sums.refused, dict(sums.codes)) == (3, 1, {"bad_user_id": 1})
    assert len(world.sent()) == 3
    assert sums.reconciles


@pytest.mark.parametrize(
    ("code", "result"), [(21211, "gone"), (21614, "gone"), (21610, "gone"), (21617, "refused")]
)
def test_a_number_that_twilio_refuses_for_good_is_not_tried_again(
    world: World, code: int, result: str
) -> None:
    world.add(pregnant(1, Channel.SMS))
    world.fail(provider="twilio", kind="refused", times=1, code=code)

    world.day()

    assert world.sent() == []
    assert getattr(world.sums(), result) == 1
    assert dict(world.sums().codes) == {str(code): 1}


def test_a_process_whose_lease_is_another_s_by_now_sends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    world.tick()
    job = JobId("bunkyo", TODAY, Channel.EMAIL, 0)
    freeze = Waves.freeze

    def overtaken(self: Waves, *arguments: object) -> None:
        world.leases_run_out()
        assert world.store.ledger.lease(job, 300) is not None
        freeze(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Waves, "freeze", overtaken)
        world.work()

    assert world.sent() == []
    assert world.store.waves.batches(job) == []


def test_two_workers_never_hold_one_job(world: World) -> None:
    world.tick()
    job = JobId("bunkyo", TODAY, Channel.EMAIL, 0)

    first = world.store.ledger.lease(job, 300)

    assert first is not None
    assert world.store.ledger.lease(job, 300) is None


def test_an_older_lease_can_neither_freeze_nor_finish(world: World) -> None:
    world.tick()
    job = JobId("bunkyo", TODAY, Channel.EMAIL, 0)
    old = world.store.ledger.lease(job, 300)
    world.leases_run_out()
    new = world.store.ledger.lease(job, 300)
    assert old is not None
    assert new is not None

    with pytest.raises(ConflictError):
        world.store.waves.freeze(old, wave(Batch("1", "k", TEN, ())))
    with pytest.raises(ConflictError):
        world.store.ledger.finish(old, Sums())
    world.store.ledger.finish(new, Sums())


def test_what_was_settled_once_stays_as_it_is(world: World) -> None:
    world.add(pregnant(1))
    world.day()
    job = JobId("bunkyo", TODAY, Channel.EMAIL, 0)
    (settled,) = world.store.waves.batches(job)
    world.store.waves.record(job, wave(settled.with_outcomes([Outcome(Result.TRY_AGAIN)])))

    assert world.store.waves.batches(job) == [settled]


def test_addresses_leave_the_ledger_when_a_batch_is_settled(world: World) -> None:
    world.add(pregnant(1, Channel.LINE), pregnant(2, Channel.SMS), pregnant(3))
    world.day()

    items = boto3.resource("dynamodb").Table(world.refs["LedgerTable"]).scan()["Items"]

    assert all("payload" not in item for item in items)
    for address in (each.recipient for each in world.sent()):
        assert address not in str(items)


@pytest.mark.parametrize("channel", [Channel.LINE, Channel.SMS])
@pytest.mark.parametrize("secret", [None, "not JSON", "{}", "[]"])
def test_without_credentials_messages_wait_and_expire_and_the_run_still_closes(
    world: World, channel: Channel, secret: str | None
) -> None:
    world.add(pregnant(1, channel))
    secrets = boto3.client("secretsmanager")
    name = f"kizuna/accounts/bunkyo/{channel}"
    if secret is None:
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    else:
        secrets.put_secret_value(SecretId=name, SecretString=secret)

    world.day()
    open_run = world.store.ledger.run(TODAY, "bunkyo")
    world.day(TEN.replace(hour=21))

    assert open_run is not None
    assert open_run.closed_at is None
    assert world.sent() == []
    sums = world.sums()
    assert (sums.expired, dict(sums.codes)) == (1, {"no_credentials": 1})


def test_a_line_call_whose_answer_was_lost_is_not_sent_anew_where_the_repeat_is_throttled(
    world: World,
) -> None:
    world.add(*(pregnant(number, Channel.LINE) for number in range(3)))
    world.fail(provider="line", kind="disconnect", times=1, after=True)
    world.day()

    for kind in ("throttle", "unauthorized", "monthly_limit"):
        world.fail(provider="line", kind=kind, times=1)
        world.day(LATER)
    world.day(LATER)

    assert len(world.sent()) == 3
    assert world.sums().accepted == 3


def test_a_line_batch_in_which_somebody_stopped_is_not_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1, Channel.LINE), pregnant(2, Channel.LINE))
    world.tick()
    with monkeypatch.context() as patch:
        patch.setattr(LineSender, "send", die)
        with pytest.raises(SystemExit):
            world.work()

    world.stop("s1", TEN + timedelta(minutes=5))
    world.day(LATER)
    world.day(TEN.replace(hour=21))

    assert world.sent() == []
    assert world.sums().unknown == 2


def test_no_event_of_ses_is_no_proof_while_none_of_anything_later_has_come(world: World) -> None:
    world.add(pregnant(1), pregnant(2))
    world.fail(provider="ses", kind="disconnect", times=1, after=True)
    world.day()

    for hour in (11, 15, 20, 21):
        world.day(TEN.replace(hour=hour))

    assert len(world.sent()) == 2
    assert world.sums().unknown == 2


def test_how_far_ses_was_heard_is_noted_only_after_what_it_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    world.fail(provider="ses", kind="disconnect", times=1, after=True)
    world.day()

    with monkeypatch.context() as patch:
        patch.setattr(Waves, "note_known", die)
        with pytest.raises(SystemExit):
            world.ses_reports()

    assert world.store.ledger.heard(Channel.EMAIL) is None


def test_one_number_that_twilio_does_not_take_today_keeps_nobody_else_waiting(world: World) -> None:
    world.add(*(pregnant(number, Channel.SMS) for number in range(4)))
    first = world.store.subscribers.get("s0")
    assert first is not None
    world.fail(provider="twilio", kind="refused", times=99, code=21612, recipient=first.address)

    world.day()
    world.day(LATER)
    world.day(TEN.replace(hour=21))

    assert len(world.sent()) == 3
    sums = world.sums()
    assert (sums.accepted, sums.expired, dict(sums.codes)) == (3, 1, {"21612": 1})


def test_a_mail_that_ses_refuses_as_a_whole_is_sent_one_by_one(world: World) -> None:
    world.add(*(pregnant(number) for number in range(3)))
    world.store.subscribers.update(
        *_with_an_address_that_ses_refuses(world.store.subscribers.get("s1")), {"bunkyo": 1}
    )

    world.day()
    world.day(LATER)
    world.day(TEN.replace(hour=21))

    assert len(world.sent()) == 2
    assert world.sums().accepted == 2


def _with_an_address_that_ses_refuses(old: Subscriber | None) -> tuple[Subscriber, Subscriber]:
    assert old is not None
    return old, replace(old, address="no-dot-in-the-domain@example")


def test_a_job_that_waits_has_one_message_however_many_ticks_come(world: World) -> None:
    world.add(pregnant(1, Channel.LINE))
    world.fail(provider="line", kind="throttle", times=9)
    world.tick()
    world.work(rounds=1)

    queued = [world.tick_event({"now": TEN.isoformat()})["queued"] for _ in range(4)]

    assert queued == [0] * 4


def test_a_record_that_cannot_be_read_keeps_nobody_else_waiting_and_is_not_shown(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.add(pregnant(1), pregnant(2, nickname="はなちゃん"), pregnant(3))
    boto3.resource("dynamodb").Table(world.refs["SubscriberTable"]).update_item(
        Key={"id": "s2"},
        UpdateExpression="SET channel = :wrong",
        ExpressionAttributeValues={":wrong": "はなちゃんの鳩"},
    )

    world.day()

    sums = world.sums()
    assert (sums.accepted, sums.silent) == (2, {Reason.NO_RECORD: 1})
    assert "s2 cannot be read" in caplog.text
    assert "はなちゃん" not in caplog.text


def test_an_account_that_cannot_be_read_keeps_no_other_waiting(world: World) -> None:
    world.add(pregnant(1))
    boto3.resource("dynamodb").Table(world.refs["DirectoryTable"]).put_item(
        Item={"pk": "ACCOUNTS", "sk": "aaa", "account": {"id": "aaa"}}
    )

    world.day()

    assert len(world.sent()) == 1


def test_who_was_tried_and_then_stopped_is_silent_in_the_sums(world: World) -> None:
    world.add(pregnant(1, Channel.SMS))
    world.fail(provider="twilio", kind="throttle", times=1)
    world.day()

    world.stop("s1", TEN + timedelta(minutes=5))
    world.day(LATER)

    sums = world.sums()
    assert (sums.planned, sums.silent) == (1, {Reason.STOPPED: 1})
    assert sums.reconciles


def test_of_twins_who_were_tried_one_stops_and_the_sums_reconcile(world: World) -> None:
    world.add(pregnant(1, twins=True), pregnant(2))
    world.fail(provider="ses", kind="throttle", times=1)
    world.day()
    old = world.store.subscribers.get("s1")
    assert old is not None
    world.store.subscribers.update(old, stopped(old, TEN, only={"e2"}), {"bunkyo": 1})
    world.fail(provider="ses", kind="partial", times=1, entries=[1], status="ACCOUNT_THROTTLED")
    world.day(LATER)

    world.day(LATER + timedelta(minutes=15))

    sums = world.sums()
    assert len(world.sent()) == 2
    assert (sums.planned, sums.accepted, sums.silent) == (3, 2, {Reason.STOPPED: 1})


def test_what_ses_tells_while_a_batch_is_looked_into_weighs_more_than_its_silence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(pregnant(1))
    world.fail(provider="ses", kind="disconnect", times=1, after=True)
    world.day()
    settle = EmailSender.settle

    def told_meanwhile(self: EmailSender, *arguments: Any, **named: Any) -> list[Outcome]:
        monkeypatch.setattr(EmailSender, "settle", settle)
        world.ses_reports()
        world.store.ledger.note_heard(Channel.EMAIL, int((TEN + timedelta(hours=1)).timestamp()))
        return settle(self, *arguments, **named)

    monkeypatch.setattr(EmailSender, "settle", told_meanwhile)
    world.day(LATER)

    assert len(world.sent()) == 1
    assert world.sums().accepted == 1
