"""infra/template.yaml, as far as tests in process need it: the only definition there is."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from samtranslator.yaml_helper import yaml_parse

TEMPLATE: dict[str, Any] = yaml_parse(
    (Path(__file__).parents[1] / "infra" / "template.yaml").read_text(encoding="utf-8")
)
RESOURCES: Mapping[str, Mapping[str, Any]] = TEMPLATE["Resources"]


def resources_of(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of a type, by logical id."""
    return {
        name: dict(each.get("Properties", {}))
        for name, each in RESOURCES.items()
        if each["Type"] == kind
    }


def create_in_process() -> dict[str, str]:
    """Create tables, bucket, queues and secrets under their logical ids, and return what a Ref to
    each gives."""
    refs = {}
    dynamodb, s3 = client("dynamodb"), client("s3")
    sqs, secretsmanager = client("sqs"), client("secretsmanager")
    for name, table in resources_of("AWS::DynamoDB::Table").items():
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=table["AttributeDefinitions"],
            KeySchema=table["KeySchema"],
            BillingMode=table["BillingMode"],
        )
        refs[name] = name
    for name, bucket in resources_of("AWS::S3::Bucket").items():
        refs[name] = name.lower()
        s3.create_bucket(
            Bucket=refs[name],
            CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"},
            ObjectLockEnabledForBucket=bucket.get("ObjectLockEnabled", False),
        )
    for name in resources_of("AWS::SQS::Queue"):
        refs[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
    for name in resources_of("AWS::SecretsManager::Secret"):
        secret = secretsmanager.create_secret(Name=name, SecretString=f"an invented key for {name}")
        refs[name] = secret["ARN"]
    return refs


@cache
def client(service: str) -> Any:
    """A client of a service, made once in a process: to make one takes longer than many calls."""
    return boto3.session.Session().client(service)  # type: ignore[call-overload]


def environment(refs: Mapping[str, str], parameters: Mapping[str, str]) -> dict[str, str]:
    """Every environment variable that the template gives any function, as it would be there."""
    known = {**{name: p["Default"] for name, p in TEMPLATE["Parameters"].items()}, **parameters}
    known |= {name: name for name in resources_of("AWS::Serverless::Function")}
    known |= {"AWS::StackName": "kizuna"}
    known |= {**refs, "EmailConfigurationSet": "kizuna-messages"}
    found = dict(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])
    for function in resources_of("AWS::Serverless::Function").values():
        found |= function.get("Environment", {}).get("Variables", {})
    return {name: _resolve(value, known) for name, value in found.items()}


def _resolve(value: Any, known: Mapping[str, str]) -> str:
    match value:
        case {"Ref": name}:
            return str(known[name])
        case {"Fn::If": ["OwnUserPool", _, given]}:
            return _resolve(given, known)
        case {"Fn::Join": [between, parts]}:
            return str(between).join(_resolve(each, known) for each in parts)
        case {"Fn::Sub": text}:
            return str(text).replace("${AWS::StackName}", "kizuna")
        case _:
            return str(value)
