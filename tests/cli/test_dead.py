"""`kizuna dead`: what failed five times is seen without its people, and goes back."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from cli.dead.queues import QUEUES, DeadLetters
from tests.email.test_feedback import event
from tests.template import RESOURCES, TEMPLATE, client, resources_of

JOB = """{"account":"bunkyo","date":"2026-11-25","channel":"line","shard":0,
"at":"2026-11-25T09:00:00+09:00"}"""
NOTICE = '{"kind":"confirm","id":"c-1","mark":"00ff"}'
LINE_EVENT = '{"account":"bunkyo","id":"01HXAMPLE"}'
SECRETS = ("hanako", "00ff", "花子", "32週0日", "+8190")


def put(queue, *bodies):
    """Letters in a queue of the stack, by its logical id."""
    sqs = client("sqs")
    for body in bodies:
        sqs.send_message(QueueUrl=url(queue), MessageBody=body)


def url(queue):
    return client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]


def bodies(queue):
    """What can be received from a queue at this moment, which takes it away."""
    found = []
    while (
        some := client("sqs")
        .receive_message(QueueUrl=url(queue), MaxNumberOfMessages=10, VisibilityTimeout=60)
        .get("Messages")
    ):
        found += [each["Body"] for each in some]
    return sorted(found)


def dead(kizuna, *arguments):
    ran = kizuna("dead", *arguments, "--json")
    assert ran.status == 0, ran.err
    return json.loads(ran.out)


def test_every_queue_of_the_template_has_a_dead_letter_queue_that_staff_can_name():
    queues = resources_of("AWS::SQS::Queue")
    dead_queues = {name for name in queues if name.endswith("DeadQueue")}
    leads_to = {
        name: queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for name, queue in queues.items()
        if name not in dead_queues
    }

    assert leads_to == {each.output: each.dead_output for each in QUEUES.values()}
    assert set(leads_to.values()) == dead_queues
    for each in QUEUES.values():
        for name in (each.output, each.dead_output):
            assert TEMPLATE["Outputs"][name] == {"Value": {"Ref": name}}


def test_a_dead_letter_is_kept_for_two_weeks():
    for each in QUEUES.values():
        properties = RESOURCES[each.dead_output]["Properties"]
        assert properties["MessageRetentionPeriod"] == 14 * 86_400


def test_the_queues_are_shown_with_how_many_wait_and_since_when(kizuna):
    put("SmsDeadQueue", JOB, JOB)

    found = dead(kizuna)["queues"]

    assert [each["queue"] for each in found] == list(QUEUES)
    by_name = {each.pop("queue"): each for each in found}
    assert by_name["email"] == {"messages": 0, "oldest": None, "age_minutes": None}
    assert (by_name["sms"]["messages"], by_name["sms"]["age_minutes"]) == (2, 0)
    oldest = datetime.fromisoformat(by_name["sms"]["oldest"])
    assert datetime.now(UTC) - oldest < timedelta(minutes=1)
    lines = [line.split() for line in kizuna("dead").out.splitlines()]
    assert [line for line in lines if line[:1] == ["sms"]] == [["sms", "2", "0", "min"]]


@pytest.mark.parametrize(
    ("name", "body", "what"),
    [
        (
            "line",
            JOB,
            {"account": "bunkyo", "date": "2026-11-25", "channel": "line", "shard": 0},
        ),
        ("email-notices", NOTICE, {"kind": "confirm", "id": "c-1"}),
        ("line-events", LINE_EVENT, {"account": "bunkyo", "id": "01HXAMPLE"}),
        ("email-events", event("Bounce"), {"kind": "Bounce", "at": "2026-11-25T01:00:01Z"}),
    ],
)
def test_a_letter_is_shown_by_what_it_is_about_and_by_nothing_of_a_person(kizuna, name, body, what):
    put(QUEUES[name].dead_output, body)

    found = dead(kizuna, "show", name)
    (letter,) = found["shown"]
    text = kizuna("dead", "show", name).out

    assert (found["queue"], found["messages"], letter["what"]) == (name, 1, what)
    assert letter["received"] >= 1
    assert datetime.now(UTC) - datetime.fromisoformat(letter["first_sent"]) < timedelta(minutes=1)
    assert text.startswith(" ".join(map(str, what.values())) + "  first sent 20")
    for secret in SECRETS:
        assert secret not in text + json.dumps(found, ensure_ascii=False)


UNREADABLE = {
    "no JSON": ("sms", "hanako@example.jp"),
    "an address for an account": ("sms", JOB.replace("bunkyo", "hanako@example.jp")),
    "a name for a notice": ("sms-notices", NOTICE.replace("c-1", "花子")),
    "a number for an event": ("line-events", LINE_EVENT.replace("01HXAMPLE", "+819010000001")),
    "an event of no kind that SES has": ("email-events", event("hanako@example.jp")),
    "an event in another's place": ("line", event("Send")),
}


@pytest.mark.parametrize(("name", "body"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_letter_that_cannot_be_read_is_counted_and_nothing_of_it_shown(kizuna, name, body):
    put(QUEUES[name].dead_output, body)

    found = dead(kizuna, "show", name)
    text = kizuna("dead", "show", name).out

    assert [each["what"] for each in found["shown"]] == [None]
    assert text.startswith("cannot be read")
    for secret in SECRETS:
        assert secret not in text + json.dumps(found, ensure_ascii=False)


def test_looking_takes_nothing_out_of_anybody_s_sight(kizuna):
    put("LineDeadQueue", *(JOB.replace(":0,", f":{n},") for n in range(3)))

    dead(kizuna, "show", "line")
    dead(kizuna)

    assert len(bodies("LineDeadQueue")) == 3


def test_of_more_than_can_be_seen_it_is_said_how_many_there_are(kizuna):
    put("LineDeadQueue", *[JOB] * 12)

    assert dead(kizuna, "show", "line")["messages"] == 12
    assert " of 12 messages" in kizuna("dead", "show", "line").out


def test_an_empty_queue_says_so(kizuna):
    assert kizuna("dead", "show", "sms").out == "nothing waits in sms\n"
    assert kizuna("dead", "redrive", "sms", "--by", "佐藤").out == "nothing waits in sms\n"


def audit(store):
    now = datetime.now(UTC)
    return [(each.by, each.what, each.about) for each in store.audit.of_month(now.year, now.month)]


def test_everything_goes_back_to_the_queue_it_came_from_and_into_the_audit(kizuna, store):
    letters = sorted(JOB.replace(":0,", f":{n},") for n in range(25))
    put("EmailDeadQueue", *letters)
    put("SmsDeadQueue", JOB)

    ran = kizuna("dead", "redrive", "email", "--by", "佐藤")

    assert (ran.status, ran.out) == (0, "moved 25 messages back\n")
    assert bodies("EmailQueue") == letters
    assert (bodies("EmailDeadQueue"), bodies("SmsDeadQueue")) == ([], [JOB])
    assert audit(store) == [("佐藤", "moved 25 messages back from the dead-letter queue", "email")]
    assert dead(kizuna, "redrive", "email", "--by", "佐藤") == {"queue": "email", "moved": 0}
    assert len(audit(store)) == 1


@pytest.mark.parametrize("survived", [0, 1])
def test_whoever_dies_between_two_queues_has_lost_nothing_and_can_go_on(kizuna, survived):
    """The process ends where the letter is in both queues: it is put back once more, which its
    lease or its mark knows.
    """
    put("EmailNoticeDeadQueue", *(NOTICE.replace("00ff", f"{n}") for n in range(3)))
    outputs = {name: url(name) for name in ("EmailNoticeQueue", "EmailNoticeDeadQueue")}
    sqs = Dying(boto3.client("sqs"), survived)

    with pytest.raises(SystemExit):
        list(DeadLetters(sqs, outputs, QUEUES["email-notices"]).put_back())
    again = dead(kizuna, "redrive", "email-notices", "--by", "佐藤")

    assert again["moved"] == 3 - survived
    marks = [json.loads(each)["mark"] for each in bodies("EmailNoticeQueue")]
    assert len(marks) == 4
    assert set(marks) == {"0", "1", "2"}
    assert bodies("EmailNoticeDeadQueue") == []


class Dying:
    """SQS, and a process that ends before the letter after so many is deleted. What it held out of
    sight is there again at once.
    """

    def __init__(self, sqs, survived):
        self._sqs, self._survived = sqs, survived

    def __getattr__(self, name):
        return getattr(self._sqs, name)

    def receive_message(self, **what):
        return self._sqs.receive_message(**{**what, "VisibilityTimeout": 0})

    def delete_message(self, **what):
        if self._survived == 0:
            raise SystemExit
        self._survived -= 1
        self._sqs.delete_message(**what)


def test_what_was_put_back_before_it_was_cut_off_is_in_the_audit(kizuna, store, monkeypatch):
    put("SmsDeadQueue", JOB, JOB)
    yielded = DeadLetters.put_back

    def cut_off(self):
        for moved in yielded(self):
            yield moved
            raise KeyboardInterrupt

    monkeypatch.setattr(DeadLetters, "put_back", cut_off)

    assert kizuna("dead", "redrive", "sms", "--by", "佐藤").status == 130

    assert audit(store) == [("佐藤", "moved 1 message back from the dead-letter queue", "sms")]


def test_a_queue_that_there_is_not_is_refused_with_those_that_there_are(kizuna):
    ran = kizuna("dead", "show", "fax")

    assert (ran.status, ran.out) == (2, "")
    assert "'fax' is no queue; there are email, line, sms, email-notices" in ran.err
