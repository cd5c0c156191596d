"""The local platform is the template, deployed: tables, queues, schedules, routes; on loopback."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.target import Target
from cli.tick import tick
from local.platform import STACK, Platform
from shared.rules.dates import JST
from tests.template import RESOURCES, TEMPLATE, resources_of

pytestmark = pytest.mark.platform

TABLES = resources_of("AWS::DynamoDB::Table")
QUEUES = resources_of("AWS::SQS::Queue")


@pytest.fixture(scope="module")
def physical(platform: Platform) -> dict[str, str]:
    """The name of every resource on the platform, by its name in the template."""
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources")
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for page in pages.paginate(StackName=STACK)
        for each in page["StackResourceSummaries"]
    }


def events_of(kind: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of a kind in the template, each with the function that it calls."""
    return [
        (function, dict(event["Properties"]))
        for function, resource in RESOURCES.items()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == kind
    ]


def text_of(value: Any) -> str:
    """A text of the template, with the stack's name and the parameters' defaults in it."""
    text = str(value["Fn::Sub"] if isinstance(value, dict) else value)
    for name, parameter in TEMPLATE["Parameters"].items():
        text = text.replace(f"${{{name}}}", str(parameter.get("Default")))
    return text.replace("${AWS::StackName}", STACK)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_template_s_keys_and_forgets_what_the_template_says(
    physical: dict[str, str], name: str
) -> None:
    dynamodb, wanted = boto3.client("dynamodb"), TABLES[name]

    table = dynamodb.describe_table(TableName=physical[name])["Table"]
    forgets = dynamodb.describe_time_to_live(TableName=physical[name])["TimeToLiveDescription"]

    assert table["KeySchema"] == wanted["KeySchema"]
    assert table["AttributeDefinitions"] == wanted["AttributeDefinitions"]
    assert table["BillingModeSummary"]["BillingMode"] == wanted["BillingMode"]
    found = (forgets["TimeToLiveStatus"], forgets.get("AttributeName"))
    ttl = wanted.get("TimeToLiveSpecification")
    assert found == (("ENABLED", ttl["AttributeName"]) if ttl else ("DISABLED", None))


def test_the_ledger_forgets_and_so_does_what_is_pending() -> None:
    assert [name for name, table in TABLES.items() if "TimeToLiveSpecification" in table] == [
        "LedgerTable",
        "PendingTable",
    ]


def test_there_are_no_other_tables_and_queues_than_the_template_s(
    physical: dict[str, str],
) -> None:
    tables = boto3.client("dynamodb").list_tables()["TableNames"]
    queues = boto3.client("sqs").list_queues()["QueueUrls"]

    assert sorted(tables) == sorted(physical[name] for name in TABLES)
    assert sorted(queues) == sorted(physical[name] for name in QUEUES)


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_keeps_hides_and_gives_up_as_the_template_says(
    physical: dict[str, str], name: str
) -> None:
    wanted = QUEUES[name]

    found = attributes_of(physical[name])

    for attribute in ("VisibilityTimeout", "MessageRetentionPeriod"):
        if attribute in wanted:
            assert int(found[attribute]) == wanted[attribute]
    redrive = json.loads(found.get("RedrivePolicy", "null"))
    if "RedrivePolicy" not in wanted:
        assert redrive is None
        assert name.endswith("DeadQueue")
    else:
        dead = wanted["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        assert redrive == {
            "deadLetterTargetArn": attributes_of(physical[dead])["QueueArn"],
            "maxReceiveCount": wanted["RedrivePolicy"]["maxReceiveCount"],
        }


def test_every_alarm_of_the_template_is_there_tells_the_topic_and_watches_what_is_there(
    physical: dict[str, str], platform: Platform
) -> None:
    pages = boto3.client("cloudwatch").get_paginator("describe_alarms").paginate()
    found = {each["AlarmName"]: each for page in pages for each in page["MetricAlarms"]}
    alarms = resources_of("AWS::CloudWatch::Alarm")

    assert sorted(found) == sorted(physical[name] for name in alarms)
    for name, wanted in alarms.items():
        alarm = found[physical[name]]
        assert alarm["AlarmActions"] == [platform.outputs["AlarmTopic"]]
        assert alarm["ActionsEnabled"] is (name != "NoTickAlarm"), "no tick comes by itself here"
        if wanted["Namespace"] == "AWS/SQS":
            queue = wanted["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
            assert alarm["Dimensions"][0]["Value"] == physical[queue].rpartition("/")[2]


def attributes_of(url: str) -> dict[str, str]:
    found = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return {str(name): value for name, value in found["Attributes"].items()}


SCHEDULES = {text_of(wanted["Name"]): (to, wanted) for to, wanted in events_of("ScheduleV2")}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_has_the_template_s_times_and_stands_still_unless_live(
    physical: dict[str, str], name: str
) -> None:
    to, wanted = SCHEDULES[name]

    found = boto3.client("scheduler").get_schedule(Name=name)

    assert found["ScheduleExpression"] == text_of(wanted["ScheduleExpression"])
    assert found["State"] == "DISABLED"
    assert found["Target"]["Arn"].endswith(f":function:{physical[to]}")
    assert found["Target"]["Input"] == wanted["Input"]
    assert found["Target"]["RetryPolicy"] == wanted["RetryPolicy"]


def test_there_are_no_other_schedules_than_the_template_s(platform: Platform) -> None:
    found = boto3.client("scheduler").list_schedules()["Schedules"]

    assert sorted(each["Name"] for each in found) == sorted(SCHEDULES)
    assert SCHEDULES


def test_every_queue_is_read_by_the_function_that_the_template_names(
    physical: dict[str, str],
) -> None:
    wanted = {
        (
            to,
            each["Queue"]["Fn::GetAtt"][0],
            each["BatchSize"],
            *each.get("FunctionResponseTypes", []),
        )
        for to, each in events_of("SQS")
    }
    names = {attributes_of(physical[name])["QueueArn"]: name for name in QUEUES}
    functions = {physical[name]: name for name in resources_of("AWS::Serverless::Function")}

    found = boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"]

    assert {
        (
            functions[each["FunctionArn"].rpartition(":")[2]],
            names[each["EventSourceArn"]],
            each["BatchSize"],
            *each.get("FunctionResponseTypes", []),
        )
        for each in found
    } == wanted
    assert {each["State"] for each in found} == {"Enabled"}


def test_every_route_of_the_template_is_there_and_no_other(physical: dict[str, str]) -> None:
    wanted = {
        (physical[each["ApiId"]["Ref"]], f"{each['Method']} {each['Path']}")
        for _, each in events_of("HttpApi")
    }
    gateway = boto3.client("apigatewayv2")

    found = {
        (api["ApiId"], route["RouteKey"])
        for api in gateway.get_apis()["Items"]
        for route in gateway.get_routes(ApiId=api["ApiId"])["Items"]
    }

    assert found == wanted


LISTENING = "0A"
LOOPBACK = "0100007F"
"""127.0.0.1 as /proc/net/tcp writes it."""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_that_the_platform_starts_can_be_reached_from_outside(
    platform: Platform, target: Target
) -> None:
    tick(target, datetime(2020, 1, 1, 3, tzinfo=JST))  # so that a Lambda runs
    roots = [each.popen.pid for each in platform._processes]

    listening = {address for pid in with_descendants(roots) for address in listening_addresses(pid)}

    own = (platform.address.aws_url, platform.address.pages_url)
    ports = {int(url.rpartition(":")[2]) for url in own}
    assert {host for host, _ in listening} == {LOOPBACK}
    assert ports <= {port for _, port in listening}


def with_descendants(roots: list[int]) -> set[int]:
    """The processes and all that they started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            facts = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        parents[int(stat.parent.name)] = int(facts[1])
    found = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def listening_addresses(pid: int) -> Iterator[tuple[str, int]]:
    """Where a process listens: the address as /proc writes it, and the port."""
    proc, inodes = Path("/proc") / str(pid), set()
    try:
        for descriptor in (proc / "fd").iterdir():
            inodes.add(str(descriptor.readlink()))
        lines = [
            line.split()
            for table in ("tcp", "tcp6")
            for line in (proc / "net" / table).read_text().splitlines()[1:]
        ]
    except OSError:  # it has just ended
        return
    for line in lines:
        if line[3] == LISTENING and f"socket:[{line[9]}]" in inodes:
            host, port = line[1].split(":")
            yield host, int(port, 16)
