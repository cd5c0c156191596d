"""Every call that a Lambda makes to AWS is allowed by its policy in the template."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from functions.au_report import pages as au_pages
from functions.au_snapshot import share as au_share
from functions.au_snapshot import snapshot as au_snapshot
from shared.rules.account import Channel
from shared.rules.review import reviewed
from shared.store.staff import Colleague
from tests.register.test_pages import path_in, request
from tests.template import resources_of
from tests.world import HANDLERS, TEN, Context, World, pregnant

FUNCTIONS = {
    "EmailQueue": "EmailDeliverFunction",
    "LineQueue": "LineDeliverFunction",
    "SmsQueue": "SmsDeliverFunction",
    "EmailEventQueue": "EmailFeedbackFunction",
}
IN_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}

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
            self.calls[self._function].add((f"{service}:{action}", resource))


def _asked(service: str, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The actions that IAM sees behind a call, with the resource of each."""
    if operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            ((kind, write),) = item.items()
            yield IN_TRANSACTION[kind], write["TableName"]
    elif operation == "BatchGetItem":
        yield from ((operation, table) for table in params["RequestItems"])
    elif service == "s3":
        yield operation, f"{params['Bucket']}/{params['Key']}"
    else:
        resource = params.get("TableName") or params.get("QueueUrl") or params.get("SecretId")
        yield operation, str(resource)


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
    count_and_share(world, watch)


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
    if allowed in refs:
        return refs[allowed] == asked
    for bucket, folder in (("Bucket", "content"), ("SnapshotBucket", "au")):
        if allowed == f"${{{bucket}.Arn}}/{folder}/*":
            return asked.startswith(f"{bucket.lower()}/{folder}/")
    *_, channel = allowed.removesuffix("-??????").split("/")
    return ":secret:" in allowed and asked.endswith(f"/{channel}")


@pytest.fixture
def watched(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, Watch]]:
    """A world in which every call is noted."""
    yield world, Watch()
    boto3.setup_default_session()


def test_every_call_that_a_lambda_makes_is_allowed_by_its_policy(
    watched: tuple[World, Watch],
) -> None:
    world, watch = watched

    a_whole_day(world, watch)

    assert set(watch.calls) == set(resources_of("AWS::Serverless::Function"))
    for function, calls in watch.calls.items():
        policies = set(_policies(function))
        for action, resource in calls - {(f"sesv2:{call}", "None") for call in MAILING}:
            assert any(
                action == allowed and _covers(place, resource, world.refs)
                for allowed, place in policies
            ), f"{function} may not {action} on {resource}"


def test_only_email_may_send_mail_and_only_sms_may_read_twilios_secrets() -> None:
    functions = resources_of("AWS::Serverless::Function")

    may_mail = {f for f in functions if any(a.startswith("ses:Send") for a, _ in _policies(f))}
    may_read = {f for f in functions if any("/sms-" in place for _, place in _policies(f))}

    assert may_mail == {"EmailDeliverFunction", "AuShareFunction"}
    assert may_read == {"SmsDeliverFunction"}
