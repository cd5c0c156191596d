"""Alarms: each watches what a Lambda really emits, none is forgotten, and staff hear of it."""

import json
import re
from collections.abc import Callable

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters

from functions.line import notify as line_notify
from functions.line.webhook import signature
from functions.sms import notify as sms_notify
from shared.rules.account import Channel
from shared.rules.failures import Counts
from shared.rules.feedback import Feedback, State
from shared.rules.reconciliation import Sums
from shared.store.feedback import Learned, Place
from shared.store.keys import JobId
from shared.subscribers.notices import NoticeKind, NoticeMessage
from tests.docs.test_docs import commands, groups
from tests.email.test_feedback import event, stored, take_in
from tests.line.test_login import Browser
from tests.line.test_webhook import an_event, body_of, post, secret
from tests.sms.test_status import sent_one, tell
from tests.template import RESOURCES, TEMPLATE, resources_of
from tests.world import TEN, TODAY, Context, World, pregnant

ALARMS = resources_of("AWS::CloudWatch::Alarm")
OURS = {name: alarm for name, alarm in ALARMS.items() if alarm["Namespace"] == "Kizuna"}
TOPIC = {"Ref": "AlarmTopic"}

Emitted = set[tuple[str, str]]
"""(metric, service) pairs."""


def emitted(capsys: pytest.CaptureFixture[str]) -> Emitted:
    """What the handlers emitted since this was last asked: CloudWatch's embedded metric format."""
    found: Emitted = set()
    for line in capsys.readouterr().out.splitlines():
        if not line.startswith('{"_aws"'):
            continue
        told = json.loads(line)
        for directive in told["_aws"]["CloudWatchMetrics"]:
            assert directive["Namespace"] == "Kizuna"
            assert directive["Dimensions"] == [["service"]]
            found |= {(metric["Name"], told["service"]) for metric in directive["Metrics"]}
    return found


def without(world: World, *secrets: str) -> None:
    """The account's credentials are gone, also from the memory of the Lambdas."""
    parameters.clear_caches()
    for name in secrets:
        boto3.client("secretsmanager").delete_secret(
            SecretId=f"kizuna/accounts/bunkyo/{name}", ForceDeleteWithoutRecovery=True
        )


def a_day(world: World) -> None:
    world.add(*(pregnant(n, channel) for n, channel in enumerate(Channel)))
    world.day()


def a_run_that_does_not_reconcile(world: World) -> None:
    world.tick()
    for channel in Channel:
        lease = world.store.ledger.lease(JobId("bunkyo", TODAY, channel, 0), 300)
        assert lease is not None
        world.store.ledger.finish(lease, Sums(planned=1))
    world.tick()


def a_day_without_credentials(world: World) -> None:
    world.add(*(pregnant(n, channel) for n, channel in enumerate(Channel)))
    without(world, "line", "sms")
    world.day()
    for channel, handler in (
        (Channel.LINE, line_notify.handler),
        (Channel.SMS, sms_notify.handler),
    ):
        (reader,) = (each for each in world.store.subscribers if each.channel is channel)
        body = NoticeMessage(kind=NoticeKind.PREFERENCES, id=reader.id, mark=channel)
        handler({"Records": [{"messageId": "m", "body": body.model_dump_json()}]}, Context())


def quotas_that_are_used_up(world: World) -> None:
    world.add(*(pregnant(n, channel) for n, channel in enumerate(Channel)))
    world.fail(provider="ses", kind="daily_quota", times=1)
    world.fail(provider="line", kind="monthly_limit", times=1)
    world.day()


def a_chat_without_credentials(world: World) -> None:
    body = body_of(an_event(type="follow"))
    assert post(body, signature(secret(world), body))["statusCode"] == 200
    without(world, "line")
    world.work()


def a_login_without_credentials(world: World) -> None:
    without(world, "line-login")
    Browser(world).get("https://kizuna.example.jp/line/me/bunkyo")


def mails_that_bounce(world: World) -> None:
    """Half of a hundred mails have bounced before, and one more does."""
    world.add(pregnant(1))
    world.tick()
    world.work()
    run = world.store.ledger.run(TODAY, "bunkyo")
    assert run is not None
    world.store.ledger.close_run(run, {Channel.EMAIL: Sums(100, 100)}, TEN)
    job = JobId("bunkyo", TODAY, Channel.EMAIL, 0)
    place = Place(job, "000009-000000", 0)
    world.store.feedback.learn([Learned(place, Feedback(), Feedback(State.FAILED), Counts(50, 50))])
    told = event("Bounce", batch=stored(world).id)
    take_in(told.replace('"bounce": {}', '"bounce": {"bounceType": "Permanent"}'))


def a_second_mail(world: World) -> None:
    a_day(world)
    take_in(event("Send", batch=stored(world).id))


def a_second_sms(world: World) -> None:
    sent_one(world)
    tell(world, "sent", sid="SM-another")


HAPPENINGS: dict[str, tuple[Callable[[World], None], Emitted]] = {
    "a day": (
        a_day,
        {
            *(("Ticks", "dispatch"), ("StuckRuns", "dispatch")),
            *(("Repeated", channel) for channel in Channel),
        },
    ),
    "a run that does not reconcile": (
        a_run_that_does_not_reconcile,
        {("RunsToLookAt", "dispatch")},
    ),
    "a day without credentials": (
        a_day_without_credentials,
        {
            ("MissingCredentials", f"{each}{what}")
            for each in ("line", "sms")
            for what in ("", "-notices")
        },
    ),
    "a chat without credentials": (
        a_chat_without_credentials,
        {("MissingCredentials", "line-chat")},
    ),
    "a login without credentials": (
        a_login_without_credentials,
        {("MissingCredentials", "line-login")},
    ),
    "quotas that are used up": (
        quotas_that_are_used_up,
        {("ChannelsEnded", "email"), ("ChannelsEnded", "line")},
    ),
    "mails that bounce": (mails_that_bounce, {("GuardPaused", "email-feedback")}),
    "a second mail": (a_second_mail, {("Repeated", "email-feedback")}),
    "a second SMS": (a_second_sms, {("Repeated", "sms-status")}),
}


def watched() -> Emitted:
    """What the template's alarms watch of our own metrics."""
    found: Emitted = set()
    for alarm in OURS.values():
        (dimension,) = alarm["Dimensions"]
        assert dimension["Name"] == "service"
        found.add((alarm["MetricName"], dimension["Value"]))
    return found


@pytest.mark.parametrize(("happens", "expected"), HAPPENINGS.values(), ids=HAPPENINGS)
def test_what_an_alarm_watches_is_what_the_lambda_emits(
    world: World,
    capsys: pytest.CaptureFixture[str],
    happens: Callable[[World], None],
    expected: Emitted,
) -> None:
    emitted(capsys)

    happens(world)

    told = emitted(capsys)
    assert expected <= told
    names = {metric for metric, _ in watched()}
    assert {each for each in told if each[0] in names} <= watched()


def test_no_alarm_watches_anything_that_nobody_emits() -> None:
    told = set().union(*(expected for _, expected in HAPPENINGS.values()))

    assert watched() == told


def test_every_dead_letter_queue_has_an_alarm_on_its_first_message() -> None:
    on_queues = [alarm for alarm in ALARMS.values() if alarm["Namespace"] == "AWS/SQS"]
    queues = [alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0] for alarm in on_queues]

    assert sorted(queues) == sorted(
        each for each in resources_of("AWS::SQS::Queue") if each.endswith("DeadQueue")
    )
    for alarm in on_queues:
        assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        assert alarm["Dimensions"][0]["Name"] == "QueueName"
        assert alarm["Statistic"] == "Maximum"


def test_an_alarm_goes_off_at_the_first_time_and_silence_is_good() -> None:
    for name, alarm in ALARMS.items():
        if name == "NoTickAlarm":
            continue
        facts = (alarm["ComparisonOperator"], alarm["Threshold"], alarm["EvaluationPeriods"])
        assert facts == ("GreaterThanThreshold", 0, 1), name
        assert alarm["TreatMissingData"] == "notBreaching", name


def test_without_a_tick_for_45_minutes_an_alarm_goes_off_and_silence_is_bad() -> None:
    alarm = ALARMS["NoTickAlarm"]

    assert alarm["Period"] * alarm["EvaluationPeriods"] == 45 * 60
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ActionsEnabled"] == {"Fn::If": ["TicksAreOn", True, False]}


def test_the_tick_s_own_errors_are_watched() -> None:
    alarm = ALARMS["TickErrorsAlarm"]

    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "TickFunction"}}]


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_staff_what_happened_and_which_command_to_run(name: str) -> None:
    alarm = ALARMS[name]
    text = alarm["AlarmDescription"]
    shown = re.findall(r"`kizuna ([a-z ]+)`", text)

    assert alarm["AlarmActions"] == [TOPIC]
    assert len(text) <= 1024
    assert shown
    assert set(shown) <= {*commands(), *groups()}


def test_staff_are_mailed_where_an_address_is_given() -> None:
    (subscription,) = (
        each
        for each in RESOURCES.values()
        if each["Type"] == "AWS::SNS::Subscription" and each["Properties"]["TopicArn"] == TOPIC
    )

    assert subscription["Condition"] == "AlarmsAreMailed"
    assert TEMPLATE["Conditions"]["AlarmsAreMailed"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmMail"}, ""]}]
    }
    assert TEMPLATE["Parameters"]["AlarmMail"]["Default"] == ""
    assert subscription["Properties"]["Endpoint"] == {"Ref": "AlarmMail"}


def test_cloudwatch_may_use_the_topic_and_the_key_that_encrypts_it() -> None:
    assert RESOURCES["AlarmTopic"]["Properties"]["KmsMasterKeyId"] == {"Ref": "DataKey"}
    (may_publish,) = RESOURCES["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    key = RESOURCES["DataKey"]["Properties"]["KeyPolicy"]["Statement"]
    may_encrypt = [each for each in key if "cloudwatch.amazonaws.com" in str(each["Principal"])]

    assert may_publish["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert (may_publish["Action"], may_publish["Resource"]) == ("sns:Publish", TOPIC)
    assert [each["Action"] for each in may_encrypt] == [["kms:Decrypt", "kms:GenerateDataKey*"]]
