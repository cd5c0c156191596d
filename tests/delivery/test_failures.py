"""What happens when a process dies or a provider does not answer: nothing lost, nothing twice."""

import json
from datetime import timedelta

import boto3
import pytest

from functions.email.sender import EmailSender
from functions.line.sender import LineSender
from functions.sms.sender import SmsSender
from shared.rules.account import Channel
from shared.rules.reckoning import Batch, Outcome, Result, Sums
from shared.store.keys import JobId
from shared.store.ledger import Ledger
from shared.store.tables import ConflictError
from tests.world import HANDLERS, TEN, TODAY, Context, World, pregnant

SENDERS = {Channel.EMAIL: EmailSender, Channel.LINE: LineSender, Channel.SMS: SmsSender}
LATER = TEN + timedelta(minutes=30)


def die(*_args: object, **_parameters: object) -> None:
    """The process ends here, without a word."""
    raise SystemExit


def leases_run_out(world: World) -> None:
    """As long passes as a dead process could have lived."""
    table = boto3.resource("dynamodb").Table(world.refs["LedgerTable"])
    for item in table.scan()["Items"]:
        if item["sk"].startswith("JOB#"):
            table.update_item(
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="SET leased_until = :past",
                ExpressionAttributeValues={":past": 0},
            )


def ses_reports(world: World) -> None:
    """SES's Send events of all that it accepted arrive."""
    for message in world.sent(Channel.EMAIL):
        tags = {name: [value] for name, value in message.tags.items()}
        mail = {"messageId": message.provider_id, "tags": tags, "destination": ["x@example.jp"]}
        body = json.dumps({"eventType": "Send", "mail": mail, "send": {}})
        event = {"Records": [{"messageId": "m", "body": body, "attributes": {}}]}
        assert HANDLERS["EmailEventQueue"](event, Context()) == {"batchItemFailures": []}


@pytest.mark.parametrize("channel", Channel)
def test_a_process_that_dies_after_sending_and_before_recording_repeats_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    world.add(pregnant(1, channel))
    world.tick()

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "record", die)
        with pytest.raises(SystemExit):
            world.work()
    ses_reports(world)
    leases_run_out(world)
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
    leases_run_out(world)
    world.day(LATER)

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
    ses_reports(world)
    world.day(LATER)

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
    leases_run_out(world)

    world.day(TEN.replace(hour=21, minute=30))

    assert world.sent() == []
    sums = world.sums()
    # LINE can only be asked by sending; SES and Twilio say that they know nothing: so it expired.
    expected = (1, 0) if channel is Channel.LINE else (0, 1)
    assert (sums.unknown, sums.expired) == expected
    assert sums.reconciles


@pytest.mark.parametrize(
    ("provider", "kind"),
    [
        ("ses", "throttle"),
        ("ses", "daily_quota"),
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


def test_the_monthly_limit_of_line_is_refused_and_not_tried_again(world: World) -> None:
    world.add(pregnant(1, Channel.LINE))
    world.fail(provider="line", kind="monthly_limit", times=1)

    world.day()

    assert world.sent() == []
    assert (world.sums().refused, dict(world.sums().codes)) == (1, {"monthly_limit": 1})


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
    freeze = Ledger.freeze

    def overtaken(self: Ledger, *arguments: object) -> None:
        leases_run_out(world)
        assert self.lease(job, 300) is not None
        freeze(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "freeze", overtaken)
        world.work()

    assert world.sent() == []
    assert world.store.ledger.batches(job) == []


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
    leases_run_out(world)
    new = world.store.ledger.lease(job, 300)
    assert old is not None
    assert new is not None

    with pytest.raises(ConflictError):
        world.store.ledger.freeze(old, Batch("1", "k", TEN, ()))
    with pytest.raises(ConflictError):
        world.store.ledger.finish(old, Sums())
    world.store.ledger.finish(new, Sums())


def test_what_was_settled_once_stays_as_it_is(world: World) -> None:
    world.add(pregnant(1))
    world.day()
    job = JobId("bunkyo", TODAY, Channel.EMAIL, 0)
    (settled,) = world.store.ledger.batches(job)
    world.store.ledger.record(job, settled.with_outcomes([Outcome(Result.TRY_AGAIN)]))

    assert world.store.ledger.batches(job) == [settled]


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
