"""The events of SES, through SNS to SQS (moto) as the product will read them."""

import json

import boto3
import pytest
from moto import mock_aws

from tests.standins.ses_calls import entry, send

SUPPRESSED = "suppressed@example.com"


@pytest.fixture
def events(monkeypatch, configure, standins):
    """Gives the events published since it was last called."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-1")
    with mock_aws():
        topic = boto3.client("sns").create_topic(Name="ses-events")["TopicArn"]
        sqs = boto3.client("sqs")
        queue = sqs.create_queue(QueueName="feedback")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        boto3.client("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
        )
        configure("ses", events_topic=topic, suppressed=[SUPPRESSED])

        def read():
            assert standins.app.drain()
            found = []
            while got := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get(
                "Messages"
            ):
                found += [json.loads(json.loads(m["Body"])["Message"]) for m in got]
                for message in got:
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return found

        yield read


def followed(ses, *entries):
    """Send with the configuration set to which the events belong."""
    return send(ses, *entries, ConfigurationSetName="kizuna-messages")


def kinds(events):
    return sorted(event["eventType"] for event in events)


def test_an_accepted_email_is_sent_and_delivered_with_its_tags(ses, events):
    (result,) = send(
        ses,
        entry(ReplacementTags=[{"Name": "batch", "Value": "b-1"}]),
        ConfigurationSetName="kizuna",
    )
    sent, delivered = events()
    assert (sent["eventType"], sent["send"]) == ("Send", {})
    assert (delivered["eventType"], delivered["delivery"]["recipients"]) == (
        "Delivery",
        ["hanako@example.com"],
    )
    mail = sent["mail"]
    assert mail["messageId"] == result["MessageId"]
    assert mail["destination"] == ["hanako@example.com"]
    assert mail["tags"]["batch"] == ["b-1"]
    assert mail["tags"]["ses:configuration-set"] == ["kizuna"]


@pytest.mark.parametrize(
    ("recipient", "expected", "subtype"),
    [
        ("success@simulator.amazonses.com", ["Delivery", "Send"], None),
        ("bounce@simulator.amazonses.com", ["Bounce", "Send"], "General"),
        ("bounce+hanako@simulator.amazonses.com", ["Bounce", "Send"], "General"),
        ("suppressionlist@simulator.amazonses.com", ["Bounce", "Send"], "Suppressed"),
        (SUPPRESSED, ["Bounce", "Send"], "OnAccountSuppressionList"),
        ("complaint@simulator.amazonses.com", ["Complaint", "Delivery", "Send"], None),
    ],
)
def test_the_simulator_tells_how_an_email_ends(ses, events, recipient, expected, subtype):
    followed(ses, entry(recipient))
    published = events()
    assert kinds(published) == expected
    bounces = [event["bounce"] for event in published if event["eventType"] == "Bounce"]
    assert [(b["bounceType"], b["bounceSubType"]) for b in bounces] == (
        [("Permanent", subtype)] if subtype else []
    )


@pytest.mark.parametrize(
    ("ending", "expected", "bounce"),
    [
        ("transient", ["Bounce", "DeliveryDelay", "Send"], ("Transient", "MailboxFull")),
        ("undetermined", ["Bounce", "Send"], ("Undetermined", "Undetermined")),
        ("permanent", ["Bounce", "Send"], ("Permanent", "General")),
        ("content", ["Bounce", "Send"], ("Transient", "ContentRejected")),
        ("complaint", ["Complaint", "Delivery", "Send"], None),
        ("delay", ["Delivery", "DeliveryDelay", "Send"], None),
        ("reject", ["Reject", "Send"], None),
    ],
)
def test_a_recipient_s_mails_end_as_they_are_told_to(  # noqa: PLR0917
    ses, events, control, configure, ending, expected, bounce
):
    topic = control("GET", "config")["ses"]["events_topic"]
    configure("ses", events_topic=topic, endings={"hanako@example.com": ending})

    followed(ses, entry())

    published = events()
    assert kinds(published) == expected
    bounces = [event["bounce"] for event in published if event["eventType"] == "Bounce"]
    assert [(b["bounceType"], b["bounceSubType"]) for b in bounces] == ([bounce] if bounce else [])


def test_a_missing_variable_is_told_as_a_rendering_failure(ses, events):
    followed(ses, {**entry(), "ReplacementEmailContent": {}})
    sent, failed = events()
    assert (sent["eventType"], failed["eventType"]) == ("Send", "Rendering Failure")
    assert "subject" in failed["failure"]["errorMessage"]


def test_what_failed_in_a_bulk_call_has_no_event(ses, events, fail):
    fail("ses", "partial", entries=[0])
    followed(ses, entry("a@example.com"), entry("b@example.com"))
    assert {event["mail"]["destination"][0] for event in events()} == {"b@example.com"}


def test_an_email_accepted_in_silence_still_has_its_events(ses, events, fail):
    fail("ses", "server_error", after=True)
    with pytest.raises(ses.exceptions.ClientError):
        followed(ses, entry())
    assert kinds(events()) == ["Delivery", "Send"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("lost_event", ["Delivery"]), ("duplicate_event", ["Delivery", "Send", "Send"])],
)
def test_an_event_can_be_lost_or_come_twice(ses, events, fail, kind, expected):
    fail("ses", kind)
    followed(ses, entry())
    assert kinds(events()) == expected


def test_fifty_emails_have_a_hundred_events(ses, events):
    followed(ses, *(entry(f"a{number}@example.com") for number in range(50)))
    assert kinds(events()) == ["Delivery"] * 50 + ["Send"] * 50


def test_of_a_mail_without_a_configuration_set_nothing_is_told(ses, events):
    send(ses, entry())

    assert events() == []
