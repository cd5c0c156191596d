"""Every call that a Lambda makes to AWS is allowed by its policy in the template."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.au_report import pages as au_pages
from functions.au_snapshot import share as au_share
from functions.au_snapshot import snapshot as au_snapshot
from functions.line.chat import handler as line_chat
from functions.line.webhook import signature
from functions.sms.sender import callback_name
from shared.console.guard import COOKIE
from shared.console.roles import Role
from shared.rules.account import Channel
from shared.rules.changes import linked
from shared.rules.dates import jst_date
from shared.rules.outcomes import Result
from shared.rules.review import reviewed
from shared.secrets import platform_keys
from shared.store.keys import JobId
from shared.store.staff import Colleague
from shared.subscribers.actions import stop
from shared.subscribers.links import Links
from tests.console.conftest import Console, event_of
from tests.email.test_feedback import event, take_in
from tests.line.phone import Phone, in_days
from tests.line.test_login import Browser, begun, login_to_public_url
from tests.line.test_login import waiting as waiting_for_line
from tests.line.test_webhook import an_event, body_of, secret
from tests.line.test_webhook import post as post_to_line
from tests.register.parents import (
    JOIN,
    confirmations,
    expecting,
    links,
    location,
    own_path,
    path_of,
    subscriber_at,
)
from tests.register.test_pages import path_in, request
from tests.sms.test_status import SID, answer, post
from tests.store.test_pending import waiting
from tests.template import resources_of
from tests.world import HANDLERS, SAME_IN_EVERY_WORLD, TEN, TODAY, Context, World, pregnant

FUNCTIONS = {
    "EmailQueue": "EmailDeliverFunction",
    "LineQueue": "LineDeliverFunction",
    "SmsQueue": "SmsDeliverFunction",
    "EmailEventQueue": "EmailFeedbackFunction",
    "EmailNoticeQueue": "EmailNoticeFunction",
    "LineNoticeQueue": "LineNoticeFunction",
    "SmsNoticeQueue": "SmsNoticeFunction",
    "LineEventQueue": "LineChatFunction",
}
IN_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}

IAM_NAMES = {"sesv2": "ses"}
"""Services that policies call otherwise than boto3."""

MAILING = ("SendBulkEmail", "SendEmail")
"""SES calls that name no resource; who may make them is tested below."""

Calls = dict[str, set[tuple[str, str]]]
"""By function: the (action, resource) pairs it asked for, resources by their logical ids."""


class Watch:
    """Notes which Lambda calls what."""

    def __init__(self) -> None:
        self.calls: Calls = defaultdict(set)
        self._function: str | None = None
        boto3.setup_default_session()
        session = boto3.DEFAULT_SESSION
        assert session is not None
        session.events.register("before-parameter-build", self._note)

    @contextmanager
    def of(self, function: str) -> Iterator[None]:
        """What is called meanwhile is called by this function."""
        self._function = function
        yield
        self._function = None

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if self._function is None:
            return
        service = model.service_model.service_name
        for action, resource in _asked(service, model.name, params):
            prefix = IAM_NAMES.get(service, service)
            self.calls[self._function].add((f"{prefix}:{action}", resource))


def _asked(service: str, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The actions that IAM sees behind a call, with the resource of each."""
    if operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            ((kind, write),) = item.items()
            yield IN_TRANSACTION[kind], write["TableName"]
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        yield from ((operation, table) for table in params["RequestItems"])
    elif operation == "SendMessageBatch":
        yield "SendMessage", params["QueueUrl"]  # IAM has one action for both
    elif service == "s3":
        yield operation, f"{params['Bucket']}/{params['Key']}"
    else:
        names = ("TableName", "QueueUrl", "SecretId", "FunctionName")
        resource = next((params[name] for name in names if name in params), None)
        action = {"Invoke": "InvokeFunction"}.get(operation, operation)
        yield action, str(resource)


def a_whole_day(world: World, watch: Watch) -> None:
    """Everything that Lambdas do: send on all channels, settle, take events in, stop; count AU,
    share it, show its report.
    """
    world.add(*(pregnant(number, channel) for number, channel in enumerate(Channel)))
    for provider in ("ses", "line", "twilio"):
        world.fail(provider=provider, kind="disconnect", times=1, after=True)
    handlers: dict[str, Callable[..., Any]] = dict(HANDLERS)
    for minute in (0, 20, 40):
        tick(world, watch, minute)
        for queue, handler in handlers.items():
            for record in world.take(queue):
                with watch.of(FUNCTIONS[queue]):
                    handler({"Records": [record]}, Context())
        with watch.of("EmailFeedbackFunction"):
            world.ses_reports()
    tick(world, watch, 45)
    with watch.of("PagesFunction"):
        request("GET", path_in(world, "m", Channel.SMS))
        request("POST", path_in(world, "stop", Channel.EMAIL))
    assert world.sums().accepted == 3
    come_and_go(world, watch)
    run_out(world, watch)
    hear_of_it(world, watch)
    stop_and_offer(world, watch)
    talk_on_line(world, watch)
    count_and_share(world, watch)
    at_the_desks(world, watch)


def come_and_go(world: World, watch: Watch) -> None:
    """A mother joins by mail, sees what is stored, invites the father, moves to a phone, asks for
    a fresh link, and is erased.
    """
    with watch.of("PagesFunction"):
        request("GET", JOIN)
        request("POST", JOIN, form=expecting())
        request("POST", JOIN, form=expecting(step="send"))
    (asked,) = confirmations(world)
    with watch.of("PagesFunction"):
        request("POST", path_of(links().confirm(asked)))
    own = own_path(subscriber_at(world, "bunkyo", "hana@example.jp").id)
    phone = {"channel": "sms", "phone": "090-1234-5678", "tell": "line"}
    with watch.of("PagesFunction"):
        for page in ("", "/stored", "/export", "/account"):
            assert request("GET", own + page)["statusCode"] == 200
        request("POST", f"{own}/family/e1")
        code_page = location(request("POST", f"{own}/address", form=phone))
        code = links().code(links().read_code_page(code_page.removeprefix("/code/")))
        request("POST", f"{code_page}/again")
        request("POST", code_page, form={"code": code})
        request("POST", "/lost/bunkyo", form=phone)
    moved = subscriber_at(world, "bunkyo", "+819012345678")
    assert moved.channel is Channel.SMS
    own = own_path(moved.id, generation=moved.generation)
    with watch.of("PagesFunction"):
        own = location(request("POST", f"{own}/links", form={})).partition("?")[0]
        request("POST", f"{own}/erase", form={"step": "erase"})
    assert world.store.subscribers.erasures() == 1
    for queue in FUNCTIONS:
        world.take(queue)


def hear_of_it(world: World, watch: Watch) -> None:
    """Providers tell of the day's messages: what fails, adds up, bounces, is unwanted, and makes
    the guard look; a reader answers STOP, and a number is refused for good.
    """
    tomorrow = TEN + timedelta(days=1)
    fifth = tuple(TODAY - timedelta(days=n) for n in range(1, 5))
    mailed = [replace(pregnant(n), failed_on=fifth) for n in range(40, 93)]
    texted = [pregnant(n, Channel.SMS) for n in range(93, 96)]
    world.add(*mailed, *texted)
    world.fail(provider="twilio", kind="refused", code=21614)
    world.tick(tomorrow)
    for queue in ("EmailQueue", "SmsQueue"):
        for record in world.take(queue):
            with watch.of(FUNCTIONS[queue]):
                HANDLERS[queue]({"Records": [record]}, Context())
    batches = world.store.waves.batches(JobId("bunkyo", tomorrow.date(), Channel.EMAIL, 0))
    kinds = ["Complaint", "Delivery", "DeliveryDelay", *["Bounce"] * 7]
    for n, kind in enumerate(kinds):
        reader = world.store.subscribers.get(batches[0].entries[n].subscriber)
        assert reader is not None
        body = event(kind, n, batch=batches[0].id, date="2026-11-26").replace(
            "hanako@example.jp", reader.address
        )
        # One that counts, and six that are for good: the guard warns, and then pauses.
        permanent = body.replace('"bounce": {}', '"bounce": {"bounceType": "Permanent"}')
        with watch.of("EmailFeedbackFunction"):
            take_in(permanent if n > 3 else body)
    sms = JobId("bunkyo", tomorrow.date(), Channel.SMS, 0)
    accepted = [
        batch
        for batch in world.store.waves.batches(sms)
        if batch.entries[0].outcome.result is Result.ACCEPTED
    ]
    reader = world.store.subscribers.get(accepted[0].entries[0].subscriber)
    assert reader is not None
    number = reader.address
    with watch.of("SmsStatusFunction"):
        fields = {"AccountSid": SID, "To": number}
        path = f"/sms/status/{callback_name(sms, accepted[0].id)}"
        for code in ("30003", "30005"):
            told = {**fields, "MessageStatus": "undelivered", "ErrorCode": code}
            assert post(path, told)["statusCode"] == 200
        assert answer("停止", sender=number)["statusCode"] == 200


def run_out(world: World, watch: Watch) -> None:
    """The quotas of SES and LINE are used up, which ends their channels."""
    day = TEN + timedelta(days=2)
    world.add(pregnant(30), pregnant(31, Channel.LINE))
    world.fail(provider="ses", kind="daily_quota")
    world.fail(provider="line", kind="monthly_limit")
    world.tick(day)
    for queue in ("EmailQueue", "LineQueue"):
        for record in world.take(queue):
            with watch.of(FUNCTIONS[queue]):
                HANDLERS[queue]({"Records": [record]}, Context())
    assert sum("ended" in each.what for each in world.store.audit.of_month(2026, 11)) == 2


def stop_and_offer(world: World, watch: Watch) -> None:
    """Somebody stops, and the same is offered on each channel to who follows the same pregnancy;
    a mail asks to confirm an address.
    """
    couples = [
        linked(pregnant(number + add, channel), "e1", f"family{number}")
        for number, channel in enumerate(Channel, 10)
        for add in (0, 10)
    ]
    world.add(*couples)
    for each in couples[::2]:
        stop(world.store, each.id, TEN)
    tick(world, watch, 50)
    queues = [queue for queue in FUNCTIONS if queue.endswith("NoticeQueue")]
    world.store.confirmations.put(waiting())
    body = '{"kind": "confirm", "id": "c1", "mark": "00"}'
    records = {queue: world.take(queue) for queue in queues}
    records["EmailNoticeQueue"].append({"messageId": "m", "body": body})
    for queue in queues:
        with watch.of(FUNCTIONS[queue]):
            assert HANDLERS[queue]({"Records": records[queue]}, Context()) == {
                "batchItemFailures": []
            }
    assert [len(records[queue]) for queue in queues] == [2, 1, 1]


def talk_on_line(world: World, watch: Watch) -> None:
    """Somebody joins in the LINE chat, registers the birth, asks for their page, and stops what
    another follows too; somebody joins by LINE Login, and comes back to their page.
    """
    phone = Phone(world)
    steps = [
        {"type": "follow"},
        {"type": "postback", "postback": {"data": f"v=1&do=join_due&in=ja&day={in_days(5)}"}},
        {"type": "postback", "postback": {"data": "v=1&do=page"}},
        {"type": "message", "message": {"type": "text", "text": "停止"}},
    ]
    for number, step in enumerate(steps):
        body = body_of(an_event(**step, webhookEventId=f"01E{number}"))
        with watch.of("LineWebhookFunction"):
            assert post_to_line(body, signature(secret(world), body))["statusCode"] == 200
        records = world.take("LineEventQueue")
        if number == 3:
            share_with(world, phone)
        with watch.of("LineChatFunction"):
            assert line_chat.handler({"Records": records}, Context()) == {"batchItemFailures": []}
    assert len(list(world.store.offers)) == 1
    login_to_public_url(world)
    links = Links("https://kizuna.example.jp", platform_keys("LINK_KEY"))
    browser = Browser(world)
    for url in (
        links.line_login(waiting_for_line(world).id),
        "https://kizuna.example.jp/line/me/bunkyo",
    ):
        with watch.of("LineLoginFunction"):
            to_line = begun(browser, url)
        back = browser.at_line(to_line)
        with watch.of("LineLoginFunction"):
            assert browser.get(back)["statusCode"] == 303


def share_with(world: World, phone: Phone) -> None:
    """Somebody else follows the same pregnancy."""
    old = phone.subscriber
    assert old is not None
    world.store.subscribers.update(old, linked(old, "e1", "family99"), {"bunkyo": 1})
    world.add(linked(pregnant(99), "e1", "family99"))


def count_and_share(world: World, watch: Watch) -> None:
    """A month-end snapshot, reviewed, mailed to the staff, and opened by one of them."""
    name = "month_end-2026-10"
    world.store.staff.add(Colleague("花子", "hanako@kizuna.example.jp"))
    with watch.of("AuSnapshotFunction"):
        au_snapshot.handler({"kind": "month_end", "month": "2026-10"}, Context())
        assert au_snapshot.handler({"check": name}, Context())["same"]
    review = world.store.snapshots.review(name)
    assert review is not None
    world.store.snapshots.update(review, reviewed(review, "花子", TEN, colleagues=1))
    with watch.of("AuShareFunction"):
        au_share.handler({"snapshot": name, "by": "花子"}, Context())
    (mail,) = [each for each in world.sent() if each.recipient == "hanako@kizuna.example.jp"]
    (token,) = re.findall(r"/au/(\S+)", mail.text)
    with watch.of("AuReportFunction"):
        assert request("GET", f"/au/{token}", au_pages.handler)["statusCode"] == 200


def at_the_desks(world: World, watch: Watch) -> None:
    """The staff look at the day, hold it and let it go, have figures counted and shared, help
    somebody, announce something; an officer opens their report.
    """
    world.add(replace(pregnant(200), address="desk@example.jp"))
    console = Console(world, {}, Role.ADMIN)
    day, month_end = TODAY.isoformat(), "month_end-2026-10"
    tomorrow = jst_date(datetime.now(UTC)) + timedelta(days=1)
    announcement = {"title": "題", "text": "文", "notice": "知", "at": "10:00", "weeks": "yes"}
    announcement |= {"on": tomorrow.isoformat(), "week_from": "4", "week_to": "41"}
    announcement |= {"account-bunkyo": "yes", "channel-email": "yes", "step": "save"}
    here = "/console/subscribers/s200"
    with watch.of("ConsoleFunction"):
        for page in (
            *(f"/console/today?on={day}", f"/console/today/bunkyo?on={day}", "/console/audit"),
            *("/console/au", f"/console/au/{month_end}", "/console/au/forecast"),
            *("/console/au/external", "/console/announcements", here),
        ):
            assert console.get(page).status == 200, page
        for page in (
            *("/console/texts", "/console/texts/common/changes", "/console/accounts"),
            *("/console/accounts/bunkyo", "/console/staff", "/console/texts/common/export"),
            "/console/accounts/bunkyo/touchpoints",
        ):
            assert console.get(page).status == 200, page
        for path, form in (
            ("/console/texts/common/pregnancy/224", {**announcement, "step": "save"}),
            ("/console/texts/common/propose", {}),
            ("/console/today/bunkyo/pause", {"why": "ためし"}),
            ("/console/today/bunkyo/resume", {}),
            ("/console/subscribers", {"wanted": "desk@example.jp"}),
            (f"{here}/link", {}),
            (f"{here}/stop", {}),
            (f"/console/au/{month_end}/comment", {"text": "見ました"}),
            ("/console/announcements/new", announcement),
        ):
            assert console.post(path, form).status == 303, path
        console.post("/console/au/take", {"what": "now"})
        proposal = world.store.drafts.proposal("common")
        seen = {"digest": proposal.digest if proposal else ""}
        another = console.at(Role.REVIEWER)
        assert another.post("/console/texts/common/publish", seen).status == 303
        keys = {"channel_id": "1234567890", "channel_secret": "0" * 32}
        console.post("/console/accounts/bunkyo/credentials/line", keys)
        console.post(f"/console/au/{month_end}/share")
        console.post(f"{here}/erase")
    token = world.store.sessions.begin("担当", "", Role.OFFICER, "bunkyo")
    opened = event_of("GET", f"/reports/{month_end}/bunkyo.html", f"{COOKIE}={token}")
    with watch.of("AuReportFunction"):
        assert au_pages.handler(opened, Context())["statusCode"] == 200


def tick(world: World, watch: Watch, minute: int) -> None:
    """A tick at 10:00 and some minutes, with what was queued before it gone."""
    world.leases_run_out()
    for queue in FUNCTIONS:
        world.take(queue)
    with watch.of("TickFunction"):
        world.tick_event({"now": TEN.replace(minute=minute).isoformat()})


def _policies(function: str) -> Iterator[tuple[str, str]]:
    """The (action, resource) pairs that the template allows a function, as this test names them."""
    for policy in resources_of("AWS::Serverless::Function")[function]["Policies"]:
        for statement in policy["Statement"]:
            actions, resources = statement["Action"], statement["Resource"]
            for action in actions if isinstance(actions, list) else [actions]:
                for resource in resources if isinstance(resources, list) else [resources]:
                    yield action, _name(resource)


def _name(resource: Any) -> str:
    match resource:
        case {"Fn::GetAtt": [name, *_]} | {"Ref": name}:
            return str(name)
        case {"Fn::Sub": text}:
            return str(text)
        case _:
            return str(resource)


def _covers(allowed: str, asked: str, refs: dict[str, str]) -> bool:
    """Whether a resource of a policy is the one that was asked for."""
    if allowed == "*":
        return asked == "None"  # a call that names no resource
    if allowed in refs:
        return refs[allowed] == asked
    if allowed in resources_of("AWS::Serverless::Function"):
        return allowed == asked
    for bucket, folder in (("Bucket", "content"), ("SnapshotBucket", "au")):
        if allowed == f"${{{bucket}.Arn}}/{folder}/*":
            return asked.startswith(f"{bucket.lower()}/{folder}/")
    *_, channel = allowed.removesuffix("-??????").split("/")
    if channel == "*":
        return ":secret:" in allowed and "/accounts/" in asked
    return ":secret:" in allowed and asked.endswith(f"/{channel}")


@pytest.fixture
def watched(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, Watch]]:
    """A world in which every call is noted, from the making of the clients on."""
    watch = Watch()
    for kept in SAME_IN_EVERY_WORLD:
        kept.cache_clear()
    yield world, watch
    for kept in SAME_IN_EVERY_WORLD:
        kept.cache_clear()
    boto3.setup_default_session()


def test_every_call_that_a_lambda_makes_is_allowed_by_its_policy(
    watched: tuple[World, Watch],
) -> None:
    world, watch = watched

    a_whole_day(world, watch)

    assert set(watch.calls) == set(resources_of("AWS::Serverless::Function"))
    for function, calls in watch.calls.items():
        policies = set(_policies(function))
        for action, resource in calls - {(f"ses:{call}", "None") for call in MAILING}:
            assert any(
                action == allowed and _covers(place, resource, world.refs)
                for allowed, place in policies
            ), f"{function} may not {action} on {resource}"


def test_only_email_may_send_mail_and_only_sms_may_read_twilios_secrets() -> None:
    functions = resources_of("AWS::Serverless::Function")

    may_mail = {f for f in functions if any(a.startswith("ses:Send") for a, _ in _policies(f))}
    may_read = {f for f in functions if any("/sms-" in place for _, place in _policies(f))}

    assert may_mail == {"EmailDeliverFunction", "EmailNoticeFunction", "AuShareFunction"}
    assert may_read == {"SmsDeliverFunction", "SmsNoticeFunction", "SmsStatusFunction"}
